"""What one transaction has to change for a group of writers: decided at once, so that it takes few statements.

Each statement is a trip to SQLite's thread. The writes of a group are therefore settled here, in their order, against
what the file holds, and only what is left of them in the end is carried out: one statement for all puts, one for all
deletions, one for all log entries, however many writers there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from regrow.core.backend import Slot
from regrow.core.store.port import Fence, Put

__all__ = ["Changes", "Write", "keys_of", "logs_of", "settle"]

Key = tuple[str, str]
"""Collection and key."""


@dataclass(slots=True, eq=False)
class Write:
    """One caller's part of a transaction. `result` is set when it is committed: False or the last log number."""

    records: Sequence[Put] = ()
    delete: Sequence[Key] = ()
    fences: Sequence[Fence] = ()
    log: str = ""
    entries: Sequence[bytes] = ()
    trim: tuple[str, int] | None = None
    done: bool = field(default=False)
    result: int = field(default=1)
    error: BaseException | None = field(default=None)
    slot: Slot | None = field(default=None)

    def finish(self) -> None:
        """Note that it was committed, or has failed."""
        self.done = True
        self.wake()

    def wake(self) -> None:
        """Let its writer look again, if it waits: all of a group in one turn of the loop."""
        if self.slot is not None and not self.slot.done():
            self.slot.set_result(None)


@dataclass(frozen=True, slots=True)
class Changes:
    """Rows as the statements take them, and the result of each write in its order."""

    puts: tuple[tuple[str, str, int, bytes], ...]
    deletes: tuple[Key, ...]
    appends: tuple[tuple[str, int, bytes], ...]
    trims: tuple[tuple[str, int], ...]
    results: tuple[int, ...]


def keys_of(writes: Iterable[Write]) -> list[Key]:
    """Return the keys whose fences must be known."""
    return list(dict.fromkeys(fence[:2] for write in writes for fence in _fences_of(write)))


def logs_of(writes: Iterable[Write]) -> list[str]:
    """Return the logs whose last numbers must be known."""
    trimmed = (write.trim[0] for write in writes if write.trim is not None)
    return list(dict.fromkeys((*(write.log for write in writes if write.log), *trimmed)))


def settle(writes: Sequence[Write], fences: Mapping[Key, int], last_numbers: Mapping[str, int]) -> Changes:
    """Apply the writes in their order; a write whose fences, or those of its records, are too low changes nothing.

    Args:
        fences: Of the records that are there, of all in `keys_of(writes)`.
        last_numbers: Of each log that is written; 0 for an empty one.
    """
    fence_now: dict[Key, int | None] = {**fences}
    numbers = dict(last_numbers)
    outcome: dict[Key, Put | None] = {}
    appends: list[tuple[str, int, bytes]] = []
    trims: list[tuple[str, int]] = []
    results: list[int] = []
    for write in writes:
        if any(_is_late(fence, fence_now) for fence in _fences_of(write)):
            results.append(0)
            continue
        for record in write.records:
            outcome[record.collection, record.key] = record
            fence_now[record.collection, record.key] = record.fence
        for key in write.delete:
            outcome[key] = None
            fence_now[key] = None
        for data in write.entries:
            numbers[write.log] += 1
            appends.append((write.log, numbers[write.log], data))
        if write.trim is not None:
            # What is added after it in the same transaction is carried out before it, and stays.
            log, through = write.trim
            trims.append((log, min(through, numbers[log])))
        results.append(numbers[write.log] if write.log else 1)
    puts = tuple((put.collection, put.key, put.fence, put.data) for put in outcome.values() if put is not None)
    deletes = tuple(key for key, put in outcome.items() if put is None)
    return Changes(puts, deletes, tuple(appends), tuple(trims), tuple(results))


def _fences_of(write: Write) -> Iterator[Fence]:
    yield from write.fences
    for record in write.records:
        yield Fence(record.collection, record.key, record.fence)


def _is_late(fence: Fence, fence_now: Mapping[Key, int | None]) -> bool:
    known = fence_now.get(fence[:2])
    return known is not None and known > fence.highest
