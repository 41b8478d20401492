"""What a person is told: the reason of a verdict is one sentence that says what happened and what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from regrow.core.sandbox import CommandEnd
from regrow.protocols.status import Verdict
from tests.actors.scripted_rooms import Answer, Script, Told, always, needs
from tests.actors.whole_run import FILES, PASSED, Stage

pytestmark = pytest.mark.anyio

UNKNOWN_HEADER = "a.c:1:10: fatal error: nobody.h: No such file or directory\n"
KNOWN_HEADER = "a.c:1:10: fatal error: zlib.h: No such file or directory\n"
FAILED = "FAILED tests/test_demo.py::test_a\n===== 1 failed, 999 passed in 1.00s =====\n"


@pytest.mark.parametrize(
    ("words", "told", "verdict", "reason"),
    [
        (
            "pip install .",
            always(1, UNKNOWN_HEADER),
            Verdict.FAIL,
            "build step `pip install .` ended with exit code 1: a.c:1:10: fatal error: nobody.h: No such file or "
            "directory; the header nobody.h is missing: name in the documents the system package that has it",
        ),
        (
            "pytest",
            always(1, FAILED),
            Verdict.FAIL,
            "1 of 1000 tests failed (99.9 % pass): tests/test_demo.py::test_a; mend the failing tests that are named, "
            "or what they test; they are listed in the report",
        ),
        (
            "pytest",
            always(3, "nobody: command not found\n"),
            Verdict.FAIL,
            "step 'pytest' ended with exit status 3, and its tests cannot be counted; the command nobody is missing: "
            "say in the documents how it is installed",
        ),
        ("pytest", lambda _: Answer(0, "", CommandEnd.DEADLINE), Verdict.UNDECIDED, "step 'pytest' exceeded its"),
        ("pytest", lambda _: Answer(0, "", CommandEnd.MEMORY), Verdict.UNDECIDED, "step 'pytest' was ended at its"),
    ],
)
async def test_reason_says_what_happened_and_what_to_do(
    tmp_path: Path, words: str, told: Told, verdict: Verdict, reason: str
) -> None:
    end = await Stage(tmp_path, script=Script({words: told})).play()
    assert end.verdict is verdict
    assert end.results.reason.startswith(reason)
    assert "; " in end.results.reason
    assert "\n" not in end.results.reason


async def test_header_of_a_known_package_is_installed_and_named(tmp_path: Path) -> None:
    answers = {
        "pip install .": needs("apt zlib1g-dev", Answer(1, KNOWN_HEADER), Answer()),
        "pytest": always(0, PASSED),
    }
    stage = Stage(tmp_path, script=Script(answers))
    end = await stage.play()
    assert end.verdict is Verdict.HEALED
    assert stage.script.installed == [("zlib1g-dev",)]
    (deviation,) = end.results.deviations
    assert deviation.sentence == "Needs the system packages zlib1g-dev: `sudo apt-get install zlib1g-dev`."


async def test_documented_package_that_apt_does_not_know_is_a_fail_of_the_documents(tmp_path: Path) -> None:
    readme = FILES["README.md"].replace("pip install .", "sudo apt-get install nobody-dev\npip install .")
    script = Script({"pytest": always(0, PASSED)}, unknown_packages=frozenset({"nobody-dev"}))
    end = await Stage(tmp_path, files={**FILES, "README.md": readme}, script=script).play()
    assert end.verdict is Verdict.FAIL
    assert "nobody-dev" in end.results.reason
    assert script.times("pytest") == 0


async def test_failed_step_names_the_line_of_the_documents(tmp_path: Path) -> None:
    end = await Stage(tmp_path, script=Script({"pip install .": always(1, UNKNOWN_HEADER)})).play()
    assert (end.errors[0].file, end.errors[0].line) == ("README.md", 6)


async def test_documents_without_a_test_command_never_pass(tmp_path: Path) -> None:
    readme = "# demo\n\n## Install\n\n```sh\npip install .\n```\n"
    script = Script({"pytest": always(0, PASSED)})
    end = await Stage(tmp_path, files={**FILES, "README.md": readme}, script=script).play()
    assert end.verdict is Verdict.HEALED
    assert "To run the tests: `python -m pytest`." in [one.sentence for one in end.results.deviations]


async def test_instrument_that_breaks_the_runner_is_left_away(tmp_path: Path) -> None:
    broke = Answer(4, 'ImportError: Error importing plugin "regrow_pytest_reporter"\n')
    script = Script()
    script.answers["pytest"] = lambda _: Answer(0, PASSED) if script.times("pytest") > 1 else broke
    end = await Stage(tmp_path, script=script).play()
    assert end.verdict is Verdict.PASS
    assert script.times("pytest") == 2
