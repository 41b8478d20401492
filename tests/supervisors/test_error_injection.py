"""An error is raised at every point where a tree calls foreign code, one point a run; whatever it was, the tree is right.

A point is one place in a constructor, hook, handler or store call, before or after it waits, at one moment of a life
that has every phase: a start of several levels, a checkpoint that is read and written, child actors, asks, a crash of
one, a crash of a group with a backoff, and the stop in order. The points are counted in a run without errors; then
each is hit in a run of its own, in virtual time, with four kinds of error: an ordinary one, a group of them, a
cancellation that is nobody's, and one that ends the program.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import anyio
import pytest

from regrow import Actor, Backoff, ChildSpec, Message, Request, State, Supervisor, handler, open_tree
from regrow.core.cell import Cell
from regrow.core.cell_roles import CellStatus
from regrow.core.events import EventKind
from regrow.core.store.memory import MemoryStore
from regrow.core.store.port import Fence, Item, Put
from regrow.protocols.actor_errors import SendError, StartFailed
from regrow.protocols.exits import ExitReason
from regrow.supervisors.tree import Tree
from regrow.testing import run_virtual
from regrow.testing.virtual_time import BackendName

T = TypeVar("T")

LIMIT_S = 1000.0
PATHS = ("root/plain", "root/group/saved", "root/group/parent", "root/group/parent/child")


class Touch(Request[int]):
    pass


class Break(Message):
    pass


class Count(State):
    touched: int = 0


@dataclass
class Record:
    """What happened in one life: every point that was reached, who lived, what was seen from outside."""

    fail_at: int
    error: BaseException | None = None
    points: list[str] = field(default_factory=list)
    phase: str = "start"
    cells: dict[str, Cell] = field(default_factory=dict)
    alive: dict[str, int] = field(default_factory=dict)
    overlaps: list[str] = field(default_factory=list)
    replies: list[list[int]] = field(default_factory=list)
    events: Counter[str] = field(default_factory=Counter)
    finished: bool = False
    raised: BaseException | None = None

    def reach(self, where: str) -> None:
        """Count one point, and raise the error if it is the one."""
        self.points.append(f"{self.phase}: {where}")
        if len(self.points) == self.fail_at:
            assert self.error is not None
            raise self.error


class Worker(Actor[Count]):
    """Has a point before and after each wait, in its constructor, in every hook and in its handlers."""

    def __init__(self, record: Record) -> None:
        self.record = record
        record.reach("constructor")

    async def pass_through(self, what: str) -> None:
        path, incarnation = self.ctx.path, self.ctx.incarnation
        if self.record.alive.setdefault(path, incarnation) != incarnation:
            self.record.overlaps.append(path)
        self.record.cells[path] = self.ctx._cell
        try:
            self.record.reach(f"{path} {what} begins")
            await anyio.sleep(0.01)
            self.record.reach(f"{path} {what} ends")
        finally:
            del self.record.alive[path]

    async def on_start(self) -> None:
        await self.pass_through("on_start")

    async def on_restart(self, reason: ExitReason) -> None:
        await self.pass_through("on_restart")

    async def on_stop(self, reason: ExitReason) -> None:
        await self.pass_through("on_stop")

    @handler
    async def touch(self, message: Touch) -> int:
        self.state.touched += 1
        await self.pass_through("touch")
        return self.state.touched

    @handler
    def crash(self, message: Break) -> None:
        raise OSError("on purpose")


class Parent(Worker):
    """Has a child of its own."""

    async def on_start(self) -> None:
        await super().on_start()
        await self.ctx.spawn(ChildSpec("child", Worker, args={"record": self.record}))


class PointStore(MemoryStore):
    """A store with a point before and after each of the calls that checkpoints make."""

    def __init__(self, record: Record) -> None:
        super().__init__()
        self.record = record

    async def within(self, what: str, call: Callable[[], Awaitable[T]]) -> T:
        self.record.reach(f"store {what} begins")
        await anyio.sleep(0.01)
        result = await call()
        self.record.reach(f"store {what} ends")
        return result

    async def put_many(
        self, records: Sequence[Put], delete: Sequence[tuple[str, str]] = (), *, fences: Sequence[Fence] = ()
    ) -> bool:
        call = super().put_many
        return await self.within("put_many", lambda: call(records, delete, fences=fences))

    async def list_items(
        self, collection: str, prefix: str = "", *, after: str = "", limit: int = 1000
    ) -> tuple[Item, ...]:
        call = super().list_items
        return await self.within("list_items", lambda: call(collection, prefix, after=after, limit=limit))


def root(record: Record) -> Supervisor:
    args = {"record": record}
    group = Supervisor(
        "group",
        strategy="one_for_all",
        max_restarts=10,
        children=[
            ChildSpec("saved", Worker, args=args, checkpoint=True, backoff=Backoff(initial_s=0.2)),
            ChildSpec("parent", Parent, args=args),
        ],
    )
    return Supervisor("root", children=[ChildSpec("plain", Worker, args=args), group], max_restarts=10)


async def touch(tree: Tree, path: str) -> int:
    """Ask until there is an answer, as a client does that may ask again."""
    while True:
        ref = tree.whereis(path)
        if ref is not None:
            try:
                return await ref.ask(Touch(), timeout_s=1.0)
            except SendError:
                pass
        await anyio.sleep(0.1)


async def live(record: Record) -> None:
    """Go through the life of the tree."""
    try:
        async with open_tree(root(record), store=PointStore(record)) as tree:
            tree.events.listen(lambda event: record.events.update([event.kind.value]))
            record.phase = "asks"
            record.replies.append([await touch(tree, path) for path in PATHS])
            record.phase = "restart of one"
            await tree.ref("root/plain", Worker).tell(Break())
            await anyio.sleep(1.0)
            record.phase = "restart of a group"
            await tree.ref("root/group/saved", Worker).tell(Break())
            await anyio.sleep(2.0)
            record.phase = "asks again"
            record.replies.append([await touch(tree, path) for path in PATHS])
            record.phase = "stop"
        record.finished = True
    except BaseException as error:
        record.raised = error


def life(backend: BackendName, fail_at: int = 0, error: BaseException | None = None) -> Record:
    """Live once, with `error` at that point, and see that nothing is left of it."""
    record = Record(fail_at, error)
    run_virtual(live, record, backend=backend, limit_s=LIMIT_S)
    where = f"{error!r} at point {fail_at}, {record.points[fail_at - 1]}; raised {record.raised!r}"
    assert record.alive == {}, where
    assert record.overlaps == [], where
    running = {path: cell.status for path, cell in record.cells.items() if cell.status is not CellStatus.STOPPED}
    assert running == {}, where
    assert [path for path, cell in record.cells.items() if cell.task is not None or cell.unstopped] == [], where
    return record


both = pytest.mark.parametrize("backend", ["asyncio", "trio"])


@both
def test_a_life_without_errors_reaches_every_kind_of_point_in_every_phase(backend: BackendName) -> None:
    record = life(backend)
    assert record.raised is None
    assert record.replies == [[1, 1, 1, 1], [1, 2, 1, 1]]
    assert Counter(point.split(":")[0] for point in record.points).keys() == {
        "start", "asks", "restart of one", "restart of a group", "asks again", "stop",
    }  # fmt: skip
    assert {point.split()[-2] for point in record.points if point.endswith("begins")} == {
        "on_start", "on_restart", "on_stop", "touch", "put_many", "list_items",
    }  # fmt: skip


ORDINARY: dict[str, Callable[[], BaseException]] = {
    "error": lambda: ValueError("injected"),
    "group": lambda: ExceptionGroup("injected", [ValueError("one"), OSError("two")]),
    "stray cancellation": lambda: asyncio.CancelledError("injected"),
}


@both
@pytest.mark.parametrize("kind", ORDINARY)
def test_an_error_at_any_point_fails_the_start_or_is_healed(backend: BackendName, kind: str) -> None:
    if kind == "stray cancellation" and backend == "trio":
        pytest.skip("only the library itself can make a Cancelled on trio")
    for step in range(1, len(life(backend).points) + 1):
        record = life(backend, step, ORDINARY[kind]())
        where = f"{kind} at {step}, {record.points[step - 1]}"
        if record.points[step - 1].startswith("start:"):
            assert isinstance(record.raised, StartFailed), where
            assert not record.finished, where
            continue
        # The tree goes on, what was acknowledged is still there, and the error was not passed over in silence.
        assert record.raised is None, f"{where}: {record.raised!r}"
        assert record.finished, where
        first, second = record.replies
        assert second[1] > first[1] >= 1, where
        told = sum(record.events[one.value] for one in FAILURES) - ON_PURPOSE
        assert told >= 1, f"{where}: {record.events}"


FAILURES = (EventKind.CRASHED, EventKind.START_FAILED, EventKind.STOP_HOOK_FAILED, EventKind.CHECKPOINT_FAILED)
ON_PURPOSE = 2
"""The life has two crashes of its own."""


@both
@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt])
def test_what_ends_the_program_at_any_point_ends_the_tree_in_order(
    backend: BackendName, kind: type[BaseException]
) -> None:
    for step in range(1, len(life(backend).points) + 1):
        record = life(backend, step, kind("injected"))
        assert isinstance(record.raised, kind), f"{kind} at {step}, {record.points[step - 1]}: {record.raised!r}"
