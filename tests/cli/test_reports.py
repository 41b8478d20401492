"""One report, told as text, JSON and a page; what a project printed never becomes markup, colour or a second line."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from regrow.cli.endings import end_of_report, print_end
from regrow.cli.report.outputs import Output, write_outputs
from regrow.cli.report.page import render_page
from regrow.cli.report.progress import EventPrinter, ProgressPrinter, QuietPrinter, TerminalPrinter, open_printer
from regrow.cli.report.text import print_summary, render_text
from regrow.core.sandbox import Progress
from regrow.protocols.plan import DocRef, Ended, LeftOutCommand, LeftOutReason
from regrow.protocols.report import ReportStep, RunReport
from regrow.protocols.run_messages import RunProgress
from regrow.protocols.status import BuildStatus, Verdict
from regrow.protocols.verification import BuildError

HOSTILE = "</pre><script>alert(1)</script><img src=x onerror='alert(2)'>&amp;\"[bold red]x[/bold red]"
VOID = {"meta", "img", "br", "link", "input"}
OPTIONAL_END = {"html", "p", "li"}


def report_of(text: str, folder: Path = Path("/tmp/run"), verdict: Verdict = Verdict.FAIL) -> RunReport:
    step = ReportStep(
        step_id="1", command=text, succeeded=False, exit_code=1, ended=Ended.EXITED, duration_ms=1200, reason=text,
        file=text, line=3, output_tail=text,
    )  # fmt: skip
    return RunReport(
        run_id="run-1", target=text, verdict=verdict, status=BuildStatus.FAILED, reason=text, tests_run=3,
        tests_passed=2, tests_failed=1, failing_tests=(text,), steps=(step,), duration_ms=1500,
        finished_at=dt.datetime(2026, 1, 2, tzinfo=dt.UTC), folder=str(folder),
    )  # fmt: skip


def left_out(text: str, word: str, line: int, *, in_path: bool = True, required: bool = False) -> LeftOutCommand:
    ref = DocRef(file="README.md", line=line, end_line=line, text=text)
    return LeftOutCommand(
        text=text, ref=ref, reason=LeftOutReason(word), detail="why", in_path=in_path, required=required
    )


def report_with(*commands: LeftOutCommand) -> RunReport:
    return report_of("demo", verdict=Verdict.PASS).model_copy(
        update={"left_out": commands, "notes": ("left out the link 'evil'",)}
    )


class Page(HTMLParser):
    """Collects tags, attributes and text, and what is closed that was not open."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.names: set[str] = set()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_well_formed_and_what_a_project_printed_is_text_in_it() -> None:
    page = Page(render_page(report_of(HOSTILE)))
    assert (page.wrong, page.open) == ([], [])
    assert {"script", "img"}.isdisjoint(page.tags)
    assert "onerror" not in page.names
    assert page.text.count(HOSTILE) >= 5


def test_the_page_loads_nothing_and_knows_dark_narrow_and_print() -> None:
    page = render_page(report_of("plain"))
    assert re.search(r"\b(src|href|@import|url\()", page) is None
    assert "prefers-color-scheme:dark" in page
    assert "@media(max-width:40rem)" in page
    assert "@media print" in page
    assert "width=device-width" in page


@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_text_keeps_within_the_width_and_shows_markup_as_it_is(width: int) -> None:
    text = render_text(report_of("[bold]x[/bold] and more words that have to be folded somewhere"), width)
    assert "[bold]x[/bold]" in text
    assert "\x1b" not in text
    assert max(map(len, text.splitlines()[:-1])) <= width


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    stream = io.StringIO()
    print_summary(report_of("plain"), stream)
    assert "\x1b" not in stream.getvalue()


def test_the_json_has_the_names_of_the_specification(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = report_of(HOSTILE, tmp_path)
    assert write_outputs(report, (), json_out=True, events=False) is None
    print_end(end_of_report(report, None, accept_healed=False), report, json_out=True, events=False)
    told = json.loads(capsys.readouterr().out)
    wanted = "runId target verdict testsRun testsPassed testsFailed steps deviations errors durationMs"
    assert set(wanted.split()) <= told.keys()
    assert (told["testsRun"], told["testsFailed"], told["durationMs"], told["steps"][0]["command"]) == (
        3,
        1,
        1500,
        HOSTILE,
    )


def test_each_format_goes_where_it_was_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outputs = [
        Output("html", str(tmp_path / "a/r.html")),
        Output("json", str(tmp_path / "r.json")),
        Output("text", "-"),
    ]
    write_outputs(report_of("plain", tmp_path), outputs, json_out=False, events=False)
    assert (tmp_path / "a/r.html").read_text().startswith("<!doctype html>")
    assert RunReport.model_validate_json((tmp_path / "r.json").read_bytes()).tests_run == 3
    assert capsys.readouterr().out.startswith("FAIL  plain")
    assert {path.name for path in tmp_path.iterdir()} == {"a", "r.json", "report.json", "report.html"}


def test_a_report_that_cannot_be_written_is_said_after_the_others_and_the_summary(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    outputs = [Output("html", str(tmp_path / "file/r.html")), Output("json", str(tmp_path / "r.json"))]
    unwritten = write_outputs(report_of("plain", tmp_path), outputs, json_out=False, events=False)
    assert unwritten is not None
    assert unwritten.code.value == "E6001"
    assert (tmp_path / "r.json").exists()
    assert "FAIL  plain" in capsys.readouterr().out


def progress(line: str | None = None) -> RunProgress:
    return RunProgress(
        run_id="run-1", status=BuildStatus.BUILDING, step_id="1", step_name="make -j2 all", last_output_line=line
    )


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_has_one_line_that_fits_and_holds_no_control_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    stream = Terminal()
    printer = open_printer(stream, "x", events=False, quiet=False)
    assert type(printer) is TerminalPrinter
    with printer:
        printer.show(progress("\x1b[31mred\x07 " + "long " * 30))
    drawn = stream.getvalue().removesuffix("\r\x1b[2K").removeprefix("\r\x1b[2K")
    assert drawn.startswith("building 0 s  make -j2 all")
    assert len(drawn) <= 39
    assert "\x1b" not in drawn
    assert "\n" not in drawn


def test_elsewhere_there_is_a_line_for_each_step_and_no_control_character() -> None:
    stream = io.StringIO()
    printer = open_printer(stream, "x", events=False, quiet=False)
    assert type(printer) is ProgressPrinter
    with printer:
        printer.show(progress("one"))
        printer.show(progress("two"))
    assert [line.split("] ")[-1] for line in stream.getvalue().splitlines()] == [
        "verifying x",
        "building: make -j2 all",
    ]


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_a_silent_step_counts_its_seconds_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    stream, clock = Terminal(), Clock()
    printer = TerminalPrinter(stream, clock)
    printer.tick()
    assert stream.getvalue() == ""  # nothing has begun
    clock.now_s += 5
    printer.show(progress("added 1 package"))
    clock.now_s += 12
    printer.tick()
    drawn = stream.getvalue().split("\r\x1b[2K")
    assert drawn[-2:] == [
        "building 5 s  make -j2 all  | added 1 package",
        "building 17 s  make -j2 all (12 s)  | added 1 package",
    ]


def test_a_silent_step_is_named_again_each_half_minute_elsewhere() -> None:
    stream, clock = io.StringIO(), Clock()
    printer = ProgressPrinter(stream, clock)
    for _ in range(40):
        printer.tick()
    printer.show(progress())
    for _ in range(75):
        clock.now_s += 1
        printer.show(progress("it prints, which is not shown here"))
        printer.tick()
    assert stream.getvalue().splitlines() == [
        "[   0.0 s] building: make -j2 all",
        "[  30.0 s] building: make -j2 all, for 30 s now",
        "[  60.0 s] building: make -j2 all, for 60 s now",
    ]


@pytest.mark.parametrize("kind", [EventPrinter, QuietPrinter])
def test_machines_are_not_told_that_time_passes(kind: type[ProgressPrinter]) -> None:
    stream, clock = io.StringIO(), Clock()
    printer = kind(stream, clock)
    printer.show(progress())
    told = stream.getvalue()
    clock.now_s += 100
    printer.tick()
    assert stream.getvalue() == told


def test_with_json_nothing_is_said_where_there_is_no_terminal() -> None:
    stream = io.StringIO()
    printer = open_printer(stream, "x", events=False, quiet=True)
    assert type(printer) is QuietPrinter
    printer.show(progress())
    assert stream.getvalue() == ""


def test_each_event_is_one_line_of_json_that_its_schema_accepts() -> None:
    stream = io.StringIO()
    printer = EventPrinter(stream)
    printer.show(progress("line\nwith\u2028ends \ud800"))
    printer.prepare(Progress("unpacking", 1, 2))
    printer.note("damaged")
    first, second, third = map(json.loads, stream.getvalue().split("\n")[:-1])
    assert first.pop("event") == "progress"
    assert RunProgress.model_validate(first).step_name == "make -j2 all"
    assert second == {"event": "preparing", "what": "unpacking", "done": 1, "total": 2}
    assert third == {"event": "note", "text": "damaged"}


def test_every_report_names_what_was_left_out_on_the_way_and_counts_the_rest() -> None:
    far = [left_out(f"demo {line}", "usage_example", line, in_path=False) for line in range(20, 60)]
    report = report_with(
        left_out("brew install x", "not_for_this_system", 3),
        left_out("sleep 9999", "never_ends", 4, required=True),
        *far,
    )
    text = render_text(report)
    lines = [line.split() for line in text.splitlines()]
    assert lines.index(["never_ends", "sleep", "9999", "README.md:4"]) < lines.index(
        ["not_for_this_system", "brew", "install", "x", "README.md:3"]
    )
    assert "40 usage_example" in text
    assert "demo 20" not in text
    page = Page(render_page(report))
    assert (page.wrong, page.open) == ([], [])
    assert all(each.text in page.text for each in report.left_out)
    assert [each["text"] for each in json.loads(report.model_dump_json(by_alias=True))["leftOut"]] == [
        each.text for each in report.left_out
    ]


def test_many_on_the_way_stay_readable() -> None:
    many = [left_out(f"brew install x{line}", "not_for_this_system", line) for line in range(1, 100)]
    text = render_text(report_with(*many))
    assert text.count("brew install") == 20
    assert "79 not_for_this_system" in text


def test_what_is_left_out_cannot_write_markup_or_colour() -> None:
    report = report_with(left_out(HOSTILE, "placeholder", 1), left_out(HOSTILE, "never_ends", 2, in_path=False))
    page = Page(render_page(report))
    assert (page.wrong, page.open) == ([], [])
    assert {"script", "img"}.isdisjoint(page.tags)
    assert HOSTILE in render_text(report, width=300)


def test_notes_of_the_target_stand_beside_it_in_every_report() -> None:
    report = report_with()
    assert "note: left out the link 'evil'" in render_text(report)
    assert "Note: left out the link 'evil'" in Page(render_page(report)).text
    assert json.loads(report.model_dump_json(by_alias=True))["notes"] == ["left out the link 'evil'"]


def test_the_text_says_each_cause_once() -> None:
    advice = "this release holds no tests"
    cause = BuildError(code="E3005", message="step 'npm test' found no tests", file="README.md", line=4)
    report = report_of("demo").model_copy(
        update={
            "reason": f"{cause.message}; {advice}",
            "notes": (advice, "left out the link 'evil'"),
            "errors": (
                cause,
                BuildError(code="E4003", message=advice),
                BuildError(code="E3001", message="another one"),
            ),
        }
    )
    text = render_text(report, 200)
    assert text.count(advice) == text.count(cause.message) == 1
    assert "  note: left out the link 'evil'\n" in text
    assert "  E3005 (README.md:4); `regrow explain E3005` says more\n" in text
    assert "  E3001: another one\n" in text
    assert "E4003" not in text
