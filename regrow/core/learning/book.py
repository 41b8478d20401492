"""Shell: the patterns in a store: looked up, changed by one of several writers at a time, found by their likeness, forgotten.

Several processes may learn in one store. A change reads a record, computes the next one, and writes it only if nobody has
written it meanwhile (the record's fence is its version); else it is computed again. Nobody waits for anybody, and no
count is lost. What a call returned for is in the file.

Three collections: the patterns; for each its place in a group of look-alikes; and its place among all by what it is
worth, from which the least are taken when there are too many. The three change in one transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from regrow.core.learning.near import MAX_CANDIDATES, nearest
from regrow.core.store import Fence, Item, Put, Store
from regrow.protocols.patterns import KnownPattern

__all__ = ["MAX_PATTERNS", "PATTERNS", "PatternBook"]

PATTERNS = "known_patterns"
GROUPS = "known_patterns_by_group"
WORTH = "known_patterns_by_worth"
LESSONS = "known_lessons"
"""The collections."""

MAX_PATTERNS = 100_000
"""The specification's; some 500 MB."""

MAX_LESSONS = 10_000
"""Runs whose order of recoveries was learned: each is learned once. 40 bytes a run."""

LOOK_EVERY = 1024
"""One new pattern in so many, by its id, has it counted how many there are: processes that add a few each must do it too, and
counting 100,000 takes 50 ms."""

MAX_TRIES = 50
"""Of a change that others overtake. With two writers the second try succeeds nearly always."""

BATCH = 500

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
                if old is not None:
                    deletes += [place for place in _places(old) if place not in _places(known)]
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
            item.key.rpartition("/")[2]: item.data.decode("utf-8", "replace")
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
        return await self._store.count_items(WORTH)

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
            places = [place for known in some for place in (*_places(known), (PATTERNS, known.pattern.pattern_id))]
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
        gone = 0
        while gone < over and (items := await self._store.list_items(WORTH, limit=min(BATCH, over - gone))):
            places = [(WORTH, item.key) for item in items]
            for item in items:
                key = item.key.rpartition("/")[2]
                known = _read(await self._store.get(PATTERNS, key))
                places += [(PATTERNS, key), *(_places(known[0]) if known is not None else ())]
            await self._store.put_many([], places)
            gone += len(items)
        return gone

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
        return KnownPattern.model_validate_json(item.data), item.fence
    except ValueError:
        return None


def _read_any(item: Item | None) -> tuple[KnownPattern | None, int]:
    """One that cannot be read is written over: its version still counts."""
    found = _read(item)
    return found if found is not None else (None, item.fence if item is not None else 0)


def _puts(known: KnownPattern, version: int) -> list[Put]:
    group, worth = _places(known)
    return [
        Put(PATTERNS, known.pattern.pattern_id, known.model_dump_json(by_alias=True).encode(), version),
        Put(*group, known.normal_form.encode()),
        Put(*worth, b""),
    ]


def _places(known: KnownPattern) -> tuple[tuple[str, str], tuple[str, str]]:
    key = known.pattern.pattern_id
    return (GROUPS, f"{_group_key(known.group)}{key}"), (WORTH, f"{known.worth}/{key}")


def _group_key(group: str) -> str:
    return hashlib.sha256(group.encode()).hexdigest()[:16] + "/"
