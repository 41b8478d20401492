"""When to give up: at most so many restarts within so many seconds, as a window that slides.

Only time empties the window. A counter that a successful restart resets never escalates, because the child that crashes
every second starts successfully every second; a counter that only a quiet period resets always escalates in the end.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import deque
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["Intensity", "Restarts", "admit"]

Restarts: TypeAlias = tuple[float, ...] | deque[float]
"""Times of restarts, oldest first. A deque is changed in its place, for one owner who never looks back."""


@dataclass(frozen=True, slots=True)
class Intensity:
    """At most `max_restarts` restarts within any `period_s` seconds; one more, and the supervisor gives up.

    The defaults are Elixir's (3 in 5 s); OTP's own are 1 in 5 s. 0 restarts is allowed: the first failure ends it.

    Raises:
        ValueError: `max_restarts` is negative, or `period_s` is not positive and finite.
    """

    max_restarts: int = 3
    period_s: float = 5.0

    def __post_init__(self) -> None:
        if self.max_restarts < 0:
            raise ValueError(f"max_restarts must be at least 0, got {self.max_restarts}")
        if not (self.period_s > 0 and math.isfinite(self.period_s)):
            raise ValueError(f"period_s must be positive and finite, got {self.period_s}")


def admit(restarts: Restarts, at_s: float, limit: Intensity) -> tuple[Restarts, bool]:
    """Record a restart if the intensity allows it.

    Args:
        restarts: Times of the accepted restarts, oldest first, at most `limit.max_restarts` long. Monotonic seconds.
        at_s: Now, on the same clock. Never earlier than `restarts[-1]`.
        limit: At most `max_restarts` within any `period_s`.

    Returns:
        The times still inside the period, and whether this restart was accepted.

    Raises:
        ValueError: `at_s` is before the last restart.

    Source: OTP supervisor, "Maximum Restart Intensity" (a sliding window, not a counter that resets). A restart exactly
    `period_s` ago is still inside, as in `supervisor:add_restart/3`.

    >>> admit((0.0, 1.0), 5.5, Intensity(max_restarts=2, period_s=5.0))
    ((1.0, 5.5), True)
    """
    if restarts and at_s < restarts[-1]:
        raise ValueError(f"a restart at {at_s} s is before the last one, at {restarts[-1]} s")
    oldest_s = at_s - limit.period_s
    if isinstance(restarts, deque):
        while restarts and restarts[0] < oldest_s:
            restarts.popleft()
        accepted = len(restarts) < limit.max_restarts
        if accepted:
            restarts.append(at_s)
        return restarts, accepted
    if restarts and restarts[0] < oldest_s:
        restarts = restarts[bisect_left(restarts, oldest_s) :]
    if len(restarts) >= limit.max_restarts:
        return restarts, False
    return restarts + (at_s,), True  # noqa: RUF005  # one copy; to unpack makes a list of them all first
