"""Shell: one transaction on a connection of the standard library's SQLite driver, in whatever thread the caller is."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from regrow.core.store import sqlite
from regrow.core.store.group_commit import Changes, Write, keys_of, logs_of, settle

__all__ = ["commit_writes"]


def commit_writes(connection: sqlite3.Connection, writes: Sequence[Write]) -> None:
    """Carry out all writes in one transaction."""
    cursor = connection.cursor()
    cursor.execute("begin immediate")
    try:
        changes = _changes(cursor, writes)
        for statement, parameters in (
            *sqlite.for_rows(sqlite.PUT, changes.puts),
            *sqlite.for_keys(sqlite.DELETE, changes.deletes),
            *sqlite.for_rows(sqlite.APPEND, changes.appends),
            *((sqlite.TRIM, list(trim)) for trim in changes.trims),
        ):
            cursor.execute(statement, parameters)
        cursor.execute("commit")
    except BaseException:
        connection.rollback()
        raise
    for write, result in zip(writes, changes.results, strict=True):
        write.result = result


def _changes(cursor: sqlite3.Cursor, writes: Sequence[Write]) -> Changes:
    fences: dict[tuple[str, str], int] = {}
    for statement, parameters in sqlite.for_keys(sqlite.FENCES, keys_of(writes)):
        fences.update(((collection, key), fence) for collection, key, fence in cursor.execute(statement, parameters))
    last = {log: int(cursor.execute(sqlite.LAST, (log,)).fetchone()[0]) for log in logs_of(writes)}
    return settle(writes, fences, last)
