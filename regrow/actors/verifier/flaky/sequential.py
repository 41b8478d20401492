"""Wald's sequential probability ratio test of a rate: decides as soon as what was seen suffices, with stated errors. Pure.

Of two rates, `low` and `high`, it says which one an event has: with a rate of at most `low` it wrongly says high in at most
`alpha` of all cases, with one of at least `high` it wrongly says low in at most `beta` (up to Wald's approximation, which
errs on the side of more trials). Between the two it may say either. A fixed number of repetitions has no such bound: three
decide nothing about an event that comes one time in ten.

Source: A. Wald, "Sequential Tests of Statistical Hypotheses", Annals of Mathematical Statistics 16 (1945), 117-186; the
interval is E. B. Wilson's (1927).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

__all__ = ["Decision", "SequentialTest", "interval"]


class Decision(Enum):
    """What is known of the rate so far."""

    OPEN = "open"
    LOW = "low"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class SequentialTest:
    """The hypotheses and the errors that are accepted.

    Raises:
        ValueError: The rates are not 0 < low < high < 1, or an error is not between 0 and a half.
    """

    low: float
    high: float
    alpha: float = 0.05
    beta: float = 0.05

    def __post_init__(self) -> None:
        if not 0 < self.low < self.high < 1:
            msg = f"the rates must be 0 < low < high < 1, got {self.low} and {self.high}"
            raise ValueError(msg)
        if not (0 < self.alpha < 0.5 and 0 < self.beta < 0.5):
            msg = f"the errors must lie between 0 and 0.5, got {self.alpha} and {self.beta}"
            raise ValueError(msg)

    def decide(self, events: int, trials: int) -> Decision:
        """Say what `events` in `trials` show.

        >>> SequentialTest(0.001, 0.25).decide(0, 3), SequentialTest(0.001, 0.25).decide(1, 3)
        (<Decision.OPEN: 'open'>, <Decision.HIGH: 'high'>)
        """
        ratio = events * math.log(self.high / self.low) + (trials - events) * math.log((1 - self.high) / (1 - self.low))
        if ratio >= math.log((1 - self.beta) / self.alpha):
            return Decision.HIGH
        return Decision.LOW if ratio <= math.log(self.beta / (1 - self.alpha)) else Decision.OPEN

    @property
    def trials_without_event(self) -> int:
        """How many trials without any event it takes to say low."""
        return math.ceil(math.log(self.beta / (1 - self.alpha)) / math.log((1 - self.high) / (1 - self.low)))


def interval(events: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """Return Wilson's interval of a rate, 95 % by default; (0, 1) without trials.

    >>> [round(bound, 2) for bound in interval(5, 10)]
    [0.24, 0.76]
    """
    if trials == 0:
        return 0.0, 1.0
    share = events / trials
    middle = share + z * z / (2 * trials)
    half = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)
