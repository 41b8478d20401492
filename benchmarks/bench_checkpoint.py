"""Question: how much of the event loop's time does a checkpoint of 1 kB take?

Method: 100 actors with a state of 1 kB each save it again and again, through the SQLite store, and wait each time until
it is safe. Processor time of the loop's own thread, a checkpoint: serialising, signing and handing over; the writer's
thread is not in it. The floor is what SQLite itself takes to write 1 kB in WAL mode with `synchronous=NORMAL`, 100 rows
a commit, on the same clock. `checkpoint.latency` is how long the actor waits.

What would change our mind: states of 100 kB. There serialising is the whole figure.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.clocks import thread_cpu_s, wall_s
from benchmarks.figures import Bar, percentile
from benchmarks.loops import Loop, run_on
from benchmarks.programs import MANY, Tally
from benchmarks.rows import Row, Side, Size
from regrow import Actor, ChildSpec, Message, State, Supervisor, handler, open_tree
from regrow.core.store import open_store

__all__ = ["ROWS"]

STATE_BYTES = 1000
ROWS_PER_COMMIT = 100
"""Also the number of actors that save at the same time, so that a group commit has as much to group."""


class Page(State):
    """A kilobyte of text, and a number that makes every save a different one."""

    text: str = "x" * STATE_BYTES
    version: int = 0


class SaveOften(Message):
    """An order to save so many times."""

    times: int


class Writer(Actor[Page]):
    """Saves its state again and again, and keeps the seconds that each save took."""

    def __init__(self, tally: Tally, seconds: list[float]) -> None:
        self.tally = tally
        self.seconds = seconds

    @handler
    async def save(self, message: SaveOften) -> None:
        """Obey."""
        for _ in range(message.times):
            self.state.version += 1
            begin = wall_s()
            await self.ctx.checkpoint()
            self.seconds.append(wall_s() - begin)
        self.tally.one()


async def save_all(folder: Path, times: int) -> tuple[float, list[float]]:
    """Let every actor save `times` times; returns the loop's seconds a checkpoint, and how long each save took."""
    tally, seconds = Tally(ROWS_PER_COMMIT), list[float]()
    args = {"tally": tally, "seconds": seconds}
    children = [ChildSpec(f"writer{n}", Writer, args=args, checkpoint=True) for n in range(ROWS_PER_COMMIT)]
    async with (
        open_store(folder / "bench.db") as store,
        open_tree(Supervisor("bench", children=children, max_restarts=MANY), store=store) as tree,
    ):
        refs = [tree.ref(f"bench/writer{n}", Writer) for n in range(ROWS_PER_COMMIT)]
        order = SaveOften(times=times)
        begin = thread_cpu_s()
        for ref in refs:
            await ref.tell(order)
        await tally.done.wait()
        taken = thread_cpu_s() - begin
    return taken / (times * ROWS_PER_COMMIT), seconds


def sqlite_writes(folder: Path, commits: int) -> float:
    """Return the median processor seconds that SQLite takes for a row of 1 kB, `ROWS_PER_COMMIT` a commit."""
    connection = sqlite3.connect(folder / "floor.db", isolation_level=None)
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=normal")
    connection.execute("create table page (name text primary key, turn integer, data blob) without rowid")
    upsert = (
        "insert into page values (?, ?, ?) on conflict (name) do update set turn = excluded.turn, data = excluded.data"
    )
    blob = os.urandom(STATE_BYTES)
    seconds = []
    for turn in range(commits):
        rows = [(f"writer{n}", turn, blob) for n in range(ROWS_PER_COMMIT)]
        begin = thread_cpu_s()
        connection.execute("begin immediate")
        connection.executemany(upsert, rows)
        connection.execute("commit")
        seconds.append((thread_cpu_s() - begin) / ROWS_PER_COMMIT)
    connection.close()
    return percentile(seconds, 0.5)


def in_folder(program: Callable[[Path], float]) -> float:
    """Run `program` with an empty folder of its own, and remove it."""
    with tempfile.TemporaryDirectory(prefix="regrow-bench-") as folder:
        return program(Path(folder))


def loop_time(loop: Loop) -> Side:
    """Return the side that gives the loop's microseconds a checkpoint."""

    def side(size: Size) -> float:
        return in_folder(lambda folder: run_on(loop, lambda: save_all(folder, size.of(50, 2)))[0] * 1e6)

    return side


def latency(loop: Loop) -> Side:
    """Return the side that gives the median microseconds that an actor waits."""

    def side(size: Size) -> float:
        times = size.of(50, 2)
        return in_folder(lambda folder: percentile(run_on(loop, lambda: save_all(folder, times))[1], 0.5) * 1e6)

    return side


def sqlite_time(size: Size) -> float:
    """The floor."""
    return in_folder(lambda folder: sqlite_writes(folder, size.of(100, 3)) * 1e6)


FLOOR = "SQLite WAL NORMAL, 100 rows a commit"

ROWS = (
    # 30 us and 15 us against the 6.3 us that the floor took where the bar was set.
    Row("checkpoint", "us of loop time", FLOOR, loop_time("asyncio"), sqlite_time, Bar("lower", 30 / 6.3, 15 / 6.3)),
    Row("checkpoint.trio", "us of loop time", FLOOR, loop_time("trio"), sqlite_time, Bar("lower")),
    Row("checkpoint.latency", "us, p50, 100 at once", FLOOR, latency("asyncio"), sqlite_time, Bar("lower")),
)
