"""A whole run whose tests cannot import what nobody declared."""

from __future__ import annotations

from pathlib import Path

import pytest

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
    assert stage.end.errors[0].message.startswith("the project's own module 'idna', which demo/__init__.py:1 imports")
