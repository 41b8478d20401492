"""OTP's rules, stated a second time and in another way than `regrow.supervisors.strategies` states them.

`Watcher` sees only what a shell sees, facts and commands, and checks each command against what must hold of any trace.
`Otp` is a supervisor in the manner of `supervisor.erl`: it handles one exit at a time, stops and starts children in
loops, and is told beforehand which starts will fail. It shares no code with the product but the names of policies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from regrow.supervisors.strategies import (
    AddChild,
    Answer,
    AutoShutdown,
    BackoffOver,
    ChildPolicy,
    Command,
    Event,
    Exited,
    ExitKind,
    ForgetChild,
    GiveUp,
    GiveUpKind,
    GroupPolicy,
    Outcome,
    RemoveChild,
    ReplaceChild,
    Report,
    RestartChild,
    StartChild,
    Started,
    StartFailed,
    StopAll,
    StopChild,
    StopChildCommand,
    Stopped,
    StopReason,
    Strategy,
    Unstopped,
)

ALIVE = ("starting", "up", "stopping", "unstopped")
LIVE_CHANGES = (AddChild, RemoveChild, StopChild, RestartChild, ReplaceChild)


class RuleBroken(AssertionError):
    """A command that no supervisor may give at this point."""


@dataclass
class Watcher:
    """What the shell knows: who is alive, who was told what, and which requests are open."""

    policy: GroupPolicy
    members: dict[str, ChildPolicy]
    status: dict[str, str] = field(default_factory=dict)
    incarnation: dict[str, int] = field(default_factory=dict)
    open: frozenset[int] = frozenset()
    by_hand: frozenset[str] = frozenset()
    """Children that a request touched: what they are doing is not bound to the order of the group."""
    finished: frozenset[str] = frozenset()
    """Transient children that ended well."""
    lives: dict[str, int] = field(default_factory=dict)
    gave_up: GiveUpKind | None = None
    stopping: bool = False

    def copy(self) -> Watcher:
        """Return a watcher that goes its own way."""
        return Watcher(
            self.policy,
            dict(self.members),
            dict(self.status),
            dict(self.incarnation),
            self.open,
            self.by_hand,
            self.finished,
            dict(self.lives),
            self.gave_up,
            self.stopping,
        )

    def key(self) -> tuple[object, ...]:
        """Return what matters of it for the future, without the numbers of incarnations."""
        lives = tuple(min(self.lives.get(child, 0), 1) for child in self.members)
        return (
            tuple(self.members.items()),
            tuple(self.status.get(child) for child in self.members),
            self.open,
            self.by_hand,
            self.finished,
            lives,
            self.gave_up,
            self.stopping,
        )

    # -- what happens ----------------------------------------------------------------------------------------------

    def event(self, event: Event) -> None:
        """Take note of an event before it is fed."""
        match event:
            case Started(id=child):
                self.status[child] = "up"
                self.finished -= {child}
            case Exited(id=child, kind=kind):
                if self.status[child] == "up" and kind in (ExitKind.NORMAL, ExitKind.SHUTDOWN):
                    self.finished |= {child}
                self.status[child] = "none"
            case StartFailed(id=child) | Stopped(id=child):
                self.status[child] = "none"
            case Unstopped(id=child):
                self.status[child] = "unstopped"
                self.stopping = True
            case BackoffOver(id=child):
                self.status[child] = "due"
            case StopAll():
                self.stopping = True
            case AddChild(policy=policy, request=request):
                self.open |= {request}
                self.by_hand |= {policy.id}
            case ReplaceChild(policy=policy, request=request):
                self.open |= {request}
                self.by_hand |= {policy.id}
            case RemoveChild(id=child, request=request):
                self.open |= {request}
            case StopChild(id=child, request=request) | RestartChild(id=child, request=request):
                self.open |= {request}
                self.by_hand |= {child}
            case _:
                pass

    def commands(self, event: Event, commands: tuple[Command, ...]) -> None:
        """Check the commands that an event led to, one after another."""
        if isinstance(event, AddChild) and event.policy.id not in self.members:
            refused = any(isinstance(command, Answer) and command.outcome is not Outcome.OK for command in commands)
            if not refused:
                self.members[event.policy.id] = event.policy
                self.lives.pop(event.policy.id, None)
        if isinstance(event, ReplaceChild) and event.request in self.open - _answered(commands):
            self.members[event.policy.id] = event.policy
            self.lives.pop(event.policy.id, None)
        for command in commands:
            self._check(self.gave_up is None or isinstance(command, Answer), command, "commanded after it gave up")
            self._command(command)
            self._call_off_delays(command)

    def _call_off_delays(self, command: Command) -> None:
        """A delay ends without a word when its group stops, or begins again from an older sibling on."""
        for child in [child for child in self.members if self._of(child) == "delayed"]:
            if self.stopping or (
                isinstance(command, StartChild | StopChildCommand)
                and self.policy.strategy in (Strategy.ONE_FOR_ALL, Strategy.REST_FOR_ONE)
                and not self.by_hand
                and child in self._newer(command.id)
            ):
                self.status[child] = "none"

    def _command(self, command: Command) -> None:
        match command:
            case StartChild(id=child, incarnation=incarnation, delay_s=delay_s):
                self._check_start(command)
                self.status[child] = "delayed" if delay_s > 0 else "starting"
                if incarnation > self.incarnation.get(child, 0):
                    self.lives[child] = self.lives.get(child, 0) + 1
                self.incarnation[child] = incarnation
            case StopChildCommand(id=child):
                self._check_stop(command)
                self.status[child] = "stopping"
            case ForgetChild(id=child):
                self._check(child in self.members, command, "forgot what is no member")
                self._check(self._of(child) not in ALIVE, command, "forgot a child that is alive")
                del self.members[child]
                self.status.pop(child, None)
                self.by_hand -= {child}
                self.finished -= {child}
            case Answer(request=request, outcome=outcome):
                self._check(request in self.open, command, "answered what nobody asks, or twice")
                self._check(not self.gave_up or outcome is Outcome.STOPPING, command, "not 'stopping' after the end")
                self.open -= {request}
            case GiveUp(reason=reason, unstopped=unstopped):
                alive = {child for child in self.members if self._of(child) in ALIVE}
                self._check(alive == set(unstopped), command, f"left {alive} alive")
                self._check(not self.open, command, f"left requests {set(self.open)} open")
                self.gave_up = reason.kind
                self.stopping = True
            case Report():
                pass

    def _check_start(self, command: StartChild) -> None:
        child, due = command.id, self._of(command.id) == "due"
        self._check(child in self.members, command, "started what is no member")
        self._check(self._of(child) not in (*ALIVE, "delayed"), command, "two incarnations at once")
        self._check(not self.stopping, command, "started while it stops")
        last = self.incarnation.get(child, 0)
        self._check(command.incarnation == last if due else command.incarnation > last, command, "an old incarnation")
        if self.members[child].restart == "temporary" and not due:
            self._check(not self.lives.get(child), command, "a second life of a temporary child")
        if self.policy.strategy in (Strategy.ONE_FOR_ALL, Strategy.REST_FOR_ONE) and not self.by_hand:
            newer = self._newer(child)
            busy = [
                other
                for other in self.members
                if self._of(other) in ("starting", "stopping") or (self._of(other) == "delayed" and other not in newer)
            ]
            self._check(not busy, command, f"started while {busy} start or stop")
            newer = [other for other in newer if self._of(other) in ALIVE]
            self._check(not newer, command, f"started while its successors {newer} are alive")

    def _check_stop(self, command: StopChildCommand) -> None:
        child = command.id
        self._check(self._of(child) in ("starting", "up"), command, "stopped what is not running")
        self._check(command.incarnation == self.incarnation[child], command, "stopped another incarnation")
        if command.reason is StopReason.GROUP_RESTART:
            self._check(not self.stopping, command, "restarts while it stops")
        if command.reason in (StopReason.GROUP_RESTART, StopReason.GROUP_STOP):
            if self.policy.strategy is not Strategy.DYNAMIC:
                newer = [other for other in self._newer(child) if self._of(other) in ("starting", "up", "stopping")]
                self._check(not newer, command, f"stopped before its successors {newer}")
            self.stopping = self.stopping or command.reason is StopReason.GROUP_STOP

    # -- at rest ---------------------------------------------------------------------------------------------------

    def at_rest(self) -> bool:
        """Say whether no outcome is awaited."""
        return not any(self._of(child) in ("starting", "stopping", "delayed", "due") for child in self.members)

    def check_rest(self) -> None:
        """Check what must be true whenever nothing is under way."""
        if self.gave_up is not None:
            return
        self._check(not self.stopping, None, "began to stop, and stands still")
        self._check(not self.open, None, f"requests {set(self.open)} are never answered")
        for child, policy in self.members.items():
            if self._of(child) != "up" and child not in self.by_hand:
                self._check(policy.restart != "permanent", None, f"permanent {child} is down")
                self._check(policy.restart != "temporary", None, f"temporary {child} is kept")
                self._check(child in self.finished, None, f"transient {child} is down after a crash")
            if self.policy.strategy is Strategy.DYNAMIC:
                self._check(self._of(child) == "up", None, f"dynamic {child} is kept")

    def _of(self, child: str) -> str:
        return self.status.get(child, "none")

    def _newer(self, child: str) -> list[str]:
        ids = list(self.members)
        return ids[ids.index(child) + 1 :]

    def _check(self, holds: bool, command: Command | None, rule: str) -> None:
        if not holds:
            raise RuleBroken(f"{rule}: {command} with {self.status} of {list(self.members)}")


def _answered(commands: tuple[Command, ...]) -> set[int]:
    return {command.request for command in commands if isinstance(command, Answer)}


# -- the serial supervisor ---------------------------------------------------------------------------------------------


@dataclass
class Otp:
    """A supervisor that handles one exit to its end before it looks at the next, after `supervisor.erl` of OTP 25.

    `running` has True for a child with a process and False for one without. `log` are the actions since it was cleared.
    """

    policy: GroupPolicy
    order: list[ChildPolicy]
    running: dict[str, bool] = field(default_factory=dict)
    restarts: list[float] = field(default_factory=list)
    ended: GiveUpKind | None = None
    log: list[tuple[str, str]] = field(default_factory=list)

    def copy(self) -> Otp:
        """Return a supervisor that goes its own way, with an empty log."""
        return Otp(self.policy, list(self.order), dict(self.running), list(self.restarts), self.ended)

    def begin(self, fails: Iterator[bool]) -> None:
        """`init/1`: start all; the first that fails ends it."""
        for child in self.order:
            if not self._start(child, fails):
                self._terminate_all()
                self.ended = GiveUpKind.START_FAILED
                return

    def exit(self, child_id: str, orderly: bool, at_s: float, fails: Iterator[bool]) -> None:
        """`handle_info({'EXIT', ...})` with `restart_child/3`."""
        child = next(member for member in self.order if member.id == child_id)
        self.running[child_id] = False
        if child.restart == "permanent" or (child.restart == "transient" and not orderly):
            self._restart(child, at_s, fails)
            return
        if child.restart == "temporary" or self.policy.strategy is Strategy.DYNAMIC:
            self._delete(child)
        if child.significant and self._last_significant():
            self._terminate_all()
            self.ended = GiveUpKind.AUTO_SHUTDOWN

    def stop(self) -> None:
        """`terminate/2`."""
        self._terminate_all()
        self.ended = GiveUpKind.ASKED

    def _restart(self, child: ChildPolicy, at_s: float, fails: Iterator[bool]) -> None:
        self.restarts = [at_s, *(time_s for time_s in self.restarts if time_s >= at_s - self.policy.intensity.period_s)]
        if len(self.restarts) > self.policy.intensity.max_restarts:
            self._terminate_all()
            self.ended = GiveUpKind.INTENSITY
            return
        if self.policy.strategy in (Strategy.ONE_FOR_ONE, Strategy.DYNAMIC):
            failed = None if self._start(child, fails) else child
        else:
            rest = self.policy.strategy is Strategy.REST_FOR_ONE
            failed = self._restart_part(self.order.index(child) if rest else 0, fails)
        if failed is not None:
            self._restart(failed, at_s, fails)  # OTP casts `try_again_restart` to itself; nothing else is waiting here

    def _restart_part(self, since: int, fails: Iterator[bool]) -> ChildPolicy | None:
        self._terminate(self.order[since:])
        for child in self.order[since:]:
            if not self._start(child, fails):
                return child
        return None

    def _start(self, child: ChildPolicy, fails: Iterator[bool]) -> bool:
        self.log.append(("start", child.id))
        self.running[child.id] = not next(fails, False)
        return self.running[child.id]

    def _terminate_all(self) -> None:
        self._terminate(self.order)

    def _terminate(self, part: list[ChildPolicy]) -> None:
        for child in reversed(part):
            if self.running.get(child.id):
                self.log.append(("stop", child.id))
            self.running[child.id] = False
            if child.restart == "temporary":
                self._delete(child)

    def _delete(self, child: ChildPolicy) -> None:
        self.order = [member for member in self.order if member.id != child.id]
        self.running.pop(child.id, None)

    def _last_significant(self) -> bool:
        if self.policy.auto_shutdown is AutoShutdown.ANY_SIGNIFICANT:
            return True
        return not any(child.significant and self.running[child.id] for child in self.order)
