"""Shell: SQLite by aiosqlite, on asyncio. The only module that imports it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Coroutine, Sequence
from typing import TypeVar

import aiosqlite
import anyio

from regrow.core.store import sqlite as statements
from regrow.core.store.committing import commit_writes
from regrow.core.store.group_commit import Write
from regrow.core.store.sqlite import Durability

__all__ = ["AiosqliteDriver"]

T = TypeVar("T")


class _GroupConnection(sqlite3.Connection):
    """A connection whose `commit` carries out a whole group of writes.

    aiosqlite takes one trip to its thread for each call, and a trip costs more than the statement. `commit` is one of
    the calls that it hands on as they are.
    """

    group: Sequence[Write] = ()

    def commit(self) -> None:
        commit_writes(self, self.group)


class AiosqliteDriver:
    """`SqliteDriver` on aiosqlite's own thread.

    The connection must be closed: its thread is no daemon, and one that is left open keeps the process from ending.
    """

    def __init__(self, connection: aiosqlite.Connection, inner: _GroupConnection) -> None:
        self._connection = connection
        self._inner = inner

    @classmethod
    async def open(cls, path: str, durability: Durability) -> AiosqliteDriver:
        """Open the file, which `open_store` has looked at before."""
        made: list[_GroupConnection] = []

        def make(*args: object, **kwargs: object) -> _GroupConnection:
            made.append(_GroupConnection(*args, **kwargs))  # type: ignore[arg-type]  # as sqlite3 passes them on
            return made[0]

        connection = await aiosqlite.connect(path, isolation_level=None, factory=make)
        try:
            for statement in (*statements.pragmas(durability), *statements.SCHEMA):
                await connection.execute(statement)
        except BaseException:
            await connection.close()
            raise
        return cls(connection, made[0])

    async def commit(self, writes: Sequence[Write]) -> None:
        self._inner.group = writes
        await self._connection.commit()

    async def query(self, sql: str, parameters: Sequence[object]) -> list[tuple[object, ...]]:
        return [tuple(row) for row in await self._connection.execute_fetchall(sql, parameters)]

    async def to_its_end(self, work: Coroutine[object, object, T]) -> T:
        # A task of its own, since a host's `task.cancel()` goes through anyio's shield. Cut there, the transaction would
        # be rolled back while the other writers of the group believe that it was committed.
        task = asyncio.ensure_future(work)
        cancelled: asyncio.CancelledError | None = None
        with anyio.CancelScope(shield=True):
            while not task.done():
                try:
                    await asyncio.wait([task])
                except asyncio.CancelledError as error:
                    cancelled = error
        if cancelled is not None:
            task.exception()  # seen, so that asyncio does not report it as forgotten
            raise cancelled
        return task.result()

    async def close(self) -> None:
        await self._connection.close()
