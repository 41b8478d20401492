"""`python -m benchmarks.soak`: a long life in short: does anything grow?

Shell: 100 000 crash-restarts and 10 million messages, on asyncio and on trio, with samples of resident memory, live
objects, tasks, threads and descriptors all along. It fails (exit status 1) when one of them has a trend. Every crash
leaves a state of 100 kB behind in the frames of its traceback, so that keeping even a few of them would show; every
message is counted at both ends, so that a lost one would show as well. Linux only: it reads `/proc`.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import get_args

import anyio
import anyio.lowlevel
import trio

from benchmarks.clocks import open_descriptors, resident_bytes, wall_s
from benchmarks.figures import table
from benchmarks.growth import Limit, Trend, trend
from benchmarks.loops import Loop, run_on
from benchmarks.programs import MANY, Counter, Increment, Tally, WhatCount
from regrow import Actor, ChildSpec, Message, Supervisor, handler, open_tree
from regrow.protocols.messages import NoState
from regrow.supervisors.tree import Tree

__all__ = ["main"]

BALLAST_BYTES = 100_000
CRASHERS = 8
ASK_EVERY = 100
"""One message of a hundred is an ask."""

SAMPLES = 40

LIMITS = (
    # 100 000 restarts that kept 50 bytes each would grow by this much.
    Limit("resident memory", "MB", 5.0),
    Limit("live objects", "objects", 2_000.0),
    Limit("tasks", "tasks", 2.0),
    Limit("threads", "threads", 1.0),
    Limit("descriptors", "descriptors", 1.0),
)


class Crash(Message):
    """An order to raise."""


class Crasher(Actor[NoState]):
    """Crashes with a heavy state in its frames."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self.ballast = bytearray(BALLAST_BYTES)

    async def on_start(self) -> None:
        """Say that it is there."""
        self.tally.one()

    @handler
    async def crash(self, message: Crash) -> None:
        """Obey, with the state in a local of a frame of the traceback."""
        kept = self.ballast
        msg = f"told to crash with {len(kept)} bytes"
        raise RuntimeError(msg)


@dataclass(slots=True)
class Samples:
    """One list of samples for each of `LIMITS`."""

    loop: Loop
    series: list[list[float]] = field(default_factory=lambda: [[] for _ in LIMITS])

    def take(self) -> None:
        """Look once, after a collection."""
        tasks = trio.lowlevel.current_statistics().tasks_living if self.loop == "trio" else len(asyncio.all_tasks())
        now = (
            resident_bytes() / 1e6,
            len(gc.get_objects()),
            tasks,
            threading.active_count(),
            open_descriptors(),
        )
        for samples, value in zip(self.series, now, strict=True):
            samples.append(value)

    def trends(self) -> list[Trend]:
        """Judge them."""
        return [trend(limit, samples) for limit, samples in zip(LIMITS, self.series, strict=True)]


async def crash_for_long(tree: Tree, tally: Tally, samples: Samples, crashes: int) -> None:
    """Crash all the crashers at once, again and again."""
    refs = [tree.ref(f"soak/crasher{index}", Crasher) for index in range(CRASHERS)]
    message = Crash()
    rounds = crashes // CRASHERS

    async def once() -> None:
        tally.expect(CRASHERS)
        for ref in refs:
            await ref.tell(message)
        await tally.done.wait()

    await in_parts(rounds, once, samples)


async def tell_for_long(tree: Tree, tally: Tally, samples: Samples, messages: int) -> None:
    """Tell and ask one counter; every message must arrive."""
    ref = tree.ref("soak/counter", Counter)
    message, question = Increment(), WhatCount()
    tally.expect(-1)

    async def once() -> None:
        for _ in range(ASK_EVERY - 1):
            await ref.tell(message)
        await ref.ask(question)

    rounds = messages // ASK_EVERY
    await in_parts(rounds, once, samples)
    told = rounds * (ASK_EVERY - 1)
    if tally.got != told:
        msg = f"told {told} messages, and {tally.got} arrived"
        raise AssertionError(msg)


async def in_parts(rounds: int, once: Callable[[], Awaitable[None]], samples: Samples) -> None:
    """Call `once` so many times, and take `SAMPLES` samples on the way."""
    every = max(1, rounds // SAMPLES)
    for turn in range(rounds):
        await once()
        if (turn + 1) % every == 0:
            await anyio.lowlevel.checkpoint()
            samples.take()


Long = Callable[[Tree, Tally, Samples, int], Awaitable[None]]


async def live_long(loop: Loop, program: Long, count: int) -> Samples:
    """Run one program in a tree of its own."""
    crashing, counting = Tally(CRASHERS), Tally(-1)
    children = [
        *(ChildSpec(f"crasher{index}", Crasher, args={"tally": crashing}) for index in range(CRASHERS)),
        ChildSpec("counter", Counter, args={"tally": counting}),
    ]
    samples = Samples(loop)
    async with open_tree(Supervisor("soak", children=children, max_restarts=MANY, period_s=1.0)) as tree:
        await crashing.done.wait()
        await program(tree, crashing if program is crash_for_long else counting, samples, count)
    return samples


def main(arguments: Sequence[str] | None = None) -> int:
    """Soak, print the trends, and return 1 if something grows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--small", action="store_true", help="800 crashes and 40 000 messages")
    parser.add_argument("--loop", choices=get_args(Loop), action="append", help="default: asyncio and trio")
    options = parser.parse_args(arguments)
    crashes, messages = (800, 40_000) if options.small else (100_000, 10_000_000)
    grew = False
    for loop in options.loop or ("asyncio", "trio"):
        for what, program, count in (
            ("crash-restarts", crash_for_long, crashes),
            ("messages", tell_for_long, messages),
        ):
            grew |= not _soak(loop, what, program, count)
    return 1 if grew else 0


def _soak(loop: Loop, what: str, program: Long, count: int) -> bool:
    begin = wall_s()
    trends = run_on(loop, lambda: live_long(loop, program, count)).trends()
    print(f"\n{count:,} {what} on {loop} in {wall_s() - begin:.1f} s")
    print(table(("quantity", "from", "to", "growth", "limit", "unit", "within"), [found.cells() for found in trends]))
    sys.stdout.flush()
    return all(found.within for found in trends)


if __name__ == "__main__":
    sys.exit(main())
