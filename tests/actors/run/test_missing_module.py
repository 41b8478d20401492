"""A whole run whose tests cannot import what nobody declared."""

from __future__ import annotations

from pathlib import Path

import pytest

from regrow.cli.report.page import render_page
from regrow.cli.report.text import render_text
from regrow.daemon.reporting import build_report
from regrow.protocols.status import Verdict
from tests.actors.scripted_rooms import Answer, Script, always, needs
from tests.actors.whole_run import FILES, PASSED, Stage

pytestmark = pytest.mark.anyio

LACKS = (
    "ERROR: test_demo (unittest.loader._FailedTest.test_demo)\nModuleNotFoundError: No module named 'idna'\n\n"
    "Ran 1 test in 0.000s\n\nFAILED (errors=1)\n"
)
README = "# demo\n\n## Install\n\n```sh\npip install .\n```\n\n## Test\n\n```sh\npython -m unittest discover\n```\n"
PROJECT = {**FILES, "README.md": README, "demo/__init__.py": "import idna\n", "tests/test_demo.py": "import unittest\n"}


async def test_module_that_nothing_declares_is_installed_and_named(tmp_path: Path) -> None:
    script = Script({"unittest": needs("pip install idna", Answer(1, LACKS), Answer(0, PASSED))})
    stage = Stage(tmp_path, PROJECT, script)
    await stage.play()
    assert stage.end.verdict is Verdict.HEALED
    (deviation,) = stage.end.results.deviations
    assert "demo/__init__.py:1" in deviation.description
    assert stage.end.errors[0].message.startswith("the module 'idna' is missing, which demo/__init__.py:1 imports")


async def test_own_module_is_not_had_from_an_index_and_no_other_command_hides_the_cause(tmp_path: Path) -> None:
    files = {**PROJECT, "old/idna.py": ""}
    stage = Stage(tmp_path, files, Script({"unittest": always(1, LACKS), "pytest": always(1, "usage: pytest")}))
    await stage.play()
    assert stage.end.verdict is Verdict.FAIL
    assert not any("install idna" in script for script in stage.script.ran)
    assert "is the project's own: ship it" in stage.end.results.reason
    assert stage.end.errors[0].message.startswith("the project's own module 'idna', which demo/__init__.py:1 imports")


GONE = "ERROR: No matching distribution found for idna\n"


async def test_recovery_that_fails_is_told_apart_and_the_documented_command_decides(tmp_path: Path) -> None:
    script = Script({"pip install idna": always(1, GONE), "unittest": always(1, LACKS)})
    stage = Stage(tmp_path, PROJECT, script)
    await stage.play()
    results = stage.end.results
    assert results.verdict is Verdict.FAIL
    assert results.reason.startswith("the module 'idna' is missing, which demo/__init__.py:1 imports")
    assert results.tests is not None
    assert results.tests.errors == 1
    assert results.deviations == ()  # what did not help is nothing that the documents should say
    (attempt,) = results.attempts
    assert (attempt.command, attempt.output_tail) == ("python -m pip install idna", GONE)
    assert attempt.error is not None
    assert "pip install idna" in attempt.error.message


async def test_report_holds_the_steps_of_the_documented_way_and_its_output(tmp_path: Path) -> None:
    stage = Stage(tmp_path, PROJECT, Script({"pip install idna": always(1, GONE), "unittest": always(1, LACKS)}))
    await stage.play()
    report = build_report(stage.request, stage.end, stage.runs / stage.run_id)
    assert [(step.command, step.succeeded) for step in report.steps][-2:] == [
        ("pip install .", True),
        ("python -m unittest discover", False),
    ]
    assert report.steps[-1].output_tail == LACKS
    text = render_text(report)
    assert text.index("unittest.loader._FailedTest") < text.index("tried in vain") < text.index(GONE.strip())
    page = render_page(report)
    assert "Tried in vain" in page
    assert page.index("Steps") < page.index("Tried in vain")


async def test_recovery_that_changes_nothing_is_in_vain(tmp_path: Path) -> None:
    stage = Stage(tmp_path, PROJECT, Script({"unittest": always(1, LACKS)}))
    await stage.play()
    (attempt,) = stage.end.results.attempts
    assert attempt.strategy_id == "install_requirements:idna"
    assert attempt.error == stage.end.errors[0]
    assert stage.end.results.deviations == ()
    assert not any("-t ." in script for script in stage.script.ran)


async def test_failure_that_a_recovery_uncovers_decides(tmp_path: Path) -> None:
    other = "E   AssertionError\n===== 1 failed, 4 passed in 0.05s =====\n"
    script = Script({"unittest": needs("pip install idna", Answer(1, LACKS), Answer(1, other))})
    stage = Stage(tmp_path, PROJECT, script)
    await stage.play()
    results = stage.end.results
    assert results.reason.startswith("1 of 5 tests failed")
    assert [deviation.strategy_id for deviation in results.deviations] == ["install_requirements"]
    assert results.attempts == ()


async def test_recovery_that_failed_itself_is_given_up_for_the_next_and_none_is_tried_twice(tmp_path: Path) -> None:
    files = {**PROJECT, "README.md": README.replace("python -m unittest discover", "nosetests")}
    not_found = always(127, "bash: line 1: nosetests: command not found\n")
    script = Script({"install nose": always(1, GONE), "-m pytest": always(0, PASSED), "nosetests": not_found})
    stage = Stage(tmp_path, files, script)
    await stage.play()
    assert stage.end.verdict is Verdict.HEALED
    assert {deviation.strategy_id for deviation in stage.end.results.deviations} == {"other_test_command"}
    assert script.times("install nose") == 1


async def test_each_recovery_in_vain_has_the_error_that_it_ended_with(tmp_path: Path) -> None:
    files = {**PROJECT, "README.md": README.replace("python -m unittest discover", "nosetests")}
    not_found = always(127, "bash: line 1: nosetests: command not found\n")
    script = Script(
        {"install nose": always(1, GONE), "-m pytest": always(2, "usage: pytest\n"), "nosetests": not_found}
    )
    stage = Stage(tmp_path, files, script)
    await stage.play()
    results = stage.end.results
    assert results.reason.startswith("step 'nosetests' ended with exit status 127")
    assert [attempt.error is not None and attempt.command for attempt in results.attempts] == [
        "python -m pip install nose",
        "python -m pytest",
    ]
