"""Rows of several runs: one screen on a terminal, named lines elsewhere, JSON for machines."""

from __future__ import annotations

import io
import json

import pytest

from regrow.cli.batch.rows import NamedPrinter, Rows, open_rows, printer_for
from regrow.protocols.run_messages import RunProgress
from regrow.protocols.status import BuildStatus


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now_s = 50.0

    def __call__(self) -> float:
        self.now_s += 1
        return self.now_s


def progress(step: str, line: str = "") -> RunProgress:
    return RunProgress(
        run_id="r", status=BuildStatus.BUILDING, step_id="1", step_name=step, last_output_line=line or None
    )


def screen(drawn: str) -> list[str]:
    """What stands on a terminal after this was written: the two control sequences that rows use, and nothing else."""
    lines, at = [""], 0
    for part in drawn.replace("\x1b[J", "\0J").replace("\r", "\0R").split("\0"):
        if part.startswith("J"):
            lines, part = [*lines[:at], ""], part[1:]  # noqa: PLW2901  # what is left of it is text
        elif part.startswith("R"):
            part = part[1:]  # noqa: PLW2901
            if part.startswith("\x1b["):
                at -= int(part[2 : part.index("A")])
                part = part[part.index("A") + 1 :]  # noqa: PLW2901
        first, *more = part.split("\n")
        lines[at] = lines[at] + first if first else lines[at]
        for text in more:
            lines = [*lines[: at + 1], text]
            at += 1
    return lines


def test_each_run_has_a_row_and_what_is_over_stands_above(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    monkeypatch.setenv("LINES", "20")
    stream = Terminal()
    rows = Rows(stream, 3, Clock())
    one, two = (rows.open(f"/srv/{name}", lambda: None) for name in ("one", "two"))
    one.show(progress("make all", "cc\x1b[31m -c"))
    two.show(progress("pip install .\nsecond"))
    two.note("left out")
    rows.close(one, "PASS  /srv/one")
    seen = screen(stream.getvalue())
    assert [line.split()[0] for line in seen] == ["note:", "PASS", "two", "1"]
    assert "pip install ." in seen[2]
    assert seen[3] == "1 of 3 done, 1 under way"
    assert max(map(len, seen)) < 70
    assert "\x1b[31m" not in stream.getvalue()


def test_more_rows_than_lines_never_scroll_the_screen_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("LINES", "5")
    stream = Terminal()
    rows = Rows(stream, 9, Clock())
    for number in range(9):
        rows.open(f"t{number}", lambda: None)
    assert len(screen(stream.getvalue())) == 4


def test_elsewhere_each_line_names_its_target() -> None:
    stream = io.StringIO()
    printer = NamedPrinter(stream, "demo", 0.0, lambda: 7.0)
    printer.show(progress("make"))
    printer.note("careful")
    assert stream.getvalue() == "[   7.0 s] demo: building: make\nnote: demo: careful\n"


def test_a_note_of_the_events_names_its_run(capsys: pytest.CaptureFixture[str]) -> None:
    printer_for("demo", "run-7", 0.0, events=True, quiet=False).note("careful")
    assert json.loads(capsys.readouterr().out) == {"event": "note", "runId": "run-7", "text": "careful"}
    printer_for("demo", "run-7", 0.0, events=False, quiet=True).show(progress("make"))
    assert capsys.readouterr() == ("", "")


def test_there_are_no_rows_without_a_terminal_or_for_a_machine() -> None:
    assert open_rows(io.StringIO(), 2, events=False) is None
    assert open_rows(Terminal(), 2, events=True) is None
    assert open_rows(Terminal(), 2, events=False) is not None
