"""Shell: SQLite by the standard library's driver, in one thread at a time: for trio, and wherever there is no asyncio."""

from __future__ import annotations

import sqlite3
from collections.abc import Coroutine, Sequence
from functools import partial
from typing import TypeVar

import anyio
import anyio.to_thread

from regrow.core.store import sqlite as statements
from regrow.core.store.committing import commit_writes
from regrow.core.store.group_commit import Write
from regrow.core.store.sqlite import Durability

__all__ = ["ThreadDriver"]

T = TypeVar("T")


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
