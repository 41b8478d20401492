"""Shell: one transaction on a connection of the standard library's SQLite driver, in whatever thread the caller is."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from regrow.core.store import sqlite as statements
from regrow.core.store.group_commit import Changes, Write, logs_of, settle

__all__ = ["commit_writes"]


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
