"""A store's file that is damaged, cut, or from another time."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from regrow.core.store import Put, open_store, sqlite

pytestmark = pytest.mark.anyio


async def test_a_damaged_file_is_set_aside_and_said(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    damaged = b"this is no database, but somebody may want it back" * 100
    path.write_bytes(damaged)
    told: list[str] = []
    async with open_store(path, on_damage=told.append) as store:
        assert await store.list_items("c") == ()
        await store.put(Put("c", "k", b"1"))
    aside = tmp_path / "store.db.damaged-1"
    assert aside.read_bytes() == damaged
    assert len(told) == 1
    assert str(aside) in told[0]


async def test_a_second_damaged_file_does_not_replace_the_first(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    for content in (b"first " * 1000, b"second " * 1000):
        path.write_bytes(content)
        async with open_store(path):
            pass
    assert (tmp_path / "store.db.damaged-1").read_bytes().startswith(b"first")
    assert (tmp_path / "store.db.damaged-2").read_bytes().startswith(b"second")


async def test_a_file_with_an_overwritten_page_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    async with open_store(path) as store:
        await store.put_many([Put("c", f"{n:04}", b"x" * 500) for n in range(200)])
    content = bytearray(path.read_bytes())
    content[8192:12288] = b"\xff" * 4096
    path.write_bytes(bytes(content))
    told: list[str] = []
    async with open_store(path, on_damage=told.append):
        pass
    assert len(told) == 1


async def test_a_file_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    connection = sqlite3.connect(path)
    connection.execute("pragma user_version = 99")
    connection.close()
    with pytest.raises(RuntimeError, match="newer regrow"):
        async with open_store(path):
            pass
    assert [entry.name for entry in tmp_path.iterdir()] == ["store.db"]


async def test_no_statement_reads_a_whole_table(tmp_path: Path) -> None:
    async with open_store(tmp_path / "store.db"):
        pass
    connection = sqlite3.connect(tmp_path / "store.db")
    within, keys = sqlite.key_range("p", "")
    statements = {
        sqlite.FENCES.format("?,?"): ("c", "a", "b"),
        sqlite.DELETE.format("?,?"): ("c", "a", "b"),
        sqlite.GET: ("c", "a"),
        sqlite.LIST.format(within): ("c", *keys, 10),
        sqlite.LAST: ("log",),
        sqlite.READ: ("log", 0, 10),
    }
    for statement, parameters in statements.items():
        plan = [row[3] for row in connection.execute(f"explain query plan {statement}", parameters)]
        assert all(line.startswith("SEARCH") for line in plan), (statement, plan)
    connection.close()
