"""What the actors of one tree share: the loop's primitives, the deadline wheel, names, dead letters, events.

One object per tree, made by `open_tree` and closed with it; nothing here is global, so two trees in one program do not
know of each other.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from regrow.core.backend import Backend, TaskHandle
from regrow.core.checkpointing import Checkpointing
from regrow.core.deadlines import DeadlineWheel
from regrow.core.dispatcher import Dispatcher
from regrow.core.envelope import DeadLetters
from regrow.core.events import EventBus
from regrow.core.ref import Ref, TracedRef
from regrow.core.tracing import Tracing
from regrow.core.world import World

if TYPE_CHECKING:
    from regrow.core.cell import Cell
    from regrow.core.cell_roles import ActorSpec

__all__ = ["ChildGroup", "Runtime"]

A = TypeVar("A")

WAKES_PER_YIELD = 64
"""A sender gives way after it woke this many sleeping actors, so that a round over many of them starves nobody."""


class ChildGroup(Protocol):
    """The child actors of an actor: made by the supervisor layer, which lies above this one."""

    async def start_child(self, spec: ActorSpec) -> Ref[object]: ...
    async def stop_child(self, child_id: str) -> None: ...
    async def stop_all(self) -> None: ...
    def stop_now(self) -> None: ...


class GroupMaker(Protocol):
    def __call__(self, cell: Cell) -> ChildGroup: ...


class Runtime:
    """See the module."""

    def __init__(
        self,
        backend: Backend,
        world: World,
        make_group: GroupMaker,
        checkpointing: Checkpointing | None,
        tracing: Tracing | None,
    ) -> None:
        self.backend = backend
        self.world = world
        self.wheel = DeadlineWheel(backend, self.abort)
        self.dispatcher = Dispatcher(backend)
        self.cells: dict[str, Cell] = {}
        self.names: dict[str, Cell] = {}
        self.supervisors: dict[str, object] = {}
        self.watched: dict[Cell, None] = {}
        self.vacant: tuple[Cell, TaskHandle] | None = None
        """An actor that ends now, and its task, which the next incarnation may take over within the same step."""
        self.watched_lag_s: float | None = None
        self.events = EventBus(backend.now_s)
        self.dead_letters = DeadLetters(backend.now_s)
        self.make_group = make_group
        self.checkpointing = checkpointing
        self.tracing = tracing if tracing is not None else Tracing()
        self.traced = tracing is not None
        self.ref_class: type[Ref[object]] = Ref if tracing is None else TracedRef
        self.fatal: BaseException | None = None
        self._wakes = 0
        self._moment_s = backend.now_s()
        self._on_fatal: Callable[[], None] = lambda: None

    def ref(self, cell: Cell) -> Ref[object]:
        """Return a ref of the kind that this tree uses."""
        return self.ref_class(cell)

    def moment_s(self) -> float:
        """Return the loop's clock, or a moment less than a millisecond ago: one number serves many that start at once."""
        now_s = self.backend.now_s()
        if now_s - self._moment_s >= 0.001:
            self._moment_s = now_s
        return self._moment_s

    @property
    def loop_lag_s(self) -> float:
        """How late the loop ran its last beat, or is with the one that is due: the watchdog's, or else the wheel's."""
        return self.wheel.lag_s() if self.watched_lag_s is None else self.watched_lag_s

    async def give_way(self) -> None:
        """Count one wake-up of another actor, and let the others run after every `WAKES_PER_YIELD`."""
        self._wakes += 1
        if self._wakes >= WAKES_PER_YIELD:
            self._wakes = 0
            await self.backend.checkpoint()

    def abort(self, error: BaseException) -> None:
        """A child raised SystemExit or KeyboardInterrupt, or the runtime itself is at fault: the tree stops in order, then
        its owner raises it again.
        """
        if self.fatal is None:
            self.fatal = error
            self._on_fatal()

    def when_fatal(self, act: Callable[[], None]) -> None:
        """Call `act` at that moment: the tree cancels the body of `open_tree`."""
        self._on_fatal = act

    def find(self, name: str) -> Cell | None:
        """Return the cell at a path or registered under a name, or None."""
        return self.cells.get(name) or self.names.get(name)

    def get(self, name: str) -> Cell:
        """Return the cell at a path or registered under a name.

        Raises:
            LookupError: There is none; the message names the nearest that there are.
        """
        cell = self.find(name)
        if cell is None:
            if name in self.supervisors:
                msg = f"{name!r} is a supervisor, which takes no messages; tree.supervisor({name!r}) is its handle"
                raise LookupError(msg)
            near = difflib.get_close_matches(name, [*self.cells, *self.names], n=3, cutoff=0.5)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            msg = f"no actor at {name!r}{hint}"
            raise LookupError(msg)
        return cell

    def lookup(self, path: str, kind: type[A]) -> Ref[A]:
        """Return a ref to the actor at `path`, which must be a `kind`.

        Raises:
            LookupError: Nothing is there, or it is of another class.
        """
        cell = self.get(path)
        if not issubclass(cell.spec.actor, kind):
            msg = f"{path} is a {cell.spec.actor.__qualname__}, not a {kind.__qualname__}"
            raise LookupError(msg)
        return cast("Ref[A]", self.ref_class(cell))
