"""Shell: the patterns of this user's store: read, found by the beginning of an id, carried out and in, and forgotten."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO

from regrow.core.learning.book import PatternBook
from regrow.core.learning.exchange import BadFile, export_header, export_line, import_lines
from regrow.core.learning.records import merged
from regrow.core.store import open_store
from regrow.protocols.errors import regrow_error
from regrow.protocols.patterns import KnownPattern

__all__ = ["bring_in", "carry_out", "find", "forget", "open_book", "read_all", "short"]

SHORT = 10
"""Characters of an id that are shown: among 100,000 patterns two begin alike in one case of two hundred, and are told."""

BATCH = 500


def short(pattern_id: str) -> str:
    """Return an id as it is shown and may be typed."""
    return pattern_id[:SHORT]


@asynccontextmanager
async def open_book(store: Path) -> AsyncIterator[PatternBook]:
    """Open the patterns of a store."""
    async with open_store(store, on_damage=lambda said: sys.stderr.write(f"note: {said}\n")) as opened:
        yield PatternBook(opened)


async def read_all(store: Path, wanted: Callable[[KnownPattern], bool] = lambda _: True) -> list[KnownPattern]:
    """Read the patterns that are wanted; none where nothing was learned yet."""
    if not store.exists():
        return []
    async with open_book(store) as book:
        return [known async for known in book.all() if wanted(known)]


async def find(book: PatternBook, beginning: str) -> KnownPattern:
    """Return the pattern whose id begins so.

    Raises:
        RegrowError: E6001 there is none, or several.
    """
    ids = await book.ids(beginning.lower(), 6) if beginning else ()
    known = await book.get(ids[0]) if len(ids) == 1 else None
    if known is not None:
        return known
    several = f"the beginning of {len(ids)} ids: {', '.join(map(short, ids))}" if len(ids) > 1 else "not known here"
    raise regrow_error(
        "E6001", f"is {several}", where=f"pattern {beginning[:64]!r}", remedy="regrow patterns list shows them"
    )


async def carry_out(store: Path, into: str, wanted: Callable[[KnownPattern], bool]) -> int:
    """Write patterns to a file, or to standard output for `-`; returns how many. The file is there whole or not at all."""
    if not store.exists():
        with _written(into) as file:
            file.write(export_header().encode())
        return 0
    count = 0
    async with open_book(store) as book:
        with _written(into) as file:
            file.write(export_header().encode())
            async for known in book.all():
                if wanted(known):
                    file.write(export_line(known).encode())
                    count += 1
    return count


async def bring_in(store: Path, source: Path, *, add_up: bool) -> dict[str, int]:
    """Take patterns in: new ones are added; known ones are left, or their counts added up.

    The whole file is read before the first is written. A file whose counts were added up before is not added up again.

    Raises:
        RegrowError: E6001 the file cannot be read, or may not be taken in.
    """
    now = dt.datetime.now(dt.UTC)
    try:
        data = source.read_bytes()
        patterns = list(import_lines(data.splitlines(keepends=True), now))
    except BadFile as error:
        raise regrow_error(
            "E6001", f"cannot be taken in: {error}", where=f"file {source}", remedy="nothing of it was taken in"
        ) from None
    except OSError as error:
        raise regrow_error("E6001", f"cannot be read: {error.strerror}", where=f"file {source}") from None
    digest = hashlib.sha256(data).hexdigest()
    done = {"new": 0, "known": 0, "repeated": 0}
    async with open_book(store) as book:
        for begin in range(0, len(patterns), BATCH):
            some = patterns[begin : begin + BATCH]
            here = {known.pattern.pattern_id: await book.get(known.pattern.pattern_id) for known in some}
            fresh = [known for known in some if here[known.pattern.pattern_id] is None]
            changes = {
                known.pattern.pattern_id: partial(_together, known, add_up=add_up)
                for known in (some if add_up else fresh)
            }
            lesson = f"merge-{digest}-{begin}" if add_up else ""
            if changes and not await book.change_all(changes, lesson=lesson):
                done["repeated"] += len(some)
                continue
            done["new"] += len(fresh)
            done["known"] += len(some) - len(fresh)
        await book.trim()
    return done


async def forget(store: Path, beginnings: list[str], before: dt.datetime | None, *, everything: bool) -> int:
    """Forget patterns by id, by when they were last seen, or all; returns how many."""
    if not store.exists():
        return 0
    async with open_book(store) as book:
        if everything:
            return await book.forget_all()
        gone = [await find(book, beginning) for beginning in beginnings]
        if before is not None:
            gone += [known async for known in book.all() if known.pattern.last_seen < before]
        await book.forget(gone)
        return len({known.pattern.pattern_id for known in gone})


def _together(there: KnownPattern, here: KnownPattern | None, *, add_up: bool) -> KnownPattern:
    if here is None:
        return there
    return merged(here, there) if add_up else here


@contextlib.contextmanager
def _written(into: str) -> Iterator[BinaryIO]:
    if into == "-":
        yield sys.stdout.buffer
        sys.stdout.flush()
        return
    path = Path(into)
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with draft.open("wb") as file:
            yield file
        draft.replace(path)
    except OSError as error:
        raise regrow_error("E6001", f"cannot be written: {error.strerror}", where=f"file {into}") from None
    finally:
        draft.unlink(missing_ok=True)
