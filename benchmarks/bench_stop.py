"""Question: what does an ordered stop cost, against cancelling everything at once?

Method: 1000 running actors without stop hooks under one supervisor, which its parent stops: last child first, each one
awaited before the next is asked. Processor time from the order to its end. The floor cancels 1000 asyncio tasks and
awaits them together.

What would change our mind: stop hooks that wait. Then the order of the stops decides the time, and not their cost.
"""

from __future__ import annotations

import asyncio

from benchmarks.bench_spawn import expect_tasks
from benchmarks.clocks import cpu_s
from benchmarks.figures import Bar
from benchmarks.loops import Loop, run_on
from benchmarks.programs import CAPACITY, Started, Tally
from benchmarks.rows import Row, Side, Size
from regrow import ChildSpec, Supervisor, open_tree

__all__ = ["ROWS"]


async def cancel_tasks(count: int) -> float:
    """Cancel `count` parked tasks and wait for them; returns seconds of processor time."""

    async def idle() -> None:
        await asyncio.Queue[object](CAPACITY).get()

    tasks = [asyncio.create_task(idle()) for _ in range(count)]
    await asyncio.sleep(0)
    begin = cpu_s()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return cpu_s() - begin


async def stop_actors(loop: Loop, count: int) -> float:
    """Stop a supervisor of `count` running actors; returns seconds of processor time."""
    tally = Tally(count)
    children = [ChildSpec(f"actor{index}", Started, args={"tally": tally}) for index in range(count)]
    async with open_tree(Supervisor("bench", children=[Supervisor("crowd", children=children)])) as tree:
        await tally.done.wait()
        expect_tasks(loop, count, count + 20)
        begin = cpu_s()
        await tree.supervisor("bench").stop_child("crowd")
        seconds = cpu_s() - begin
        expect_tasks(loop, 0, 20)
    return seconds


def ours(loop: Loop) -> Side:
    """Return the side that stops 1000 actors on `loop`."""
    return lambda size: run_on(loop, lambda: stop_actors(loop, size.of(1000, 50))) * size.of(1e3, 2e4)


def tasks(size: Size) -> float:
    """The floor."""
    return run_on("asyncio", lambda: cancel_tasks(size.of(1000, 50))) * size.of(1e3, 2e4)


CANCEL = "1000 asyncio tasks cancelled and awaited"
UNIT = "ms/1000 actors"

ROWS = (
    Row("stop", UNIT, CANCEL, ours("asyncio"), tasks, Bar("lower", 12.0, 5.0)),
    Row("stop.trio", UNIT, CANCEL, ours("trio"), tasks, Bar("lower")),
)
