"""The whole conversation of a run, in a real tree: only what happens in the rooms is scripted."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import anyio
import pytest

from regrow.core.sandbox import CommandEnd
from regrow.daemon.tree import run_path
from regrow.protocols.status import BuildStatus, Verdict
from tests.actors.scripted_rooms import Answer, Script, always, needs
from tests.actors.whole_run import LIMIT_S, NOT_FOUND, PASSED, Stage

pytestmark = pytest.mark.anyio


def heals() -> Script:
    """Pytest is there only once the test requirements were installed."""
    return Script({"pytest\n": always(), "pytest": needs(".[test]", Answer(127, NOT_FOUND), Answer(0, PASSED))})


async def test_documents_that_hold_end_in_pass_with_each_step_done_once(tmp_path: Path) -> None:
    stage = Stage(tmp_path, script=Script({"pytest": always(0, PASSED)}))
    end = await stage.play()
    assert (end.verdict, end.status) == (Verdict.PASS, BuildStatus.COMPLETED)
    assert end.results.tests is not None
    assert end.results.tests.run == 5
    assert set((await stage.completed()).values()) == {1}
    assert stage.script.times("pytest") == 1


async def test_statuses_are_shown_in_their_order(tmp_path: Path) -> None:
    stage = Stage(tmp_path, script=heals())
    await stage.play()
    shown = [news.status.value for news in stage.news]
    assert [one for one, before in zip(shown, ["", *shown], strict=False) if one != before] == [
        "initializing",
        "analyzing_docs",
        "building",
        "verifying",
        "recovering",
        "building",
        "verifying",
        "completed",
    ]


async def test_missing_runner_is_healed_and_what_was_built_is_not_built_again(tmp_path: Path) -> None:
    stage = Stage(tmp_path, script=heals())
    end = await stage.play()
    assert end.verdict is Verdict.HEALED
    (deviation,) = end.results.deviations
    assert "python -m pip install '.[test]'" in deviation.sentence
    assert await stage.completed() == dict.fromkeys(await stage.completed(), 1)


async def test_failure_that_nothing_mends_is_a_fail_that_names_it(tmp_path: Path) -> None:
    failed = "FAILED tests/test_demo.py::test_a - assert 1 == 2\n===== 1 failed, 4 passed in 0.10s =====\n"
    end = await Stage(tmp_path, script=Script({"pytest": always(1, failed)})).play()
    assert end.verdict is Verdict.FAIL
    assert "1 of 5 tests failed (80 % pass)" in end.results.reason


async def test_no_test_executed_is_never_a_pass(tmp_path: Path) -> None:
    end = await Stage(tmp_path, script=Script({"pytest": always(0, "===== no tests ran in 0.01s =====\n")})).play()
    assert end.verdict is Verdict.FAIL
    assert end.results.tests is None or end.results.tests.run == 0


async def test_broken_room_leaves_the_run_undecided(tmp_path: Path) -> None:
    end = await Stage(tmp_path, script=Script(broken=True)).play()
    assert end.verdict is Verdict.UNDECIDED
    assert "localhost" in end.results.reason


async def test_step_that_was_ended_by_its_room_leaves_the_run_undecided(tmp_path: Path) -> None:
    ended = Script({"pytest": lambda _: Answer(0, "", CommandEnd.DEADLINE)})
    end = await Stage(tmp_path, script=ended).play()
    assert end.verdict is Verdict.UNDECIDED


async def test_target_that_is_not_there_ends_at_once(tmp_path: Path) -> None:
    stage = Stage(tmp_path, settings={"target": str(tmp_path / "nothing")})
    end = await stage.play()
    assert (end.verdict, end.status) == (Verdict.UNDECIDED, BuildStatus.FAILED)
    assert "nothing" in end.results.reason
    assert stage.script.ran == []


async def test_tree_without_documents_is_a_fail_and_not_a_crash(tmp_path: Path) -> None:
    stage = Stage(tmp_path, files={"data.txt": "1\n"})
    end = await stage.play()
    assert end.verdict is Verdict.FAIL


async def test_deadline_of_the_run_leaves_it_undecided(tmp_path: Path) -> None:
    stage = Stage(tmp_path, script=Script(hold="pytest"), settings={"deadline_s": 1.0})
    end = await stage.play()
    assert end.verdict is Verdict.UNDECIDED
    assert end.results.reason == (
        "the run's deadline of 1 s passed while verifying, in step `pytest`; give it more with --deadline SECONDS"
    )


async def test_recoveries_are_limited(tmp_path: Path) -> None:
    end = await Stage(tmp_path, script=heals(), settings={"max_recoveries": 0}).play()
    assert end.verdict is Verdict.FAIL
    assert [error.code for error in end.errors] == ["E3001", "E4003"]


@pytest.mark.parametrize(
    ("actor", "held"), [("workers/builder", "pip install ."), ("workers/verifier", "pytest"), ("run", "pip install .")]
)
async def test_actor_killed_with_a_step_under_way_changes_nothing(tmp_path: Path, actor: str, held: str) -> None:
    stage = Stage(tmp_path, script=heals())
    stage.script.hold = held
    path = run_path(stage.run_id) if actor == "run" else f"root/{actor}"
    with anyio.fail_after(LIMIT_S):
        async with stage.open() as tree:
            await stage.script.holding.wait()
            tree.runtime.cells[path].crash("killed by a test")
            stage.script.release.set()
            await stage.finished.wait()
    assert stage.end.verdict is Verdict.HEALED
    assert set((await stage.completed()).values()) == {1}


@pytest.mark.parametrize(
    "path", ["root/knowledge/guardian", "root/knowledge/pattern_learner", "root/foundation/logger"]
)
async def test_helper_killed_while_the_run_recovers_changes_nothing(tmp_path: Path, path: str) -> None:
    stage = Stage(tmp_path, script=heals())
    with anyio.fail_after(LIMIT_S):
        async with stage.open() as tree:
            await stage.recovering.wait()
            tree.runtime.cells[path].crash("killed by a test")
            await stage.finished.wait()
    assert stage.end.verdict is Verdict.HEALED
    assert set((await stage.completed()).values()) == {1}


@pytest.mark.parametrize("held", ["pip install .", "pytest"])
async def test_run_that_was_cancelled_goes_on_where_it_stood(tmp_path: Path, held: str) -> None:
    stage = Stage(tmp_path, script=Script({"pytest": always(0, PASSED)}, hold=held))
    with anyio.fail_after(LIMIT_S):
        async with anyio.create_task_group() as group, stage.open():
            await stage.script.holding.wait()
            group.cancel_scope.cancel()
    before = await stage.completed()
    assert not stage.finished.is_set()
    stage.script.hold = ""
    end = await stage.play()
    assert end.verdict is Verdict.PASS
    after = await stage.completed()
    assert set(after.values()) == {1}
    assert before.items() <= after.items()


async def test_time_in_which_nobody_works_on_a_run_does_not_count(tmp_path: Path) -> None:
    stage = Stage(tmp_path, script=Script({"pytest": always(0, PASSED)}, hold="pytest"))
    with anyio.fail_after(LIMIT_S):
        async with anyio.create_task_group() as group, stage.open():
            await stage.script.holding.wait()
            group.cancel_scope.cancel()
    stage.script.hold = ""
    stage.later = dt.timedelta(days=1)
    assert (await stage.play()).verdict is Verdict.PASS


async def test_each_strategy_is_credited_with_its_own_outcome(tmp_path: Path) -> None:
    answers = {
        "pip install": always(),
        "python -m pytest": always(0, PASSED),
        "pytest": always(127, NOT_FOUND),
    }
    stage = Stage(tmp_path, script=Script(answers))
    end = await stage.play()
    assert end.verdict is Verdict.HEALED
    (pattern,) = await stage.patterns()
    outcomes = {
        one.strategy_id.partition(":")[0]: (one.performance.successes, one.performance.failures)
        for one in pattern.resolution.strategies
    }
    assert outcomes == {"install_requirements": (0, 1), "other_test_command": (1, 0)}


async def test_run_without_memory_neither_reads_nor_writes_patterns(tmp_path: Path) -> None:
    stage = Stage(tmp_path, script=heals(), settings={"memory": "none"})
    assert (await stage.play()).verdict is Verdict.HEALED
    assert await stage.patterns() == []


@pytest.mark.parametrize("memory", ["none", "read"])
async def test_run_that_may_not_learn_leaves_the_patterns_as_they_are(tmp_path: Path, memory: str) -> None:
    stage = Stage(tmp_path, script=heals())
    await stage.play()
    before = await stage.patterns()
    assert before[0].resolution.strategies
    again = Stage(tmp_path, script=heals(), store=stage.store, settings={"memory": memory})
    assert (await again.play()).verdict is Verdict.HEALED
    assert await stage.patterns() == before
