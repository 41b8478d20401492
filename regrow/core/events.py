"""What happened in a tree, as data: the last events are kept, and listeners are called at once.

An event is small text and numbers; it never holds an actor, a message or an exception.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

__all__ = ["EventBus", "EventKind", "RuntimeEvent"]

EVENTS_KEPT = 512


class EventKind(enum.Enum):
    """Every kind of thing that a tree reports."""

    STARTED = "started"
    CRASHED = "crashed"
    STOPPED = "stopped"
    RESTARTED = "restarted"
    START_FAILED = "start_failed"
    UNSTOPPED = "unstopped"
    SHUTDOWN_ERROR = "shutdown_error"
    STOP_HOOK_FAILED = "stop_hook_failed"
    STUCK = "stuck"
    LOOP_BLOCKED = "loop_blocked"
    LOOP_UNBLOCKED = "loop_unblocked"
    CHECKPOINT_CORRUPT = "checkpoint_corrupt"
    CHECKPOINT_FAILED = "checkpoint_failed"
    CHECKPOINTS_LOST = "checkpoints_lost"
    GAVE_UP = "gave_up"


class RuntimeEvent(NamedTuple):
    """One of them. `at_s` is on the loop's clock; `detail` is a sentence."""

    kind: EventKind
    path: str
    incarnation: int
    at_s: float
    detail: str = ""


class EventBus:
    """Counts every event, keeps the last `EVENTS_KEPT`, and calls the listeners."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._last: deque[tuple[EventKind, str, int, float, object]] = deque(maxlen=EVENTS_KEPT)
        self._counts: dict[str, int] = {}
        self._listeners: list[Callable[[RuntimeEvent], object]] = []

    def emit(self, kind: EventKind, path: str, incarnation: int, detail: object = "") -> None:
        """Record one, now. `detail` is turned into text only when somebody looks: a crash has better things to do."""
        at_s = self._now_s()
        counts, key = self._counts, kind._value_  # the hash of a string is kept, that of a member is computed
        counts[key] = counts.get(key, 0) + 1
        self._last.append((kind, path, incarnation, at_s, detail))
        if self._listeners:
            event = RuntimeEvent(kind, path, incarnation, at_s, str(detail))
            for listener in tuple(self._listeners):
                listener(event)

    def listen(self, listener: Callable[[RuntimeEvent], object]) -> Callable[[], None]:
        """Call `listener` with each new event; it must not wait or raise. Returns how to stop."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @property
    def last(self) -> tuple[RuntimeEvent, ...]:
        """The last events, oldest first."""
        return tuple(
            RuntimeEvent(kind, path, incarnation, at_s, str(detail))
            for kind, path, incarnation, at_s, detail in self._last
        )

    def count(self, kind: EventKind) -> int:
        """How many of this kind since the tree was opened."""
        return self._counts.get(kind._value_, 0)
