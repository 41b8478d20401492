"""The store port: named collections of keyed records, and append-only logs.

A write is acknowledged when its call returns: from then on it survives what the implementation's durability says. Keys
sort as text, so a caller that wants order pads its numbers. `fence` keeps the late write of an older incarnation from
overwriting a newer one's (trap 23): a put with a lower fence than the record's is refused, silently for the data, by
returning False. A write may depend on the fences of records that it does not write: that is how one of two writers owns
several records.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

__all__ = ["Fence", "Item", "Put", "Store"]


class Fence(NamedTuple):
    """What a write depends on: that the record, if it is there, has no higher fence than `highest`."""

    collection: str
    key: str
    highest: int


@dataclass(frozen=True, slots=True)
class Put:
    """One record to be written. `fence` is the writer's incarnation, 0 for records that nobody fences."""

    collection: str
    key: str
    data: bytes
    fence: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """One record as it was read. For a log, `key` is its sequence number, padded."""

    key: str
    data: bytes
    fence: int = 0


class Store(Protocol):
    """See the module. Every method may be called from any task of the loop that opened it."""

    async def put(self, record: Put) -> bool:
        """Write a record; returns False, and changes nothing, when a higher fence is there."""

    async def put_many(
        self, records: Sequence[Put], delete: Sequence[tuple[str, str]] = (), *, fences: Sequence[Fence] = ()
    ) -> bool:
        """Write all of them and delete (collection, key) pairs in one transaction, or nothing.

        Returns False, as `put` does, where a record has a higher fence, or one of `fences` is passed.
        """

    async def get(self, collection: str, key: str) -> Item | None:
        """Read one record."""

    async def list_items(
        self, collection: str, prefix: str = "", *, after: str = "", limit: int = 1000
    ) -> tuple[Item, ...]:
        """Read records whose keys begin with `prefix` and are greater than `after`, in key order, at most `limit`."""

    async def count_items(self, collection: str) -> int:
        """Return how many records there are. Their data is read over too: count what is small."""

    async def delete(self, collection: str, key: str) -> None:
        """Forget a record; nothing happens if there is none."""

    async def append(self, log: str, entries: Sequence[bytes]) -> int:
        """Add entries to the end of a log; returns the sequence number of the last one. Numbers begin at 1."""

    async def read(self, log: str, *, after: int = 0, limit: int = 1000) -> tuple[tuple[int, bytes], ...]:
        """Read entries of a log with numbers greater than `after`, in order, at most `limit`."""

    async def trim(self, log: str, through: int) -> None:
        """Forget the entries of a log up to number `through`. Those that stay keep their numbers; a log that is trimmed to
        its end begins anew at 1.
        """

    async def close(self) -> None:
        """Wait for what is under way and let go of everything. Later calls raise `StoreClosed`."""
