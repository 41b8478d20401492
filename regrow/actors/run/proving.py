"""The proof of a healed run, as a table: what worked is done again in new rooms, before anybody is told that it works.

First by the documents: they are patched, read again and followed to the letter. When that passes with the same tests, the
patch is proved, and the plan with it; tests are written then that tell the documents before it from those after it.
Otherwise the plan itself is replayed, without the attempts that failed. What does not hold then was a left-over of those
(trap 24 of the survey of build verification), or luck. Pure.

Where the plan has steps that nothing in it seems to need, or that nothing has asked for yet, a shorter one is proved first
(`Proof.plan`); when that one does not hold, whatever the reason, the proof begins again with the next, at last the whole plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from regrow.actors.run.record import Proof, ProofStage, RunRecord
from regrow.protocols.doc_patch import DocEdit, DocPatch
from regrow.protocols.documents import DocAnalysis
from regrow.protocols.error_codes import ErrorCode
from regrow.protocols.error_table import verdict_of
from regrow.protocols.plan import Plan, TestCounts
from regrow.protocols.prevention import PreventionTests, WritePrevention
from regrow.protocols.run_messages import AnalyzeDocs, Build, BuildResult, SourceTree, Verify, VerifyReport, WritePatch
from regrow.protocols.status import Verdict
from regrow.protocols.verification import BuildError

__all__ = [
    "PATCHED_ROOM",
    "REPLAY_ROOM",
    "ApplyPatch",
    "first_proof",
    "is_proving",
    "needs_proof",
    "proof_command",
    "prove",
    "shortened_to",
    "told_of",
]

PATCHED_ROOM: Final = "patched"
REPLAY_ROOM: Final = "replay"
"""Folders in the run's own, each with a room, layers, logs and a ledger."""

S = ProofStage


@dataclass(frozen=True, slots=True)
class ApplyPatch:
    """Copy the source, with the documents edited."""

    source: SourceTree
    edits: tuple[DocEdit, ...]


def needs_proof(record: RunRecord) -> bool:
    """Whether what has just worked is not what the documents say."""
    request = record.request
    assert request is not None
    return request.configuration.replay and bool(_deviations(record))


def is_proving(record: RunRecord) -> bool:
    """Whether a proof is under way."""
    return record.proof is not None and record.proof.stage is not S.OVER


def proof_command(record: RunRecord) -> WritePatch | ApplyPatch | AnalyzeDocs | Build | Verify | WritePrevention:
    """Say what the proof needs now."""
    proof, request, source, analysis = record.proof, record.request, record.source, record.analysis
    assert proof is not None
    assert request is not None
    assert source is not None
    assert analysis is not None
    run_id, attempt, configuration = request.run_id, record.attempt, record.configuration
    plan = _plan(record)
    match proof.stage:
        case S.WRITE:
            return WritePatch(run_id=run_id, attempt=attempt, source=source, analysis=analysis, plan=plan)
        case S.APPLY:
            assert proof.patch is not None
            return ApplyPatch(source, proof.patch.edits)
        case S.ANALYZE:
            documents = record.project.documents if record.project is not None else ()
            return AnalyzeDocs(run_id=run_id, attempt=attempt, source=_patched(proof), documents=documents)
        case S.BUILD:
            assert proof.analysis is not None
            return Build(
                run_id=run_id, attempt=attempt, source=_patched(proof), analysis=proof.analysis,
                configuration=configuration, room=PATCHED_ROOM,
            )  # fmt: skip
        case S.VERIFY:
            assert proof.analysis is not None
            assert proof.build is not None
            return Verify(
                run_id=run_id, attempt=attempt, source=_patched(proof), analysis=proof.analysis,
                configuration=configuration, plan=proof.build.plan, layer_id=proof.build.layer_id, room=PATCHED_ROOM,
            )  # fmt: skip
        case S.PREVENT:
            assert proof.build is not None
            return WritePrevention(
                run_id=run_id, attempt=attempt, configuration=configuration, analysis=analysis, source=source, plan=plan,
                patched=_patched(proof), patched_plan=proof.build.plan, patched_room=PATCHED_ROOM, counted=_tests(record),
            )  # fmt: skip
        case S.REBUILD:
            return Build(
                run_id=run_id, attempt=attempt, source=source, analysis=analysis,
                configuration=configuration, plan=plan, room=_replay_room(record),
            )  # fmt: skip
        case S.REVERIFY:
            assert proof.build is not None
            return Verify(
                run_id=run_id, attempt=attempt, source=source, analysis=analysis, configuration=configuration,
                plan=plan, layer_id=proof.build.layer_id, room=_replay_room(record),
            )  # fmt: skip
        case S.OVER:
            msg = "a proof that is over needs nothing"
            raise AssertionError(msg)


def prove(record: RunRecord, fact: object) -> None:
    """Take one fact into the proof. The stage is `OVER` when nothing more is needed."""
    proof = record.proof
    assert proof is not None
    _take_in(record, proof, fact)
    if proof.plan is not None and _does_not_hold(proof):
        record.proof = first_proof(proof.next_plans)


def first_proof(shorter: tuple[Plan, ...]) -> Proof:
    """Return a proof that begins with the first of these plans, or with the one that worked when there is none."""
    return Proof(plan=shorter[0], next_plans=shorter[1:]) if shorter else Proof()


def _does_not_hold(proof: Proof) -> bool:
    """Whether what a shorter plan was proved by has gone wrong: its documents as patched, or its replay."""
    return (proof.stage is S.OVER and not proof.held) or (proof.stage is S.REBUILD and proof.source is not None)


def shortened_to(plan: Plan, build: BuildResult) -> dict[str, object]:
    """What changes in a build when the shorter plan has held: what was done of it before."""
    kept = {step.step_id for step in plan.steps}
    return {"plan": plan, "outcomes": tuple(each for each in build.outcomes if each.step_id in kept)}


def told_of(plan: Plan, before: Plan, report: VerifyReport | None) -> VerifyReport | None:
    """The report of the tests, told of the steps of the plan that has held: the same tests, by what it calls them."""
    old, new = (tuple(step.step_id for step in each.steps if step.counts_tests) for each in (before, plan))
    if report is None or len(old) != len(new):
        return report
    names = dict(zip(old, new, strict=True))
    outcomes = (o.model_copy(update={"step_id": names.get(o.step_id, o.step_id)}) for o in report.outcomes)
    return report.model_copy(update={"outcomes": tuple(outcomes)})


def _take_in(record: RunRecord, proof: Proof, fact: object) -> None:
    match proof.stage, fact:
        case S.WRITE, DocPatch():
            proof.patch = fact
            _go_on(proof, S.APPLY if fact.edits else S.REBUILD, fact.why)
        case S.APPLY, SourceTree():
            proof.source = fact
            proof.stage = S.ANALYZE
        case S.ANALYZE, DocAnalysis():
            proof.analysis = fact
            proof.stage = S.BUILD
        case S.BUILD, BuildResult():
            proof.build = fact
            why = _said(fact.error) or _left(fact.plan)
            _go_on(proof, S.REBUILD if why else S.VERIFY, why)
        case S.VERIFY, VerifyReport():
            why = _said(fact.error) or _difference(_tests(record), fact.tests)
            proof.proved, proof.held = not why, True if not why else None
            _go_on(proof, S.REBUILD if why else S.PREVENT, why)
        case S.PREVENT, PreventionTests() | BuildError():
            # The patch is proved by now, whatever becomes of the tests.
            proof.prevention = fact if isinstance(fact, PreventionTests) else PreventionTests(why=_said(fact))
            proof.stage = S.OVER
        case S.REBUILD, BuildResult(error=None):
            proof.build = fact
            proof.stage = S.REVERIFY
        case S.REBUILD, BuildResult(error=error):
            _refuted(proof, error, "")
        case S.REVERIFY, VerifyReport(error=error):
            _refuted(proof, error, "" if error else _difference(_tests(record), fact.tests))
        case ((S.WRITE | S.APPLY | S.ANALYZE | S.BUILD | S.VERIFY), BuildError()):
            _go_on(proof, S.REBUILD, _said(fact))
        case _, BuildError():
            _refuted(proof, fact, "")
        case _:
            msg = f"a proof that is to {proof.stage.value} was given {type(fact).__qualname__}"
            raise AssertionError(msg)


def _go_on(proof: Proof, stage: ProofStage, why: str) -> None:
    proof.stage, proof.why = stage, why


def _refuted(proof: Proof, error: BuildError | None, difference: str) -> None:
    """End the replay: it held, did not, or could not be made for a reason that is not the plan's."""
    proof.stage = S.OVER
    if error is None and not difference:
        proof.held = True
        return
    undecided = error is not None and verdict_of(ErrorCode(error.code)) is not Verdict.FAIL
    proof.held = None if undecided else False
    proof.why = _said(error) or difference


def _patched(proof: Proof) -> SourceTree:
    assert proof.source is not None, "the patch is applied before its documents are read"
    return proof.source


def _plan(record: RunRecord) -> Plan:
    assert record.build is not None
    shorter = record.proof.plan if record.proof is not None else None
    return shorter if shorter is not None else record.build.plan


def _replay_room(record: RunRecord) -> str:
    """A room that no earlier replay of this run has used: what that one left would be taken for done."""
    proof = record.proof
    if proof is None or proof.plan is None:
        return f"{REPLAY_ROOM}-{record.attempt}"
    return f"{REPLAY_ROOM}-{record.attempt}-short" + ("er" if proof.next_plans else "")


def _deviations(record: RunRecord) -> tuple[object, ...]:
    return (*record.extra_deviations, *_plan(record).all_deviations)


def _tests(record: RunRecord) -> TestCounts | None:
    return record.report.tests if record.report is not None else None


def _said(error: BuildError | None) -> str:
    return f"{error.code} {error.message}" if error is not None else ""


def _left(plan: Plan) -> str:
    """What a plan of patched documents still deviates in; "" when it is literal."""
    return "" if plan.literal else f"the patched documents still leave out: {plan.all_deviations[0].description}"


def _difference(before: TestCounts | None, after: TestCounts | None) -> str:
    """How the tests of a replay differ from those that it repeats; "" when they do not."""
    first, second = (
        (each.run, each.passed, each.failed, each.skipped, each.errors) if each is not None else None
        for each in (before, after)
    )
    if first == second:
        return ""
    told = [
        f"{each.passed} of {each.run} passed, {each.skipped} skipped" if each else "none" for each in (before, after)
    ]
    return f"it gives other tests (expected {told[0]}; got {told[1]})"
