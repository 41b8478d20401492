"""The proof of a healed run: by the patched documents first, by its own plan else, and what does not hold is no healing."""

from __future__ import annotations

from pathlib import Path

import pytest

from regrow.actors.run.judging import judge_record
from regrow.actors.run.proving import ApplyPatch
from regrow.actors.run.record import ProofStage, RunRecord
from regrow.actors.run.step import DeadlinePassed, Fact, Finish, PhaseLost, apply, next_command
from regrow.core.project.plan_steps import Draft, assemble
from regrow.protocols.doc_patch import DocEdit, DocPatch
from regrow.protocols.plan import StepPhase
from regrow.protocols.prevention import PreventionTests, WritePrevention
from regrow.protocols.run_messages import AnalyzeDocs, Build, Diagnose, SourceTree, Verify, VerifyReport, WritePatch
from regrow.protocols.status import BuildStatus, Verdict
from regrow.protocols.verification import BuildError, BuildResults, PreventionTest
from tests.actors.run.test_step import (
    ANALYSIS,
    BROKEN,
    BUILT,
    ERROR,
    HEALED_PLAN,
    NOW,
    PASSED,
    SOURCE,
    B,
    record_of,
    recovery,
)
from tests.actors.scripted_rooms import Answer, Script, Told, always, needs
from tests.actors.whole_run import NOT_FOUND, Stage
from tests.actors.whole_run import PASSED as PRINTED

HEALED = BUILT.model_copy(update={"plan": HEALED_PLAN})
EDIT = DocEdit(file="README.md", line=1, end_line=0, lines=("say it",))
PATCH = DocPatch(edits=(EDIT,), diff="the diff")
TEST = PreventionTest(framework="pytest", path="tests/test_x.py", text="x", command="pytest", prevents=("y",))
PATCHED = SourceTree(folder="/y", digest=B, name="demo")
LITERAL = BUILT.model_copy(update={"plan": assemble([Draft("tox", "said", StepPhase.TEST, counts_tests=True)])})
OTHER_TESTS = PASSED.model_copy(
    update={"tests": PASSED.tests and PASSED.tests.model_copy(update={"run": 2, "passed": 2})}
)
FAILED = VerifyReport(run_id="run-1", attempt=0, error=BuildError(code="E3001", message="1 of 1 tests failed"))
NO_NETWORK = BuildError(code="E5003", message="the index does not answer")


def healed(*facts: Fact) -> RunRecord:
    """A run that has just been healed, and to whose proof all this has happened."""
    return record_of(SOURCE, ANALYSIS, BROKEN, recovery(), HEALED, PASSED, *facts, replay=True)


@pytest.mark.parametrize(
    ("facts", "kind", "room"),
    [
        ((), WritePatch, None),
        ((PATCH,), ApplyPatch, None),
        ((PATCH, PATCHED), AnalyzeDocs, None),
        ((PATCH, PATCHED, ANALYSIS), Build, "patched"),
        ((PATCH, PATCHED, ANALYSIS, LITERAL), Verify, "patched"),
        ((PATCH, PATCHED, ANALYSIS, LITERAL, PASSED), WritePrevention, None),
        ((DocPatch(why="no place"),), Build, "replay-1"),
        ((PATCH, BuildError(code="E5006", message="no room on the disk")), Build, "replay-1"),
        ((PATCH, PATCHED, ANALYSIS, HEALED), Build, "replay-1"),
        ((PATCH, PATCHED, ANALYSIS, LITERAL, FAILED), Build, "replay-1"),
        ((DocPatch(why="no place"), HEALED), Verify, "replay-1"),
    ],
)
def test_each_stage_of_a_proof_asks_for_the_next(facts: tuple[Fact, ...], kind: type, room: str | None) -> None:
    record = healed(*facts)
    command = next_command(record)
    assert type(command) is kind
    assert record.status is BuildStatus.VERIFYING
    if isinstance(command, Build | Verify):
        assert command.room == room
        assert (command.source == PATCHED) == (room == "patched")
    if isinstance(command, Build):
        assert (command.plan is None) == (room == "patched")


def test_patched_documents_that_hold_prove_the_patch() -> None:
    record = healed(PATCH, PATCHED, ANALYSIS, LITERAL, PASSED, PreventionTests(tests=(TEST,)))
    results = judged(record)
    assert (results.verdict, results.patch, results.notes) == (Verdict.HEALED, "the diff", ())
    assert results.prevention == (TEST,)


@pytest.mark.parametrize(
    ("last", "note"),
    [
        (PreventionTests(why="nothing can be asked"), "nothing can be asked"),
        (BuildError(code="E5003", message="down"), "E5003 down"),
        (DeadlinePassed("pytest"), ""),
    ],
)
def test_a_proved_patch_stands_without_a_test_too(last: Fact, note: str) -> None:
    results = judged(healed(PATCH, PATCHED, ANALYSIS, LITERAL, PASSED, last))
    assert (results.verdict, results.patch, results.prevention) == (Verdict.HEALED, "the diff", ())
    assert [note in each for each in results.notes] == ([True] if note else [])


def test_a_plan_that_holds_without_its_patch_is_healed_and_says_why_there_is_none() -> None:
    for facts, why in (
        ((DocPatch(why="no place"),), "no place"),
        ((PATCH, PATCHED, ANALYSIS, LITERAL, OTHER_TESTS), "it gives other tests"),
    ):
        results = judged(healed(*facts, HEALED, PASSED))
        assert (results.verdict, results.patch) == (Verdict.HEALED, None)
        assert len(results.notes) == 1
        assert "no patch of the documents is offered" in results.notes[0]
        assert why in results.notes[0]


@pytest.mark.parametrize("ends", [(BROKEN,), (HEALED, FAILED), (HEALED, OTHER_TESTS)])
def test_a_plan_that_does_not_hold_is_no_healing(ends: tuple[Fact, ...]) -> None:
    record = healed(DocPatch(why="no place"), *ends)
    assert record.status is BuildStatus.RECOVERING
    assert record.proof is None
    command = next_command(record)
    assert isinstance(command, Diagnose)
    assert command.failure.error.code == "E4006"


def test_a_replay_that_could_not_be_made_says_so_and_refutes_nothing() -> None:
    down = HEALED.model_copy(update={"error": NO_NETWORK})
    for last in (down, NO_NETWORK, DeadlinePassed("pytest")):
        results = judged(healed(DocPatch(why="no place"), last))
        assert results.verdict is Verdict.HEALED
        assert "was not done again in a new room" in results.notes[0]


def test_an_actor_that_is_lost_in_a_proof_is_asked_again() -> None:
    record = healed(PATCH)
    before = next_command(record)
    apply(record, PhaseLost("killed"), NOW)
    assert next_command(record) == before
    assert record.retries == 1
    apply(record, PATCHED, NOW)
    assert record.retries == 0


def test_what_the_documents_say_needs_no_proof() -> None:
    record = record_of(SOURCE, ANALYSIS, BUILT, PASSED, replay=True)
    assert record.proof is None
    assert record.status is BuildStatus.COMPLETED


def test_a_failure_after_the_proof_is_none_of_the_proof() -> None:
    record = record_of(SOURCE, ANALYSIS, BROKEN, replay=True)
    assert record.proof is None
    assert record.failure is not None
    assert record.failure.error == ERROR


def judged(record: RunRecord) -> BuildResults:
    assert record.proof is not None
    assert record.proof.stage is ProofStage.OVER
    assert isinstance(next_command(record), Finish)
    return judge_record(record)


# -- with all actors ---------------------------------------------------------------------------------------------------


def heals() -> Script:
    return Script({"pytest\n": always(), "pytest": needs(".[test]", Answer(127, NOT_FOUND), Answer(0, PRINTED))})


@pytest.mark.anyio
async def test_a_healed_run_ends_with_a_patch_that_a_run_of_its_own_has_proved(tmp_path: Path) -> None:
    stage = Stage(tmp_path, script=heals(), settings={"replay": True})
    end = await stage.play()
    assert end.verdict is Verdict.HEALED
    assert end.results.patch is not None
    assert "+python -m pip install '.[test]'" in end.results.patch
    assert (stage.runs / stage.run_id / "docs.patch").read_text() == end.results.patch
    assert any("done again in a new room" in (getattr(news, "note", None) or "") for news in stage.news)
    # Once in the run's own room, where it was found out, and once in that of the proof.
    assert stage.script.times(".[test]") == 2


def one_after_the_other(*answers: Answer) -> Told:
    left = list(answers)
    return lambda _below: left.pop(0)


FAILS, PASSES = Answer(1, "===== 1 failed in 0.10s =====\n"), Answer(0, "===== 1 passed in 0.10s =====\n")


@pytest.mark.anyio
async def test_a_healed_run_offers_a_test_that_failed_before_the_patch_and_passed_after(tmp_path: Path) -> None:
    script = Script({"documented": one_after_the_other(FAILS, PASSES), **heals().answers})
    stage = Stage(tmp_path, script=script, settings={"replay": True})
    end = await stage.play()
    (test,) = end.results.prevention
    assert (test.framework, test.path) == ("pytest", "tests/test_documented_build.py")
    assert "def test_documents_install_the_extra_test():" in test.text
    assert (stage.runs / stage.run_id / "prevention" / test.path).read_text("utf-8") == test.text
    assert not list(stage.runs.rglob("*.raw"))


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ((PASSES,), "1 of 1 passed before the patch already"),
        ((FAILS, FAILS), "1 of 1 failed after the patch"),
        ((Answer(127, "pytest: command not found\n"),), "could not be run before the patch: pytest: command not found"),
    ],
)
async def test_a_test_that_was_not_seen_to_tell_the_documents_apart_is_not_offered(
    tmp_path: Path, answers: tuple[Answer, ...], why: str
) -> None:
    script = Script({"documented": one_after_the_other(*answers), **heals().answers})
    stage = Stage(tmp_path, script=script, settings={"replay": True})
    end = await stage.play()
    assert (end.verdict, end.results.prevention) == (Verdict.HEALED, ())
    assert end.results.patch is not None
    assert why in end.results.notes[0]
