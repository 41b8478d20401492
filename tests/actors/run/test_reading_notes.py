"""What the head of a report says of how the documents were followed."""

from __future__ import annotations

import pytest

from regrow.actors.run.reading_notes import left_out_before, notes_on_tests, overlooked, still_wanted
from regrow.core.project.plan_steps import Draft, assemble
from regrow.protocols.plan import (
    TODO,
    CountSource,
    Deviation,
    DeviationKind,
    DocRef,
    Ended,
    LeftOutCommand,
    LeftOutReason,
    Plan,
    SkippedTests,
    StepOutcome,
    StepPhase,
    TestCounts,
)


def at(line: int) -> DocRef:
    return DocRef(file="README.md", line=line, end_line=line, text="x")


def left(reason: LeftOutReason, line: int = 4, *, required: bool = True) -> LeftOutCommand:
    return LeftOutCommand(text="export KEY=<key>", ref=at(line), reason=reason, detail="d", required=required)


def plan_with(*left_out: LeftOutCommand, tests: tuple[str, ...] = ("make check",), install: str = "make") -> Plan:
    steps = [Draft(install, "r", StepPhase.INSTALL, at(2))]
    steps += [Draft(test, "r", StepPhase.TEST, at(9), None, True) for test in tests]
    return assemble(steps, left_out=left_out)


def ended(plan: Plan, number: int, counts: TestCounts | None = None, output: str = "") -> StepOutcome:
    step_id = plan.steps[number].step_id
    return StepOutcome(
        step_id=step_id, exit_code=0, ended=Ended.EXITED, output_tail=output, duration_ms=1, tests=counts
    )


def test_test_command_that_was_not_run_is_named_with_its_place() -> None:
    (note,) = notes_on_tests(plan_with(left(LeftOutReason.OTHER_TESTS, 7, required=False)), ())
    assert note == "documented test commands that were not run: `export KEY=<key>` (README.md:7)"
    assert notes_on_tests(plan_with(left(LeftOutReason.ALTERNATIVE_OF)), ()) == ()
    assert notes_on_tests(None, ()) == ()


def test_tests_that_were_there_and_did_not_run_are_told() -> None:
    plan = plan_with()
    counts = TestCounts(
        run=1,
        passed=1,
        skipped=4,
        deselected=1,
        source=CountSource.REPORTER,
        runner="pytest",
        skipped_reasons=(
            SkippedTests(reason="no reason given", count=1),
            SkippedTests(reason="needs numpy", count=2),
            SkippedTests(reason=TODO, count=1),
        ),
    )
    assert notes_on_tests(plan, [ended(plan, 1, counts)]) == (
        "3 tests were skipped (2 needs numpy)",
        "1 test was left out by `make check` or by the project's settings, and not run",
    )


def test_suite_that_cannot_be_counted_beside_one_that_can_is_named() -> None:
    plan = plan_with(tests=("make check", "./more.sh"))
    counts = TestCounts(run=1, passed=1, source=CountSource.OUTPUT, runner="tap")
    assert notes_on_tests(plan, [ended(plan, 1, counts), ended(plan, 2)]) == (
        "the tests of `make check` were counted from what tap printed",
        "the tests of `./more.sh` cannot be counted; it ended with exit status 0",
    )


@pytest.mark.parametrize(
    ("command", "corrected"),
    [
        ("pip install '.[test]'", "pip install '.'"),
        ("pip install -e .[dev,test]", "pip install -e .[dev]"),
        ("pip install other", None),
        ("pip install '.[dev]'", None),
    ],
)
def test_extra_that_pip_only_warns_of_is_a_deviation(command: str, corrected: str | None) -> None:
    plan = plan_with(install=command)
    warning = "WARNING: demo 0.1 does not provide the extra 'test'\n"
    found = overlooked(plan, [ended(plan, 0, output=warning)])
    assert [each.sentence for each in found] == ([f"To install: `{corrected}`."] if corrected else [])


@pytest.mark.parametrize(
    ("reason", "line", "required", "excuses"),
    [
        (LeftOutReason.PLACEHOLDER, 4, True, True),
        (LeftOutReason.NEVER_ENDS, 4, True, True),
        (LeftOutReason.NOT_A_COMMAND, 4, True, False),  # a fault of the documents, not something that a reader has
        (LeftOutReason.PLACEHOLDER, 4, False, False),
        (LeftOutReason.PLACEHOLDER, 12, True, False),  # the failed step stands before it
    ],
)
def test_only_what_stands_before_the_failed_step_excuses_it(
    reason: LeftOutReason, line: int, required: bool, excuses: bool
) -> None:
    plan = plan_with(left(reason, line, required=required))
    assert left_out_before(None, None) is None
    assert (left_out_before(plan, plan.steps[-1]) is not None) is excuses


def test_server_that_shows_the_project_in_use_excuses_a_failure_and_spoils_no_pass() -> None:
    server = left(LeftOutReason.NEVER_ENDS, required=False).model_copy(update={"in_path": True})
    plan = plan_with(server)
    assert plan.literal
    assert left_out_before(plan, plan.steps[-1]) == server


def test_what_a_failed_run_was_without_is_not_said_to_be_needless() -> None:
    skipped, other = (
        Deviation(strategy_id="s", kind=kind, description="d", corrects=at(4), sentence="`x` is not needed.")
        for kind in (DeviationKind.SKIPPED_STEP, DeviationKind.CHANGED_COMMAND)
    )
    said, kept = still_wanted([skipped, other])
    assert said.sentence == "Say what a reader has to do for `x`."
    assert kept == other
