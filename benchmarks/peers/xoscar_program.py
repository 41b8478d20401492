# mypy: disable-error-code="import-not-found, import-untyped, misc, no-any-unimported"
"""Shell: xoscar, actors of one pool on one event loop. There is no mailbox: a local call runs under the actor's lock.
A handler's error goes to the caller and ends nothing, so there is no restart figure.
"""

from __future__ import annotations

import asyncio
import logging

import xoscar

from benchmarks.clocks import cpu_s, resident_bytes, wall_s
from benchmarks.figures import percentile
from benchmarks.peers.lines import Request, read_request, show

__all__ = ["main"]


class Counter(xoscar.Actor):
    """Counts calls."""

    def __init__(self) -> None:
        self.got = 0

    async def count(self) -> None:
        """Count one."""
        self.got += 1

    async def value(self) -> int:
        """Return the count."""
        return self.got


class Node(xoscar.Actor):
    """Passes a number on, one less each time."""

    async def link(self, following: xoscar.ActorRef, done: asyncio.Event) -> None:
        """Learn the successor."""
        self.following, self.done = following, done

    async def hop(self, left: int) -> None:
        """Pass it on."""
        if left == 0:
            self.done.set()
        else:
            await self.following.hop.tell(left - 1)


async def tell(address: str, request: Request) -> None:
    """Messages a second of processor time."""
    count = request.of(20_000, 100)
    actor = await xoscar.create_actor(Counter, address=address)
    begin = cpu_s()
    for _ in range(count):
        await actor.count.tell()
    while await actor.value() < count:
        await asyncio.sleep(0)
    show("tell", count / (cpu_s() - begin))


async def ask(address: str, request: Request) -> None:
    """The median time of a call that returns."""
    actor = await xoscar.create_actor(Counter, address=address)
    seconds = []
    for _ in range(request.of(3_000, 50)):
        begin = wall_s()
        await actor.value()
        seconds.append(wall_s() - begin)
    show("ask", percentile(seconds, 0.5) * 1e6)


async def spawn(address: str, request: Request) -> None:
    """Time and memory of an idle actor."""
    count = request.of(5_000, 50)
    before, begin = resident_bytes(), cpu_s()
    kept = [await xoscar.create_actor(Counter, address=address) for _ in range(count)]
    show("spawn", (cpu_s() - begin) / len(kept) * 1e6)
    show("memory", (resident_bytes() - before) / len(kept))


async def ring(address: str, request: Request) -> None:
    """Hops a second of processor time."""
    size, hops = request.of(1000, 10), request.of(5_000, 50)
    done = asyncio.Event()
    nodes = [await xoscar.create_actor(Node, address=address) for _ in range(size)]
    for index, node in enumerate(nodes):
        await node.link(nodes[(index + 1) % size], done)
    begin = cpu_s()
    await nodes[0].hop.tell(hops)
    await done.wait()
    show("ring", hops / (cpu_s() - begin))


async def measure(request: Request) -> None:
    """Open a pool without further processes and measure what was asked for."""
    pool = await xoscar.create_actor_pool("127.0.0.1:0", n_process=0)
    async with pool:
        address = pool.external_address
        if request.wants("tell"):
            await tell(address, request)
        if request.wants("ask"):
            await ask(address, request)
        if request.wants("spawn", "memory"):
            await spawn(address, request)
        if request.wants("ring"):
            await ring(address, request)


def main() -> None:
    """Measure what was asked for."""
    logging.disable(logging.CRITICAL)
    asyncio.run(measure(read_request()))


if __name__ == "__main__":
    main()
