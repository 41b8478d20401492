"""Shell: the same figures for regrow, from the sides of its own benchmarks, and with `--floor` for the floor."""

from __future__ import annotations

import sys

from benchmarks.clocks import settle
from benchmarks.peers.lines import FIGURES, FigureName, read_request, show
from benchmarks.rows import Row, Size, load_rows

__all__ = ["main"]

ROW_OF: dict[FigureName, str] = {
    "tell": "tell",
    "ask": "ask",
    "spawn": "spawn",
    "memory": "memory.running_actor",
    "restart": "restart",
    "storm": "restart.storm",
    "ring": "ring",
}


def measure(row: Row, *, floor: bool, small: bool) -> float:
    """Run one side of a row once, after a warm-up."""
    side = row.floor if floor else row.ours
    side(Size(small=True))
    settle()
    return side(Size(small=small))


def main() -> None:
    """Measure what was asked for."""
    floor = "--floor" in sys.argv
    request = read_request([argument for argument in sys.argv[1:] if argument != "--floor"])
    rows = load_rows()
    # Memory first: a heap that another figure has used has room that would be counted as nothing.
    for figure in sorted(FIGURES, key=lambda name: name != "memory"):
        if request.wants(figure):
            show(figure, measure(rows[ROW_OF[figure]][1], floor=floor, small=request.small))


if __name__ == "__main__":
    main()
