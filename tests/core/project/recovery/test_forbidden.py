"""What no recovery may do is refused, whoever proposes it; what recoveries do is not."""

from __future__ import annotations

import pytest

from regrow.core.project.plan_steps import Draft, added, assemble, changed
from regrow.core.project.recovery.forbidden import forbidden_edit
from regrow.protocols.plan import Deviation, DeviationKind, DocRef, Plan, StepPhase

REF = DocRef(file="README.md", line=3, end_line=3, text="pip install a b c")
INSTALL = Draft("pip install a b c", "documented", StepPhase.INSTALL, REF)
TEST = Draft("pytest -q", "documented", StepPhase.TEST, counts_tests=True)
PLAN = assemble([INSTALL, TEST])


def instead(command: str, old: Draft = TEST) -> Plan:
    """The plan with a command in the place of one of its own."""
    draft = Draft(command, "because", old.phase, None, changed("rule", "another", "say so", old.ref), old.counts_tests)
    return assemble([draft if each is old else each for each in (INSTALL, TEST)])


@pytest.mark.parametrize(
    "command",
    [
        "pytest -q || true",
        "pytest -q || :",
        "pytest -q || exit 0",
        "pytest -q; true",
        "pytest -q ; exit 0",
        "set +e; pytest",
        "! pytest",
        "make -k check",
        "make check --keep-going",
        "pytest --deselect tests/test_a.py",
        "pytest --ignore=tests/slow",
        "pytest --ignore-glob='*net*'",
        "pytest -k 'not slow'",
        "pytest -m 'not network'",
        "pytest -W ignore",
        "python -W ignore -m pytest",
        "PYTHONWARNINGS=ignore pytest",
        "pytest --disable-warnings",
        "jest --passWithNoTests",
        "jest --pass-with-no-tests",
        "pytest --suppress-no-test-exit-code",
        "rm tests/test_a.py && pytest",
        "sed -i s/assert/pass/ tests/test_a.py; pytest",
        "git commit --no-verify; pytest",
    ],
)
def test_command_that_hides_a_fault_is_refused(command: str) -> None:
    assert forbidden_edit(PLAN, instead(command))


@pytest.mark.parametrize(
    "command", ["pip install a b", "pip install --no-deps a b c", "rm requirements.txt; pip install a b c"]
)
def test_requirement_may_not_be_dropped(command: str) -> None:
    assert forbidden_edit(PLAN, instead(command, INSTALL))


def test_system_package_may_give_way_to_another_generation_of_it_that_is_named_beside_it() -> None:
    before = assemble([Draft("apt-get install python-dev python3-dev libz-dev", "r", StepPhase.SETUP, REF), TEST])
    for command, why in (
        ("apt-get install python3-dev libz-dev", ""),
        ("apt-get install python3-dev", "`apt-get install python3-dev` drops libz-dev"),
    ):
        draft = Draft(command, "r", StepPhase.SETUP, REF, added("exchange_packages", "d", "s", REF))
        assert forbidden_edit(before, assemble([draft, TEST])) == why


def test_documented_step_may_not_go_without_a_word_and_may_with_one() -> None:
    silent = assemble([TEST])
    assert forbidden_edit(PLAN, silent) == "`pip install a b c` would be left out without a word"
    told = Deviation(
        strategy_id="x", kind=DeviationKind.SKIPPED_STEP, description="left out", corrects=REF, sentence="say so"
    )
    assert forbidden_edit(PLAN, assemble([TEST], (), (told,))) == ""


def test_plan_that_tests_may_not_become_one_that_does_not() -> None:
    assert forbidden_edit(PLAN, assemble([INSTALL])) == "the plan that tests would become one that does not"


@pytest.mark.parametrize(
    "command",
    [
        "python -m pytest",
        "tox -e py",
        "python -m unittest discover",
        "ctest --test-dir build",
        "pytest --import-mode=importlib",
        "npm test --ignore-scripts",
    ],
)
def test_another_command_that_tests_is_allowed(command: str) -> None:
    assert forbidden_edit(PLAN, instead(command)) == ""


@pytest.mark.parametrize(
    "command", ["pip install .", "pip install a b c d", "npm install a", "apt-get install -y libz-dev"]
)
def test_another_way_to_install_is_allowed(command: str) -> None:
    assert forbidden_edit(PLAN, instead(command, INSTALL)) == ""


def test_added_step_is_allowed_and_what_the_documents_say_is_theirs() -> None:
    more = Draft("pip install d", "because", StepPhase.INSTALL, None, added("rule", "installs d", "say so"))
    assert forbidden_edit(PLAN, assemble([INSTALL, more, TEST])) == ""
    own = assemble([INSTALL, Draft("pytest || true", "documented", StepPhase.TEST, counts_tests=True)])
    assert forbidden_edit(own, assemble([INSTALL, more, Draft("pytest || true", "documented", StepPhase.TEST)])) == ""
