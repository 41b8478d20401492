"""One sweep over the counters of all actors: who has been in one handler for longer than its deadline.

A timer for each actor would take a quarter of a core for ten thousand actors; a sweep over counters takes a thousandth
(survey of actor runtimes, 2.3). No clock is read per message: an actor is stuck when it was busy with the same message
in every sweep for longer than its deadline. The decision is `regrow.supervisors.liveness`; here it is fed and obeyed.
"""

from __future__ import annotations

from regrow.core.deadlines import Entry
from regrow.core.events import EventKind
from regrow.core.runtime import Runtime
from regrow.supervisors import liveness

__all__ = ["Sweeper"]


class Sweeper:
    """Sweeps while any actor has a handler deadline."""

    def __init__(self, runtime: Runtime, interval_s: float) -> None:
        self._runtime = runtime
        self._state = liveness.LivenessState(interval_s)
        self._entry: Entry | None = None

    def start(self) -> None:
        """Begin to sweep."""
        self._entry = self._runtime.wheel.call_after(self._state.interval_s, self._sweep)

    def stop(self) -> None:
        """Sweep no more."""
        if self._entry is not None:
            self._entry.cancel()
            self._entry = None

    def _sweep(self) -> None:
        runtime = self._runtime
        now_s = runtime.backend.now_s()
        readings = [
            liveness.HandlerReading(cell.path, cell.mailbox.handled, True, cell.spec.handler_deadline_s)
            for cell in runtime.watched
            if cell.mailbox.busy and cell.spec.handler_deadline_s is not None
        ]
        self._state, verdicts = liveness.sweep(self._state, now_s, readings)
        for verdict in verdicts:
            if isinstance(verdict, liveness.Stuck):
                self._report(verdict)
        self.start()

    def _report(self, stuck: liveness.Stuck) -> None:
        cell = self._runtime.cells.get(stuck.key)
        if cell is None:
            return
        limit_s = cell.spec.handler_deadline_s
        text = f"in one handler for {stuck.busy_s:.3g} s (handler_deadline_s {limit_s}): {cell.describe_current()}"
        self._runtime.events.emit(EventKind.STUCK, cell.path, cell.incarnation, text)
        if cell.spec.on_stuck == "restart":
            cell.crash(text)
