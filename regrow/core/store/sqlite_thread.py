"""Shell: SQLite by the standard library's driver, in one thread at a time: for trio, and wherever there is no asyncio."""

from __future__ import annotations

import sqlite3
from collections.abc import Coroutine, Sequence
from functools import partial
from typing import TypeVar

import anyio
import anyio.to_thread

from regrow.core.store import sqlite as statements
from regrow.core.store.group_commit import Changes, Write, logs_of, settle
from regrow.core.store.sqlite import Durability

__all__ = ["ThreadDriver", "commit_writes"]

T = TypeVar("T")


def commit_writes(connection: sqlite3.Connection, writes: Sequence[Write]) -> None:
    """Carry out all writes in one transaction."""
    cursor = connection.cursor()
    cursor.execute("begin immediate")
    try:
        changes = _changes(cursor, writes)
        cursor.executemany(statements.PUT, changes.puts)
        cursor.executemany(statements.DELETE, changes.deletes)
        cursor.executemany(statements.APPEND, changes.appends)
        cursor.execute("commit")
    except BaseException:
        connection.rollback()
        raise
    for write, result in zip(writes, changes.results, strict=True):
        write.result = result


def _changes(cursor: sqlite3.Cursor, writes: Sequence[Write]) -> Changes:
    fences: dict[tuple[str, str], int] = {}
    for query, parameters in statements.fence_queries(writes):
        fences.update(((collection, key), fence) for collection, key, fence in cursor.execute(query, parameters))
    last = {log: int(cursor.execute(statements.LAST, (log,)).fetchone()[0]) for log in logs_of(writes)}
    return settle(writes, fences, last)


class ThreadDriver:
    """`SqliteDriver` over a one-slot limiter: the calls never overlap, so that one connection serves them all."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._slot = anyio.CapacityLimiter(1)

    @classmethod
    async def open(cls, path: str, durability: Durability) -> ThreadDriver:
        """Open the file, which `open_store` has looked at before."""
        connection = await anyio.to_thread.run_sync(partial(_open, path, durability))
        return cls(connection)

    async def commit(self, writes: Sequence[Write]) -> None:
        await anyio.to_thread.run_sync(commit_writes, self._connection, writes, limiter=self._slot)

    async def query(self, sql: str, parameters: Sequence[object]) -> list[tuple[object, ...]]:
        return await anyio.to_thread.run_sync(self._query, sql, parameters, limiter=self._slot)

    async def to_its_end(self, work: Coroutine[object, object, T]) -> T:
        with anyio.CancelScope(shield=True):
            return await work
        raise AssertionError  # a shield of nobody's deadline is never cancelled

    async def close(self) -> None:
        await anyio.to_thread.run_sync(self._connection.close, limiter=self._slot)

    def _query(self, sql: str, parameters: Sequence[object]) -> list[tuple[object, ...]]:
        return self._connection.execute(sql, parameters).fetchall()


def _open(path: str, durability: Durability) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    for statement in (*statements.pragmas(durability), *statements.SCHEMA):
        connection.execute(statement)
    return connection
