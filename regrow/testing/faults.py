"""Shell: faults on purpose: an actor that crashes now or at its next message, a store that fails or is slow.

A crash goes the way of every crash: the supervisor decides, mail that is not begun is kept, monitors and links are told.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import anyio

from regrow.core.actor import Actor
from regrow.core.cell_roles import CellStatus
from regrow.core.handlers import HandlerTable, accepts
from regrow.core.store.port import Fence, Item, Put, Store
from regrow.core.world import World
from regrow.protocols.messages import Message
from regrow.supervisors.tree import Tree

__all__ = ["FaultyStore", "InjectedCrash", "InjectedStoreFault", "crash", "crash_at_next"]

T = TypeVar("T")


class InjectedCrash(Exception):
    """What `crash_at_next` makes a handler raise."""


class InjectedStoreFault(OSError):
    """What a `FaultyStore` raises, as a disk that is full or gone does."""


def crash(tree: Tree, path: str, why: str = "crashed by a test") -> None:
    """End an actor's incarnation as a crash now, in the middle of whatever it does. It may have ended only later.

    Raises:
        LookupError: There is no actor at `path`.
        RuntimeError: It neither runs nor starts.
    """
    cell = tree.runtime.get(path)
    if cell.status not in (CellStatus.STARTING, CellStatus.RUNNING):
        raise RuntimeError(f"{path} is {cell.status.value}: only an actor that starts or runs can crash")
    cell.crash(why)


def crash_at_next(tree: Tree, path: str, kind: type[Message] = Message) -> Callable[[], None]:
    """Crash an actor when it begins its next `kind`, once: the message is lost, and an ask ends with `ActorRestarting`.

    Returns:
        How to take it back; nothing happens if the crash has been.

    Raises:
        LookupError: There is no actor at `path`, or it handles no message of this kind.
    """
    cell = tree.runtime.get(path)
    mailbox = cell.mailbox
    if mailbox.accepts is cell.spec.actor.__handlers__:
        mailbox.accepts = HandlerTable(mailbox.accepts)  # the class's table is that of other actors too
    before = _handlers_of(mailbox.accepts, kind, path)
    is_armed = True

    def raise_instead(actor: Actor, message: Message) -> object:
        if not is_armed:  # taken back while a later crash at the same message was armed
            return next(before[base] for base in type(message).__mro__ if base in before)(actor, message)
        disarm()
        raise InjectedCrash(f"crash_at_next: {path} was told to crash at {type(message).__qualname__}")

    def disarm() -> None:
        nonlocal is_armed
        is_armed = False
        for one, method in before.items():
            if mailbox.accepts[one] is raise_instead:
                mailbox.accepts[one] = method
        stop_watching()

    mailbox.accepts.update(dict.fromkeys(before, raise_instead))
    # An actor that is watched looks its handlers up anew for each message.
    stop_watching = tree.watch(path, lambda *_: None)
    return disarm


def _handlers_of(table: HandlerTable, kind: type[Message], path: str) -> HandlerTable:
    """Return the part of a table that handles `kind` and what derives from it."""
    if not accepts(table, kind) and not any(issubclass(one, kind) for one in table):
        names = ", ".join(sorted(one.__qualname__ for one in table))
        raise LookupError(f"{path} handles no {kind.__qualname__}; it handles {names or 'nothing'}")
    return {one: method for one, method in table.items() if issubclass(one, kind)}


class FaultyStore:
    """A store that fails before it does anything, or takes its time, as a seed decides.

    Args:
        store: What does the work when nothing fails.
        fail_writes: How many of the writes fail: from 0.0, none, to 1.0 or True, all. May be changed while it is used.
        fail_reads: How many of the reads fail; likewise.
        delay_s: Seconds that every call waits before anything else.
        seed: For which of them; the same seed and the same calls give the same faults.

    Raises, out of its methods:
        InjectedStoreFault: This call was to fail; the store behind it has not seen it.
    """

    def __init__(
        self, store: Store, *, fail_writes: float = 0.0, fail_reads: float = 0.0, delay_s: float = 0.0, seed: int = 0
    ) -> None:
        self.fail_writes = fail_writes
        self.fail_reads = fail_reads
        self.delay_s = delay_s
        self.calls = 0
        self.faults = 0
        self._store = store
        self._chance = World(seed).random

    async def put(self, record: Put) -> bool:
        return await self._unless_it_fails("put", self.fail_writes, lambda: self._store.put(record))

    async def put_many(
        self, records: Sequence[Put], delete: Sequence[tuple[str, str]] = (), *, fences: Sequence[Fence] = ()
    ) -> bool:
        return await self._unless_it_fails(
            "put_many", self.fail_writes, lambda: self._store.put_many(records, delete, fences=fences)
        )

    async def get(self, collection: str, key: str) -> Item | None:
        return await self._unless_it_fails("get", self.fail_reads, lambda: self._store.get(collection, key))

    async def list_items(
        self, collection: str, prefix: str = "", *, after: str = "", limit: int = 1000
    ) -> tuple[Item, ...]:
        return await self._unless_it_fails(
            "list_items", self.fail_reads, lambda: self._store.list_items(collection, prefix, after=after, limit=limit)
        )

    async def count_items(self, collection: str) -> int:
        return await self._unless_it_fails("count_items", self.fail_reads, lambda: self._store.count_items(collection))

    async def delete(self, collection: str, key: str) -> None:
        await self._unless_it_fails("delete", self.fail_writes, lambda: self._store.delete(collection, key))

    async def append(self, log: str, entries: Sequence[bytes]) -> int:
        return await self._unless_it_fails("append", self.fail_writes, lambda: self._store.append(log, entries))

    async def read(self, log: str, *, after: int = 0, limit: int = 1000) -> tuple[tuple[int, bytes], ...]:
        return await self._unless_it_fails(
            "read", self.fail_reads, lambda: self._store.read(log, after=after, limit=limit)
        )

    async def trim(self, log: str, through: int) -> None:
        await self._unless_it_fails("trim", self.fail_writes, lambda: self._store.trim(log, through))

    async def close(self) -> None:
        await self._store.close()

    async def _unless_it_fails(self, call: str, rate: float, go_on: Callable[[], Awaitable[T]]) -> T:
        self.calls += 1
        fails = self._chance.random() < rate
        if self.delay_s > 0:
            await anyio.sleep(self.delay_s)
        if fails:
            self.faults += 1
            raise InjectedStoreFault(f"the {call} of call {self.calls} was told to fail")
        return await go_on()
