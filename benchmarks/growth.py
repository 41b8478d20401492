"""What counts as growth: samples of one quantity over a run, and the trend in them.

The first part of a run fills caches, pools and the heap, so it is left out. Of the rest the line of least squares says
how much the quantity grew from its beginning to its end: a single high sample does not make a leak, and a leak cannot
hide behind one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.figures import slope

__all__ = ["Limit", "Trend", "trend"]

WARM_UP_SHARE = 0.3
"""Of the samples, at the beginning."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How much one quantity may grow from the end of the warm-up to the end of the run."""

    name: str
    unit: str
    growth: float


@dataclass(frozen=True, slots=True)
class Trend:
    """What one quantity did. `growth` is by the line through the samples after the warm-up."""

    limit: Limit
    first: float
    last: float
    growth: float

    @property
    def within(self) -> bool:
        """Whether it stayed within its limit."""
        return self.growth <= self.limit.growth

    def cells(self) -> tuple[str, ...]:
        """Return the texts of a row of the report."""
        return (
            self.limit.name,
            f"{self.first:,.1f}",
            f"{self.last:,.1f}",
            f"{self.growth:+,.2f}",
            f"{self.limit.growth:g}",
            self.limit.unit,
            "yes" if self.within else "NO",
        )


def trend(limit: Limit, samples: Sequence[float]) -> Trend:
    """Judge equally spaced samples of one quantity.

    Raises:
        ValueError: There are fewer than two samples after the warm-up.
    """
    settled = samples[int(len(samples) * WARM_UP_SHARE) :]
    if len(settled) < 2:
        msg = f"{limit.name}: expected at least two samples after the warm-up, got {len(settled)} of {len(samples)}"
        raise ValueError(msg)
    return Trend(limit, settled[0], settled[-1], slope(settled) * (len(settled) - 1))
