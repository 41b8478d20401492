"""Shell: SQLite by aiosqlite, on asyncio. The only module that imports it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import TypeVar

import aiosqlite
import anyio

from regrow.core.store import sqlite as statements
from regrow.core.store.group_commit import Changes, Write, logs_of, settle
from regrow.core.store.sqlite import Durability

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
            changes = await self._changes(writes)
            for statement, rows in (
                (statements.PUT, changes.puts),
                (statements.DELETE, changes.deletes),
                (statements.APPEND, changes.appends),
            ):
                if rows:
                    await connection.executemany(statement, rows)
            await connection.execute("commit")
        except BaseException:
            await connection.rollback()
            raise
        for write, result in zip(writes, changes.results, strict=True):
            write.result = result

    async def _changes(self, writes: Sequence[Write]) -> Changes:
        fences: dict[tuple[str, str], int] = {}
        for query, parameters in statements.fence_queries(writes):
            rows = await self._connection.execute_fetchall(query, parameters)
            fences.update(((collection, key), fence) for collection, key, fence in rows)
        last: dict[str, int] = {}
        for log in logs_of(writes):
            last[log] = next(iter(await self._connection.execute_fetchall(statements.LAST, (log,))))[0]
        return settle(writes, fences, last)

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
