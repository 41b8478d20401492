"""Shell: the patterns in a store: looked up, changed by one of several writers at a time, found by their likeness, forgotten.

Several processes may learn in one store. A change reads a record, computes the next one, and writes it only if nobody has
written it meanwhile (the record's fence is its version); else it is computed again. Nobody waits for anybody, and no
count is lost. What a call returned for is in the file.

Two collections: the patterns, and for each its place in a group of look-alikes, with what it is worth and its normal form:
what a look-up compares, and what is read through when there are too many, without the patterns. Both change in one transaction.

Rejected: a collection in the order of worth, from which the least are taken. It made each of 100,000 inserts, and each time a
pattern is seen again, a third to a half dearer, for what happens once in a thousand inserts beyond the limit.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from regrow.core.learning.kept import packed, unpacked
from regrow.core.learning.near import MAX_CANDIDATES, nearest
from regrow.core.store import Fence, Item, Put, Store
from regrow.protocols.patterns import KnownPattern

__all__ = ["MAX_PATTERNS", "PATTERNS", "PatternBook"]

PATTERNS = "known_patterns"
GROUPS = "known_patterns_by_group"
WORTH = "known_patterns_by_worth"  # what files of before hold; nothing reads it, and trimming empties it
LESSONS = "known_lessons"
"""The collections."""

MAX_PATTERNS = 100_000
"""The specification's; some 100 MB."""

MAX_LESSONS = 10_000
"""Runs whose order of recoveries was learned: each is learned once. 40 bytes a run."""

LOOK_EVERY = 1024
"""One new pattern in so many, by its id, has it counted how many there are: processes that add a few each must do it too, and
counting 100,000 takes 50 ms."""

WORTH_CHARACTERS = 14
"""Of `records.worth_of`."""

MAX_TRIES = 50
"""Of a change that others overtake. With two writers the second try succeeds nearly always."""

BATCH = 500

BATCH_PLACES = 5000
"""Of some 200 bytes each."""

Change = Callable[[KnownPattern | None], KnownPattern]


class PatternBook:
    """See the module.

    Args:
        store: Where it is kept.
        max_patterns: How many are kept; beyond, the least worth go.
    """

    def __init__(self, store: Store, max_patterns: int = MAX_PATTERNS) -> None:
        self._store = store
        self._max_patterns = max_patterns

    async def get(self, pattern_id: str) -> KnownPattern | None:
        """Read one pattern. One that cannot be read counts as unknown."""
        found = _read(await self._store.get(PATTERNS, pattern_id))
        return found[0] if found is not None else None

    async def change(self, pattern_id: str, change: Change) -> KnownPattern:
        """Carry out a change of one pattern; `change` may be called more than once."""
        return (await self.change_all({pattern_id: change}))[pattern_id]

    async def change_all(self, changes: Mapping[str, Change], lesson: str = "") -> dict[str, KnownPattern]:
        """Carry out changes of several patterns in one transaction.

        Args:
            changes: Pattern id -> from what is known to what is to be known.
            lesson: The id of a run: all of it is left undone when that run was learned before.

        Returns:
            The patterns as they are now; empty when the lesson was known.

        Raises:
            RuntimeError: Others were faster, too many times in a row.
        """
        for _ in range(MAX_TRIES):
            if lesson and await self._store.get(LESSONS, lesson) is not None:
                return {}
            before = {key: _read_any(await self._store.get(PATTERNS, key)) for key in changes}
            after = {key: change(before[key][0]) for key, change in changes.items()}
            puts: list[Put] = [Put(LESSONS, lesson, b"", 1)] if lesson else []
            deletes: list[tuple[str, str]] = []
            for key, known in after.items():
                old, version = before[key]
                puts += _puts(known, version + 1)
                if old is not None and _place(old) != _place(known):
                    deletes.append(_place(old))
            fences = [Fence(PATTERNS, key, version) for key, (_, version) in before.items()]
            fences += [Fence(LESSONS, lesson, 0)] if lesson else []
            if await self._store.put_many(puts, deletes, fences=fences):
                await self._keep_limits([key for key, (old, _) in before.items() if old is None], lesson)
                return after
        msg = f"{MAX_TRIES} writes of pattern {next(iter(changes))[:12]} were overtaken by others"
        raise RuntimeError(msg)

    async def near(self, known: KnownPattern) -> KnownPattern | None:
        """Return the pattern that is nearly this one and that something was learned of; None when there is none."""
        prefix = _group_key(known.group)
        items = await self._store.list_items(GROUPS, prefix, limit=MAX_CANDIDATES)
        others = {
            item.key.rpartition("/")[2]: _worth_and_form(item)[1]
            for item in items
            if not item.key.endswith(known.pattern.pattern_id)
        }
        while others:
            key = nearest(known.normal_form, others)
            if key is None:
                return None
            found = await self.get(key)
            if found is not None and found.records:
                return found
            del others[key]
        return None

    async def all(self) -> AsyncIterator[KnownPattern]:
        """Read all patterns in the order of their ids; those that cannot be read are left out."""
        after = ""
        while items := await self._store.list_items(PATTERNS, after=after, limit=BATCH):
            for item in items:
                if (found := _read(item)) is not None:
                    yield found[0]
            after = items[-1].key

    async def ids(self, prefix: str, limit: int) -> tuple[str, ...]:
        """Return the ids that begin so."""
        return tuple(item.key for item in await self._store.list_items(PATTERNS, prefix, limit=limit))

    async def count(self) -> int:
        """Return how many patterns there are."""
        return await self._store.count_items(GROUPS)

    async def add(self, patterns: Sequence[KnownPattern]) -> int:
        """Write new patterns in one transaction, without looking whether they are known; returns how many."""
        puts = [put for known in patterns for put in _puts(known, 1)]
        await self._store.put_many(puts)
        await self._keep_limits([known.pattern.pattern_id for known in patterns], "")
        return len(patterns)

    async def forget(self, patterns: Sequence[KnownPattern]) -> None:
        """Remove patterns, and every place at which they stand."""
        for begin in range(0, len(patterns), BATCH):
            some = patterns[begin : begin + BATCH]
            places = [place for known in some for place in (_place(known), (PATTERNS, known.pattern.pattern_id))]
            await self._store.put_many([], places)

    async def forget_all(self) -> int:
        """Remove everything that was learned; returns how many patterns it was."""
        count = await self.count()
        for collection in (PATTERNS, GROUPS, WORTH, LESSONS):
            while items := await self._store.list_items(collection, limit=BATCH):
                await self._store.put_many([], [(collection, item.key) for item in items])
        return count

    async def trim(self) -> int:
        """Let go of the patterns that are worth least, until the limit is kept with a hundredth to spare; returns how many."""
        over = await self.count() - self._max_patterns
        if over <= 0:
            return 0
        over += self._max_patterns // 100
        least: list[tuple[str, str]] = []
        after = ""
        while items := await self._store.list_items(GROUPS, after=after, limit=BATCH_PLACES):
            after = items[-1].key
            least = heapq.nsmallest(over, [*least, *((_worth_and_form(item)[0], item.key) for item in items)])
        for begin in range(0, len(least), BATCH):
            keys = [key for _, key in least[begin : begin + BATCH]]
            await self._store.put_many(
                [], [place for key in keys for place in ((GROUPS, key), (PATTERNS, key.rpartition("/")[2]))]
            )
        while items := await self._store.list_items(WORTH, limit=BATCH):
            await self._store.put_many([], [(WORTH, item.key) for item in items])
        return len(least)

    async def _keep_limits(self, new: Sequence[str], lesson: str) -> None:
        if any(int(key[:8], 16) % LOOK_EVERY == 0 for key in new):
            await self.trim()
        if lesson and await self._store.count_items(LESSONS) > MAX_LESSONS:
            some = await self._store.list_items(LESSONS, limit=BATCH)
            await self._store.put_many([], [(LESSONS, item.key) for item in some if item.key != lesson])


def _read(item: Item | None) -> tuple[KnownPattern, int] | None:
    if item is None:
        return None
    try:
        return unpacked(item.data), item.fence
    except ValueError:
        return None


def _read_any(item: Item | None) -> tuple[KnownPattern | None, int]:
    """One that cannot be read is written over: its version still counts."""
    found = _read(item)
    return found if found is not None else (None, item.fence if item is not None else 0)


def _puts(known: KnownPattern, version: int) -> list[Put]:
    place = f"{known.worth:{WORTH_CHARACTERS}} {known.normal_form}"
    return [Put(PATTERNS, known.pattern.pattern_id, packed(known), version), Put(*_place(known), place.encode())]


def _place(known: KnownPattern) -> tuple[str, str]:
    return GROUPS, f"{_group_key(known.group)}{known.pattern.pattern_id}"


def _worth_and_form(item: Item) -> tuple[str, str]:
    """What stands at a place. Files of before hold the normal form alone: worth least, until it is seen again."""
    text = item.data.decode("utf-8", "replace")
    worth, form = text[:WORTH_CHARACTERS], text[WORTH_CHARACTERS + 1 :]
    if text[WORTH_CHARACTERS : WORTH_CHARACTERS + 1] == " " and worth.replace(".", "", 1).strip().isdecimal():
        return worth, form
    return "", text


def _group_key(group: str) -> str:
    return hashlib.sha256(group.encode()).hexdigest()[:16] + "/"
