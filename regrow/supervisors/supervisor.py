"""Shell: carries out what `strategies.step` decides, and feeds it the facts.

A supervisor has no task and no inbox of its own: facts arrive as synchronous calls, each is one step, and the commands
are begun, never waited for; their outcome is a later fact. So a supervisor is never blocked by a child that starts or
stops slowly (trap 2), and a restart costs no task switch. Facts that arrive while commands are carried out are queued:
one step at a time, run to completion.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Protocol, assert_never

from regrow.core.backend import Slot
from regrow.core.cell import Cell
from regrow.core.cell_roles import ActorSpec, CellStatus
from regrow.core.deadlines import Entry
from regrow.core.events import EventKind
from regrow.core.runtime import Runtime
from regrow.protocols.exits import ExitKind, ExitReason
from regrow.supervisors import strategies as s
from regrow.supervisors.child_spec import ChildSpec, Supervisor, group_policy

__all__ = ["Child", "SupervisorNode"]


_ENDS = frozenset((s.Exited, s.Stopped, s.StartFailed, s.StopChild))
"""After these a child may be down for good."""
_ENDING = (s.Closing, s.Closed)
"""The plans after which nothing starts but by a new start of the supervisor itself."""


class Child(Protocol):
    """What a supervisor holds: a cell, or another supervisor."""

    path: str
    incarnation: int
    restarts: int
    last_exit: ExitReason | None
    status: CellStatus

    @property
    def spec(self) -> ActorSpec | Supervisor: ...
    def start(self, incarnation: int) -> None: ...
    def stop(self, kind: ExitKind = ..., *, drain: bool = ...) -> None: ...
    def kill(self) -> None: ...
    def retire(self) -> None: ...


class SupervisorParent(Protocol):
    """Whoever is told the facts of a child."""

    def child_started(self, child: Child) -> None: ...
    def child_start_failed(self, child: Child, reason: ExitReason) -> None: ...
    def child_exited(self, child: Child, reason: ExitReason) -> None: ...
    def child_unstopped(self, child: Child) -> None: ...
    def starts_again(self, child: Child, kind: ExitKind) -> bool:
        """Say whether a child that ends now, in that way, is to start again as far as anybody knows."""


class SupervisorNode:
    """One supervisor's place in a tree; a child of the supervisor above it, and the parent of its own.

    The places below it outlive its incarnations, so that unread mail is kept when it is restarted itself: what its spec
    names is retired only when it has ended for good, but for temporary children, which have one life. What was added to
    an earlier incarnation is forgotten, as in OTP.
    """

    def __init__(self, runtime: Runtime, path: str, spec: Supervisor, parent: SupervisorParent) -> None:
        self.runtime = runtime
        self.path = path
        self.spec = spec
        self.parent = parent
        self.incarnation = 0
        self.restarts = 0
        self.last_exit: ExitReason | None = None
        self.status = CellStatus.NEW
        self.children: dict[str, Child] = {}
        self.specs: dict[str, ChildSpec | Supervisor] = {}
        self.state = s.initial(group_policy(spec), owned=True)
        self._backoffs: dict[str, Entry] = {}
        self._stopping: dict[str, int] = {}
        self._limit: Entry | None = None
        self._is_closing = False
        self._of_spec: dict[str, ChildSpec | Supervisor] | None = None
        self._facts: deque[s.Event] = deque()
        self._now_s = runtime.backend.now_s
        self._chance = runtime.world.random.random
        self._stepping = False
        self._answers: dict[int, Slot] = {}
        self._requests = 0
        self._down: list[Slot] = []
        self._unstopped: tuple[str, ...] = ()
        self.last_failures: dict[str, str] = {}

    # -- as a child ------------------------------------------------------------------------------------------------

    def start(self, incarnation: int) -> None:
        """Begin with the children of the spec."""
        if self.incarnation:
            self.restarts += 1
        self.incarnation = incarnation
        self.status = CellStatus.STARTING
        floor = max([self.state.incarnation_floor, *(child.incarnation for child in self.state.children)])
        self.specs = {child.id: child for child in self.spec.children}
        for child_id in [known for known in self.children if known not in self.specs]:
            self.children.pop(child_id).retire()
        self.state = s.initial(group_policy(self.spec), self.spec.children, incarnation_floor=floor, owned=True)
        self._stopping.clear()
        self._of_spec = None
        self._unstopped = ()
        self._is_closing = False
        self.runtime.supervisors[self.path] = self
        self._set_limit(self.spec.start_limit_s, self._start_limit_over)
        self.feed(s.Start())

    def stop(self, kind: ExitKind = ExitKind.SHUTDOWN, *, drain: bool = False) -> None:
        """Stop every child, in reverse start order, then end."""
        del drain  # the children's mail is theirs
        if self.status in (CellStatus.STARTING, CellStatus.RUNNING):
            self.status = CellStatus.STOPPING
            self.feed(s.StopAll(kind.value))

    def kill(self) -> None:
        """Stop, and give no child its limit any more: cancel everything that runs, now."""
        if not isinstance(self.state.plan, _ENDING):
            self.stop()
        for child in reversed(tuple(self.children.values())):
            child.kill()

    def _start_limit_over(self) -> None:
        """Let what has started stop again, and count as one that did not start."""
        on_their_way = (s.Phase.STARTING, s.Phase.BACKOFF)
        late = [f"{self.path}/{one.id}" for one in self.state.children.ordered() if one.phase in on_their_way]
        text = f"not up within start_limit_s ({self.spec.start_limit_s:g} s), still starting: {', '.join(late)}"
        self.feed(s.StopAll(text, s.GiveUpKind.START_TIMEOUT))

    def _set_limit(self, after_s: float | None, then: Callable[[], None]) -> None:
        """Call `then` in `after_s` seconds, if it is not None. One limit runs at a time."""
        self._clear_limit()
        if after_s is not None:
            self._limit = self.runtime.wheel.call_after(after_s, then)

    def _clear_limit(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def retire(self) -> None:
        """Stop for good: the places below it are free again."""
        for child in tuple(self.children.values()):
            child.retire()
        self.status = CellStatus.STOPPED
        if self.runtime.supervisors.get(self.path) is self:
            del self.runtime.supervisors[self.path]

    def find(self, path: str) -> SupervisorNode:
        """Return the supervisor at `path`.

        Raises:
            LookupError: There is none.
        """
        node = self.runtime.supervisors.get(path)
        if not isinstance(node, SupervisorNode):
            msg = f"no supervisor at {path!r}; there are {', '.join(sorted(self.runtime.supervisors))}"
            raise LookupError(msg)
        return node

    async def wait_down(self) -> None:
        """Wait until the present incarnation has ended, with everything below it."""
        while self.status not in (CellStatus.NEW, CellStatus.ENDED, CellStatus.STOPPED):
            slot = self.runtime.backend.new_slot()
            self._down.append(slot)
            await slot

    def unstopped(self) -> tuple[str, ...]:
        """Return the paths below here of actors that could not be stopped."""
        paths: list[str] = []
        for child in self.children.values():
            if isinstance(child, SupervisorNode):
                paths.extend(child.unstopped())
            elif isinstance(child, Cell) and child.unstopped:
                paths.append(child.path)
        return tuple(paths)

    # -- facts from below ------------------------------------------------------------------------------------------

    def child_started(self, child: Child) -> None:
        """A child is ready."""
        self.feed(s.Started(child.spec.id, child.incarnation))

    def child_start_failed(self, child: Child, reason: ExitReason) -> None:
        """A child did not become ready, and is gone."""
        if self._answers:
            self.last_failures[child_id(child)] = f": {reason}"
        if not self._was_stopping(child, reason):
            self.feed(s.StartFailed(child_id(child), child.incarnation, reason.kind))

    def child_exited(self, child: Child, reason: ExitReason) -> None:
        """An incarnation of a child is over."""
        if not self._stopping or not self._was_stopping(child, reason):
            self.feed(s.Exited(child.spec.id, child.incarnation, reason.kind))

    def child_unstopped(self, child: Child) -> None:
        """A child swallowed its cancellation and still runs."""
        self._stopping.pop(child_id(child), None)
        self.feed(s.Unstopped(child_id(child), child.incarnation))

    def starts_again(self, child: Child, kind: ExitKind) -> bool:
        """Say whether a child that ends now, in that way, is to start again as far as anybody knows."""
        if isinstance(self.state.plan, _ENDING):
            return self._waits_with_us(child)
        name = child_id(child)
        return self.specs.get(name) is child.spec and s.starts_again(self.state, name, kind)

    def _waits_with_us(self, child: Child) -> bool:
        """Whether a child ends because its supervisor does, which will start again, and the child with it."""
        plan = self.state.plan
        if not isinstance(plan, _ENDING) or not self.parent.starts_again(self, plan.reason.exit_kind):
            return False
        if self._of_spec is None:  # made when it is needed: it would be a fifteenth of an idle actor's memory
            self._of_spec = {spec.id: spec for spec in self.spec.children}
        spec = self._of_spec.get(child_id(child))
        return spec is not None and spec is child.spec and spec.restart != "temporary"

    def _was_stopping(self, child: Child, reason: ExitReason) -> bool:
        """Report the end of a child that was told to stop as such, however it came about."""
        name = child_id(child)
        if self._stopping.get(name) != child.incarnation:
            return False
        del self._stopping[name]
        self.feed(s.Stopped(name, child.incarnation, reason.kind))
        return True

    # -- live changes ----------------------------------------------------------------------------------------------

    def request(self, make: Callable[[int], s.Event]) -> Slot:
        """Feed a request; the slot gets its `Outcome`, and the child that it was about, if there is one."""
        self._requests += 1
        slot = self._answers[self._requests] = self.runtime.backend.new_slot()
        self.feed(make(self._requests))
        return slot

    # -- one step at a time ----------------------------------------------------------------------------------------

    def feed(self, event: s.Event) -> None:
        """Take one fact or request. Those that arrive while commands are carried out wait their turn."""
        if self._stepping:
            self._facts.append(event)
            return
        self._stepping = True
        try:
            self._step(event)
            while self._facts:
                self._step(self._facts.popleft())
        finally:
            self._stepping = False

    def _step(self, event: s.Event) -> None:
        self.state, commands = s.step(self.state, event, self._now_s(), self._chance())
        for command in commands:
            if type(command) is s.StartChild:  # nearly every command is one
                self._start_child(*command)
            else:
                self._obey(command)
        if type(event) in _ENDS:
            self._rest(event.id)  # type: ignore[union-attr]  # only facts about a child are in _ENDS
        if type(self.state.plan) is s.Running:
            if self.status is CellStatus.STARTING:
                self.status = CellStatus.RUNNING
                self._clear_limit()
                self.parent.child_started(self)
        elif type(self.state.plan) is s.Closing and not self._is_closing:
            self._is_closing = True
            self._set_limit(self.spec.shutdown_limit_s, self.kill)

    def _obey(self, command: s.Command) -> None:
        match command:
            case s.StartChild(name, incarnation, delay_s):
                self._start_child(name, incarnation, delay_s)
            case s.StopChildCommand(name, incarnation):
                self._stopping[name] = incarnation
                self.children[name].stop()
            case s.ForgetChild(name):
                self._cancel_backoff(name)
                self.specs.pop(name, None)
                child = self.children.get(name)
                if child is not None and not self._waits_with_us(child):
                    del self.children[name]
                    child.retire()
            case s.Answer(request, name, outcome):
                slot = self._answers.pop(request, None)
                if slot is not None and not slot.done():
                    # With the child as it is now: it may end and be forgotten before whoever asked runs again.
                    slot.set_result((outcome, self.children.get(name)))
            case s.Report(kind, name, incarnation, exit_kind):
                detail = f"{kind.value}: {exit_kind.value}"
                self.runtime.events.emit(EventKind.SHUTDOWN_ERROR, f"{self.path}/{name}", incarnation, detail)
            case s.GiveUp(reason, unstopped):
                self._give_up(reason, unstopped)
            case _:
                assert_never(command)

    def _start_child(self, name: str, incarnation: int, delay_s: float) -> None:
        if delay_s > 0:
            over = s.BackoffOver(name, incarnation)
            self._backoffs[name] = self.runtime.wheel.call_after(delay_s, partial(self.feed, over))
            return
        if self._backoffs:
            self._cancel_backoff(name)
        spec = self.specs[name]
        child = self.children.get(name)
        if child is not None and child.spec is not spec:
            child.retire()  # it was replaced
            child = None
        if child is None:
            path = f"{self.path}/{name}"
            if isinstance(spec, Supervisor):
                child = SupervisorNode(self.runtime, path, spec, self)
            else:
                child = Cell(self.runtime, path, spec, self)
            self.children[name] = child
        child.start(incarnation)

    def _rest(self, name: str) -> None:
        """A child that ended for good, or was stopped by hand, takes no mail until it is started again."""
        known = self.state.children.get(name)
        child = self.children.get(name)
        if known is not None and known.phase is s.Phase.DOWN and child is not None:
            self._cancel_backoff(name)
            if not self._waits_with_us(child):
                child.retire()

    def _cancel_backoff(self, name: str) -> None:
        entry = self._backoffs.pop(name, None)
        if entry is not None:
            entry.cancel()

    def _give_up(self, reason: s.GiveUpReason, unstopped: tuple[str, ...]) -> None:
        for name in tuple(self._backoffs):
            self._cancel_backoff(name)
        self._clear_limit()
        was_up = self.status is not CellStatus.STARTING
        self.status = CellStatus.ENDED
        self._unstopped = unstopped
        at_fault = self.children.get(reason.child_id or "")
        frames = at_fault.last_exit.frames if at_fault is not None and at_fault.last_exit is not None else ()
        self.last_exit = exit_reason = ExitReason(reason.exit_kind, "", self._say(reason), frames)
        if exit_reason.kind is not ExitKind.SHUTDOWN:
            self.runtime.events.emit(EventKind.GAVE_UP, self.path, self.incarnation, exit_reason.message)
        down, self._down = self._down, []
        for slot in down:
            if not slot.done():
                slot.set_result(None)
        if was_up or exit_reason.kind is ExitKind.SHUTDOWN:
            self.parent.child_exited(self, exit_reason)
        else:
            self.parent.child_start_failed(self, exit_reason)

    def _say(self, reason: s.GiveUpReason) -> str:
        child = self.children.get(reason.child_id or "")
        last = f" ({child.last_exit})" if child is not None and child.last_exit is not None else ""
        name = f"{self.path}/{reason.child_id}"
        match reason.kind:
            case s.GiveUpKind.ASKED:
                return "asked to stop"
            case s.GiveUpKind.AUTO_SHUTDOWN:
                return f"the significant child {name} ended"
            case s.GiveUpKind.INTENSITY:
                limit = self.state.policy.intensity
                return f"more than {limit.max_restarts} restarts within {limit.period_s:g} s, the last of {name}{last}"
            case s.GiveUpKind.START_FAILED:
                return f"{name} did not start{last}"
            case s.GiveUpKind.START_TIMEOUT:
                return reason.text
            case s.GiveUpKind.UNSTOPPED:
                return f"{name} could not be stopped{last}"
            case _:
                assert_never(reason.kind)


def child_id(child: Child) -> str:
    """Return a child's name among its siblings."""
    return child.spec.id
