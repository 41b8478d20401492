"""What a benchmark found, as data: medians, ratios to a floor, bars and whether they are met, and how a row prints.

A figure is two lists of equal length, one value a round for us and one for the floor. Its ratio is the median of the
ratios of the rounds, not the ratio of the medians: the two sides of one round were measured next to each other, so what
the machine did meanwhile cancels out.

Rejected: best of N. It shows what a quiet machine could do, and hides the rounds in which we were slow and the floor
was not.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["Bar", "Better", "Figure", "JsonRow", "percentile", "slope", "table"]

Better = Literal["higher", "lower"]
JsonRow = dict[str, str | float | bool | int | None]

COLUMNS = ("figure", "value", "floor", "unit", "ratio", "spread", "bar", "stretch", "met")


@dataclass(frozen=True, slots=True)
class Bar:
    """How the ratio to the floor must be. `limit` None: a row for information, which nothing is asked of."""

    better: Better
    limit: float | None = None
    stretch: float | None = None

    def meets(self, ratio: float, limit: float | None) -> bool | None:
        """Say whether `ratio` is on the right side of `limit`; None when there is no limit.

        >>> Bar("higher", 1.2).meets(1.2, 1.2), Bar("lower", 3.0).meets(3.1, 3.0), Bar("lower").meets(1.0, None)
        (True, False, None)
        """
        if limit is None:
            return None
        return ratio >= limit if self.better == "higher" else ratio <= limit

    def text(self, limit: float | None) -> str:
        """Return `>= 1.2` or `<= 3`, or nothing."""
        if limit is None:
            return ""
        return f"{'>=' if self.better == 'higher' else '<='} {limit:.3g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table.

    Args:
        name: The question, such as `ask.default_timeout`.
        unit: Of the values on both sides.
        floor_name: What ours is compared with, in words.
        values: Ours, one a round.
        floors: The floor's, one a round, in the same order. Each is positive.
        bar: What the ratio is compared with.
    """

    name: str
    unit: str
    floor_name: str
    values: tuple[float, ...]
    floors: tuple[float, ...]
    bar: Bar

    def __post_init__(self) -> None:
        if not self.values or len(self.values) != len(self.floors):
            msg = f"{self.name}: expected as many values as floors, at least one; got {self.values}, {self.floors}"
            raise ValueError(msg)
        if min(self.floors) <= 0:
            msg = f"{self.name}: a floor must be positive to be compared with, got {self.floors}"
            raise ValueError(msg)

    @property
    def value(self) -> float:
        """The median of ours."""
        return statistics.median(self.values)

    @property
    def floor(self) -> float:
        """The median of the floor."""
        return statistics.median(self.floors)

    @property
    def ratios(self) -> tuple[float, ...]:
        """Ours divided by the floor, round by round."""
        return tuple(ours / floor for ours, floor in zip(self.values, self.floors, strict=True))

    @property
    def ratio(self) -> float:
        """The median of the ratios."""
        return statistics.median(self.ratios)

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None when there is none."""
        return self.bar.meets(self.ratio, self.bar.limit)

    @property
    def stretch_met(self) -> bool | None:
        """Whether the stretch is met; None when there is none."""
        return self.bar.meets(self.ratio, self.bar.stretch)

    def to_json(self) -> JsonRow:
        """Return the row as a flat object, the keys that a check needs first."""
        return {
            "name": self.name,
            "ratio": self.ratio,
            "better": self.bar.better,
            "bar": self.bar.limit,
            "value": self.value,
            "unit": self.unit,
            "floor": self.floor,
            "stretch": self.bar.stretch,
            "met": self.met,
            "stretch_met": self.stretch_met,
            "floor_name": self.floor_name,
            "rounds": len(self.values),
            "ratio_min": min(self.ratios),
            "ratio_max": max(self.ratios),
        }

    def cells(self) -> tuple[str, ...]:
        """Return the texts of `COLUMNS`."""
        verdict = {None: "", True: "yes", False: "NO"}[self.met]
        return (
            self.name,
            quantity(self.value),
            quantity(self.floor),
            self.unit,
            f"{self.ratio:.3g}x",
            f"{min(self.ratios):.3g}..{max(self.ratios):.3g}",
            self.bar.text(self.bar.limit),
            self.bar.text(self.bar.stretch),
            verdict + (", stretch" if self.stretch_met else ""),
        )


def percentile(samples: Sequence[float], share: float) -> float:
    """Return the value below which `share` (0 to 1) of the samples lie, the nearest one above.

    >>> percentile([5.0, 1.0, 3.0], 0.5)
    3.0
    """
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def slope(samples: Sequence[float]) -> float:
    """Return the growth per sample of the line of least squares through equally spaced samples; 0 for fewer than two.

    >>> slope([1.0, 3.0, 5.0])
    2.0
    """
    if len(samples) < 2:
        return 0.0
    return statistics.linear_regression(range(len(samples)), samples).slope


def quantity(value: float) -> str:
    """Print a value with three digits or more, thousands apart.

    >>> quantity(1234567.0), quantity(12.345), quantity(0.01234)
    ('1 234 567', '12.3', '0.0123')
    """
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.3g}"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], text_columns: frozenset[int] = frozenset({0})) -> str:
    """Lay the rows out under their columns: texts to the left, figures to the right.

    >>> print(table(("what", "us"), [("ask", "9.5"), ("spawn", "14")]))
    what    us
    ask    9.5
    spawn   14
    """
    widths = [max(len(cell) for cell in column) for column in zip(columns, *rows, strict=True)]
    lines = []
    for row in (columns, *rows):
        cells = (
            cell.ljust(width) if index in text_columns else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
