"""Two runs side by side: what is only in one, what ended otherwise; times alone are no difference."""

from __future__ import annotations

from regrow.cli.runs.comparing import compare, comparison_lines
from regrow.protocols.plan import DeviationKind, DocRef
from regrow.protocols.verification import CheckKind, CheckOutcome
from tests.cli.report.test_formats import a_report, a_step, deviation

BEFORE = a_report("pass", steps=(a_step(1, "make"), a_step(2, "pytest -q")), tests_run=3, tests_passed=3)


def test_a_run_is_the_same_as_one_that_only_took_longer() -> None:
    later = BEFORE.model_copy(update={"run_id": "2", "duration_ms": 1, "steps": (
        a_step(1, "make", duration_ms=9_000), a_step(2, "pytest -q", duration_ms=1_300),
    )})  # fmt: skip
    found = compare(BEFORE, later)
    assert (found.same, [each.command for each in found.slower]) == (True, ["make"])
    lines = list(comparison_lines(found))
    assert "time        make: 1.2 s -> 9.0 s" in lines
    assert lines[-1] == "the same but for times"


def test_every_difference_is_named() -> None:
    after = a_report(
        "fail", run_id="2", tests_run=3, tests_passed=2, tests_failed=1, failing_tests=("t::a",),
        steps=(a_step(1, "make", good=False), a_step(3, "pytest")),
        deviations=(deviation(DeviationKind.ADDED_STEP, None),),
    )  # fmt: skip
    found = compare(BEFORE, after)
    assert not found.same
    lines = list(comparison_lines(found))
    assert lines[0] == "verdict    pass -> fail"
    assert "tests      3 run, 3 passed, 0 failed, 0 skipped -> 3 run, 2 passed, 1 failed, 0 skipped" in lines
    assert {"steps     - pytest -q", "steps     + pytest", "failing   + t::a"} <= set(lines)
    assert "step      ! make: ok -> exit code 1" in lines
    assert any(line.startswith("deviation + changes a | b") and "\n" not in line for line in lines)
    assert compare(after, BEFORE).failing_gone == ("t::a",)


def check(kind: CheckKind, name: str, line: int, *, passed: bool | None, detail: str = "") -> CheckOutcome:
    ref = DocRef(file="README.md", line=line, end_line=line, text=name)
    return CheckOutcome(kind=kind, name=name, passed=passed, ref=ref, detail=detail)


def test_what_the_documents_promise_is_told_by_its_words_and_place() -> None:
    before = BEFORE.model_copy(update={"checks": (
        check(CheckKind.ENDPOINT, "GET /a", 3, passed=True), check(CheckKind.OUTPUT, "demo --sum", 9, passed=True),
        check(CheckKind.CLAIM, "gone", 12, passed=True), check(CheckKind.EXAMPLE, "same", 20, passed=False),
    )})  # fmt: skip
    after = BEFORE.model_copy(update={"run_id": "2", "checks": (
        check(CheckKind.ENDPOINT, "GET /a", 4, passed=False, detail="status 200 expected, got 500"),
        check(CheckKind.OUTPUT, "demo --sum", 10, passed=True), check(CheckKind.EXAMPLE, "same", 20, passed=False),
        check(CheckKind.CLAIM, "new", 30, passed=None, detail="no number"),
    )})  # fmt: skip
    found = compare(before, after)
    assert not found.same
    assert [line for line in comparison_lines(found) if "!" in line] == [
        "endpoint  ! GET /a (README.md:4): ok -> wrong; status 200 expected, got 500",
        "claim     ! gone (README.md:12): ok -> not there",
        "claim     ! new (README.md:30): not there -> not checked; no number",
    ]
    assert compare(before, before.model_copy(update={"run_id": "2"})).same
