"""One exit code and one table for several runs."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest

from regrow.cli.batch.summary import TargetEnd, code_of_all, summary_of, table_text
from regrow.cli.endings import end_of_error, end_of_report
from regrow.cli.exit_codes import Interrupted
from regrow.protocols.report import RunReport
from regrow.protocols.status import BuildStatus, Verdict


def ended(verdict: str, target: str = "/srv/demo", *, accept_healed: bool = False) -> TargetEnd:
    report = RunReport(
        run_id="0123456789", target=target, verdict=Verdict(verdict), status=BuildStatus.COMPLETED, duration_ms=1500,
        reason=f"because of [bold]{verdict}[/bold]\nand more", tests_run=3, tests_passed=2,
        finished_at=dt.datetime(2026, 1, 2, tzinfo=dt.UTC), folder="/tmp/r",
    )  # fmt: skip
    return TargetEnd(end_of_report(report, None, accept_healed=accept_healed), report)


@pytest.mark.parametrize("codes", [*itertools.product((0, 1, 4, 70), repeat=3)])
def test_one_is_for_healed_or_failed_then_errors_then_four_then_nothing(codes: tuple[int, ...]) -> None:
    wanted = next((code for code in (1, 70, 4) if code in codes), 0)
    assert code_of_all(codes) == wanted
    assert code_of_all([*codes, 143]) == 143


def test_healed_counts_as_success_only_where_it_is_accepted() -> None:
    assert summary_of([ended("pass"), ended("healed")], 1).exit_code == 1
    assert summary_of([ended("pass"), ended("healed", accept_healed=True)], 1).exit_code == 0


def test_the_table_has_a_row_for_each_and_says_why_below() -> None:
    stopped = end_of_error(Interrupted(15), run_id=None, target="pypi:later")
    ends = [ended("pass"), ended("fail", "pypi:bad"), TargetEnd(stopped, None)]
    summary = summary_of(ends, 65_000)
    text = table_text(ends, summary, 100)
    rows = [line.split() for line in text.splitlines()]
    assert ["PASS", "demo", "2/3", "1.5", "s", "01234567"] in rows
    assert ["NOT", "BEGUN", "pypi:later", "-", "-", "-"] in rows
    assert "pypi:bad: because of [bold]fail[/bold] and more" in text
    assert "3 targets in 1 min 5 s: 1 pass, 1 fail, 1 interrupted" in text
    assert max(map(len, text.splitlines())) <= 100
    assert [row.verdict for row in summary.runs] == ["pass", "fail", None]
