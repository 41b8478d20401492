"""`regrow replay` takes a run's plan as it stands, and says how the two compare."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from regrow.cli.replaying import compared, replayed_start
from regrow.cli.run_folders import begin
from regrow.cli.verifying import new_start
from regrow.core.project.plan_steps import Draft, assemble
from regrow.protocols.errors import RegrowError
from regrow.protocols.plan import StepPhase
from regrow.protocols.verification import BuildConfig, MemoryUse


def stored_run(runs: Path, command: str = "pytest", **report: object) -> Path:
    folder = begin(runs, new_start(BuildConfig(target="pypi:demo", deadline_s=77.0, chaos_seed=3)))
    plan = assemble([Draft(command, "said", StepPhase.TEST, counts_tests=True)])
    (folder / "plan.json").write_text(plan.model_dump_json(by_alias=True))
    if report:
        (folder / "report.json").write_text(json.dumps(report))
    return folder


def test_a_replay_has_the_plan_and_nothing_that_would_change_it(tmp_path: Path) -> None:
    before = stored_run(tmp_path)
    start = replayed_start(before)
    assert start.run_id != before.name
    assert not start.resume
    assert start.plan is not None
    assert [step.command for step in start.plan.steps] == ["pytest"]
    kept = start.configuration
    assert (kept.target, kept.deadline_s, kept.chaos_seed) == ("pypi:demo", 77.0, None)
    assert (kept.max_recoveries, kept.memory, kept.replay) == (0, MemoryUse.NONE, False)


def test_a_run_without_a_plan_is_not_replayed(tmp_path: Path) -> None:
    folder = begin(tmp_path, new_start(BuildConfig(target="pypi:demo")))
    with pytest.raises(RegrowError, match="has no plan to replay"):
        replayed_start(folder)


def test_a_plan_whose_secret_was_not_kept_is_not_replayed(tmp_path: Path) -> None:
    with pytest.raises(RegrowError, match="was not kept"):
        replayed_start(stored_run(tmp_path, "TOKEN=[redacted: token] pytest"))


def test_two_ends_are_compared_in_a_sentence(tmp_path: Path) -> None:
    first = stored_run(tmp_path, verdict="healed", testsPassed=5, testsRun=5)
    same = stored_run(tmp_path, verdict="healed", testsPassed=5, testsRun=5)
    other = stored_run(tmp_path, verdict="fail", testsPassed=4, testsRun=5)
    assert compared(first, same) == "the same as before: healed, 5 of 5 tests"
    assert compared(first, other) == "it was healed, 5 of 5 tests; it is fail, 4 of 5 tests"
    assert compared(first, stored_run(tmp_path)) == ""
