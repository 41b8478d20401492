"""The logger writes what it was told, in order, whatever ends it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence

import anyio
import pytest

from regrow import ChildSpec, Supervisor, open_tree
from regrow.actors.logger.actor import FLUSH_AT, LOG, LoggerActor
from regrow.core.store import MemoryStore
from regrow.protocols.logs import LogEntry, LogLevel
from regrow.protocols.run_messages import WriteLog

pytestmark = pytest.mark.anyio


class CountingStore(MemoryStore):
    """Counts transactions, and says when one has come."""

    def __init__(self) -> None:
        super().__init__()
        self.appends = 0
        self.appended = anyio.Event()

    async def append(self, log: str, entries: Sequence[bytes]) -> int:
        number = await super().append(log, entries)
        self.appends += 1
        self.appended.set()
        return number


def entries(*texts: str) -> WriteLog:
    return WriteLog(
        entries=tuple(
            LogEntry(
                timestamp=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
                level=LogLevel.INFO,
                correlation_id="c",
                component="run",
                message=text,
            )
            for text in texts
        )
    )


async def written(store: MemoryStore) -> list[str]:
    return [json.loads(data)["message"] for _, data in await store.read(LOG)]


def tree_of(store: MemoryStore) -> Supervisor:
    return Supervisor("s", children=[ChildSpec("logger", LoggerActor, args={"store": store})])


async def test_entries_are_in_the_store_after_a_moment_in_one_transaction() -> None:
    store = CountingStore()
    with anyio.fail_after(5):
        async with open_tree(tree_of(store)) as tree:
            logger = tree.ref("s/logger", LoggerActor)
            for text in "abc":
                await logger.tell(entries(text))
            await store.appended.wait()
            assert await written(store) == ["a", "b", "c"]
            assert store.appends == 1


async def test_many_entries_are_written_at_once() -> None:
    store = CountingStore()
    with anyio.fail_after(5):
        async with open_tree(tree_of(store)) as tree:
            await tree.ref("s/logger", LoggerActor).tell(entries(*map(str, range(FLUSH_AT))))
            await store.appended.wait()
    assert len(await written(store)) == FLUSH_AT


async def test_what_has_gathered_is_written_when_the_tree_stops() -> None:
    store = MemoryStore()
    async with open_tree(tree_of(store)) as tree:
        await tree.ref("s/logger", LoggerActor).tell(entries("last"))
        await anyio.wait_all_tasks_blocked()
    assert await written(store) == ["last"]


class RefusingOnce(MemoryStore):
    """Refuses the first transaction."""

    def __init__(self) -> None:
        super().__init__()
        self.refused = 0

    async def append(self, log: str, entries: Sequence[bytes]) -> int:
        if not self.refused:
            self.refused = 1
            msg = "the disk is full"
            raise OSError(msg)
        return await super().append(log, entries)


async def test_what_the_store_refused_once_is_written_after_all() -> None:
    store = RefusingOnce()
    async with open_tree(tree_of(store)) as tree:
        logger = tree.ref("s/logger", LoggerActor)
        await logger.tell(entries(*map(str, range(FLUSH_AT))))
        await anyio.wait_all_tasks_blocked()
        await logger.tell(entries("after"))
        await anyio.wait_all_tasks_blocked()
    assert store.refused
    assert await written(store) == [*map(str, range(FLUSH_AT)), "after"]
