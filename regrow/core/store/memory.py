"""A store in memory: it survives the crash of an actor, not the end of the process."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from regrow.core.store.port import Fence, Item, Put

__all__ = ["MemoryStore"]


class MemoryStore:
    """`Store` in dicts."""

    def __init__(self) -> None:
        self._records: dict[str, dict[str, Item]] = {}
        self._logs: dict[str, dict[int, bytes]] = {}

    async def put(self, record: Put) -> bool:
        return await self.put_many([record])

    async def put_many(
        self, records: Sequence[Put], delete: Sequence[tuple[str, str]] = (), *, fences: Sequence[Fence] = ()
    ) -> bool:
        for collection, key, highest in (*fences, *((one.collection, one.key, one.fence) for one in records)):
            known = self._records.get(collection, {}).get(key)
            if known is not None and known.fence > highest:
                return False
        for record in records:
            items = self._records.setdefault(record.collection, {})
            items[record.key] = Item(record.key, record.data, record.fence)
        for collection, key in delete:
            self._records.get(collection, {}).pop(key, None)
        return True

    async def get(self, collection: str, key: str) -> Item | None:
        return self._records.get(collection, {}).get(key)

    async def list_items(
        self, collection: str, prefix: str = "", *, after: str = "", limit: int = 1000
    ) -> tuple[Item, ...]:
        items = self._records.get(collection, {})
        keys = sorted(key for key in items if key.startswith(prefix) and key > after)
        return tuple(items[key] for key in keys[:limit])

    async def count_items(self, collection: str) -> int:
        return len(self._records.get(collection, {}))

    async def delete(self, collection: str, key: str) -> None:
        self._records.get(collection, {}).pop(key, None)

    async def append(self, log: str, entries: Sequence[bytes]) -> int:
        so_far = self._logs.setdefault(log, {})
        last = max(so_far, default=0)
        so_far.update(enumerate(entries, last + 1))
        return last + len(entries)

    async def read(self, log: str, *, after: int = 0, limit: int = 1000) -> tuple[tuple[int, bytes], ...]:
        entries = self._logs.get(log, {})
        return tuple(islice(((number, data) for number, data in entries.items() if number > after), limit))

    async def trim(self, log: str, through: int) -> None:
        entries = self._logs.get(log, {})
        for number in [number for number in entries if number <= through]:
            del entries[number]

    async def close(self) -> None:
        """Nothing to let go of: what was kept stays readable, for a tree that is opened again on the same store."""
