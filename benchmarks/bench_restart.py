"""Question: how long does an actor stay away when it crashes, and what do a thousand crashes at once cost?

Method: an actor's handler raises; the clock runs from the tell that kills it to the start hook of its next incarnation,
one_for_one, without backoff, median of the wall time of each. `restart.storm` tells 1000 children of one supervisor to
crash before any of them runs, and takes processor time until all have started again. The floor is a task that raises,
a done-callback that sees it, and a new task that says that it is there.

What would change our mind: logging handlers or a tracer, which the crash path feeds and which are off here.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable

import anyio

from benchmarks.clocks import cpu_s, wall_s
from benchmarks.figures import Bar, percentile
from benchmarks.loops import Loop, run_on
from benchmarks.programs import Tally, crowd
from benchmarks.rows import Row, Side, Size
from regrow import Actor, ChildSpec, Message, handler, open_tree
from regrow.protocols.messages import NoState

__all__ = ["ROWS", "TaskKeeper", "queue_restarts"]


class Boom(RuntimeError):
    """What the victims raise, on both sides."""


class Crash(Message):
    """An order to raise."""


class Victim(Actor[NoState]):
    """Crashes when it is told to, and says when it is back."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally

    async def on_start(self) -> None:
        """Say that it is there."""
        self.tally.one()

    @handler
    async def crash(self, message: Crash) -> None:
        """Obey."""
        raise Boom


class TaskKeeper:
    """The least that restarts a task: its done-callback. `ready` is called by each new task."""

    def __init__(self, ready: Callable[[], None]) -> None:
        self._ready = ready
        self._open = True
        self.queues: list[asyncio.Queue[object]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self) -> None:
        """Start one more task, with a queue of its own."""
        self.queues.append(asyncio.Queue())
        self._start(len(self.queues) - 1)

    def close(self) -> None:
        """End them all."""
        self._open = False
        for task in tuple(self._tasks):
            task.cancel()

    def _start(self, index: int) -> None:
        task = asyncio.get_running_loop().create_task(self._live(self.queues[index]))
        self._tasks.add(task)
        task.add_done_callback(functools.partial(self._ended, index))

    async def _live(self, queue: asyncio.Queue[object]) -> None:
        self._ready()
        await queue.get()
        raise Boom

    def _ended(self, index: int, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._open and task.exception() is not None:
            self._start(index)


async def queue_restarts(crashes: int) -> list[float]:
    """Crash one task again and again; returns the seconds that it was away each time."""
    tally = Tally(1)
    keeper = TaskKeeper(tally.one)
    keeper.add()
    await tally.done.wait()
    seconds = []
    for _ in range(crashes):
        tally.expect(1)
        begin = wall_s()
        keeper.queues[0].put_nowait(None)
        await tally.done.wait()
        seconds.append(wall_s() - begin)
    keeper.close()
    await asyncio.sleep(0)
    return seconds


async def queue_storm(children: int) -> float:
    """Crash `children` tasks at once; returns the seconds of processor time until all are back."""
    tally = Tally(children)
    keeper = TaskKeeper(tally.one)
    for _ in range(children):
        keeper.add()
    await tally.done.wait()
    tally.expect(children)
    begin = cpu_s()
    for queue in keeper.queues:
        queue.put_nowait(None)
    await tally.done.wait()
    seconds = cpu_s() - begin
    keeper.close()
    await asyncio.sleep(0)
    return seconds


async def actor_restarts(crashes: int) -> list[float]:
    """Crash one actor again and again; returns the seconds that it was away each time."""
    tally = Tally(1)
    message = Crash()
    seconds = []
    async with open_tree(crowd(1, lambda _: ChildSpec("victim", Victim, args={"tally": tally}))) as tree:
        await tally.done.wait()
        ref = tree.ref("bench/victim", Victim)
        for _ in range(crashes):
            tally.expect(1)
            begin = wall_s()
            ref.tell_nowait(message)
            await tally.done.wait()
            seconds.append(wall_s() - begin)
            # The new incarnation is in its start hook: let it come to its mailbox, as any real pause would.
            await anyio.lowlevel.checkpoint()
    return seconds


async def actor_storm(children: int) -> float:
    """Crash `children` actors at once; returns the seconds of processor time until all are back."""
    tally = Tally(children)
    root = crowd(children, lambda index: ChildSpec(f"victim{index}", Victim, args={"tally": tally}))
    async with open_tree(root) as tree:
        await tally.done.wait()
        refs = [tree.ref(f"bench/victim{index}", Victim) for index in range(children)]
        message = Crash()
        tally.expect(children)
        begin = cpu_s()
        for ref in refs:
            ref.tell_nowait(message)
        await tally.done.wait()
        seconds = cpu_s() - begin
    return seconds


def ours(loop: Loop) -> Side:
    """Return the side that crashes one actor on `loop`."""
    return lambda size: percentile(run_on(loop, lambda: actor_restarts(size.of(2000, 50))), 0.5) * 1e6


def tasks(loop: Loop) -> Side:
    """Return the floor of a single restart."""
    return lambda size: percentile(run_on(loop, lambda: queue_restarts(size.of(2000, 50))), 0.5) * 1e6


def our_storm(loop: Loop) -> Side:
    """Return the side that crashes 1000 actors on `loop`."""
    return lambda size: run_on(loop, lambda: actor_storm(size.of(1000, 20))) * size.of(1e3, 5e4)


def task_storm(size: Size) -> float:
    """The floor of a storm."""
    return run_on("asyncio", lambda: queue_storm(size.of(1000, 20))) * size.of(1e3, 5e4)


TASK = "task + done-callback + new task"
P50 = "us, p50"

ROWS = (
    Row("restart", P50, TASK, ours("asyncio"), tasks("asyncio"), Bar("lower", 3.0, 1.0)),
    Row("restart.storm", "ms/1000 crashes", TASK, our_storm("asyncio"), task_storm, Bar("lower", 4.0, 1.5)),
    Row("restart.trio", P50, f"{TASK}, asyncio", ours("trio"), tasks("asyncio"), Bar("lower")),
    Row("restart.storm_trio", "ms/1000 crashes", f"{TASK}, asyncio", our_storm("trio"), task_storm, Bar("lower")),
    Row("restart.uvloop", P50, f"{TASK}, uvloop", ours("uvloop"), tasks("uvloop"), Bar("lower")),
)
