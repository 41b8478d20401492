"""Shell: opens a store's file with the driver that fits the loop; a file that is damaged is set aside, never dropped."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio.to_thread

from regrow.core.backend import current_backend
from regrow.core.store.sqlite import SCHEMA_VERSION, Durability, SqliteDriver, SqliteStore

__all__ = ["open_store"]


@asynccontextmanager
async def open_store(
    path: Path | str, *, durability: Durability = "process", on_damage: Callable[[str], object] = lambda _: None
) -> AsyncIterator[SqliteStore]:
    """Open, or make, the store in the file `path`.

    Args:
        path: The file; the folders above it are made.
        durability: What an acknowledged write survives: `process` or `power`.
        on_damage: Told, in one sentence, that the file was damaged and where it lies now.

    Raises:
        RuntimeError: The file was written by a newer version.
        OSError: It cannot be read or written.
    """
    path = Path(path)
    damage = await anyio.to_thread.run_sync(_prepare, path)
    if damage:
        on_damage(damage)
    driver: SqliteDriver
    if current_backend().name == "asyncio":
        from regrow.core.store.sqlite_asyncio import AiosqliteDriver

        driver = await AiosqliteDriver.open(str(path), durability)
    else:
        from regrow.core.store.sqlite_thread import ThreadDriver

        driver = await ThreadDriver.open(str(path), durability)
    store = SqliteStore(driver)
    try:
        yield store
    finally:
        await store.close()


def _prepare(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        return ""
    try:
        connection = sqlite3.connect(path)
        try:
            verdict = connection.execute("pragma quick_check(1)").fetchone()[0]
            version = connection.execute("pragma user_version").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        verdict, version = str(error), 0
    if version > SCHEMA_VERSION:
        msg = f"{path} was written by a newer regrow (schema {version}, this one knows {SCHEMA_VERSION}); upgrade, or move it"
        raise RuntimeError(msg)
    if verdict == "ok":
        return ""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    path.rename(aside)
    for ending in ("-wal", "-shm"):
        extra = path.with_name(path.name + ending)
        if extra.exists():
            extra.rename(aside.with_name(aside.name + ending))
    return f"{path} is damaged ({verdict}); it lies at {aside} now, and a new one was begun"
