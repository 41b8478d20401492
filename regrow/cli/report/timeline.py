"""Shell: the waterfall of a run's spans, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from regrow.cli.report.text import duration
from regrow.protocols.report import TimelineRow

__all__ = ["print_timeline", "share"]

BAR_COLUMNS = 24
EIGHTHS = " ▏▎▍▌▋▊▉"


def share(row: TimelineRow, whole_ms: float) -> tuple[float, float]:
    """Return where the bar of a span begins and how long it is, as parts of the whole; it stays within it.

    Args:
        whole_ms: From the beginning of the first span to the end of the last.
    """
    whole_ms = max(whole_ms, 1.0)
    begin = min(1.0, row.offset_ms / whole_ms)
    return begin, min(1.0 - begin, row.duration_ms / whole_ms)


def print_timeline(rows: Sequence[TimelineRow], stream: TextIO) -> None:
    """Print one line a span, each below its parent: name, how long, and when."""
    console = Console(file=stream, highlight=False)
    whole_ms = max((row.offset_ms + row.duration_ms for row in rows), default=0.0)
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1), expand=True)
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column(justify="right", no_wrap=True, min_width=7)
    table.add_column(width=BAR_COLUMNS, min_width=BAR_COLUMNS, no_wrap=True)
    for row in rows:
        name = Text("  " * row.depth + row.name, "red" if row.failed else "")
        if row.failed:
            name.append(f"  {row.failure.splitlines()[0] if row.failure else 'failed'}", "dim red")
        table.add_row(name, duration(round(row.duration_ms)), Text(_bar(*share(row, whole_ms)), "cyan"))
    console.print(table)


def _bar(begin: float, length: float) -> str:
    """Return a bar of blocks.

    >>> _bar(0.0, 1.0) == "█" * 24, _bar(0.5, 0.0), _bar(0.0, 0.03)
    (True, '            ▏', '▊')
    """
    blank = int(begin * BAR_COLUMNS)
    eighths = max(1, round(length * BAR_COLUMNS * 8))
    whole, rest = divmod(min(eighths, (BAR_COLUMNS - min(blank, BAR_COLUMNS - 1)) * 8), 8)
    return " " * min(blank, BAR_COLUMNS - 1) + "█" * whole + (EIGHTHS[rest] if rest else "")
