"""Shell: SQLite by the standard library's driver, in one thread at a time: for trio, and wherever there is no asyncio."""

from __future__ import annotations

import sqlite3
from collections.abc import Coroutine, Sequence
from functools import partial
from typing import TypeVar

import anyio
import anyio.to_thread

from regrow.core.store import sqlite as statements
from regrow.core.store.sqlite import Durability, Write

__all__ = ["ThreadDriver", "commit_writes"]

T = TypeVar("T")


def commit_writes(connection: sqlite3.Connection, writes: Sequence[Write]) -> None:
    """Carry out all writes in one transaction."""
    cursor = connection.cursor()
    cursor.execute("begin immediate")
    try:
        results = [_carry_out(cursor, write) for write in writes]
        cursor.execute("commit")
    except BaseException:
        connection.rollback()
        raise
    for write, result in zip(writes, results, strict=True):
        write.result = result


def _carry_out(cursor: sqlite3.Cursor, write: Write) -> int:
    for record in write.records:
        known = cursor.execute(statements.FENCE, (record.collection, record.key)).fetchone()
        if known is not None and known[0] > record.fence:
            return 0
    cursor.executemany(
        statements.PUT, [(record.collection, record.key, record.fence, record.data) for record in write.records]
    )
    cursor.executemany(statements.DELETE, write.delete)
    if not write.log:
        return 1
    last = int(cursor.execute(statements.LAST, (write.log,)).fetchone()[0])
    numbered = [(write.log, last + place, data) for place, data in enumerate(write.entries, 1)]
    cursor.executemany(statements.APPEND, numbered)
    return last + len(numbered)


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
