"""The order of a run, in one place: which phase is next, and what a phase's reply changes.

`next_command` looks at the record and says what to ask for; `apply` takes the fact that came back. Both are pure: the
actor asks, sleeps and saves. The table of statuses is `regrow.protocols.build_machine`; the rules here are those that
the table has no room for. A phase knows nothing of the phase before or after it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from regrow.actors.run.comparing import compare, compare_command, needs_comparison
from regrow.actors.run.deciding import advice_on, attempt_of, weigh
from regrow.actors.run.distilling import needs_of, shorter_plans
from regrow.actors.run.lessons import doubt, note
from regrow.actors.run.proving import (
    ApplyPatch,
    first_proof,
    is_proving,
    needs_proof,
    proof_command,
    prove,
    shortened_to,
    told_of,
)
from regrow.actors.run.record import PendingRecovery, ProofStage, RunRecord
from regrow.core.project.refused_hosts import missing_in, refusal_in
from regrow.protocols.build_machine import PHASES, BuildEvent, resume_event
from regrow.protocols.build_machine import step as move
from regrow.protocols.doc_patch import DocPatch
from regrow.protocols.documents import DocAnalysis
from regrow.protocols.plan import Plan, PlanStep, StepOutcome
from regrow.protocols.prevention import PreventionTests, WritePrevention
from regrow.protocols.reproducibility import Reproducibility
from regrow.protocols.run_messages import (
    AnalyzeDocs,
    Build,
    BuildResult,
    Diagnose,
    PhaseFailure,
    RecoveryPlan,
    Reproduce,
    SourceTree,
    Verify,
    VerifyReport,
    WritePatch,
)
from regrow.protocols.status import BuildStatus
from regrow.protocols.verification import BuildError, MemoryUse, NetworkPolicy

__all__ = [
    "NOT_REPLAYED",
    "Command",
    "DeadlinePassed",
    "Fact",
    "Fetch",
    "Finish",
    "PhaseLost",
    "Settled",
    "apply",
    "next_command",
    "settle",
]

NOT_REPLAYED = "E4006"

MAX_RETRIES = 24
"""How often one phase is asked again after the actor that served it was restarted, before that counts as its failure.
A chaos run kills an actor every few hundred milliseconds; a real fault of the actor itself shows in the first five."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """Bring the target in."""

    target: str


@dataclass(frozen=True, slots=True)
class Finish:
    """Judge what is there and say so."""


Command: TypeAlias = (
    Fetch | AnalyzeDocs | Build | Verify | WritePatch | ApplyPatch | WritePrevention | Diagnose | Reproduce | Finish
)
Fact: TypeAlias = (
    "SourceTree | DocAnalysis | BuildResult | VerifyReport | DocPatch | PreventionTests | RecoveryPlan | Reproducibility | "
    "BuildError | "
    "PhaseLost | DeadlinePassed"
)


@dataclass(frozen=True, slots=True)
class PhaseLost:
    """The actor that served the phase was restarted before it answered."""

    why: str


@dataclass(frozen=True, slots=True)
class DeadlinePassed:
    """The run's one deadline is over. `step` is what was under way, as it is shown; "" between steps."""

    step: str = ""


def next_command(record: RunRecord) -> Command:
    """Say what the run needs now."""
    request = record.request
    assert request is not None, "a run is accepted before it is worked on"
    run_id, attempt = request.run_id, record.attempt
    if record.results is not None or record.position.is_final:
        return Finish()
    if record.source is None:
        return Fetch(request.configuration.target)
    if is_proving(record):
        return proof_command(record)
    if record.comparing:
        return compare_command(record)
    match record.status:
        case BuildStatus.ANALYZING_DOCS:
            documents = record.project.documents if record.project is not None else ()
            return AnalyzeDocs(run_id=run_id, attempt=attempt, source=record.source, documents=documents)
        case BuildStatus.BUILDING:
            assert record.analysis is not None
            return Build(
                run_id=run_id,
                attempt=attempt,
                source=record.source,
                analysis=record.analysis,
                configuration=record.configuration,
                plan=record.plan,
                done=record.build.outcomes if record.build is not None else (),
            )
        case BuildStatus.VERIFYING:
            assert record.analysis is not None
            assert record.build is not None
            return Verify(
                run_id=run_id,
                attempt=attempt,
                source=record.source,
                analysis=record.analysis,
                configuration=record.configuration,
                plan=record.build.plan,
                layer_id=record.build.layer_id,
            )
        case BuildStatus.RECOVERING:
            assert record.failure is not None
            return Diagnose(
                run_id=run_id,
                attempt=attempt,
                failure=record.failure,
                source=record.source,
                analysis=record.analysis,
                plan=record.plan,
                decisive=record.decisive,
                decisive_plan=record.decisive_plan,
                tried=tuple(dict.fromkeys((*record.tried, *(each.strategy_id for each in record.attempts)))),
                memory_allowed=request.configuration.memory is not MemoryUse.NONE,
                learning_allowed=request.configuration.memory is MemoryUse.LEARN,
                network_allowed=not _may_not_ask(record),
                interpreters_allowed=request.configuration.host_interpreters,
                seed=request.configuration.seed,
                # One that may not be followed is not asked for.
                model=request.configuration.model if attempt <= request.configuration.max_recoveries else None,
            )
        case _:
            return Finish()


def apply(record: RunRecord, fact: Fact, now: dt.datetime) -> None:
    """Take one fact into the record. The caller saves it afterwards.

    Args:
        record: Changed in place: it is the actor's own state.
        fact: What came back for the last command.
        now: Time of day, UTC.
    """
    if is_proving(record) and not isinstance(fact, PhaseLost):
        _prove(record, fact)
        return
    if record.comparing and not isinstance(fact, PhaseLost):
        compare(record, fact)
        _phase_over(record, None, BuildEvent.VERIFIED)
        return
    match fact:
        case SourceTree():
            record.source = fact
            record.move(move(record.position, BuildEvent.SOURCE_READY))
        case DocAnalysis():
            record.analysis = fact
            record.move(move(record.position, BuildEvent.DOCS_ANALYZED))
        case BuildResult():
            record.build = fact
            record.plan = fact.plan
            _phase_over(record, fact.error, BuildEvent.BUILT)
        case VerifyReport():
            record.report = fact
            if fact.error is None and needs_proof(record):
                record.proof = first_proof(_shorter(record, now))
                record.retries = 0
            else:
                _phase_over(record, fact.error, BuildEvent.VERIFIED)
        case RecoveryPlan():
            _recover(record, fact, now)
        case BuildError():
            _cannot(record, fact)
        case PhaseLost(why):
            record.retries += 1
            if record.retries > MAX_RETRIES:
                text = f"the actor of this phase was restarted {record.retries} times in a row: {why}"
                error = BuildError(code="E6005", message=text)
                if is_proving(record):
                    _prove(record, error)
                elif record.comparing:
                    compare(record, error)
                    _phase_over(record, None, BuildEvent.VERIFIED)
                else:
                    _cannot(record, error)
        case DeadlinePassed(step):
            assert record.request is not None
            limit_s = record.request.configuration.deadline_s
            doing = record.status.value.replace("_", " ") + (f", in step `{step}`" if step else "")
            text = f"the run's deadline of {limit_s:g} s passed while {doing}; give it more with --deadline SECONDS"
            record.errors = (*record.errors, BuildError(code="E2005", message=text))
            record.move(move(record.position, BuildEvent.DEADLINE_PASSED))


def _prove(record: RunRecord, fact: Fact) -> None:
    """Take a fact into the proof, and what the proof has found out into the run when it is over."""
    proof = record.proof
    assert proof is not None
    record.retries = 0
    if isinstance(fact, DeadlinePassed):
        proof.stage, proof.why = ProofStage.OVER, "the run's deadline passed before it could be made"
    else:
        prove(record, fact)
        proof = record.proof
        assert proof is not None
    if proof.stage is not ProofStage.OVER:
        return
    if proof.plan is not None and proof.held and record.build is not None:
        record.report = told_of(proof.plan, record.build.plan, record.report)
        record.plan = proof.plan
        record.build = record.build.model_copy(update=shortened_to(proof.plan, record.build))
        doubt(record, proof.plan)
    if proof.held is False:
        record.proof = None
        _fail_phase(record, BuildError(code=NOT_REPLAYED, message=f"what healed the run does not hold: {proof.why}"))
    else:
        _phase_over(record, None, BuildEvent.VERIFIED)


def _shorter(record: RunRecord, now: dt.datetime) -> tuple[Plan, ...]:
    """The plans that are proved first. What was assumed is doubted only while as much time is left as was spent: a proof that
    is made twice must not cost the patch.
    """
    if record.build is None:
        return ()
    spent, left = now - (record.started_at or now), (record.deadline or now) - now
    return shorter_plans(record.build.plan, record.needs, record.assumed if left >= spent else ())


class Settled(Enum):
    """What a fact says about the strategy that was under way."""

    NOT_YET = "not_yet"
    HELPED = "helped"
    DID_NOT_HELP = "did_not_help"
    UNKNOWN = "unknown"


def settle(
    pending: PendingRecovery,
    fact: Fact,
    phase: BuildStatus,
    failed: BuildStatus | None,
    *,
    in_vain: bool = False,
    refuted: bool = False,
) -> Settled:
    """Say whether a strategy has helped, once a fact has come that tells.

    It helped when the phase that it is about is over, or fails for another reason; it did not when the same failure is
    back, or when it failed itself and is given up. What stopped the run before that phase was reached says nothing about
    it, nor does a failure of its own that is mended first.

    Args:
        phase: Where the run stood when the fact came.
        failed: The phase of the failure that a diagnosis is about.
        in_vain: Whether that failure is the recovery's own (`deciding.failed_itself`).
        refuted: Whether a replay of what it led to has just not held.
    """
    if refuted:
        return Settled.DID_NOT_HELP
    match fact:
        case BuildResult(error=None) | VerifyReport(error=None):
            return Settled.HELPED if PHASES.index(phase) >= PHASES.index(pending.phase) else Settled.NOT_YET
        case RecoveryPlan(pattern_id=pattern_id, strategy=strategy):
            if pattern_id == pending.pattern_id or (in_vain and strategy is None):
                return Settled.DID_NOT_HELP
            if in_vain:
                return Settled.UNKNOWN
            reached = failed in PHASES and PHASES.index(failed) >= PHASES.index(pending.phase)
            return Settled.HELPED if reached else Settled.UNKNOWN
        case DeadlinePassed():
            return Settled.UNKNOWN
        case _:
            return Settled.NOT_YET


def _phase_over(record: RunRecord, error: BuildError | None, done: BuildEvent) -> None:
    if error is None and done is BuildEvent.VERIFIED and needs_comparison(record):
        record.comparing, record.retries = True, 0
        return
    if error is None:
        record.failure = None
        record.tried = ()
        record.move(move(record.position, done))
        return
    _fail_phase(record, error)


def _cannot(record: RunRecord, error: BuildError) -> None:
    """A phase could not be done at all."""
    if record.status is BuildStatus.INITIALIZING:
        record.errors = (*record.errors, error)
        record.move(move(record.position, BuildEvent.BEGIN_FAILED))
    elif record.status is BuildStatus.RECOVERING:
        record.errors = (*record.errors, error)
        record.move(move(record.position, BuildEvent.RECOVERY_SPENT))
    else:
        _fail_phase(record, error)


def _fail_phase(record: RunRecord, error: BuildError) -> None:
    outcomes: tuple[StepOutcome, ...] = ()
    if record.status is BuildStatus.BUILDING and record.build is not None:
        outcomes = record.build.outcomes
    elif record.status is BuildStatus.VERIFYING and record.report is not None:
        outcomes = record.report.outcomes
    steps = {step.step_id: step for step in record.plan.steps} if record.plan is not None else {}
    outcome = next((one for one in reversed(outcomes) if one.step_id == error.step), None)
    step = _as_granted(record, steps.get(error.step or ""), outcome)
    record.errors = (*record.errors, error)
    record.failure = PhaseFailure(phase=record.status, error=error, step=step, outcome=outcome)
    weigh(record, record.failure)
    record.move(move(record.position, BuildEvent.PHASE_FAILED))


def _as_granted(record: RunRecord, step: PlanStep | None, outcome: StepOutcome | None) -> PlanStep | None:
    """The step as it was run: one that had no network, or not to the host that it wanted, has none to wait for."""
    assert record.request is not None
    said = outcome.output_tail if outcome is not None else ""
    none = record.request.configuration.network is NetworkPolicy.NONE
    refused = none or refusal_in(said) != "" or missing_in(said) != ""
    return step.model_copy(update={"network": False}) if step is not None and refused else step


def _may_not_ask(record: RunRecord) -> bool:
    assert record.request is not None
    return record.request.configuration.network is not NetworkPolicy.INSTALL


def _recover(record: RunRecord, plan: RecoveryPlan, now: dt.datetime) -> None:
    assert record.request is not None
    limit = record.request.configuration.max_recoveries
    # What is carried out at once counts as if it had been seen one by one: memory lets no run try more than another.
    at_once = sum(len(each.assumed) for each in record.learned)
    if plan.strategy is None or record.attempt + at_once > limit:
        spent = f"{limit} recoveries were tried; raise --max-recoveries, or read the first error"
        text = advice_on(record, plan.reason if plan.strategy is None else spent)
        record.errors = (*record.errors, BuildError(code="E4003", message=text))
        record.move(move(record.position, BuildEvent.RECOVERY_SPENT))
        return
    record.tried = (*record.tried, plan.strategy.strategy_id)
    record.attempts = (*record.attempts, attempt_of(record.plan, plan, plan.strategy))
    note(record, plan)
    record.recovery = PendingRecovery(
        pattern_id=plan.pattern_id,
        strategy_id=plan.strategy.strategy_id,
        kind=plan.kind,
        began_at=now,
        phase=plan.about or record.failed_phase or plan.resume_at,
    )
    if plan.plan is not None:
        failed = record.failure.step if record.failure is not None else None
        record.needs = {**needs_of(record.plan, plan.plan, failed), **record.needs}
        record.assumed = (*record.assumed, *plan.assumed_steps)
        record.plan = plan.plan
    record.move(move(record.position, resume_event(plan.resume_at)))
