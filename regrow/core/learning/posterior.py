"""What a record is worth: Beta posteriors whose counts decay, drawn from by a seed (Thompson sampling). Pure.

A success counts half after `HALF_LIFE_DAYS`, so that what helped once and does harm later is given up (trap 20 of the
survey of build verification). Exploration is Thompson's: what is tried first is drawn from the posteriors, so that a way
with a thin record is tried as often as it may well be the best. Draws come from a digest of the seed, not from a
generator of the language: the same seed gives the same order on every machine and every version.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

__all__ = ["HALF_LIFE_DAYS", "LIMIT_FAILURES", "Posterior", "decayed", "draw", "uniform"]

HALF_LIFE_DAYS: Final = 90.0
"""Projects' documents change with their releases, some four a year."""

LIMIT_FAILURES: Final = 10
"""After so many failures in a row a way is no longer tried first."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """Beta(1 + good, 1 + bad): what is believed of a rate, with nothing known it is anywhere between 0 and 1."""

    good: float = 0.0
    bad: float = 0.0

    @property
    def mean(self) -> float:
        """The rate to expect."""
        return (self.good + 1) / (self.good + self.bad + 2)

    def plus(self, other: Posterior, weight: float = 1.0) -> Posterior:
        """Both records, the other one's weighed."""
        return Posterior(self.good + weight * other.good, self.bad + weight * other.bad)


def decayed(value: float, since: dt.datetime, now: dt.datetime) -> float:
    """Return what a count of then is worth now. A clock that was set back takes nothing away.

    >>> then = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
    >>> decayed(8.0, then, then + dt.timedelta(days=180))
    2.0
    """
    days = max(0.0, (now - since).total_seconds() / 86_400)
    return float(value * 2.0 ** (-days / HALF_LIFE_DAYS))


def uniform(*seed: object) -> float:
    """Return a number in (0, 1) that depends on the seed alone."""
    digest = hashlib.sha256("\0".join(map(str, seed)).encode()).digest()
    return (int.from_bytes(digest[:7], "big") + 0.5) / 2**56


def draw(posterior: Posterior, *seed: object) -> float:
    """Draw a rate from a posterior, always the same for a seed.

    Source: Beta(a, b) is X / (X + Y) for X of Gamma(a) and Y of Gamma(b); Marsaglia and Tsang, A Simple Method for
    Generating Gamma Variables, 2000.

    >>> draw(Posterior(50, 0), 1) > 0.85 and draw(Posterior(0, 50), 1) < 0.15
    True
    """
    numbers = _numbers(seed)
    good, bad = (_gamma(1.0 + count, numbers) for count in (posterior.good, posterior.bad))
    return good / (good + bad)


def _numbers(seed: tuple[object, ...]) -> Iterator[float]:
    index = 0
    while True:
        yield uniform(*seed, index)
        index += 1


def _gamma(shape: float, numbers: Iterator[float]) -> float:
    d = shape - 1 / 3
    c = 1 / math.sqrt(9 * d)
    while True:
        normal = math.sqrt(-2 * math.log(next(numbers))) * math.cos(2 * math.pi * next(numbers))
        v = (1 + c * normal) ** 3
        if v > 0 and math.log(next(numbers)) < normal * normal / 2 + d - d * v + d * math.log(v):
            return d * v
