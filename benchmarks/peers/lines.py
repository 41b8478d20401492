"""What a peer's program prints: one JSON line for each figure. Standard library only.

The figures have the same names everywhere: `tell` (messages/s), `ask` (us, p50), `spawn` (us/actor), `memory`
(B/actor), `restart` (us, p50), `storm` (ms for 1000 crashes at once), `ring` (hops/s).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["FIGURES", "Better", "FigureName", "Line", "Request", "parse_line", "read_request", "show"]

FigureName = Literal["tell", "ask", "spawn", "memory", "restart", "storm", "ring"]
Better = Literal["higher", "lower"]

FIGURES: dict[FigureName, tuple[str, Better]] = {
    "tell": ("messages/s", "higher"),
    "ask": ("us, p50", "lower"),
    "spawn": ("us/actor", "lower"),
    "memory": ("B/actor", "lower"),
    "restart": ("us, p50", "lower"),
    "storm": ("ms/1000 crashes", "lower"),
    "ring": ("hops/s", "higher"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of one peer."""

    figure: str
    value: float


@dataclass(frozen=True, slots=True)
class Request:
    """What a program is to measure, and whether only to see that it runs."""

    figures: frozenset[str]
    small: bool

    def wants(self, *figures: FigureName) -> bool:
        """Whether any of these is asked for."""
        return any(figure in self.figures for figure in figures)

    def of(self, full: int, small: int) -> int:
        """Choose a size."""
        return small if self.small else full


def read_request(arguments: Sequence[str] | None = None) -> Request:
    """Read the program's command line: names of figures, all when there are none, and `--small`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("figures", nargs="*")
    parser.add_argument("--small", action="store_true")
    options = parser.parse_args(arguments)
    return Request(frozenset(options.figures or FIGURES), options.small)


def show(figure: FigureName, value: float) -> None:
    """Print one figure."""
    print(json.dumps({"figure": figure, "value": value}), flush=True)


def parse_line(text: str) -> Line | None:
    """Read one line of a program's output back; None for anything else that it printed.

    >>> parse_line('{"figure": "ask", "value": 12.5}')
    Line(figure='ask', value=12.5)
    >>> parse_line("some warning") is None
    True
    """
    if not text.startswith("{"):
        return None
    try:
        data = json.loads(text)
        return Line(str(data["figure"]), float(data["value"]))
    except (ValueError, KeyError, TypeError):
        return None
