"""Question: what does an ask cost, and what does its deadline add?

Method: one asker, one answering actor, one ask at a time; the median of the wall time of each. The floor on asyncio is
a queue that carries the Future of the reply, on trio a memory channel that carries an Event and a place for it. With
and without the default timeout, against the same floor, which has none.

What would change our mind: many askers at once. There the wake-ups are shared and the floor's advantage with them.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import trio

from benchmarks.clocks import wall_s
from benchmarks.figures import Bar, percentile
from benchmarks.loops import Loop, run_on
from benchmarks.programs import CAPACITY, Counter, Tally, WhatCount, one_child
from benchmarks.rows import Row, Side, Size
from regrow import open_tree

__all__ = ["ROWS", "queue_asks"]

UNIT = "us, p50"


async def queue_asks(count: int) -> list[float]:
    """Ask over an `asyncio.Queue` and a Future; returns the seconds that each took."""
    queue: asyncio.Queue[asyncio.Future[int]] = asyncio.Queue(CAPACITY)
    loop = asyncio.get_running_loop()

    async def answer() -> None:
        while True:
            (await queue.get()).set_result(1)

    server = asyncio.create_task(answer())
    seconds = []
    for _ in range(count):
        begin = wall_s()
        reply = loop.create_future()
        await queue.put(reply)
        await reply
        seconds.append(wall_s() - begin)
    server.cancel()
    return seconds


@dataclass(slots=True)
class Question:
    """What travels through the channel: where the reply goes, and how its asker learns of it."""

    answered: trio.Event
    reply: int = 0


async def channel_asks(count: int) -> list[float]:
    """Ask over a trio memory channel and an Event; returns the seconds that each took."""
    sending, receiving = trio.open_memory_channel[Question](CAPACITY)

    async def answer() -> None:
        while True:
            question = await receiving.receive()
            question.reply = 1
            question.answered.set()

    seconds = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(answer)
        for _ in range(count):
            begin = wall_s()
            question = Question(trio.Event())
            await sending.send(question)
            await question.answered.wait()
            seconds.append(wall_s() - begin)
        nursery.cancel_scope.cancel()
    return seconds


async def actor_asks(count: int, *, limited: bool) -> list[float]:
    """Ask an actor, with the default timeout or without any; returns the seconds that each took."""
    seconds = []
    request = WhatCount()
    async with open_tree(one_child(Counter, Tally(0))) as tree:
        ask = tree.ref("bench/counter", Counter).ask
        await ask(request)
        for _ in range(count):
            begin = wall_s()
            await (ask(request) if limited else ask(request, timeout_s=None))
            seconds.append(wall_s() - begin)
    return seconds


def ours(loop: Loop, *, limited: bool) -> Side:
    """Return the side that asks an actor on `loop`."""

    def side(size: Size) -> float:
        asks = size.of(10_000, 200)
        return percentile(run_on(loop, lambda: actor_asks(asks, limited=limited)), 0.5) * 1e6

    return side


def queue(loop: Loop) -> Side:
    """Return the floor on asyncio or uvloop."""
    return lambda size: percentile(run_on(loop, lambda: queue_asks(size.of(10_000, 200))), 0.5) * 1e6


def channel(size: Size) -> float:
    """The floor on trio."""
    return percentile(run_on("trio", lambda: channel_asks(size.of(10_000, 200))), 0.5) * 1e6


QUEUE = "asyncio.Queue + Future"
CHANNEL = "trio channel + Event"

ROWS = (
    Row("ask", UNIT, QUEUE, ours("asyncio", limited=False), queue("asyncio"), Bar("lower", 1.6, 1.25)),
    Row("ask.trio", UNIT, CHANNEL, ours("trio", limited=False), channel, Bar("lower", 1.4, 1.1)),
    Row("ask.default_timeout", UNIT, QUEUE, ours("asyncio", limited=True), queue("asyncio"), Bar("lower", 2.0, 1.5)),
    Row("ask.default_timeout_trio", UNIT, CHANNEL, ours("trio", limited=True), channel, Bar("lower", 2.0, 1.5)),
    Row("ask.uvloop", UNIT, f"{QUEUE}, uvloop", ours("uvloop", limited=False), queue("uvloop"), Bar("lower")),
    Row("ask.uvloop_default_timeout", UNIT, f"{QUEUE}, uvloop", ours("uvloop", limited=True), queue("uvloop"),
        Bar("lower")),
)  # fmt: skip
