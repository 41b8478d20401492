"""The verdict of a whole run, from its record."""

from __future__ import annotations

import datetime as dt

import pytest

from regrow.actors.run.judging import judge_record
from regrow.actors.run.record import RunRecord
from regrow.actors.run.step import apply
from regrow.protocols.run_messages import PhaseFailure, RecoveryPlan, SourceTree, StartRun
from regrow.protocols.status import BuildStatus, Verdict
from regrow.protocols.verification import BuildConfig, BuildError, RunMetadata

WHERE = "the archive of this release holds no tests; its repository may: regrow verify https://code.example/a"
ADVICE = "add the missing sentence"


@pytest.mark.parametrize(
    ("code", "untested", "told"),
    [
        ("E3005", WHERE, WHERE),
        ("E1003", WHERE, WHERE),  # no document says anything, and what was tried instead found no tests
        ("E3001", WHERE, ADVICE),
        ("E1003", "", ADVICE),
        ("E3005", "", ADVICE),
    ],
)
def test_where_the_tests_are_is_the_advice_where_there_is_nothing_to_run(code: str, untested: str, told: str) -> None:
    error = BuildError(code=code, message="what happened")
    failure = PhaseFailure(phase=BuildStatus.BUILDING, error=error)
    metadata = RunMetadata(triggered_by="t", environment="dev", correlation_id="c")
    record = RunRecord(
        request=StartRun(run_id="r", configuration=BuildConfig(target="x"), metadata=metadata),
        source=SourceTree(folder="/x", digest="a" * 64, name="demo", untested=untested),
        status=BuildStatus.RECOVERING,
        failed_phase=BuildStatus.BUILDING,
        failure=failure,
        decisive=failure,
        errors=(error, BuildError(code="E3005", message="npm test found no tests")),
    )
    nothing = RecoveryPlan(pattern_id="a" * 64, pattern_known=False, resume_at=BuildStatus.BUILDING, reason=ADVICE)
    apply(record, nothing, dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    results = judge_record(record)
    assert results.verdict is Verdict.FAIL
    assert results.reason == f"what happened; {told}"
