# mypy: disable-error-code="import-not-found, import-untyped, misc, no-any-unimported"
"""Shell: mode, services under its `OneForOneSupervisor`. Services have no messages, so that only starting, crashing and
restarting can be compared.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable

import mode
from mode.supervisors import OneForOneSupervisor

from benchmarks.clocks import cpu_s, resident_bytes, wall_s
from benchmarks.figures import percentile
from benchmarks.peers.lines import Request, read_request, show

__all__ = ["main"]

LIMIT_S = 120.0


class Victim(mode.Service):
    """Crashes when something comes into its queue, and says when it is back."""

    def __init__(self, ready: Callable[[], None]) -> None:
        super().__init__()
        self.ready = ready
        self.queue: asyncio.Queue[None] = asyncio.Queue()

    async def on_started(self) -> None:
        """Say that it is there, with a new queue."""
        self.queue = asyncio.Queue()
        self.ready()

    @mode.Service.task  # type: ignore[untyped-decorator, unused-ignore]
    async def live(self) -> None:
        """Wait for the crash."""
        await self.queue.get()
        raise RuntimeError("boom")


class Roll:
    """Counts the services that have started."""

    def __init__(self, expected: int) -> None:
        self._expected = expected
        self._left = expected
        self.complete = asyncio.Event()

    def ready(self) -> None:
        """Count one."""
        self._left -= 1
        if self._left == 0:
            self.complete.set()

    def again(self) -> None:
        """Begin anew."""
        self._left = self._expected
        self.complete.clear()


async def restart(request: Request) -> None:
    """One crash after the other."""
    roll = Roll(1)
    supervisor = OneForOneSupervisor(max_restarts=1e9, over=1.0)
    victim = Victim(roll.ready)
    supervisor.add(victim)
    await supervisor.start()
    await roll.complete.wait()
    seconds = []
    for _ in range(request.of(100, 5)):
        await asyncio.sleep(0.001)
        roll.again()
        begin = wall_s()
        victim.queue.put_nowait(None)
        await roll.complete.wait()
        seconds.append(wall_s() - begin)
    await supervisor.stop()
    show("restart", percentile(seconds, 0.5) * 1e6)


async def storm(request: Request) -> None:
    """A thousand crashes at once."""
    count = request.of(1000, 20)
    roll = Roll(count)
    supervisor = OneForOneSupervisor(max_restarts=1e9, over=1.0)
    victims = [Victim(roll.ready) for _ in range(count)]
    supervisor.add(*victims)
    await supervisor.start()
    await roll.complete.wait()
    await asyncio.sleep(0.1)
    roll.again()
    begin = cpu_s()
    for victim in victims:
        victim.queue.put_nowait(None)
    await roll.complete.wait()
    show("storm", (cpu_s() - begin) * 1e3 * 1000 / count)


async def spawn(request: Request) -> None:
    """Time and memory of a started service."""
    count = request.of(3_000, 50)
    roll = Roll(count)
    before, begin = resident_bytes(), cpu_s()
    services = [Victim(roll.ready) for _ in range(count)]
    for service in services:
        await service.start()
    show("spawn", (cpu_s() - begin) / count * 1e6)
    show("memory", (resident_bytes() - before) / count)


async def measure(request: Request) -> None:
    """Measure what was asked for. The spawned services go last: they are left to the end of the process."""
    if request.wants("restart"):
        await restart(request)
    if request.wants("storm"):
        await storm(request)
    if request.wants("spawn", "memory"):
        await spawn(request)
    sys.stdout.flush()
    os._exit(0)


def main() -> None:
    """Measure what was asked for."""
    logging.disable(logging.CRITICAL)
    asyncio.run(asyncio.wait_for(measure(read_request()), LIMIT_S))


if __name__ == "__main__":
    main()
