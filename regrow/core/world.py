"""Shell: the one door to clock, chance, ids and threads. Processes and files go through the packages made for them.

Everything that decides is handed what it needs as values; everything that does takes it from here, so that the same code
runs for real and under simulation. On trio's `MockClock` the clock is virtual by itself; a thread in flight would let
the virtual clock jump past it, so a simulated world scripts `run_blocking` instead of starting one.
"""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread

__all__ = ["World"]

T = TypeVar("T")


class World:
    """The real one.

    Args:
        seed: For `random`; None takes it from the system. Ids never depend on it in the real world.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.random = random.Random(seed)

    def now_s(self) -> float:
        """Return the event loop's monotonic clock, in seconds."""
        return anyio.current_time()

    def wall(self) -> dt.datetime:
        """Return the time of day, in UTC."""
        return dt.datetime.now(dt.UTC)

    def new_id(self) -> str:
        """Return a fresh UUID, version 4."""
        return str(uuid.uuid4())

    async def sleep(self, delay_s: float) -> None:
        """Wait on the loop's clock."""
        await anyio.sleep(delay_s)

    async def run_blocking(self, function: Callable[..., T], *args: object) -> T:
        """Run a blocking function in a thread. It is waited for even when the caller is cancelled."""
        return await anyio.to_thread.run_sync(function, *args)
