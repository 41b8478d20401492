"""The deadline wheel: one alarm for every deadline, timeout, timer and backoff of a tree.

A `fail_after` around each ask doubles its cost (survey of actor runtimes, 3.2); here a deadline is one entry in a dict.
Deadlines are rounded up to the next tick, so that nothing ever expires early, and late by at most `TICK_S` and the
loop's own lag; those of one tick expire in the order in which they were set. An entry that is taken off in time costs
nothing more.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from typing import Protocol

from regrow.core.backend import Alarm, Backend

__all__ = ["TICK_S", "DeadlineWheel", "Entry", "Expiring"]

TICK_S = 0.005
"""Five milliseconds: well under every limit that people set, and at most 200 wake-ups a second."""


class Expiring(Protocol):
    """What can be put on the wheel. `bucket` is the wheel's own: where the entry lies, or None."""

    bucket: dict[Expiring, None] | None

    def expire(self) -> None: ...


class Entry:
    """A call that is due at a moment."""

    __slots__ = ("_callback", "bucket")

    def __init__(self, callback: Callable[[], object]) -> None:
        self._callback = callback
        self.bucket: dict[Expiring, None] | None = None

    def expire(self) -> None:
        self._callback()

    def cancel(self) -> None:
        """Take it off the wheel; nothing happens if it has expired."""
        if self.bucket is not None:
            self.bucket.pop(self, None)
            self.bucket = None


class DeadlineWheel:
    """All deadlines of one tree, by tick.

    Args:
        on_fault: Told what a due call has raised, which none may; the calls beside it are made all the same.
    """

    def __init__(self, backend: Backend, on_fault: Callable[[Exception], object]) -> None:
        self._backend = backend
        self._on_fault = on_fault
        self._buckets: dict[int, dict[Expiring, None]] = {}
        self._ticks: list[int] = []
        self._alarm: Alarm | None = None
        self._armed_for = math.inf
        self._last_lag_s = 0.0
        self._closed = False

    def add(self, entry: Expiring, at_s: float) -> None:
        """Expire `entry` at `at_s` on the loop's clock, or just after."""
        tick = math.ceil(at_s / TICK_S)
        bucket = self._buckets.get(tick)
        if bucket is None:
            bucket = self._buckets[tick] = {}
            heapq.heappush(self._ticks, tick)
            if tick < self._armed_for:
                self._arm(tick)
        bucket[entry] = None
        entry.bucket = bucket

    def call_at(self, at_s: float, callback: Callable[[], object]) -> Entry:
        """Call `callback` at `at_s`."""
        entry = Entry(callback)
        self.add(entry, at_s)
        return entry

    def call_after(self, delay_s: float, callback: Callable[[], object]) -> Entry:
        """Call `callback` in `delay_s` seconds."""
        return self.call_at(self._backend.now_s() + delay_s, callback)

    def lag_s(self) -> float:
        """Return how late the last tick was, or the one is that is due; from any thread."""
        return max(self._last_lag_s, self._backend.now_s() - self._armed_for * TICK_S)

    def close(self) -> None:
        """Expire nothing more."""
        self._closed = True
        self._buckets.clear()
        self._ticks.clear()
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _arm(self, tick: int) -> None:
        if self._closed:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._armed_for = tick
        self._alarm = self._backend.call_at(tick * TICK_S, self._turn)

    def _turn(self) -> None:
        # Half a tick of slack: a loop's timer may fire a hair before the moment it was set for.
        self._alarm = None
        now_s = self._backend.now_s()
        self._last_lag_s = max(0.0, now_s - self._armed_for * TICK_S)
        self._armed_for = math.inf
        due = math.floor(now_s / TICK_S + 0.5)
        while self._ticks and self._ticks[0] <= due:
            bucket = self._buckets.pop(heapq.heappop(self._ticks))
            for entry in list(bucket):
                # One that expires may have taken another of the same tick off the wheel.
                if entry in bucket:
                    del bucket[entry]
                    entry.bucket = None
                    try:
                        entry.expire()
                    except Exception as error:  # a fault of ours: the rest of the tick is not lost with it
                        self._on_fault(error)
        while self._ticks and not self._buckets[self._ticks[0]]:
            del self._buckets[heapq.heappop(self._ticks)]
        if self._ticks:
            self._arm(self._ticks[0])
