"""Which fault happens where: drawn from the seed, counted in a table of kinds and points of life."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

__all__ = ["INSIDE", "OUTSIDE", "Faults"]

INSIDE = {
    "on_start": ("raise", "slow", "hang", "shield", "group"),
    "on_restart": ("raise", "slow", "group"),
    "tell": ("raise", "slow", "hang", "shield", "group", "stubborn"),
    "ask": ("raise", "slow", "hang", "shield", "group", "stubborn"),
    "shared": ("raise", "group"),
    "timer": ("raise", "slow", "group"),
    "terminated": ("raise", "slow", "group"),
    "on_stop": ("raise", "slow", "hang", "shield", "group"),
    "store_write": ("fail", "slow"),
    "store_read": ("fail", "slow", "corrupt"),
}
"""Point of life -> kinds of fault that can be injected from inside it."""

OUTSIDE = ("kill", "stop", "restart", "remove", "replace", "add", "flood", "miss_sweeps")
"""What is done to actors from outside, in whatever state they are found."""

WEIGHTS = {"hang": 0.35, "stubborn": 0.12, "shield": 0.6}


@dataclass
class Faults:
    """The faults of one seed.

    Args:
        chance: The seed's own source of chance.
        rate: The share of visits to a point at which a fault happens.
    """

    chance: random.Random
    rate: float
    hits: Counter[tuple[str, str]] = field(default_factory=Counter)
    active: bool = True

    def draw(self, point: str) -> str | None:
        """Return the fault that happens at this visit of a point, or None."""
        if not self.active or self.chance.random() >= self.rate:
            return None
        kinds = INSIDE[point]
        kind = self.chance.choices(kinds, [WEIGHTS.get(kind, 1.0) for kind in kinds])[0]
        self.hits[kind, point] += 1
        return kind

    def note(self, kind: str, point: str) -> None:
        """Count a fault that came from outside."""
        self.hits[kind, point] += 1
