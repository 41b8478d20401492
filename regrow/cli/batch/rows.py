"""Shell: several runs, live: a row for each on a terminal, a line for each step elsewhere, or JSON lines."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from typing import TextIO

from regrow.cli.report.progress import EventPrinter, ProgressPrinter, QuietPrinter, status_line
from regrow.core.progress import RunNews
from regrow.core.sandbox import Progress
from regrow.protocols.run_messages import RunProgress

__all__ = ["NamedPrinter", "RowPrinter", "Rows", "open_rows", "printer_for", "short_target"]

DRAW_EVERY_S = 0.1
NAME_COLUMNS = 24


def short_target(target: str) -> str:
    """Return what a target is called in a row: the last part of a path, at most `NAME_COLUMNS` wide.

    >>> short_target("/srv/projects/demo"), short_target("pypi:humanize"), short_target("https://host.example/a/b.git")
    ('demo', 'pypi:humanize', 'b.git')
    """
    name = target.rstrip("/").rpartition("/")[2] or target
    return name if len(name) <= NAME_COLUMNS else name[: NAME_COLUMNS - 1] + "…"


class Rows:
    """The rows of a terminal: one for each run under way, and a line that counts. What is over stands above them.

    Args:
        stream: A terminal.
        total: How many targets there are.
    """

    def __init__(self, stream: TextIO, total: int, now_s: Callable[[], float] = time.monotonic) -> None:
        self._out = ProgressPrinter(stream, now_s)
        self._total = total
        self._over = 0
        self._drawn = 0
        self._drawn_s = float("-inf")
        self._rows: list[RowPrinter] = []
        self.now_s = now_s

    def open(self, target: str, on_reader_gone: Callable[[], object]) -> RowPrinter:
        """Return the row of a run that begins."""
        self._out.on_reader_gone = on_reader_gone
        row = RowPrinter(self, short_target(target))
        self._rows.append(row)
        self.draw(at_once=True)
        return row

    def close(self, row: RowPrinter, told: str) -> None:
        """Take a row away and leave one line of it."""
        self._rows.remove(row)
        self._over += 1
        self.say(told)

    def say(self, text: str) -> None:
        """Print a line above the rows."""
        self._out._put(f"{self._erased()}{_printable(text)}\n")
        self.draw(at_once=True)

    def clear(self) -> None:
        """Leave nothing half-written."""
        self._out._put(self._erased())

    def draw(self, *, at_once: bool = False) -> None:
        """Draw the rows anew, at most ten times a second."""
        if not at_once and self.now_s() - self._drawn_s < DRAW_EVERY_S:
            return
        self._drawn_s = self.now_s()
        columns, lines = shutil.get_terminal_size()
        shown = [row.line(columns) for row in self._rows[: max(1, lines - 2)]]
        shown.append(f"{self._over} of {self._total} done, {len(self._rows)} under way"[: columns - 1])
        text = self._erased() + "\n".join(shown)
        self._drawn = len(shown)
        self._out._put(text)

    def _erased(self) -> str:
        """Return what takes the drawn rows away and stands at the beginning of the first."""
        up, self._drawn = max(0, self._drawn - 1), 0
        return "\r" + (f"\x1b[{up}A" if up else "") + "\x1b[J"


class RowPrinter(ProgressPrinter):
    """One row. It prints nothing itself: it says to its rows that something is new."""

    def __init__(self, rows: Rows, name: str) -> None:
        super().__init__(sys.stderr, rows.now_s)
        self._rows = rows
        self._name = name
        self._said = ("begins", "", "")

    def show(self, news: RunNews) -> None:
        if isinstance(news, RunProgress):
            step = (news.step_name or "").strip()
            first = step.splitlines()[0] if step else ""
            if (news.status.value, first) != self._said[:2]:
                self._shown_since_s = self._now_s()
            self._said = (news.status.value, first, news.last_output_line or "")
            self._rows.draw()

    def prepare(self, progress: Progress) -> None:
        total = f" {progress.done}/{progress.total}" if progress.total else ""
        self._said = ("preparing", progress.what + total, "")
        self._rows.draw()

    def note(self, text: str) -> None:
        self._rows.say(f"note: {self._name}: {text}")

    def tick(self) -> None:
        self._rows.draw()

    def line(self, columns: int) -> str:
        """Return the row as it is to be drawn."""
        status, step, output = self._said
        now_s = self._now_s()
        told = status_line(
            status, step, output, now_s - self._began_s, columns - NAME_COLUMNS - 1, now_s - self._shown_since_s
        )
        return f"{self._name:{NAME_COLUMNS}} {told}"[: columns - 1]


class NamedPrinter(ProgressPrinter):
    """Where there is no terminal: each line names its target."""

    def __init__(self, stream: TextIO, name: str, began_s: float, now_s: Callable[[], float] = time.monotonic) -> None:
        super().__init__(stream, now_s)
        self._name = name
        self._began_s = began_s

    def note(self, text: str) -> None:
        self._put(f"note: {self._name}: {text}\n")

    def _write(self, text: str) -> None:
        super()._write(f"{self._name}: {text}")


class RunEventPrinter(EventPrinter):
    """JSON lines in which a note names its run."""

    def __init__(self, stream: TextIO, run_id: str) -> None:
        super().__init__(stream)
        self._run_id = run_id

    def note(self, text: str) -> None:
        self._tell({"event": "note", "runId": self._run_id, "text": text})


def open_rows(stream: TextIO, total: int, *, events: bool) -> Rows | None:
    """Return rows where there is a terminal to draw them on."""
    return Rows(stream, total) if stream.isatty() and not events else None


def printer_for(target: str, run_id: str, began_s: float, *, events: bool, quiet: bool) -> ProgressPrinter:
    """Return what shows one of several runs where there are no rows."""
    if events:
        return RunEventPrinter(sys.stdout, run_id)
    if quiet:
        return QuietPrinter(sys.stderr)
    return NamedPrinter(sys.stderr, short_target(target), began_s)


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)
