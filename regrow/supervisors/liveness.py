"""Who makes no progress: counters that stand still for too long, looked at by one sweep.

A beat proves that a process lives, not that its actors make progress, and an actor that awaits for ever misses no beat
(trap 20 of the survey of actor runtimes). So there are two readings. A *handler* reading counts the messages that an
actor has handled and says that it is in a handler now: the same count for longer than its deadline means that it is
stuck in that message. A *heartbeat* reading counts the signs of life of another process: the same count for longer than
`MISSED_BEATS` intervals means that it is dead or frozen.

No clock is read per message. The price is resolution: a stall is noticed at a sweep, so it is reported at most two
intervals after its limit, and never before its limit. One sweep over ten thousand counters costs about a thousandth of
a core at one a second, a timer for each a quarter of one (section 2.3 of the survey).

A suspended process (SIGSTOP, a laptop's lid, a paused virtual machine) finds every counter unchanged and a clock far
ahead. Between two sweeps only time in which sweeps could have run counts: of a gap longer than `PAUSE_INTERVALS`
intervals one interval is counted, and the rest is a pause of everything, reported as such. A blocked event loop looks
the same from in here; it is found from outside of the loop (the watchdog thread, the parent process).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

__all__ = [
    "HEARTBEAT_INTERVAL_S",
    "MISSED_BEATS",
    "PAUSE_INTERVALS",
    "SWEEP_INTERVAL_S",
    "Dead",
    "HandlerReading",
    "HeartbeatReading",
    "LivenessState",
    "Paused",
    "Reading",
    "Stuck",
    "Verdict",
    "sweep",
]

SWEEP_INTERVAL_S = 0.5
"""So that a dead process is reported within 4.5 s at the defaults below: the specification asks for less than 5."""
HEARTBEAT_INTERVAL_S = 1.0
MISSED_BEATS = 3
PAUSE_INTERVALS = 2.0
"""A busy loop delays a sweep by some fraction of an interval; a gap of more than two is no delay."""


class HandlerReading(NamedTuple):
    """What one actor's counters say. An actor that is not busy, or is not read at all, is not stuck."""

    key: str
    handled_count: int
    busy: bool
    deadline_s: float


class HeartbeatReading(NamedTuple):
    """How many signs of life of one process have arrived."""

    key: str
    beats: int
    limit_s: float = MISSED_BEATS * HEARTBEAT_INTERVAL_S


Reading: TypeAlias = HandlerReading | HeartbeatReading


@dataclass(frozen=True, slots=True)
class Stuck:
    """An actor has been in the handler of one message for longer than its deadline. Said once for that message.

    `busy_s` is how long it was seen there, which is up to one interval less than it was there.
    """

    key: str
    handled_count: int
    busy_s: float


@dataclass(frozen=True, slots=True)
class Dead:
    """A process has given no sign of life for longer than its limit. Said once, until it gives another."""

    key: str
    silent_s: float


@dataclass(frozen=True, slots=True)
class Paused:
    """This whole process did not run for about that long."""

    paused_s: float


Verdict: TypeAlias = Stuck | Dead | Paused


class Still(NamedTuple):
    """A counter that has not moved: its value, since when, and whether that was said. `since_s` is time awake."""

    value: int
    since_s: float
    said: bool


@dataclass(frozen=True, slots=True)
class LivenessState:
    """What the sweeps so far have seen.

    `swept_s` is when the last one ran, None before the first; `asleep_s` is the sum of all pauses. `handlers` and
    `hearts` hold the counters of the last sweep by key; who was not read then is not in them.
    """

    interval_s: float = SWEEP_INTERVAL_S
    swept_s: float | None = None
    asleep_s: float = 0.0
    handlers: Mapping[str, Still] = field(default_factory=dict)
    hearts: Mapping[str, Still] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (self.interval_s > 0 and math.isfinite(self.interval_s)):
            raise ValueError(f"the sweep interval must be positive and finite, got {self.interval_s} s")


def sweep(state: LivenessState, now_s: float, readings: Iterable[Reading]) -> tuple[LivenessState, tuple[Verdict, ...]]:
    """Compare the counters with those of the last sweep.

    Args:
        state: What the last sweep returned, or a new `LivenessState`.
        now_s: Monotonic seconds.
        readings: At most one of each kind for each key. Idle actors may be left out.

    Returns:
        The new state, and what is newly wrong, a pause first, then in the order of the readings.

    >>> calm, _ = sweep(LivenessState(interval_s=1.0), 0.0, [HandlerReading("a", 7, True, 1.5)])
    >>> calm, verdicts = sweep(calm, 1.0, [HandlerReading("a", 7, True, 1.5)])
    >>> verdicts
    ()
    >>> sweep(calm, 2.0, [HandlerReading("a", 7, True, 1.5)])[1]
    (Stuck(key='a', handled_count=7, busy_s=2.0),)
    """
    verdicts: list[Verdict] = []
    asleep_s = state.asleep_s
    gap_s = 0.0 if state.swept_s is None else now_s - state.swept_s
    if gap_s > PAUSE_INTERVALS * state.interval_s:
        verdicts.append(Paused(gap_s - state.interval_s))
        asleep_s += gap_s - state.interval_s
    awake_s = now_s - asleep_s
    handlers: dict[str, Still] = {}
    hearts: dict[str, Still] = {}
    for reading in readings:
        if isinstance(reading, HandlerReading):
            if reading.busy:
                still = _compare(state.handlers.get(reading.key), reading.handled_count, awake_s)
                if not still.said and awake_s - still.since_s > reading.deadline_s:
                    verdicts.append(Stuck(reading.key, reading.handled_count, awake_s - still.since_s))
                    still = still._replace(said=True)
                handlers[reading.key] = still
        else:
            still = _compare(state.hearts.get(reading.key), reading.beats, awake_s)
            if not still.said and awake_s - still.since_s > reading.limit_s:
                verdicts.append(Dead(reading.key, awake_s - still.since_s))
                still = still._replace(said=True)
            hearts[reading.key] = still
    return LivenessState(state.interval_s, now_s, asleep_s, handlers, hearts), tuple(verdicts)


def _compare(before: Still | None, count: int, awake_s: float) -> Still:
    """Return what is known of a counter: the same as before while it has not moved."""
    if before is not None and before.value == count:
        return before
    return Still(count, awake_s, said=False)
