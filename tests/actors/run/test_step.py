"""The order of a run, as a table: what comes next, what a fact changes, and whom an outcome is credited to."""

from __future__ import annotations

import datetime as dt

import pytest

from regrow.actors.run.judging import judge_record
from regrow.actors.run.record import PendingRecovery, RunRecord
from regrow.actors.run.step import (
    MAX_RETRIES,
    DeadlinePassed,
    Fact,
    Fetch,
    Finish,
    PhaseLost,
    Settled,
    apply,
    next_command,
    settle,
)
from regrow.core.project.plan_steps import Draft, added, assemble
from regrow.protocols.documents import DocAnalysis, Ecosystem
from regrow.protocols.patterns import RecoveryStrategy, StrategyImplementation, StrategyType
from regrow.protocols.plan import CountSource, Plan, StepPhase, TestCounts
from regrow.protocols.run_messages import (
    AnalyzeDocs,
    Build,
    BuildResult,
    Diagnose,
    RecoveryPlan,
    SourceTree,
    StartRun,
    Verify,
    VerifyReport,
)
from regrow.protocols.status import BuildStatus, Verdict
from regrow.protocols.verification import BuildConfig, BuildError, RunMetadata

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
RUN, A, B = "run-1", "a" * 64, "b" * 64
SOURCE = SourceTree(folder="/x", digest=A, name="demo")
ANALYSIS = DocAnalysis(documents=(), commands=(), ecosystem=Ecosystem.PYTHON)
PLAN = assemble([Draft("pytest", "documented", StepPhase.TEST, counts_tests=True)])
HEALED_PLAN = assemble([Draft("tox", "own", StepPhase.TEST, None, added("s", "d", "say it"), counts_tests=True)])
BUILT = BuildResult(run_id=RUN, attempt=0, plan=PLAN)
PASSED = VerifyReport(
    run_id=RUN, attempt=0, tests=TestCounts(run=1, passed=1, source=CountSource.REPORTER, runner="pytest")
)
ERROR = BuildError(code="E2004", message="it broke")
BROKEN = BuildResult(run_id=RUN, attempt=0, plan=PLAN, error=ERROR)


def record_of(*facts: Fact, **settings: object) -> RunRecord:
    """A run to which all this has happened."""
    configuration = BuildConfig.model_validate({"target": "x", "replay": False, **settings})
    metadata = RunMetadata(triggered_by="t", environment="dev", correlation_id="c")
    record = RunRecord(request=StartRun(run_id=RUN, configuration=configuration, metadata=metadata))
    for fact in facts:
        apply(record, fact, NOW)
    return record


def recovery(strategy: str = "s:1", pattern: str = A, plan: Plan | None = HEALED_PLAN) -> RecoveryPlan:
    chosen = RecoveryStrategy(
        strategy_id=strategy,
        name="s",
        description="d",
        applicable_errors=(pattern,),
        implementation=StrategyImplementation(type=StrategyType.CUSTOM, config={}),
    )
    return RecoveryPlan(
        pattern_id=pattern,
        pattern_known=False,
        strategy=chosen,
        resume_at=BuildStatus.BUILDING,
        plan=plan,
        reason="because",
    )


NOTHING_LEFT = RecoveryPlan(
    pattern_id=A, pattern_known=False, resume_at=BuildStatus.BUILDING, reason="name the package in the documents"
)


@pytest.mark.parametrize(
    ("facts", "command"),
    [
        ((), Fetch),
        ((SOURCE,), AnalyzeDocs),
        ((SOURCE, ANALYSIS), Build),
        ((SOURCE, ANALYSIS, BUILT), Verify),
        ((SOURCE, ANALYSIS, BUILT, PASSED), Finish),
        ((SOURCE, ANALYSIS, BROKEN), Diagnose),
        ((SOURCE, ANALYSIS, BROKEN, recovery()), Build),
        ((SOURCE, ANALYSIS, BROKEN, NOTHING_LEFT), Finish),
        ((SOURCE, PhaseLost("killed")), AnalyzeDocs),
        ((SOURCE, ANALYSIS, BROKEN, PhaseLost("killed")), Diagnose),
        ((SOURCE, ANALYSIS, DeadlinePassed()), Finish),
        ((BuildError(code="E2001", message="not there"),), Finish),
        ((SOURCE, BuildError(code="E1001", message="no documents")), Diagnose),
        ((SOURCE, ANALYSIS, BROKEN, BuildError(code="E5003", message="no host")), Finish),
    ],
)
def test_what_has_happened_says_what_comes_next(facts: tuple[Fact, ...], command: type) -> None:
    assert type(next_command(record_of(*facts))) is command


@pytest.mark.parametrize(
    ("facts", "verdict", "reason"),
    [
        ((SOURCE, ANALYSIS, BUILT, PASSED), Verdict.PASS, "its tests ran and passed"),
        ((SOURCE, ANALYSIS, BROKEN, NOTHING_LEFT), Verdict.FAIL, "it broke; name the package in the documents"),
        ((SOURCE, ANALYSIS, DeadlinePassed()), Verdict.UNDECIDED, "while building; give it more with --deadline"),
        ((SOURCE, DeadlinePassed()), Verdict.UNDECIDED, "the run's deadline of 600 s passed while analyzing docs;"),
        ((SOURCE, ANALYSIS, DeadlinePassed("make")), Verdict.UNDECIDED, "passed while building, in step `make`; give"),
        ((SOURCE, ANALYSIS, BROKEN, DeadlinePassed()), Verdict.UNDECIDED, "while recovering"),
        ((), Verdict.CANCELLED, "stopped before it could be judged"),
    ],
)
def test_verdict_and_its_sentence(facts: tuple[Fact, ...], verdict: Verdict, reason: str) -> None:
    results = judge_record(record_of(*facts))
    assert results.verdict is verdict
    assert reason in results.reason


def test_run_that_needed_another_plan_is_healed() -> None:
    healed = BUILT.model_copy(update={"plan": HEALED_PLAN})
    results = judge_record(record_of(SOURCE, ANALYSIS, BROKEN, recovery(), healed, PASSED))
    assert results.verdict is Verdict.HEALED
    assert [one.sentence for one in results.deviations] == ["say it"]


def test_phase_that_is_lost_too_often_fails() -> None:
    often = record_of(SOURCE, *[PhaseLost("killed")] * MAX_RETRIES)
    too_often = record_of(SOURCE, *[PhaseLost("killed")] * (MAX_RETRIES + 1))
    assert [one.status for one in (often, too_often)] == [BuildStatus.ANALYZING_DOCS, BuildStatus.RECOVERING]
    assert [error.code for error in too_often.errors] == ["E6005"]


def test_losses_of_one_phase_do_not_count_for_the_next() -> None:
    record = record_of(SOURCE, *[PhaseLost("killed")] * MAX_RETRIES, ANALYSIS)
    assert record.retries == 0


def test_strategies_that_were_used_are_not_proposed_again_for_one_failure() -> None:
    record = record_of(SOURCE, ANALYSIS, BROKEN, recovery("s:1"), BROKEN, recovery("s:2"), BROKEN)
    command = next_command(record)
    assert isinstance(command, Diagnose)
    assert command.tried == ("s:1", "s:2")
    assert command.attempt == 3


def test_one_recovery_too_many_is_refused_with_what_to_do() -> None:
    record = record_of(SOURCE, ANALYSIS, BROKEN, recovery("s:1"), BROKEN, recovery("s:2"), max_recoveries=1)
    assert isinstance(next_command(record), Finish)
    assert "raise --max-recoveries" in judge_record(record).reason


@pytest.mark.parametrize(
    ("about", "fact", "phase", "failed", "settled"),
    [
        (BuildStatus.VERIFYING, BUILT, BuildStatus.BUILDING, None, Settled.NOT_YET),
        (BuildStatus.VERIFYING, PASSED, BuildStatus.VERIFYING, None, Settled.HELPED),
        (BuildStatus.BUILDING, BUILT, BuildStatus.BUILDING, None, Settled.HELPED),
        (BuildStatus.BUILDING, BROKEN, BuildStatus.BUILDING, None, Settled.NOT_YET),
        (BuildStatus.BUILDING, recovery(pattern=A), BuildStatus.RECOVERING, BuildStatus.BUILDING, Settled.DID_NOT_HELP),
        (BuildStatus.BUILDING, recovery(pattern=B), BuildStatus.RECOVERING, BuildStatus.BUILDING, Settled.HELPED),
        (BuildStatus.BUILDING, recovery(pattern=B), BuildStatus.RECOVERING, BuildStatus.VERIFYING, Settled.HELPED),
        (BuildStatus.VERIFYING, recovery(pattern=B), BuildStatus.RECOVERING, BuildStatus.BUILDING, Settled.UNKNOWN),
        (BuildStatus.BUILDING, NOTHING_LEFT, BuildStatus.RECOVERING, BuildStatus.BUILDING, Settled.DID_NOT_HELP),
        (BuildStatus.BUILDING, PhaseLost("killed"), BuildStatus.BUILDING, None, Settled.NOT_YET),
        (BuildStatus.BUILDING, DeadlinePassed(), BuildStatus.BUILDING, None, Settled.UNKNOWN),
    ],
)
def test_outcome_is_credited_to_the_strategy_that_was_under_way(
    about: BuildStatus, fact: Fact, phase: BuildStatus, failed: BuildStatus | None, settled: Settled
) -> None:
    pending = PendingRecovery(pattern_id=A, strategy_id="s:1", began_at=NOW, phase=about)
    assert settle(pending, fact, phase, failed) is settled


@pytest.mark.parametrize(
    ("fact", "settled"),
    [
        (recovery(pattern=A), Settled.DID_NOT_HELP),  # given up for the next
        (NOTHING_LEFT.model_copy(update={"pattern_id": B}), Settled.DID_NOT_HELP),
        (recovery(pattern=B), Settled.UNKNOWN),  # mended first
    ],
)
def test_recovery_that_failed_itself_is_not_called_a_help(fact: Fact, settled: Settled) -> None:
    pending = PendingRecovery(pattern_id=A, strategy_id="s:1", began_at=NOW, phase=BuildStatus.BUILDING)
    assert settle(pending, fact, BuildStatus.RECOVERING, BuildStatus.BUILDING, in_vain=True) is settled


def test_record_survives_its_checkpoint() -> None:
    record = record_of(SOURCE, ANALYSIS, BROKEN, recovery(), BROKEN)
    assert RunRecord.model_validate_json(record.model_dump_json()) == record


@pytest.mark.parametrize(("recoveries", "model"), [(3, "tiny"), (0, None)])
def test_a_model_is_asked_only_for_what_may_be_followed(recoveries: int, model: str | None) -> None:
    record = record_of(SOURCE, ANALYSIS, BROKEN, model="tiny", max_recoveries=recoveries)
    command = next_command(record)
    assert isinstance(command, Diagnose)
    assert command.model == model
