"""Question: what does a message cost when no batch can hide its wake-up?

Method: 1000 actors in a ring, one message that goes round; each hop wakes one sleeping actor. `ring.shared` has actors
that share one task (`dispatch="shared"`). Hops a second of processor time. The floor is the same ring of tasks, each with
an `asyncio.Queue`, without a handler between `get` and `put`. Both pass on one object that was built before.

What would change our mind: an application in which most actors have mail waiting; then `bench_tell.py` is the better
guide.
"""

from __future__ import annotations

import asyncio
from typing import Literal

import trio

from benchmarks.clocks import cpu_s
from benchmarks.figures import Bar
from benchmarks.loops import Loop, run_on
from benchmarks.programs import CAPACITY, Tally, crowd
from benchmarks.rows import Row, Side, Size
from regrow import Actor, ChildSpec, Message, handler, open_tree
from regrow.protocols.messages import NoState

__all__ = ["ROWS", "queue_ring"]

UNIT = "hops/s"


class Token(Message):
    """What goes round."""


class Joined(Message):
    """Tells a node which one comes after it."""

    index: int


class Node(Actor[NoState]):
    """Passes the token on until enough hops were counted."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally

    @handler
    async def join(self, message: Joined) -> None:
        """Learn the successor, and count that."""
        self.next = self.ctx.ref(f"bench/node{message.index}", Node)
        self.tally.one()

    @handler
    async def hop(self, message: Token) -> None:
        """Count, and pass it on."""
        tally = self.tally
        tally.got += 1
        if tally.got == tally.expected:
            tally.done.set()
        else:
            await self.next.tell(message)


class SharedNode(Actor[NoState]):
    """The same without a task of its own."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally

    @handler
    def join(self, message: Joined) -> None:
        """Learn the successor, and count that."""
        self.next = self.ctx.ref(f"bench/node{message.index}", SharedNode)
        self.tally.one()

    @handler
    def hop(self, message: Token) -> None:
        """Count, and pass it on."""
        tally = self.tally
        tally.got += 1
        if tally.got == tally.expected:
            tally.done.set()
        else:
            self.next.tell_nowait(message)


async def queue_ring(size: int, hops: int) -> float:
    """Pass one token round `size` tasks."""
    queues: list[asyncio.Queue[object]] = [asyncio.Queue(CAPACITY) for _ in range(size)]
    tally = Tally(hops)

    async def node(index: int) -> None:
        mine, following = queues[index], queues[(index + 1) % size]
        while True:
            token = await mine.get()
            tally.got += 1
            if tally.got == tally.expected:
                tally.done.set()
            else:
                await following.put(token)

    tasks = [asyncio.create_task(node(index)) for index in range(size)]
    await asyncio.sleep(0)
    begin = cpu_s()
    await queues[0].put(object())
    await tally.done.wait()
    rate = hops / (cpu_s() - begin)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return rate


async def channel_ring(size: int, hops: int) -> float:
    """Pass one token round `size` trio tasks."""
    channels = [trio.open_memory_channel[object](CAPACITY) for _ in range(size)]
    tally = Tally(hops)

    async def node(index: int) -> None:
        mine, following = channels[index][1], channels[(index + 1) % size][0]
        while True:
            token = await mine.receive()
            tally.got += 1
            if tally.got == tally.expected:
                tally.done.set()
            else:
                await following.send(token)

    async with trio.open_nursery() as nursery:
        for index in range(size):
            nursery.start_soon(node, index)
        await trio.lowlevel.checkpoint()
        begin = cpu_s()
        await channels[0][0].send(object())
        await tally.done.wait()
        rate = hops / (cpu_s() - begin)
        nursery.cancel_scope.cancel()
    return rate


async def actor_ring(size: int, hops: int, *, shared: bool = False) -> float:
    """Pass one token round `size` actors, each of which has a task, or which share one."""
    tally = Tally(size)
    args = {"tally": tally}
    kind: type[Node | SharedNode] = SharedNode if shared else Node
    dispatch: Literal["shared", "task"] = "shared" if shared else "task"
    root = crowd(size, lambda index: ChildSpec(f"node{index}", kind, args=args, dispatch=dispatch))
    async with open_tree(root) as tree:
        refs = [tree.ref(f"bench/node{index}", kind) for index in range(size)]
        for index, ref in enumerate(refs):
            await ref.tell(Joined(index=(index + 1) % size))
        await tally.done.wait()
        tally.expect(hops)
        begin = cpu_s()
        await refs[0].tell(Token())
        await tally.done.wait()
        rate = hops / (cpu_s() - begin)
    return rate


def ours(loop: Loop, *, shared: bool = False) -> Side:
    """Return the ring of actors on `loop`."""
    return lambda size: run_on(loop, lambda: actor_ring(size.of(1000, 20), size.of(50_000, 200), shared=shared))


def queues(loop: Loop) -> Side:
    """Return the ring of queues on `loop`."""
    return lambda size: run_on(loop, lambda: queue_ring(size.of(1000, 20), size.of(50_000, 200)))


def channels(size: Size) -> float:
    """The ring of channels."""
    return run_on("trio", lambda: channel_ring(size.of(1000, 20), size.of(25_000, 200)))


ROWS = (
    Row("ring", UNIT, "asyncio.Queue ring", ours("asyncio"), queues("asyncio"), Bar("higher", 0.8, 1.2)),
    Row(
        "ring.shared",
        UNIT,
        "asyncio.Queue ring",
        ours("asyncio", shared=True),
        queues("asyncio"),
        Bar("higher", 3.0, 5.0),
    ),
    Row("ring.trio", UNIT, "trio channel ring", ours("trio"), channels, Bar("higher")),
    Row("ring.uvloop", UNIT, "asyncio.Queue ring, uvloop", ours("uvloop"), queues("uvloop"), Bar("higher")),
)
