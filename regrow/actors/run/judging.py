"""The verdict of a run, from what it remembers. Pure.

Whether the tests of one attempt pass is the verifier's judgement; here is what it means for the run: how it ended, and
which errors count as the project's and which as the surroundings'.
"""

from __future__ import annotations

from regrow.actors.run.project_file import sort_deviations
from regrow.actors.run.reading_notes import left_out_before, notes_on_tests, overlooked, still_wanted
from regrow.actors.run.record import Proof, RunRecord
from regrow.protocols.error_codes import ErrorCode
from regrow.protocols.error_table import verdict_of
from regrow.protocols.plan import Plan, PlanStep
from regrow.protocols.plurals import counted
from regrow.protocols.status import BuildStatus, Verdict
from regrow.protocols.verification import BuildError, BuildResults, CheckKind, CheckOutcome, PreventionTest

__all__ = ["judge_record"]

SPENT = "E4003"
"""No recovery is left: it says what to do about the error before it, which decides."""


def judge_record(record: RunRecord) -> BuildResults:
    """Return the results of a run that is over."""
    plan = record.build.plan if record.build is not None else record.plan
    outcomes = (*(record.build.outcomes if record.build else ()), *(record.report.outcomes if record.report else ()))
    deviations = (
        *record.extra_deviations,
        *(plan.all_deviations if plan is not None else ()),
        *overlooked(plan, outcomes),
    )
    notes = (*record.notes, *notes_on_tests(plan, outcomes))
    done, accepted = sort_deviations(deviations, record.project)
    tests = record.report.tests if record.report is not None else None
    if record.status is BuildStatus.COMPLETED:
        verdict = Verdict.HEALED if done else Verdict.PASS
        artefacts = record.report.artefacts if record.report is not None else ()
        return BuildResults(
            verdict=verdict,
            reason=_praise(verdict, len(done), len(accepted)),
            notes=(*notes, *_of_proof(record.proof)),
            tests=tests,
            deviations=done,
            accepted=accepted,
            learned=record.learned,
            recoveries=record.recoveries,
            patch=_patch(record.proof),
            artefacts=artefacts,
            contents=record.report.contents if record.report is not None else None,
            prevention=_prevention(record.proof),
            checks=_checks(record),
            reproducibility=record.reproducibility,
        )
    error, spent = _weightiest(record), record.errors and record.errors[-1].code == SPENT
    if spent and record.decisive is not None:
        tests = record.decisive_tests
        deviations = (
            *record.extra_deviations,
            *(record.decisive_plan.all_deviations if record.decisive_plan is not None else ()),
        )
    verdict = verdict_of(ErrorCode(error.code))
    if verdict not in (Verdict.FAIL, Verdict.UNDECIDED, Verdict.CANCELLED):
        verdict = Verdict.UNDECIDED
    reason = _complaint(record, error)
    wanted = left_out_before(*_failed(record)) if verdict is Verdict.FAIL else None
    if wanted is not None:
        verdict = Verdict.UNDECIDED
        what = f"'{wanted.text}' ({wanted.ref}, {wanted.reason.value})"
        reason = f"what the documents ask for before was left out: {what}; without it, {reason}"
        deviations = still_wanted(deviations)
    return BuildResults(
        verdict=verdict,
        reason=reason,
        notes=notes,
        tests=tests,
        deviations=deviations,
        attempts=record.attempts if spent else (),
        checks=_checks(record),
        repeated=record.decisive_repeated,
        learned=record.learned,
        recoveries=record.recoveries,
    )


def _checks(record: RunRecord) -> tuple[CheckOutcome, ...]:
    """What the verifier looked at beside the tests, which have their own numbers."""
    checks = record.report.checks if record.report is not None else ()
    return tuple(check for check in checks if check.kind is not CheckKind.TESTS)


def _patch(proof: Proof | None) -> str | None:
    """The patch of the documents, when a run that followed it to the letter has passed."""
    return proof.patch.diff if proof is not None and proof.proved and proof.patch is not None else None


def _prevention(proof: Proof | None) -> tuple[PreventionTest, ...]:
    return proof.prevention.tests if proof is not None and proof.proved and proof.prevention is not None else ()


def _of_proof(proof: Proof | None) -> tuple[str, ...]:
    """What is to be known of a proof that did not come to its end."""
    if proof is None or proof.proved:
        why = proof.prevention.why if proof is not None and proof.prevention is not None else ""
        return (f"no test is offered that would have caught it: {why}",) if why else ()
    if proof.held is None:
        return (f"what healed it was not done again in a new room: {proof.why}",)
    return (f"no patch of the documents is offered: {proof.why}",) if proof.why else ()


def _failed(record: RunRecord) -> tuple[Plan | None, PlanStep | None]:
    """The plan whose failure decides, and its step; nothing where no step of a plan failed."""
    failure, plan = (record.decisive, record.decisive_plan) if record.decisive else (record.failure, record.plan)
    return (plan, failure.step) if failure is not None and failure.step is not None else (None, None)


def _praise(verdict: Verdict, deviations: int, accepted: int) -> str:
    if verdict is Verdict.PASS and accepted:
        return f"its tests ran and passed, with {counted(accepted, 'deviation')} that the project accepts"
    if verdict is Verdict.PASS:
        return "built from the documents alone, and its tests ran and passed"
    return f"passes only with {counted(deviations, 'deviation')} from the documents"


def _complaint(record: RunRecord, error: BuildError) -> str:
    """What happened, and after it what to do, where the guardian has said so."""
    last = record.errors[-1] if record.errors else error
    return f"{error.message}; {last.message}" if last.code == SPENT and last is not error else error.message


def _weightiest(record: RunRecord) -> BuildError:
    """The error that decides: the last failure of the documented way, unless the run could not go on for another reason."""
    if not record.errors:
        return BuildError(code="E6003", message="the run was stopped before it could be judged")
    last = record.errors[-1]
    if last.code == SPENT and record.decisive is not None:
        return record.decisive.error
    if last.code == SPENT:
        return next((error for error in reversed(record.errors) if error.code != SPENT), last)
    return last
