"""The metrics of open trees, read when they are collected, from counters that the runtime keeps anyway.

Nothing is paid for a message, but for the handling time, which is recorded for sampled ones only. The callbacks run in
the exporter's thread: they read, and never touch the loop. An instrument cannot be taken back, so there is one set for
each meter, and the trees come and go in it; what closed trees had counted stays in the sums.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from regrow.core.deadlines import Entry
from regrow.core.events import EventKind

if TYPE_CHECKING:
    from regrow.core.runtime import Runtime

__all__ = ["TreeMetrics"]

BEAT_S = 1.0
"""How often a loop in which nothing is due is asked how late it is."""


class TreeMetrics:
    """See the module. The instruments are made with the first tree."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._beats: dict[Runtime, Entry] = {}
        self._made = False
        self._past_restarts = 0
        self._past_dead_letters: Counter[str] = Counter()

    def add(self, runtime: Runtime) -> None:
        """Show this tree too. Called in its loop."""
        if not self._made:
            self._made = True
            self._make_instruments()
        self._beat(runtime)

    def remove(self, runtime: Runtime) -> None:
        """Show it no more."""
        beat = self._beats.pop(runtime, None)
        if beat is not None:
            beat.cancel()
            self._past_restarts += runtime.events.count(EventKind.RESTARTED)
            self._past_dead_letters.update(runtime.dead_letters.counts)

    def _beat(self, runtime: Runtime) -> None:
        self._beats[runtime] = runtime.wheel.call_after(BEAT_S, lambda: self._beat(runtime))

    def _make_instruments(self) -> None:
        gauge, counter = self._meter.create_observable_gauge, self._meter.create_observable_counter
        gauge("regrow.mailbox.depth", [self._depths], unit="{message}", description="Unread messages of an actor")
        gauge("regrow.checkpoint.age", [self._checkpoint_ages], unit="s", description="Age of the last checkpoint")
        gauge("regrow.loop.lag", [self._lag], unit="s", description="How late the event loop is with what is due")
        counter("regrow.actor.restarts", [self._restarts], unit="{restart}", description="Restarts of actors")
        counter("regrow.dead_letters", [self._dead_letters], unit="{message}", description="Mail that nobody handled")

    def _depths(self, _: CallbackOptions) -> Iterable[Observation]:
        for runtime in tuple(self._beats):
            for path, cell in tuple(runtime.cells.items()):
                if depth := cell.mailbox.depth:
                    yield Observation(depth, {"regrow.actor": path})

    def _checkpoint_ages(self, _: CallbackOptions) -> Iterable[Observation]:
        for runtime in tuple(self._beats):
            for path, cell in tuple(runtime.cells.items()):
                checkpoints = cell.checkpoints
                if checkpoints is not None and checkpoints.saved_at_s is not None:
                    yield Observation(checkpoints.age_s(), {"regrow.actor": path})

    def _lag(self, _: CallbackOptions) -> Iterable[Observation]:
        lags = [runtime.loop_lag_s for runtime in tuple(self._beats)]
        if lags:
            yield Observation(max(lags))

    def _restarts(self, _: CallbackOptions) -> Iterable[Observation]:
        runtimes = tuple(self._beats)
        yield Observation(self._past_restarts + sum(runtime.events.count(EventKind.RESTARTED) for runtime in runtimes))

    def _dead_letters(self, _: CallbackOptions) -> Iterable[Observation]:
        counts = Counter(self._past_dead_letters)
        for runtime in tuple(self._beats):
            counts.update(runtime.dead_letters.counts)
        for reason, count in counts.items():
            yield Observation(count, {"reason": reason})
