"""The verdict in words: one sentence, the line that fails, the cause, what worked, what to do; alike in every report."""

from __future__ import annotations

import pytest

from regrow.cli.report.page import render_page
from regrow.cli.report.text import render_text
from regrow.cli.report.verdict import Broken, errors_that_count, explain
from regrow.protocols.plan import DeviationKind, Ended
from regrow.protocols.verification import BuildError, RecoveryAttempt
from tests.cli.report.test_formats import REF, a_report, a_step, deviation
from tests.cli.test_reports import Page

GOOD = a_step(1, "python3 -m venv v")
BAD = a_step(2, "pip install .", good=False, file="README.md", line=6, says="pip install .")
ERROR = BuildError(code="E2004", message="E2004 no pyproject.toml", step="2", file="README.md", line=6)
SPENT = BuildError(code="E4003", message="E4003 write a pyproject.toml")
FAIL = a_report("fail", reason="no pyproject.toml; write one", steps=(GOOD, BAD), errors=(ERROR, SPENT))


@pytest.mark.parametrize(
    ("verdict", "more", "headline"),
    [
        ("pass", {"tests_run": 12, "tests_passed": 12}, "Builds from its documentation alone, and its 12 tests pass."),
        ("pass", {"tests_run": 1}, "Builds from its documentation alone, and its one test passes."),
        ("healed", {"deviations": (deviation(DeviationKind.ADDED_STEP, None),)},
         "The tests pass, but only with one thing that the documentation does not say."),
        ("healed", {"deviations": (deviation(DeviationKind.ADDED_STEP, REF),) * 2},
         "The tests pass, but only with 2 things that the documentation does not say."),
        ("fail", {"steps": (GOOD, BAD)}, "Doing what README.md:6 says fails."),
        ("fail", {"steps": (a_step(1, "make\nx", good=False),)}, "Does not build: `make` fails."),
        ("fail", {"steps": (GOOD,), "tests_run": 9, "tests_failed": 2},
         "Builds from its documentation, but 2 of its 9 tests fail."),
        ("fail", {}, "Does not build from its documentation."),
        ("undecided", {}, "This run could not judge the project."),
        ("cancelled", {}, "The run was stopped before it could judge the project."),
    ],
)  # fmt: skip
def test_the_headline_says_what_came_of_it(verdict: str, more: dict[str, object], headline: str) -> None:
    assert explain(a_report(verdict, **more)).headline == headline


def test_a_failure_quotes_the_line_names_the_cause_and_says_how_far_it_came() -> None:
    told = explain(FAIL)
    assert told.broken == (Broken("README.md", 6, "pip install .", "ended with exit code 1"),)
    assert (told.cause, told.advice) == ("no pyproject.toml", "write a pyproject.toml")
    assert told.worked == "1 of 2 steps, the last of them `python3 -m venv v`"


def test_a_step_that_was_ended_says_by_what() -> None:
    late = a_step(1, "sleep 9", good=False, exit_code=None, ended=Ended.DEADLINE, file="README.md", line=1)
    assert explain(a_report("undecided", steps=(late,))).broken[0].wrong == "was ended: deadline"


def test_that_no_recovery_is_left_is_advice_and_errors_of_recoveries_in_vain_do_not_count() -> None:
    other = BuildError(code="E3001", message="of a recovery")
    attempt = RecoveryAttempt(strategy_id="x", description="tried", error=other)
    report = FAIL.model_copy(update={"errors": (ERROR, other, ERROR, SPENT), "attempts": (attempt,)})
    assert errors_that_count(report) == (ERROR,)
    assert errors_that_count(FAIL.model_copy(update={"errors": (SPENT,)})) == (SPENT,)


def test_the_text_and_the_page_tell_it_alike() -> None:
    text, page = render_text(FAIL, 200), Page(render_page(FAIL)).text
    for said in ("Doing what README.md:6 says fails.", "pip install .", "no pyproject.toml", "1 of 2 steps"):
        assert said in text
        assert said in page
    assert "README.md:6 says: pip install ." in text


def test_the_page_shows_the_change_of_the_documents_and_what_the_run_stood_on() -> None:
    patch = "--- a/R.md\n+++ b/R.md\n@@ -1 +1 @@\n-<b>old\n+new\n"
    report = FAIL.model_copy(update={"docs_patch": patch, "environment": {"system": "Linux <x>"}})
    html = render_page(report)
    page = Page(html)
    assert (page.wrong, page.open) == ([], [])
    assert "<span class=del>-&lt;b&gt;old</span><span class=add>+new</span>" in html
    assert "<span class=at>+++ b/R.md</span>" in html
    assert "Linux <x>" in page.text
    assert "The documents, mended" not in render_page(FAIL)


def test_code_within_a_sentence_is_code_on_the_page_and_stays_escaped() -> None:
    report = FAIL.model_copy(update={"errors": (BuildError(code="E2004", message="E2004 `a <b>` failed"),)})
    assert "<dd><code>a &lt;b&gt;</code> failed</dd>" in render_page(report)
