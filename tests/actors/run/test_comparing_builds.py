"""After a pass the build is repeated, when that was asked for, and nothing that comes of it changes the verdict."""

from __future__ import annotations

import datetime as dt

import pytest

from regrow.actors.run.judging import judge_record
from regrow.actors.run.record import RunRecord
from regrow.actors.run.step import MAX_RETRIES, DeadlinePassed, Fact, PhaseLost, apply, next_command
from regrow.protocols.reproducibility import BuildDifference, DifferenceCause, PartKind, Reproducibility
from regrow.protocols.run_messages import Reproduce
from regrow.protocols.status import BuildStatus, Verdict
from regrow.protocols.verification import BuildError
from tests.actors.run.test_step import ANALYSIS, BUILT, ERROR, NOW, PASSED, SOURCE, record_of

SAME = Reproducibility(reproducible=True, reason="2 builds gave the same artefact")
DIFFERS = Reproducibility(
    reproducible=False,
    reason="a differs",
    differences=(BuildDifference(artefact="a", kind=PartKind.CONTENT, cause=DifferenceCause.RANDOM),),
)
LATER = NOW + dt.timedelta(minutes=10)


def passed(*facts: Fact, builds: int = 2) -> RunRecord:
    record = record_of(SOURCE, ANALYSIS, BUILT, reproducibility_builds=builds)
    record.deadline = LATER
    for fact in (PASSED, *facts):
        apply(record, fact, NOW)
    return record


def test_without_being_asked_for_a_run_that_passed_is_over() -> None:
    record = passed(builds=1)
    assert (record.status, record.comparing) == (BuildStatus.COMPLETED, False)
    assert judge_record(record).reproducibility is None


def test_a_run_that_passed_asks_for_the_comparison_with_its_plan_and_its_deadline() -> None:
    command = next_command(passed())
    assert isinstance(command, Reproduce)
    assert (command.plan, command.deadline, command.configuration.reproducibility_builds) == (BUILT.plan, LATER, 2)


@pytest.mark.parametrize(
    ("fact", "known"),
    [
        (SAME, True),
        (DIFFERS, False),
        (ERROR, None),
        (DeadlinePassed("build 2"), None),
    ],
)
def test_whatever_comes_of_it_the_run_has_passed(fact: Fact, known: bool | None) -> None:
    record = passed(fact)
    results = judge_record(record)

    assert (record.status, results.verdict, record.errors) == (BuildStatus.COMPLETED, Verdict.PASS, ())
    assert results.reproducibility is not None
    assert results.reproducibility.reproducible is known
    if isinstance(fact, BuildError):
        assert results.reproducibility.reason == fact.message


def test_an_actor_that_is_restarted_is_asked_again_and_not_for_ever() -> None:
    record = passed(PhaseLost("killed"))
    assert isinstance(next_command(record), Reproduce)
    for _ in range(MAX_RETRIES):
        apply(record, PhaseLost("killed"), NOW)

    assert record.status is BuildStatus.COMPLETED
    assert record.reproducibility is not None
    assert "restarted" in record.reproducibility.reason
