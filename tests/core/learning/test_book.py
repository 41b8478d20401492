"""Patterns in a store: found, changed by several at a time, let go of when there are too many, and there after `kill -9`."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import anyio
import pytest

from regrow.core.learning.book import GROUPS, LESSONS, PATTERNS, WORTH, PatternBook
from regrow.core.learning.recognising import recognise
from regrow.core.learning.records import begun, seen_again, settled
from regrow.core.store import MemoryStore, Put, Store, open_store
from regrow.protocols.patterns import KnownPattern
from regrow.protocols.run_messages import LearnError
from regrow.protocols.verification import BuildError

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def known(text: str, *, days: int = 0, record: bool = False) -> KnownPattern:
    """A pattern of one error."""
    error = LearnError(run_id="r", component="builder", phase="building", error=BuildError(code="E2004", message=text))
    found = begun(error, recognise("", "E2004", "building", text), NOW + dt.timedelta(days=days))
    return settled(found, "python", "good", NOW, success=True, cost_ms=10.0) if record else found


def word(number: int) -> str:
    """A number without digits, which would be masked."""
    return "".join(chr(97 + int(digit)) for digit in f"{number:06}")


async def one_more(book: PatternBook, pattern: KnownPattern, times: int) -> None:
    for _ in range(times):
        await book.change(
            pattern.pattern.pattern_id,
            lambda now: pattern if now is None else seen_again(now, pattern.pattern.last_seen),
        )


@pytest.mark.anyio
async def test_no_count_is_lost_between_writers_of_one_file(tmp_path: Path) -> None:
    pattern = known("it broke")
    async with (
        open_store(tmp_path / "s.db") as one,
        open_store(tmp_path / "s.db") as two,
        anyio.create_task_group() as group,
    ):
        for store in (one, two, one, two):
            group.start_soon(one_more, PatternBook(store), pattern, 10)
    async with open_store(tmp_path / "s.db") as store:
        found = await PatternBook(store).get(pattern.pattern.pattern_id)
    assert found is not None
    assert found.pattern.frequency == 40


@pytest.mark.anyio
async def test_every_place_of_a_pattern_goes_with_it() -> None:
    store = MemoryStore()
    book = PatternBook(store)
    patterns = [known(f"{word(number)} broke") for number in range(3)]
    await book.add(patterns)
    await one_more(book, patterns[0], 2)
    await book.forget([found async for found in book.all() if found.pattern.frequency > 1])
    assert [await store.count_items(name) for name in (PATTERNS, GROUPS)] == [2, 2]
    assert await book.forget_all() == 2
    assert [await store.count_items(name) for name in (PATTERNS, GROUPS)] == [0, 0]


@pytest.mark.anyio
async def test_those_that_are_worth_least_go_when_there_are_too_many() -> None:
    store = MemoryStore()
    book = PatternBook(store, max_patterns=100)
    often = known("seen often and long ago", days=-89)
    await book.add([often])
    await one_more(book, often, 7)
    await book.add([known(f"{word(number)} broke", days=number) for number in range(150)])
    await book.trim()
    assert await book.count() == 99
    assert await store.count_items(GROUPS) == await store.count_items(PATTERNS) == 99
    left = {found.pattern.error_message async for found in book.all()}
    assert f"{word(149)} broke" in left
    assert f"{word(0)} broke" not in left


@pytest.mark.anyio
async def test_file_of_before_is_read_and_its_places_are_worth_least() -> None:
    store = MemoryStore()
    old = known("cannot configure the frobnicator of 3 widgets", record=True)
    key = old.pattern.pattern_id
    group = hashlib.sha256(old.group.encode()).hexdigest()[:16]
    await store.put_many(
        [
            Put(PATTERNS, key, old.model_dump_json(by_alias=True).encode(), 1),
            Put(GROUPS, f"{group}/{key}", old.normal_form.encode()),
            Put(WORTH, f"{old.worth}/{key}", b""),
        ]
    )
    book = PatternBook(store, max_patterns=100)
    assert await book.get(key) == old
    assert await book.near(known("cannot configure the frobnicators of 3 widgets")) == old
    await book.add([known(f"{word(number)} broke") for number in range(100)])
    await book.trim()
    assert await book.get(key) is None
    assert [await store.count_items(name) for name in (PATTERNS, GROUPS, WORTH)] == [99, 99, 0]


@pytest.mark.anyio
async def test_number_of_patterns_stays_bounded_without_anybody_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regrow.core.learning.book.LOOK_EVERY", 16)
    book = PatternBook(MemoryStore(), max_patterns=50)
    for number in range(600):
        await one_more(book, known(f"{word(number)} broke"), 1)
    assert await book.count() <= 50 + 128


@pytest.mark.anyio
async def test_lesson_is_learned_once_and_its_notes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regrow.core.learning.book.MAX_LESSONS", 20)
    store = MemoryStore()
    book = PatternBook(store)
    pattern = known("it broke")
    await book.add([pattern])

    def change(now: KnownPattern | None) -> KnownPattern:
        return seen_again(now or pattern, NOW)

    for run in [*range(30), 29]:
        await book.change_all({pattern.pattern.pattern_id: change}, lesson=f"run-{run}")
    found = await book.get(pattern.pattern.pattern_id)
    assert found is not None
    assert found.pattern.frequency == 31
    assert await store.count_items(LESSONS) <= 20


@pytest.mark.anyio
async def test_near_duplicate_is_one_with_a_record_in_the_same_group() -> None:
    book = PatternBook(MemoryStore())
    await book.add([known("cannot configure the frobnicator of widgets", record=True), known("cannot configure the x")])
    near = await book.near(known("cannot configure the frobnicators of widgets"))
    assert near is not None
    assert near.pattern.error_message == "cannot configure the frobnicator of widgets"
    assert await book.near(known("something else is wrong in this")) is None


@pytest.mark.anyio
async def test_change_that_is_always_overtaken_gives_up_with_a_sentence() -> None:
    class Overtaken(MemoryStore):
        async def put_many(self, *_args: object, **_more: object) -> bool:
            return False

    with pytest.raises(RuntimeError, match="overtaken"):
        await one_more(PatternBook(Overtaken()), known("it broke"), 1)


WRITER = """
import sys, anyio
from pathlib import Path
from regrow.core.learning.book import PatternBook
from regrow.core.store import open_store
from tests.core.learning.test_book import known, one_more, word

async def main():
    async with open_store(Path(sys.argv[1])) as store:
        book, number = PatternBook(store), 0
        while True:
            await one_more(book, known(word(number) + " broke"), 1)
            print(word(number), flush=True)
            number += 1

anyio.run(main)
"""


@pytest.mark.slow
def test_what_was_reported_as_kept_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    for life in range(3):
        command = [sys.executable, "-c", WRITER, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            told = [writer.stdout.readline()]
            time.sleep(0.3 + 0.2 * life)
            os.kill(writer.pid, signal.SIGKILL)
            told += writer.stdout.readlines()
        whole = {line.strip() for line in told if line.endswith("\n")}
        assert len(whole) > 10
        kept = anyio.run(partial(_messages, path))
        assert {f"{each} broke" for each in whole} <= kept


async def _messages(path: Path) -> set[str]:
    async with open_store(path) as store:
        assert await _places_agree(store)
        return {found.pattern.error_message async for found in PatternBook(store).all()}


async def _places_agree(store: Store) -> bool:
    places = {item.key.rpartition("/")[2] for item in await store.list_items(GROUPS, limit=100_000)}
    return places == {item.key for item in await store.list_items(PATTERNS, limit=100_000)}


@pytest.mark.anyio
async def test_damaged_record_is_unknown_and_left_out() -> None:
    store = MemoryStore()
    await store.put(Put(PATTERNS, "a" * 64, b"\xff"))
    book = PatternBook(store)
    assert await book.get("a" * 64) is None
    assert [found async for found in book.all()] == []
