"""What a benchmark module declares: rows, each with two programs to compare and the bar for their ratio.

Every module `bench_<question>.py` has a tuple `ROWS`. A side of a row is a plain function: it runs one round at the
given size and returns one value in the row's unit, the lower or the higher the better as its bar says.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import benchmarks
from benchmarks.figures import Bar

__all__ = ["Row", "Side", "Size", "load_rows", "rows_of"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Size:
    """How much work a round does. `small` keeps a program alive in continuous integration and says nothing of speed."""

    small: bool

    def of(self, full: T, small: T) -> T:
        """Choose between the two."""
        return small if self.small else full


Side = Callable[[Size], float]


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison.

    Args:
        name: `question` or `question.case`; unique.
        unit: Of both sides.
        floor_name: What the floor is, in words.
        ours, floor: The two sides. Each runs in a process of its own, which it keeps for all rounds.
        bar: For the ratio ours / floor. Without a limit the row is measured with `--info` only.
    """

    name: str
    unit: str
    floor_name: str
    ours: Side
    floor: Side
    bar: Bar


def rows_of(module: str) -> tuple[Row, ...]:
    """Import one benchmark module and return its rows."""
    rows: tuple[Row, ...] = importlib.import_module(module).ROWS
    return rows


def load_rows() -> dict[str, tuple[str, Row]]:
    """Return every row by its name, with the module that it stands in.

    Raises:
        ValueError: Two rows have one name.
    """
    found: dict[str, tuple[str, Row]] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(benchmarks.__path__)):
        if module.startswith("bench_"):
            path = f"{benchmarks.__name__}.{module}"
            for row in rows_of(path):
                if row.name in found:
                    msg = f"two rows are called {row.name!r}: in {found[row.name][0]} and in {path}"
                    raise ValueError(msg)
                found[row.name] = (path, row)
    return found
