"""How long to wait before a restart: exponential growth with full jitter, forgotten after a stable time.

Pure: chance comes in as an argument, so that a simulation replays it. What counts as a failure, and when the count of
failures begins again, is decided by `regrow.supervisors.strategies`; here is only the arithmetic.

Full jitter (a delay drawn evenly from 0 to the ceiling) rather than a ceiling with a little noise: a thousand children
that lost the same database then come back spread over the whole interval, not in one wave. OTP has no backoff at all
(its pull request 1287 was closed unmerged), Pekko has one with a reset time, and this is its shape.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Backoff"]


@dataclass(frozen=True, slots=True)
class Backoff:
    """Delays before restarts.

    Args:
        initial_s: Ceiling of the first delay. Positive.
        maximum_s: No ceiling is above this. At least `initial_s`.
        factor: Each further failure multiplies the ceiling by this. At least 1.
        reset_after_s: A child that was up this long is stable: its next failure counts as its first. At least 0.

    Raises:
        ValueError: A field is outside its range, or not finite.
    """

    initial_s: float = 0.1
    maximum_s: float = 30.0
    factor: float = 2.0
    reset_after_s: float = 60.0

    def __post_init__(self) -> None:
        _require("initial_s", self.initial_s, self.initial_s > 0, "positive")
        _require("maximum_s", self.maximum_s, self.maximum_s >= self.initial_s, f"at least initial_s {self.initial_s}")
        _require("factor", self.factor, self.factor >= 1, "at least 1")
        _require("reset_after_s", self.reset_after_s, self.reset_after_s >= 0, "at least 0")

    def ceiling_s(self, failures: int) -> float:
        """Return the longest delay after `failures` failures in a row (1 for the first).

        >>> [Backoff(initial_s=0.1, maximum_s=1.0).ceiling_s(n) for n in (1, 2, 3, 4, 5, 5000)]
        [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
        """
        try:
            return min(self.maximum_s, self.initial_s * self.factor ** (failures - 1))
        except OverflowError:  # 2.0 ** 1024: a child that has failed that often waits as long as any can.
            return self.maximum_s

    def delay_s(self, failures: int, chance: float) -> float:
        """Return the delay before the restart that follows `failures` failures in a row.

        Args:
            failures: Failures since the child was last stable, this one included. At least 1.
            chance: Drawn evenly from [0, 1).

        Source: full jitter, M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.

        >>> Backoff(initial_s=0.1, maximum_s=30.0).delay_s(3, 0.5)
        0.2
        """
        return self.ceiling_s(failures) * chance


def _require(name: str, value: float, holds: bool, expected: str) -> None:
    if not (holds and math.isfinite(value)):
        raise ValueError(f"backoff {name} must be finite and {expected}, got {value}")
