"""The simulated actors: each visit to a point of life asks the seed for a fault."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import anyio

from regrow import Actor, Message, Request, State, Terminated, handler
from regrow.core.checkpoints import OWNERS
from regrow.core.store import Fence, Item, MemoryStore, Put
from regrow.protocols.exits import ExitKind, ExitReason

from .checkers import Checkers
from .faults import Faults

__all__ = ["FaultyStore", "Poke", "Query", "SharedSimActor", "SimActor", "Spawn", "WatchPath"]


class Injected(Exception):
    """A fault of the simulation."""


class Poke(Message):
    number: int


class Query(Request[int]):
    number: int
    onward: str = ""


class Tick(Message):
    pass


class WatchPath(Message):
    path: str


class Spawn(Message):
    name: str


class Count(State):
    total: int = 0


async def suffer(faults: Faults, point: str) -> None:
    """Let the fault of this visit happen, if there is one."""
    kind = faults.draw(point)
    chance = faults.chance
    if kind == "raise" or kind == "fail":  # noqa: PLR1714
        raise Injected(point)
    if kind == "group":
        raise ExceptionGroup("several", [Injected(point), Injected(point)])
    if kind == "slow":
        await anyio.sleep(chance.uniform(0.001, 2.0))
    elif kind == "hang":
        await anyio.sleep(1e5)  # noqa: ASYNC116
    elif kind == "shield":
        with anyio.CancelScope(shield=True):
            await anyio.sleep(chance.uniform(0.001, 0.5))
    elif kind == "stubborn":
        until_s = anyio.current_time() + chance.uniform(0.5, 20.0)
        try:
            await anyio.sleep(until_s - anyio.current_time())
        except BaseException:
            # Swallowed on purpose: what a program that catches everything does. Shielded, since trio delivers its
            # cancellation again and again, and a task that spins lets no virtual time pass.
            with anyio.CancelScope(shield=True):
                await anyio.sleep(max(0.0, until_s - anyio.current_time()))


class SimActor(Actor[Count]):
    """See the module."""

    def __init__(self, faults: Faults, checkers: Checkers) -> None:
        self.faults = faults
        self.checkers = checkers

    @contextmanager
    def running(self) -> Iterator[None]:
        path, incarnation = self.ctx.path, self.ctx.incarnation
        self.checkers.enter(path, incarnation)
        try:
            yield
        finally:
            self.checkers.leave(path, incarnation)

    async def on_restart(self, reason: ExitReason) -> None:
        with self.running():
            await suffer(self.faults, "on_restart")

    async def on_start(self) -> None:
        with self.running():
            await suffer(self.faults, "on_start")
            self.ctx.timers.interval("tick", 15.0, Tick())

    async def on_stop(self, reason: ExitReason) -> None:
        with self.running():
            if reason.kind is ExitKind.SHUTDOWN:  # one that crashes meanwhile stops when it does
                self.checkers.stopping(self.ctx.path, self.ctx.incarnation)
            await suffer(self.faults, "on_stop")

    @handler
    async def poke(self, message: Poke) -> None:
        with self.running():
            self.checkers.see_handled(message.number)
            self.state.total += 1
            await suffer(self.faults, "tell")

    @handler
    async def query(self, message: Query) -> int:
        with self.running():
            self.checkers.see_handled(message.number)
            await suffer(self.faults, "ask")
            self.state.total += 1
            return self.state.total

    @handler
    async def tick(self, message: Tick) -> None:
        with self.running():
            await suffer(self.faults, "timer")

    @handler
    async def watch(self, message: WatchPath) -> None:
        with self.running():
            try:
                self.ctx.monitor(self.ctx.ref(message.path, SimActor))
            except LookupError:
                return

    @handler
    async def terminated(self, message: Terminated) -> None:
        with self.running():
            await suffer(self.faults, "terminated")


class SharedSimActor(SimActor):
    """One whose mail is handled by the task that all such actors share; its hooks wait as those of the others do."""

    @handler
    def poke(self, message: Poke) -> None:  # type: ignore[override]  # what an async handler returns is awaited
        with self.running():
            self.checkers.see_handled(message.number)
            self.fail()

    @handler
    def query(self, message: Query) -> int:  # type: ignore[override]
        with self.running():
            self.checkers.see_handled(message.number)
            self.fail()
            self.state.total += 1
            return self.state.total

    @handler
    def tick(self, message: Tick) -> None:  # type: ignore[override]
        with self.running():
            self.fail()

    @handler
    def watch(self, message: WatchPath) -> None:  # type: ignore[override]
        with self.running(), suppress(LookupError):
            self.ctx.monitor(self.ctx.ref(message.path, SimActor))

    @handler
    def terminated(self, message: Terminated) -> None:  # type: ignore[override]
        with self.running():
            self.fail()

    def fail(self) -> None:
        """Let a fault happen that needs no waiting, if there is one."""
        kind = self.faults.draw("shared")
        if kind == "group":
            raise ExceptionGroup("several", [Injected("shared"), Injected("shared")])
        if kind is not None:
            raise Injected("shared")


class FaultyStore(MemoryStore):
    """A store whose reads and writes fail, are slow, or give back changed bytes."""

    def __init__(self, faults: Faults) -> None:
        super().__init__()
        self._faults = faults

    async def put_many(
        self, records: Sequence[Put], delete: Sequence[tuple[str, str]] = (), *, fences: Sequence[Fence] = ()
    ) -> bool:
        # To take a path over draws no fault, so that seeds replay what they were kept for; that it may fail at any point is
        # tried by `tests/supervisors/test_error_injection.py`.
        if all(record.collection != OWNERS for record in records):
            await suffer(self._faults, "store_write")
        return await super().put_many(records, delete, fences=fences)

    async def list_items(
        self, collection: str, prefix: str = "", *, after: str = "", limit: int = 1000
    ) -> tuple[Item, ...]:
        kind = self._faults.draw("store_read")
        items = await super().list_items(collection, prefix, after=after, limit=limit)
        if kind == "fail":
            raise Injected("store_read")
        if kind == "slow":
            await anyio.sleep(self._faults.chance.uniform(0.001, 2.0))
        if kind == "corrupt" and items:
            last = items[-1]
            items = (*items[:-1], Item(last.key, last.data[: len(last.data) // 2], last.fence))
        return items
