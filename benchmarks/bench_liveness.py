"""Question: what does it cost to know that ten thousand actors are alive?

Method: 10 000 running actors, each with a handler deadline, in one tree; the processor time of the process, watchdog
and sweeper included, over three idle seconds once all have started, as a share of one core. The program checks that the
sweep is at work: an actor that it makes hang is reported. The floor is one core.

What would change our mind: a sweep interval well below a second, which multiplies the figure.
"""

from __future__ import annotations

import anyio

from benchmarks.bench_spawn import expect_tasks
from benchmarks.clocks import cpu_s, settle, wall_s
from benchmarks.figures import Bar
from benchmarks.loops import Loop, run_on
from benchmarks.programs import Started, Tally
from benchmarks.rows import Row, Side, Size
from regrow import Actor, ChildSpec, Message, Supervisor, handler, open_tree
from regrow.core.events import EventKind
from regrow.protocols.messages import NoState
from regrow.supervisors.tree import Tree

__all__ = ["ROWS"]

IDLE_S = 3.0

DETECTION_LIMIT_S = 10.0
"""How long the check of the sweep may take."""


class Hang(Message):
    """An order never to come back."""


class Stuck(Actor[NoState]):
    """Waits for ever when it is told to."""

    @handler
    async def hang(self, message: Hang) -> None:
        """Obey."""
        await anyio.sleep_forever()


async def expect_sweep(tree: Tree) -> None:
    """Make one actor hang and wait until that is reported, so that no figure is that of a sweep that does nothing.

    Raises:
        TimeoutError: It was not reported.
    """
    await tree.ref("bench/stuck", Stuck).tell(Hang())
    with anyio.fail_after(DETECTION_LIMIT_S):
        while not tree.events.count(EventKind.STUCK):
            await anyio.sleep(0.02)


async def idle_share(loop: Loop, count: int, idle_s: float) -> float:
    """Return how much of a core `count` watched, idle actors take, in percent."""
    tally = Tally(count)
    args = {"tally": tally}
    watched = [ChildSpec(f"actor{index}", Started, args=args, handler_deadline_s=60.0) for index in range(count)]
    stuck = ChildSpec("stuck", Stuck, handler_deadline_s=0.05, shutdown_limit_s=0)
    async with open_tree(Supervisor("bench", children=[*watched, stuck])) as tree:
        await tally.done.wait()
        expect_tasks(loop, count, count + 20)
        await expect_sweep(tree)
        settle()
        begin, begin_cpu = wall_s(), cpu_s()
        await anyio.sleep(idle_s)
        share = (cpu_s() - begin_cpu) / (wall_s() - begin)
    return share * 100


def ours(loop: Loop) -> Side:
    """Return the side that watches actors on `loop`."""
    return lambda size: run_on(loop, lambda: idle_share(loop, size.of(10_000, 50), size.of(IDLE_S, 0.2)))


def one_core(_: Size) -> float:
    """All of it."""
    return 100.0


ROWS = (
    Row("heartbeats", "% of a core, 10 000/s", "one core", ours("asyncio"), one_core, Bar("lower", 0.01, 0.003)),
    Row("heartbeats.trio", "% of a core, 10 000/s", "one core", ours("trio"), one_core, Bar("lower")),
)
