"""Question: what do an idle and a running actor cost, in memory and in time to make?

Method: a tree of 10 000 actors under one supervisor, its specs made inside the measured stretch. *Running* actors have
a start hook and so a task each, which the program checks; *idle* ones have none and no task until their first message.
Memory is the growth of resident memory of a freshly forked process, everything included (spec, path, cell, refs that
the tree holds), an actor; time is on the processor clock, an actor. The floor is `asyncio.Queue` and `create_task`.
`spawn.dynamic` starts them one at a time under a running supervisor, each awaited until it is ready; so does its floor.

What would change our mind: memory that a longer life adds. `benchmarks/soak.py` watches that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

import trio

from benchmarks.clocks import cpu_s, in_fresh_process, resident_bytes
from benchmarks.figures import Bar
from benchmarks.loops import Loop, run_on
from benchmarks.programs import CAPACITY, MANY, Increment, Started, Tally, crowd
from benchmarks.rows import Row, Side, Size
from regrow import Actor, ChildSpec, Supervisor, handler, open_tree
from regrow.protocols.messages import NoState

__all__ = ["ROWS", "queue_tasks"]


class Idle(Actor[NoState]):
    """Waits for a message that never comes; without a constructor or a hook, nothing of it is made before that."""

    @handler
    async def count(self, message: Increment) -> None:
        """Handle a message."""


def live_tasks(loop: Loop) -> int:
    """Return how many tasks the running loop has, so that no figure counts actors that are not there."""
    return trio.lowlevel.current_statistics().tasks_living if loop == "trio" else len(asyncio.all_tasks())


def expect_tasks(loop: Loop, least: int, most: int) -> None:
    """Check what the figure claims: that so many tasks live.

    Raises:
        AssertionError: There are fewer or more.
    """
    found = live_tasks(loop)
    if not least <= found <= most:
        msg = f"expected {least} to {most} tasks on {loop}, found {found}"
        raise AssertionError(msg)


async def queue_tasks(count: int) -> tuple[float, float]:
    """Start `count` tasks with a queue each; returns seconds of processor time and bytes, each."""
    before = resident_bytes()
    begin = cpu_s()
    queues: list[asyncio.Queue[object]] = []
    tasks: list[asyncio.Task[None]] = []

    async def idle(queue: asyncio.Queue[object]) -> None:
        while True:
            await queue.get()

    for _ in range(count):
        queue: asyncio.Queue[object] = asyncio.Queue(CAPACITY)
        queues.append(queue)
        tasks.append(asyncio.create_task(idle(queue)))
    await asyncio.sleep(0)
    seconds = cpu_s() - begin
    taken = resident_bytes() - before
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return seconds / count, taken / count


async def awaited_queue_tasks(count: int) -> tuple[float, float]:
    """Start `count` tasks with a queue each, one at a time: each has said that it runs before the next is started."""
    before = resident_bytes()
    begin = cpu_s()
    kept: list[object] = []
    loop = asyncio.get_running_loop()

    async def idle(queue: asyncio.Queue[object], ready: asyncio.Future[None]) -> None:
        ready.set_result(None)
        while True:
            await queue.get()

    tasks: list[asyncio.Task[None]] = []
    for _ in range(count):
        queue: asyncio.Queue[object] = asyncio.Queue(CAPACITY)
        ready: asyncio.Future[None] = loop.create_future()
        kept.append(queue)
        tasks.append(asyncio.create_task(idle(queue, ready)))
        await ready
    seconds = cpu_s() - begin
    taken = resident_bytes() - before
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return seconds / count, taken / count


async def channel_tasks(count: int) -> tuple[float, float]:
    """Start `count` trio tasks with a memory channel each; returns seconds of processor time and bytes, each."""
    before = resident_bytes()
    begin = cpu_s()
    kept = []

    async def idle(receiving: trio.MemoryReceiveChannel[object]) -> None:
        while True:
            await receiving.receive()

    async with trio.open_nursery() as nursery:
        for _ in range(count):
            sending, receiving = trio.open_memory_channel[object](CAPACITY)
            kept.append(sending)
            nursery.start_soon(idle, receiving)
        await trio.lowlevel.checkpoint()
        await trio.lowlevel.checkpoint()
        seconds = cpu_s() - begin
        taken = resident_bytes() - before
        nursery.cancel_scope.cancel()
    return seconds / count, taken / count


async def running_actors(loop: Loop, count: int) -> tuple[float, float]:
    """Open a tree of `count` actors that have a task each."""
    tally = Tally(count)
    before = resident_bytes()
    begin = cpu_s()
    args = {"tally": tally}
    root = crowd(count, lambda index: ChildSpec(f"actor{index}", Started, args=args))
    async with open_tree(root):
        await tally.done.wait()
        seconds = cpu_s() - begin
        taken = resident_bytes() - before
        expect_tasks(loop, count, count + 20)
    return seconds / count, taken / count


async def idle_actors(loop: Loop, count: int) -> tuple[float, float]:
    """Open a tree of `count` actors that nobody has told anything."""
    before = resident_bytes()
    begin = cpu_s()
    async with open_tree(crowd(count, lambda index: ChildSpec(f"actor{index}", Idle))):
        seconds = cpu_s() - begin
        taken = resident_bytes() - before
        expect_tasks(loop, 0, 20)
    return seconds / count, taken / count


async def dynamic_actors(loop: Loop, count: int) -> tuple[float, float]:
    """Start `count` actors one after the other under a running supervisor."""
    tally = Tally(count)
    root = Supervisor("bench", strategy="dynamic", max_restarts=MANY)
    async with open_tree(root) as tree:
        supervisor = tree.supervisor("bench")
        before = resident_bytes()
        begin = cpu_s()
        args = {"tally": tally}
        for index in range(count):
            await supervisor.start_child(ChildSpec(f"actor{index}", Started, args=args))
        await tally.done.wait()
        seconds = cpu_s() - begin
        taken = resident_bytes() - before
        expect_tasks(loop, count, count + 20)
    return seconds / count, taken / count


Program = Callable[[int], Coroutine[object, object, tuple[float, float]]]


def microseconds(loop: Loop, program: Program) -> Side:
    """Return the side that gives the processor time of `program`, an actor."""
    return lambda size: run_on(loop, lambda: program(size.of(10_000, 100)))[0] * 1e6


def memory(loop: Loop, program: Program) -> Side:
    """Return the side that gives the memory of `program`, an actor."""

    def side(size: Size) -> float:
        return in_fresh_process(lambda: run_on(loop, lambda: program(size.of(10_000, 500)))[1])

    return side


def running(loop: Loop) -> Program:
    """Bind the loop."""
    return lambda count: running_actors(loop, count)


def idle(loop: Loop) -> Program:
    """Bind the loop."""
    return lambda count: idle_actors(loop, count)


def dynamic(loop: Loop) -> Program:
    """Bind the loop."""
    return lambda count: dynamic_actors(loop, count)


QUEUE = "asyncio.Queue + task"
CHANNEL = "trio channel + nursery task"
BYTES = "B/actor"
TIME = "us/actor"

ROWS = (
    Row("memory.idle_actor", BYTES, QUEUE, memory("asyncio", idle("asyncio")), memory("asyncio", queue_tasks),
        Bar("lower", 0.27, 0.6 / 4.5)),
    Row("memory.running_actor", BYTES, QUEUE, memory("asyncio", running("asyncio")), memory("asyncio", queue_tasks),
        Bar("lower", 1.6, 1.1)),
    Row("spawn", TIME, QUEUE, microseconds("asyncio", running("asyncio")), microseconds("asyncio", queue_tasks),
        Bar("lower", 4.0, 1.5)),
    Row("spawn.dynamic", TIME, f"{QUEUE}, each awaited", microseconds("asyncio", dynamic("asyncio")),
        microseconds("asyncio", awaited_queue_tasks), Bar("lower", 4.0, 1.5)),
    Row("spawn.idle_actor", TIME, QUEUE, microseconds("asyncio", idle("asyncio")),
        microseconds("asyncio", queue_tasks), Bar("lower")),
    Row("spawn.trio", TIME, CHANNEL, microseconds("trio", running("trio")), microseconds("trio", channel_tasks),
        Bar("lower")),
    Row("memory.running_actor_trio", BYTES, CHANNEL, memory("trio", running("trio")), memory("trio", channel_tasks),
        Bar("lower")),
)  # fmt: skip
