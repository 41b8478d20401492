"""The waterfall of a run, in a terminal and on the page."""

from __future__ import annotations

import datetime as dt
import io
import re

import pytest

from regrow.cli.report.page import SPANS_SHOWN, render_page
from regrow.cli.report.timeline import print_timeline, share
from regrow.protocols.report import TimelineRow
from regrow.protocols.status import Verdict
from tests.cli.test_reports import HOSTILE, Page, report_of


def row(name: str, depth: int, offset_ms: float, duration_ms: float, failure: str = "") -> TimelineRow:
    return TimelineRow(
        name=name, depth=depth, offset_ms=offset_ms, duration_ms=duration_ms, failed=bool(failure), failure=failure,
        started_at=dt.datetime(2026, 1, 2, tzinfo=dt.UTC), trace_id="a" * 32, span_id="b" * 16,
    )  # fmt: skip


ROWS = (row("run x", 0, 0, 10_000), row("build", 1, 0, 4_000), row("verify", 1, 4_000, 6_000, "E3001 tests failed"))


@pytest.mark.parametrize(
    ("offset_ms", "duration_ms", "expected"),
    [(0, 10, (0.0, 1.0)), (5, 5, (0.5, 0.5)), (5, 50, (0.5, 0.5)), (20, 5, (1.0, 0.0)), (0, 0, (0.0, 0.0))],
)
def test_a_bar_stays_within_the_whole(offset_ms: float, duration_ms: float, expected: tuple[float, float]) -> None:
    assert share(row("x", 0, offset_ms, duration_ms), 10) == expected


def test_the_terminal_shows_each_span_below_its_parent_with_its_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    stream = io.StringIO()
    print_timeline(ROWS, stream)
    lines = stream.getvalue().splitlines()
    assert [re.split(r" {2,}", line.strip())[0] for line in lines] == ["run x", "build", "verify"]
    assert "E3001 tests failed" in lines[2]
    assert [line.find("█") for line in lines] == [56, 56, 65]
    assert max(map(len, lines)) <= 80


def test_the_terminal_shows_markup_as_it_is() -> None:
    stream = io.StringIO()
    print_timeline([row("[bold]x[/bold]", 0, 0, 1)], stream)
    assert "[bold]x[/bold]" in stream.getvalue()


def test_the_page_shows_the_waterfall_and_hostile_names_are_text_in_it() -> None:
    report = report_of("demo", verdict=Verdict.PASS)
    rows = (row(HOSTILE, 0, 0, 10, HOSTILE), *(row(f"span {number}", 1, number, 1) for number in range(SPANS_SHOWN)))
    page = Page(render_page(report.model_copy(update={"timeline": rows})))
    assert (page.wrong, page.open) == ([], [])
    assert {"script", "img"}.isdisjoint(page.tags)
    assert "onerror" not in page.names
    assert "Where the time went" in page.text
    assert "and 1 more spans" in page.text
    assert "Where the time went" not in render_page(report)
