"""To which error a strategy's outcome is credited when a recovery fails itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from regrow.protocols.patterns import StrategyPerformance
from regrow.protocols.status import Verdict
from tests.actors.scripted_rooms import Answer, Script, always
from tests.actors.whole_run import FILES, PASSED, Stage

pytestmark = pytest.mark.anyio

GONE = "ERROR: No matching distribution found for nose\n"
NOT_FOUND = "bash: line 1: nosetests: command not found\n"
README = "# demo\n\n## Install\n\n```sh\npip install .\n```\n\n## Test\n\n```sh\nnosetests\n```\n"
PROJECT = {**FILES, "README.md": README, "tests/test_demo.py": "import unittest\n"}


async def records(stage: Stage) -> dict[str, dict[str, tuple[int, int]]]:
    """Text of an error -> strategy -> successes and failures."""

    def counted(record: StrategyPerformance) -> tuple[int, int]:
        return record.successes, record.failures

    return {
        pattern.error_message: {
            one.strategy_id.partition(":")[0]: counted(one.performance) for one in pattern.resolution.strategies
        }
        for pattern in await stage.patterns()
    }


def of(found: dict[str, dict[str, tuple[int, int]]], word: str) -> dict[str, tuple[int, int]]:
    (text,) = [text for text in found if word in text]
    return found[text]


async def test_what_helps_after_a_recovery_failed_is_credited_to_the_error_that_it_helped(tmp_path: Path) -> None:
    script = Script(
        {"install nose": always(1, GONE), "-m pytest": always(0, PASSED), "nosetests": always(127, NOT_FOUND)}
    )
    stage = Stage(tmp_path, PROJECT, script)
    assert (await stage.play()).verdict is Verdict.HEALED
    found = await records(stage)
    assert of(found, "nosetests") == {"install_requirements": (0, 1), "other_test_command": (1, 0)}
    assert of(found, "No matching distribution") == {}


async def test_recovery_that_failed_itself_did_not_help_when_nothing_is_left(tmp_path: Path) -> None:
    script = Script({"install nose": always(1, GONE), "nosetests": always(127, NOT_FOUND)})
    script.answers["-m pytest"] = lambda _below: Answer(2, "usage: pytest\n")
    stage = Stage(tmp_path, PROJECT, script)
    assert (await stage.play()).verdict is Verdict.FAIL
    found = await records(stage)
    assert of(found, "nosetests") == {"install_requirements": (0, 1), "other_test_command": (0, 1)}
