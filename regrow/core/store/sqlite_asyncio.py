"""Shell: SQLite by aiosqlite, on asyncio. The only module that imports it."""

from __future__ import annotations

from collections.abc import Sequence

import aiosqlite

from regrow.core.store import sqlite as statements
from regrow.core.store.sqlite import Durability, Write

__all__ = ["AiosqliteDriver"]


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

    async def close(self) -> None:
        await self._connection.close()
