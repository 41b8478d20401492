"""Question: what does a tell cost, against the queue that it could be built on?

Method: one producer sends the same message, built before, to one consumer with an `async def` handler, through a bound
of 1024. Messages a second of processor time. The floor is `asyncio.Queue` with `await put`, `await get` and the same
handler body, or a trio memory channel with `await send`, `await receive`. `tell.new_message` builds a new, validated
message for each tell, as users do, while its floor still sends one that was built before.

What would change our mind: a workload that does not let the mailbox fill (the ring, `bench_ring.py`) is the other end;
if `tell` is fast here and slow there, batches hide the cost of a wake-up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

import trio

from benchmarks.clocks import cpu_s
from benchmarks.figures import Bar
from benchmarks.loops import Loop, run_on
from benchmarks.programs import CAPACITY, Counter, Increment, Tally, one_child
from benchmarks.rows import Row, Side, Size
from regrow import Ref, open_tree
from regrow.protocols.actor_errors import MailboxFull

__all__ = ["ROWS", "queue_tells"]

UNIT = "messages/s"
QUEUE = "asyncio.Queue + async handler"


async def queue_tells(count: int) -> float:
    """Send `count` messages through an `asyncio.Queue`."""
    queue: asyncio.Queue[Increment] = asyncio.Queue(CAPACITY)
    tally = Tally(count)

    async def consume() -> None:
        handle = tally.count
        while True:
            await handle(await queue.get())

    consumer = asyncio.create_task(consume())
    message = Increment()
    put = queue.put
    begin = cpu_s()
    for _ in range(count):
        await put(message)
    await tally.done.wait()
    rate = count / (cpu_s() - begin)
    consumer.cancel()
    return rate


async def channel_tells(count: int) -> float:
    """Send `count` messages through a trio memory channel."""
    sending, receiving = trio.open_memory_channel[Increment](CAPACITY)
    tally = Tally(count)

    async def consume() -> None:
        handle = tally.count
        while True:
            await handle(await receiving.receive())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(consume)
        message = Increment()
        send = sending.send
        begin = cpu_s()
        for _ in range(count):
            await send(message)
        await tally.done.wait()
        rate = count / (cpu_s() - begin)
        nursery.cancel_scope.cancel()
    return rate


async def tells(ref: Ref[Counter], count: int) -> None:
    """Tell one message again and again."""
    message = Increment()
    tell = ref.tell
    for _ in range(count):
        await tell(message)


async def tells_nowait(ref: Ref[Counter], count: int) -> None:
    """Tell without a coroutine a message, and wait only when the mailbox says that it is full."""
    message = Increment()
    tell_nowait = ref.tell_nowait
    for _ in range(count):
        try:
            tell_nowait(message)
        except MailboxFull:
            await ref.tell(message)


async def tells_of_new_messages(ref: Ref[Counter], count: int) -> None:
    """Build and validate each message that is told."""
    tell = ref.tell
    for index in range(count):
        await tell(Increment(amount=index, note="deposit"))


Producer = Callable[[Ref[Counter], int], Coroutine[object, object, None]]


async def actor_tells(produce: Producer, count: int) -> float:
    """Send `count` messages to an actor."""
    tally = Tally(0)
    async with open_tree(one_child(Counter, tally)) as tree:
        ref = tree.ref("bench/counter", Counter)
        # One message first: what is measured is a running actor, not its start.
        tally.expect(1)
        await ref.tell(Increment())
        await tally.done.wait()
        tally.expect(count)
        begin = cpu_s()
        await produce(ref, count)
        await tally.done.wait()
        rate = count / (cpu_s() - begin)
    return rate


def ours(loop: Loop, produce: Producer) -> Side:
    """Return the side that lets `produce` tell an actor on `loop`."""
    return lambda size: run_on(loop, lambda: actor_tells(produce, size.of(200_000, 2_000)))


def queue(loop: Loop) -> Side:
    """Return the floor on `loop`."""
    return lambda size: run_on(loop, lambda: queue_tells(size.of(200_000, 2_000)))


def channel(size: Size) -> float:
    """The floor on trio."""
    return run_on("trio", lambda: channel_tells(size.of(50_000, 1_000)))


ROWS = (
    Row("tell", UNIT, QUEUE, ours("asyncio", tells), queue("asyncio"), Bar("higher", 1.2, 1.6)),
    Row("tell.nowait", UNIT, QUEUE, ours("asyncio", tells_nowait), queue("asyncio"), Bar("higher", 1.5, 2.0)),
    Row("tell.new_message", UNIT, QUEUE, ours("asyncio", tells_of_new_messages), queue("asyncio"),
        Bar("higher", 0.4, 0.8)),
    Row("tell.trio", UNIT, "trio memory channel + async handler", ours("trio", tells), channel,
        Bar("higher", 8.0, 14.0)),
    Row("tell.trio_to_asyncio_queue", UNIT, QUEUE, ours("trio", tells), queue("asyncio"), Bar("higher", 0.9)),
    Row("tell.uvloop", UNIT, f"{QUEUE}, uvloop", ours("uvloop", tells), queue("uvloop"), Bar("higher")),
    Row("tell.uvloop_nowait", UNIT, f"{QUEUE}, uvloop", ours("uvloop", tells_nowait), queue("uvloop"), Bar("higher")),
    Row("noise", UNIT, "the floor of tell, against itself", queue("asyncio"), queue("asyncio"), Bar("higher")),
)  # fmt: skip
