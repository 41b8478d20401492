"""What a supervisor's shell tells `step`, and what `step` orders: events are facts and requests, commands are orders.

A fact names the child and the incarnation that it is about; one that does not fit the present life of that child is
late, and changes nothing. Requests for live changes carry a number that comes back in exactly one `Answer`, at once or
when the child has really started or stopped.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from regrow.protocols.exits import ExitKind
from regrow.supervisors.strategies.policies import ChildPolicy

__all__ = [
    "AddChild",
    "Answer",
    "BackoffOver",
    "Command",
    "Event",
    "Exited",
    "ForgetChild",
    "GiveUp",
    "GiveUpKind",
    "GiveUpReason",
    "Outcome",
    "RemoveChild",
    "ReplaceChild",
    "Report",
    "ReportKind",
    "RestartChild",
    "Start",
    "StartChild",
    "StartFailed",
    "Started",
    "StopAll",
    "StopChild",
    "StopChildCommand",
    "StopReason",
    "Stopped",
    "Unstopped",
]


class GiveUpKind(enum.Enum):
    """Why a supervisor ends."""

    ASKED = "asked"
    AUTO_SHUTDOWN = "auto_shutdown"
    INTENSITY = "intensity"
    START_FAILED = "start_failed"
    START_TIMEOUT = "start_timeout"
    UNSTOPPED = "unstopped"


# -- facts -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Start:
    """The supervisor begins: start the children in order."""


class Started(NamedTuple):
    """A child is ready."""

    id: str
    incarnation: int


@dataclass(frozen=True, slots=True)
class StartFailed:
    """A child did not become ready, and is gone."""

    id: str
    incarnation: int
    kind: ExitKind = ExitKind.START_FAILED


class Exited(NamedTuple):
    """A child that nobody stopped is gone."""

    id: str
    incarnation: int
    kind: ExitKind


@dataclass(frozen=True, slots=True)
class Stopped:
    """A child that was told to stop is gone; `kind` is how it really ended."""

    id: str
    incarnation: int
    kind: ExitKind = ExitKind.SHUTDOWN


@dataclass(frozen=True, slots=True)
class Unstopped:
    """A child was told to stop, its limit ran out, and it cannot be killed: it still runs, and keeps its name."""

    id: str
    incarnation: int


@dataclass(frozen=True, slots=True)
class BackoffOver:
    """The delay of a `StartChild` has passed."""

    id: str
    incarnation: int


@dataclass(frozen=True, slots=True)
class StopAll:
    """The supervisor is to end: stop all children, newest first. It wins over every restart.

    `kind` says why: it was asked to, or its start limit has passed.
    """

    reason: str = ""
    kind: GiveUpKind = GiveUpKind.ASKED


# -- requests ----------------------------------------------------------------------------------------------------------


class AddChild(NamedTuple):
    """Add a child at the end and start it. Answered when it has started."""

    policy: ChildPolicy
    request: int = 0


@dataclass(frozen=True, slots=True)
class RemoveChild:
    """Forget a child that is down (OTP's `delete_child`)."""

    id: str
    request: int = 0


@dataclass(frozen=True, slots=True)
class StopChild:
    """Stop a child and leave it down (OTP's `terminate_child`); a restart under way is called off."""

    id: str
    request: int = 0


@dataclass(frozen=True, slots=True)
class RestartChild:
    """Start a child that is down (OTP's `restart_child`). Answered when it has started."""

    id: str
    request: int = 0


@dataclass(frozen=True, slots=True)
class ReplaceChild:
    """Give the child of that id another policy and a new life, at its place. Answered when it has started."""

    policy: ChildPolicy
    request: int = 0


Event: TypeAlias = (
    Start
    | Started
    | StartFailed
    | Exited
    | Stopped
    | Unstopped
    | BackoffOver
    | StopAll
    | AddChild
    | RemoveChild
    | StopChild
    | RestartChild
    | ReplaceChild
)


# -- commands ----------------------------------------------------------------------------------------------------------


class StopReason(enum.Enum):
    """Why a child is told to stop."""

    GROUP_RESTART = "group_restart"
    GROUP_STOP = "group_stop"
    ASKED = "asked"
    REPLACED = "replaced"


class Outcome(enum.Enum):
    """What became of a request."""

    OK = "ok"
    ALREADY_PRESENT = "already_present"
    """There is a child of that id."""
    NOT_FOUND = "not_found"
    """There is none."""
    RUNNING = "running"
    """It is up, so it can be neither started nor removed."""
    RESTARTING = "restarting"
    """It is on its way up; ask again later."""
    MAX_CHILDREN = "max_children"
    STOPPING = "stopping"
    """It, or the whole group, is being stopped or has stopped."""
    START_FAILED = "start_failed"
    """It did not start: an added child is forgotten again, another one is left down."""
    UNSTOPPED = "unstopped"
    """It could not be stopped, and the supervisor gives up."""
    INVALID = "invalid"
    """`check_policy` refuses it."""


class ReportKind(enum.Enum):
    """What is worth a line in the log, and no decision."""

    SHUTDOWN_ERROR = "shutdown_error"
    """A child that was being stopped, or was about to be, ended badly (OTP's `shutdown_error`)."""


class StartChild(NamedTuple):
    """Begin an incarnation.

    With `delay_s` 0, start it now and report `Started` or `StartFailed`. Otherwise start nothing: report `BackoffOver`
    after that many seconds, and the same order comes again with `delay_s` 0.
    """

    id: str
    incarnation: int
    delay_s: float = 0.0


class StopChildCommand(NamedTuple):
    """Stop an incarnation, that is starting or up, within its limits; report `Stopped` or `Unstopped`."""

    id: str
    incarnation: int
    reason: StopReason


class ForgetChild(NamedTuple):
    """The child is no longer a member; nothing of it runs. Its name is free."""

    id: str


@dataclass(frozen=True, slots=True)
class GiveUpReason:
    """Why a supervisor ends, and which child made it end, where one did."""

    kind: GiveUpKind
    child_id: str | None = None
    exit: ExitKind | None = None
    text: str = ""

    @property
    def exit_kind(self) -> ExitKind:
        """How this ends the supervisor as a child of its own supervisor.

        To give up after too many restarts is a crash. (OTP exits with `shutdown` there, so that a transient supervisor
        that gave up is taken for one that finished.)
        """
        match self.kind:
            case GiveUpKind.ASKED | GiveUpKind.AUTO_SHUTDOWN:
                return ExitKind.SHUTDOWN
            case GiveUpKind.INTENSITY | GiveUpKind.UNSTOPPED:
                return ExitKind.CRASH
            case GiveUpKind.START_FAILED:
                return ExitKind.START_FAILED
            case GiveUpKind.START_TIMEOUT:
                return ExitKind.START_TIMEOUT


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The supervisor has ended: everything below it is stopped, but for `unstopped`. The last command of all."""

    reason: GiveUpReason
    unstopped: tuple[str, ...] = ()


class Answer(NamedTuple):
    """What became of the request of that number."""

    request: int
    id: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Report:
    """Something to log."""

    kind: ReportKind
    id: str
    incarnation: int
    exit: ExitKind


Command: TypeAlias = StartChild | StopChildCommand | ForgetChild | GiveUp | Answer | Report
