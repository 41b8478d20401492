"""Shell: SQLite by aiosqlite, on asyncio. The only module that imports it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import TypeVar

import aiosqlite
import anyio

from regrow.core.store import sqlite as statements
from regrow.core.store.sqlite import Durability, Write

__all__ = ["AiosqliteDriver"]

T = TypeVar("T")


class AiosqliteDriver:
    """`SqliteDriver` on aiosqlite's own thread.

    The connection must be closed: its thread is no daemon, and one that is left open keeps the process from ending.
    """

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    @classmethod
    async def open(cls, path: str, durability: Durability) -> AiosqliteDriver:
        """Open the file, which `open_store` has looked at before."""
        connection = await aiosqlite.connect(path, isolation_level=None)
        try:
            for statement in (*statements.pragmas(durability), *statements.SCHEMA):
                await connection.execute(statement)
        except BaseException:
            await connection.close()
            raise
        return cls(connection)

    async def commit(self, writes: Sequence[Write]) -> None:
        connection = self._connection
        await connection.execute("begin immediate")
        try:
            results = [await self._carry_out(write) for write in writes]
            await connection.execute("commit")
        except BaseException:
            await connection.rollback()
            raise
        for write, result in zip(writes, results, strict=True):
            write.result = result

    async def _carry_out(self, write: Write) -> int:
        connection = self._connection
        for record in write.records:
            if record.fence:
                rows = list(await connection.execute_fetchall(statements.FENCE, (record.collection, record.key)))
                if rows and rows[0][0] > record.fence:
                    return 0
        if write.records:
            rows_in = [(record.collection, record.key, record.fence, record.data) for record in write.records]
            await connection.executemany(statements.PUT, rows_in)
        if write.delete:
            await connection.executemany(statements.DELETE, write.delete)
        if not write.log:
            return 1
        rows = list(await connection.execute_fetchall(statements.LAST, (write.log,)))
        last = int(rows[0][0])
        numbered = [(write.log, last + place, data) for place, data in enumerate(write.entries, 1)]
        await connection.executemany(statements.APPEND, numbered)
        return last + len(numbered)

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
