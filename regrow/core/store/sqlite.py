"""A store in one SQLite file: the statements, the group commit, and the opening of the file.

The two shells that talk to SQLite are `sqlite_asyncio` (aiosqlite) and `sqlite_thread` (the standard library's driver in
one thread, for trio). Both carry out the same statements.

Group commit needs no timer: whoever writes while a commit is under way joins the group that is next, and the first of
the group commits for all. Under load a commit holds hundreds of records, alone it holds one, and nobody waits for a window.

What was begun is carried to its end whoever is cancelled: the transaction holds the writes of other tasks too.
"""

from __future__ import annotations

import sys
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from typing import Literal, Protocol, TypeVar

import anyio
import anyio.lowlevel

from regrow.core.backend import current_backend
from regrow.core.store.group_commit import Write
from regrow.core.store.port import Fence, Item, Put

__all__ = [
    "SCHEMA",
    "Durability",
    "SqliteDriver",
    "SqliteStore",
    "StoreClosed",
    "for_keys",
    "for_rows",
    "key_range",
    "pragmas",
]

Durability = Literal["process", "power"]
"""`process`: what was acknowledged survives `kill -9` (WAL, synchronous NORMAL). `power`: a power cut too (FULL)."""

T = TypeVar("T")

ROWS_A_STATEMENT = 200
"""Of at most 4 parameters: every SQLite takes 999 in a statement."""

SCHEMA_VERSION = 1

SCHEMA = (
    "create table if not exists records (collection text not null, key text not null, fence integer not null, "
    "data blob not null, primary key (collection, key)) without rowid",
    "create table if not exists logs (log text not null, number integer not null, data blob not null, "
    "primary key (log, number)) without rowid",
    f"pragma user_version = {SCHEMA_VERSION}",
)

PUT = (
    "insert into records (collection, key, fence, data) values {} "
    "on conflict (collection, key) do update set fence = excluded.fence, data = excluded.data"
)
# SQLite keeps in a column whatever it is given. `cast` gives text back as its bytes, though they be no UTF-8, and a number
# as its digits: what somebody wrote there by hand is data that its reader finds damaged, and no fault of the store.
FENCES = "select collection, key, cast(fence as integer) from records where collection = ? and key in ({})"
GET = "select key, cast(data as blob), cast(fence as integer) from records where collection = ? and key = ?"
LIST = "select key, cast(data as blob), cast(fence as integer) from records where collection = ? and {} order by key limit ?"
COUNT = "select count(*) from records where collection = ?"
DELETE = "delete from records where collection = ? and key in ({})"
LAST = "select coalesce(max(number), 0) from logs where log = ?"
APPEND = "insert into logs (log, number, data) values {}"
TRIM = "delete from logs where log = ? and number <= ?"
READ = "select number, cast(data as blob) from logs where log = ? and number > ? order by number limit ?"


def for_rows(sql: str, rows: Sequence[tuple[object, ...]]) -> Iterator[tuple[str, list[object]]]:
    """Return PUT or APPEND for all rows, a few hundred at a time, with its parameters.

    One statement and not one a row: SQLite's driver gives the interpreter's lock away and takes it back for each, and
    the event loop pays for it too.
    """
    for begin in range(0, len(rows), ROWS_A_STATEMENT):
        some = rows[begin : begin + ROWS_A_STATEMENT]
        places = f"({','.join('?' * len(some[0]))})"
        yield sql.format(",".join([places] * len(some))), [value for row in some for value in row]


def for_keys(sql: str, keys: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[object]]]:
    """Return DELETE or FENCES for all keys (collection, key), a few hundred at a time, with its parameters.

    One collection at a time: for `(collection, key) in (values ...)` SQLite reads the whole table.
    """
    by_collection: dict[str, list[str]] = {}
    for collection, key in keys:
        by_collection.setdefault(collection, []).append(key)
    for collection, names in by_collection.items():
        for begin in range(0, len(names), ROWS_A_STATEMENT):
            some = names[begin : begin + ROWS_A_STATEMENT]
            yield sql.format(",".join("?" * len(some))), [collection, *some]


def key_range(prefix: str, after: str) -> tuple[str, list[str]]:
    """Return what holds for keys that begin with `prefix` and come after `after`, as one range, with its parameters.

    Of two lower bounds SQLite may take the wrong one, and what is no bound at all (`substr(key, ...)`) has it read the
    collection to its end: 100,000 rows for a prefix that has three.

    >>> key_range("a/", ""), key_range("a/", "a/7"), key_range("", "x")
    (('key >= ? and key < ?', ['a/', 'a0']), ('key > ? and key < ?', ['a/7', 'a0']), ('key > ?', ['x']))
    """
    lower = ("key > ?", after) if after >= prefix else ("key >= ?", prefix)
    end = _after_all(prefix)
    return (lower[0], [lower[1]]) if end is None else (f"{lower[0]} and key < ?", [lower[1], end])


def _after_all(prefix: str) -> str | None:
    """Return the least text that comes after all that begin with `prefix`, as SQLite sorts: by code point."""
    kept = prefix.rstrip(chr(sys.maxunicode))
    if not kept:
        return None
    following = ord(kept[-1]) + 1
    if 0xD800 <= following <= 0xDFFF:
        following = 0xE000  # half a surrogate pair is no text
    return kept[:-1] + chr(following)


def pragmas(durability: Durability) -> tuple[str, ...]:
    """Return the settings of a connection."""
    return (
        "pragma journal_mode = wal",
        f"pragma synchronous = {'full' if durability == 'power' else 'normal'}",
        "pragma busy_timeout = 10000",
    )


class StoreClosed(RuntimeError):
    """The store was closed before."""


class SqliteDriver(Protocol):
    """What a shell does: one transaction, one query."""

    async def commit(self, writes: Sequence[Write]) -> None:
        """Carry out all writes in one transaction and set their results; raise when the transaction failed."""

    async def query(self, sql: str, parameters: Sequence[object]) -> list[tuple[object, ...]]:
        """Return all rows."""

    async def to_its_end(self, work: Coroutine[object, object, T]) -> T:
        """Carry out `work` even when the caller is cancelled meanwhile, and only then let it be cancelled."""

    async def close(self) -> None: ...


class _Group:
    """Writers whose writes go into one transaction. One of them leads; when it is cancelled, another takes its place."""

    __slots__ = ("leader", "writes")

    def __init__(self) -> None:
        self.writes: list[Write] = []
        self.leader: Write | None = None

    def withdraw(self, write: Write) -> None:
        """Take back a write that was not committed: nobody may carry it out behind the back of who gave up."""
        self.writes.remove(write)
        if self.leader is write:
            self.leader = next(iter(self.writes), None)
            if self.leader is not None:
                self.leader.wake()


class SqliteStore:
    """`Store` in a file. Made by `open_store`."""

    def __init__(self, driver: SqliteDriver) -> None:
        self._driver = driver
        self._gathering = _Group()
        self._turn = anyio.Lock()
        self._closed = False
        self._new_slot = current_backend().new_slot

    async def put(self, record: Put) -> bool:
        return await self.put_many([record])

    async def put_many(
        self, records: Sequence[Put], delete: Sequence[tuple[str, str]] = (), *, fences: Sequence[Fence] = ()
    ) -> bool:
        return bool(await self._write(Write(records=tuple(records), delete=tuple(delete), fences=tuple(fences))))

    async def delete(self, collection: str, key: str) -> None:
        await self._write(Write(delete=((collection, key),)))

    async def append(self, log: str, entries: Sequence[bytes]) -> int:
        return await self._write(Write(log=log, entries=tuple(entries)))

    async def trim(self, log: str, through: int) -> None:
        await self._write(Write(trim=(log, through)))

    async def get(self, collection: str, key: str) -> Item | None:
        rows = await self._query(GET, (collection, key))
        return _item(rows[0]) if rows else None

    async def list_items(
        self, collection: str, prefix: str = "", *, after: str = "", limit: int = 1000
    ) -> tuple[Item, ...]:
        bounds, keys = key_range(prefix, after)
        rows = await self._query(LIST.format(bounds), (collection, *keys, limit))
        return tuple(_item(row) for row in rows)

    async def count_items(self, collection: str) -> int:
        ((count,),) = await self._query(COUNT, (collection,))
        return _number(count)

    async def read(self, log: str, *, after: int = 0, limit: int = 1000) -> tuple[tuple[int, bytes], ...]:
        rows = await self._query(READ, (log, after, limit))
        return tuple((_number(number), _bytes(data)) for number, data in rows)

    async def close(self) -> None:
        await self._driver.to_its_end(self._close())

    async def _close(self) -> None:
        async with self._turn:
            if not self._closed:
                self._closed = True
                await self._driver.close()

    async def _query(self, sql: str, parameters: Sequence[object]) -> list[tuple[object, ...]]:
        # A read that is cut would pin its snapshot as long as somebody holds its cursor: it is always read to its end.
        self._check_open()
        return await self._driver.to_its_end(self._driver.query(sql, parameters))

    async def _write(self, write: Write) -> int:
        self._check_open()
        group = self._gathering
        group.writes.append(write)
        try:
            if group.leader is None:
                group.leader = write
            else:
                write.slot = self._new_slot()
                await write.slot
            if not write.done:
                await self._lead(group)
        finally:
            if not write.done:
                group.withdraw(write)
        if write.error is not None:
            raise write.error
        return write.result

    async def _lead(self, group: _Group) -> None:
        async with self._turn:
            # Those who were woken by the last commit and write again at once join this one.
            await anyio.lowlevel.checkpoint()
            self._gathering = _Group()
            await self._driver.to_its_end(self._commit(tuple(group.writes)))

    async def _commit(self, batch: Sequence[Write]) -> None:
        try:
            self._check_open()
            await self._driver.commit(batch)
        except Exception as error:
            if len(batch) == 1:
                batch[0].error = error
                batch[0].finish()
                return
            # One bad write must not fail the others that happened to be in its transaction.
            for write in batch:
                await self._commit([write])
        for write in batch:
            write.finish()

    def _check_open(self) -> None:
        if self._closed:
            msg = "the store is closed"
            raise StoreClosed(msg)


def _item(row: tuple[object, ...]) -> Item:
    key, data, fence = row
    return Item(str(key), _bytes(data), _number(fence))


def _number(value: object) -> int:
    assert isinstance(value, int)
    return value


def _bytes(value: object) -> bytes:
    assert isinstance(value, bytes)
    return value
