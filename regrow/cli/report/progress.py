"""Shell: what a run is doing, live: one changing line on a terminal, a line for each step elsewhere, or JSON lines."""

from __future__ import annotations

import errno
import json
import os
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from regrow.core.progress import RunNews
from regrow.core.sandbox import Progress
from regrow.protocols.run_messages import RunProgress

__all__ = ["ProgressPrinter", "drop_output", "open_printer", "status_line"]

LEAST_WIDTH = 20

TICK_S = 1.0
"""How often `tick` is to be called: a line that counts seconds shows that a silent step is not a dead one."""

SAY_AGAIN_S = 30.0
"""Where there is no terminal: how long a step may last without a line before it is named again."""


def status_line(status: str, step: str, line: str, elapsed_s: float, width: int, step_s: float = 0.0) -> str:
    """Return one line of at most `width - 1` characters: phase, elapsed time, step with its own, last output.

    >>> status_line("building", "pip install .", "Collecting six", 12.3, 60, 4.0)
    'building 12 s  pip install . (4 s)  | Collecting six'
    """
    head = f"{status} {elapsed_s:.0f} s"
    named = f"  {step} ({step_s:.0f} s)" if step_s >= 1 else f"  {step}"
    parts = [head, *([named] if step else []), *([f"  | {line}"] if line else [])]
    text = "".join(parts).replace("\t", " ")
    text = "".join(character if character.isprintable() else " " for character in text)
    width = max(LEAST_WIDTH, width) - 1
    return text if len(text) <= width else text[: width - 1] + "…"


class ProgressPrinter:
    """Prints to a stream that is no terminal: a line when the phase or the step changes, and while one lasts long."""

    def __init__(self, stream: TextIO, now_s: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._now_s = now_s
        self._began_s = now_s()
        self._shown = ""
        self._shown_since_s = self._said_s = self._began_s
        self.on_reader_gone: Callable[[], object] = lambda: None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.clear()

    def show(self, news: RunNews) -> None:
        """Show one piece of news."""
        if isinstance(news, RunProgress):
            self.say(f"{news.status.value}{': ' + news.step_name if news.step_name else ''}")

    def prepare(self, progress: Progress) -> None:
        """Show that something is made once for all runs."""
        self.say(f"preparing: {progress.what}")

    def note(self, text: str) -> None:
        """Show what an operator should know."""
        self._put(f"note: {text}\n")

    def tick(self) -> None:
        """Show that time passes; called every `TICK_S`."""
        now_s = self._now_s()
        if self._shown and now_s - self._said_s >= SAY_AGAIN_S:
            self._write(f"{self._shown}, for {now_s - self._shown_since_s:.0f} s now")

    def clear(self) -> None:
        """Leave nothing half-written."""

    def say(self, text: str) -> None:
        """Print a line, once."""
        if text != self._shown:
            self._shown = text
            self._shown_since_s = self._now_s()
            self._write(text)

    def _write(self, text: str) -> None:
        self._said_s = self._now_s()
        self._put(f"[{self._said_s - self._began_s:6.1f} s] {text}\n")

    def _put(self, text: str) -> None:
        """Write. It is called by an actor, whose crash would mend nothing when the reader or the terminal has gone."""
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError as error:
            if error.errno not in (errno.EPIPE, errno.EIO):
                raise
            drop_output(self._stream)
            self.on_reader_gone()


class TerminalPrinter(ProgressPrinter):
    """One line that changes in place, at most ten times a second; steps that are over stay above it."""

    def __init__(self, stream: TextIO, now_s: Callable[[], float] = time.monotonic) -> None:
        super().__init__(stream, now_s)
        self._drawn_s = 0.0
        self._step = ""
        self._line = ("", "", "")

    def show(self, news: RunNews) -> None:
        if not isinstance(news, RunProgress):
            return
        step = news.step_name or ""
        now_s = self._now_s()
        changed = step != self._step
        if changed:
            self._step, self._shown_since_s = step, now_s
        self._line = (news.status.value, step, news.last_output_line or "")
        if changed or now_s - self._drawn_s > 0.1:
            self._draw()

    def prepare(self, progress: Progress) -> None:
        total = f" {progress.done}/{progress.total}" if progress.total else ""
        self._step, self._shown_since_s = "", self._now_s()
        self._line = ("preparing", progress.what + total, "")
        self._draw()

    def tick(self) -> None:
        if self._line[0]:
            self._draw()

    def note(self, text: str) -> None:
        self.clear()
        super().note(text)

    def clear(self) -> None:
        self._put("\r\x1b[2K")

    def _draw(self) -> None:
        import shutil

        status, step, line = self._line
        self._drawn_s = now_s = self._now_s()
        width = shutil.get_terminal_size().columns
        first = step.strip().splitlines()[0] if step.strip() else ""
        text = status_line(status, first, line, now_s - self._began_s, width, now_s - self._shown_since_s)
        self._put(f"\r\x1b[2K{text}")


class EventPrinter(ProgressPrinter):
    """JSON lines on standard output: the news as they come, in the specification's names."""

    def show(self, news: RunNews) -> None:
        kind = "progress" if isinstance(news, RunProgress) else "finished"
        self._tell({"event": kind, **news.model_dump(mode="json", by_alias=True)})

    def prepare(self, progress: Progress) -> None:
        self._tell({"event": "preparing", "what": progress.what, "done": progress.done, "total": progress.total})

    def note(self, text: str) -> None:
        self._tell({"event": "note", "text": text})

    def tick(self) -> None:
        """Nothing: each event has its time, and a machine can count."""

    def _tell(self, event: dict[str, object]) -> None:
        self._put(json.dumps(event) + "\n")


class QuietPrinter(ProgressPrinter):
    """Says nothing: the result is all that was asked for."""

    def say(self, text: str) -> None:
        """Nothing."""

    def tick(self) -> None:
        """Nothing."""


def open_printer(stream: TextIO, target: str, *, events: bool, quiet: bool) -> ProgressPrinter:
    """Choose how progress is shown.

    Args:
        stream: Standard error, so that standard output holds results alone.
        events: JSON lines on standard output instead.
        quiet: Nothing unless `stream` is a terminal.
    """
    if events:
        return EventPrinter(sys.stdout)
    if stream.isatty():
        return TerminalPrinter(stream)
    if quiet:
        return QuietPrinter(stream)
    stream.write(f"verifying {target}\n")
    return ProgressPrinter(stream)


def drop_output(stream: TextIO | None = None) -> None:
    """Let what is still written to a stream go nowhere: its reader has gone, and Python would complain at its end.

    Args:
        stream: None is standard output.

    Source: the note on SIGPIPE in the documentation of Python's `signal`.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, (stream or sys.stdout).fileno())
    os.close(nowhere)
