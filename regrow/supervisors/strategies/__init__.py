"""Decisions of a supervisor: OTP's rules as one pure, total function over frozen state.

    state = initial(group, children)
    state, commands = step(state, event, now_s, chance)

Whoever owns the children (`regrow.supervisors.supervisor`) feeds facts, begins the commands in their order without
waiting, and reports what comes of them as later facts. Nothing here knows a task, a clock or a process.

**The rules.** Numbers in brackets are traps of the survey of actor runtimes, section 4.

- Children start in order, each after the one before is ready. When one cannot start at the first start of the group,
  the others are stopped, newest first, and the supervisor gives up and names it (1).
- A child that ends of its own accord restarts by its restart type (`restarts` is the table) (6). One that does not is
  left down, or forgotten when it is temporary or the group is dynamic.
- A restart costs one unit of the intensity, however many siblings restart with it, in a window that slides (3). A
  restart that fails to start costs one more and is tried again at the next fact, never in a loop (1). One too many,
  and the supervisor stops its children and gives up.
- one_for_all and rest_for_one stop the children concerned newest first, one at a time, then start them in order. A
  sibling that crashes before its turn to be stopped is part of that restart: reported, not restarted again (4). A
  temporary child is stopped with the group and forgotten (7). A crash of a child outside of the part being stopped
  costs its own unit and widens that part. A crash while the group starts up again stops it and begins once more.
- Delays belong to the child that failed: in a group it waits when its turn to start comes.
- The end of a significant child counts for auto-shutdown only if it was of its own accord and for good (7).
- A child that cannot be stopped keeps its name, and the supervisor gives up (9).
- To stop wins over everything: newest first, one at a time; dynamic children together (8, 11, 24).
- Late facts, of an incarnation that is over, change nothing (5).

**Where it differs from OTP**, and why. OTP handles one thing at a time: while children start or stop, exits and
requests lie in its mailbox. Here they are taken at once, so that a slow start delays nobody (2); the end is the one
that OTP reaches. A group that is starting is not completed first when a member that was up has crashed. To give up for
intensity is a crash, not a `shutdown` (see `GiveUpReason.exit_kind`).

`policies` holds what specs say, `protocol` the events and commands, `child`, `child_map` and `group` the state,
`moves` and `live_changes` what a step is made of, `decide` the step.
"""

from regrow.protocols.exits import ExitKind
from regrow.supervisors.backoff import Backoff
from regrow.supervisors.intensity import Intensity
from regrow.supervisors.strategies.child import Child, Phase
from regrow.supervisors.strategies.child_map import ChildMap
from regrow.supervisors.strategies.decide import starts_again, step
from regrow.supervisors.strategies.group import (
    Clearing,
    Closed,
    Closing,
    GroupState,
    Idle,
    Plan,
    Running,
    Starting,
    initial,
)
from regrow.supervisors.strategies.policies import (
    RESTARTS,
    AutoShutdown,
    ChildPolicy,
    GroupPolicy,
    Restart,
    Strategy,
    check_policy,
    restarts,
)
from regrow.supervisors.strategies.protocol import (
    AddChild,
    Answer,
    BackoffOver,
    Command,
    Event,
    Exited,
    ForgetChild,
    GiveUp,
    GiveUpKind,
    GiveUpReason,
    Outcome,
    RemoveChild,
    ReplaceChild,
    Report,
    ReportKind,
    RestartChild,
    Start,
    StartChild,
    Started,
    StartFailed,
    StopAll,
    StopChild,
    StopChildCommand,
    Stopped,
    StopReason,
    Unstopped,
)

__all__ = [
    "RESTARTS",
    "AddChild",
    "Answer",
    "AutoShutdown",
    "Backoff",
    "BackoffOver",
    "Child",
    "ChildMap",
    "ChildPolicy",
    "Clearing",
    "Closed",
    "Closing",
    "Command",
    "Event",
    "ExitKind",
    "Exited",
    "ForgetChild",
    "GiveUp",
    "GiveUpKind",
    "GiveUpReason",
    "GroupPolicy",
    "GroupState",
    "Idle",
    "Intensity",
    "Outcome",
    "Phase",
    "Plan",
    "RemoveChild",
    "ReplaceChild",
    "Report",
    "ReportKind",
    "Restart",
    "RestartChild",
    "Running",
    "Start",
    "StartChild",
    "StartFailed",
    "Started",
    "Starting",
    "StopAll",
    "StopChild",
    "StopChildCommand",
    "StopReason",
    "Stopped",
    "Strategy",
    "Unstopped",
    "check_policy",
    "initial",
    "restarts",
    "starts_again",
    "step",
]
