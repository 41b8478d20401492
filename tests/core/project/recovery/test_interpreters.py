"""Another Python is asked for where the project wants one, or where all that fails does so inside the language's own."""

from __future__ import annotations

import pytest

from regrow.core.project.evidence import gather
from regrow.core.project.file_tree import FileTree
from regrow.core.project.plan_steps import Draft, assemble, phase_of
from regrow.core.project.recovery import Failure, NeedsSystemPackages, Recovery, recoveries
from regrow.core.project.recovery.interpreters import at_fault, with_interpreter
from regrow.protocols.plan import DeviationKind, Plan

PREPARE = 'python3 -m venv "$HOME/venv" && . "$HOME/venv/bin/activate"'
PYTHON = {
    "pyproject.toml": '[project]\nname = "demo"\nrequires-python = ">=3.9"\n[build-system]\nrequires = []\n',
    "tests/test_demo.py": "import pytest\n",
}
UNITTEST = """  File "/build/checkout/tests/test_demo.py", line 3, in test_a
    demo.f()
  File "/usr/lib/python3.11/fileinput.py", line 399, in hook_compressed
    return open(filename)
TypeError: not a string
"""
PYTEST = """tests/test_demo.py:3:
/usr/lib/python3.11/fileinput.py:399: in hook_compressed
E   TypeError: not a string

/usr/lib/python3.11/fileinput.py:399: TypeError
"""


def plan_of(*commands: str) -> Plan:
    drafts = [Draft(command, "", phase_of(command)) for command in commands[:-1]]
    return assemble([*drafts, Draft(commands[-1], "documented", phase_of(commands[-1]), counts_tests=True)])


def wanted(output: str, step: int = -1, code: str = "", passed: int = 0, plan: Plan | None = None) -> dict[str, str]:
    """Bounds of the Pythons that are asked for, by strategy."""
    plan = plan or plan_of(PREPARE, "pip install .", "pytest")
    found = recoveries(
        plan, Failure(plan.steps[step], output, 1, code, tests_passed=passed), gather(FileTree.of(PYTHON))
    )
    return {one.strategy_id: one.packages.interpreter for one in found if one.packages and one.packages.interpreter}


@pytest.mark.parametrize(
    ("output", "bounds"),
    [
        ("ERROR: Package 'demo' requires a different Python: 3.11.2 not in '>=3.12'", ">=3.12"),
        ("Current Python version (3.11.2) is not allowed by the project (>=3.12,<4.0).", ">=3.12,<4.0"),
        ("error: No interpreter found for Python >=3.13 in managed installations or search path", ">=3.13"),
    ],
)
def test_the_python_that_a_project_asks_for_is_asked_for(output: str, bounds: str) -> None:
    assert wanted(output, step=1) == {f"other_interpreter:{bounds}": f"{bounds},>=3.9"}


@pytest.mark.parametrize("output", [UNITTEST, PYTEST, UNITTEST * 3])
def test_a_fault_of_the_standard_library_asks_for_a_newer_one_and_then_for_an_older(output: str) -> None:
    assert at_fault(output) == "fileinput"
    assert wanted(output, code="E3001", passed=5) == {
        "newer_interpreter": ">=3.12,>=3.9", "older_interpreter": "<3.11,>=3.9",
    }  # fmt: skip


@pytest.mark.parametrize(
    "output",
    [
        "",
        UNITTEST + UNITTEST.replace("/usr/lib/python3.11/fileinput.py", "/build/checkout/demo.py"),
        UNITTEST.replace("fileinput", "unittest/case"),
        UNITTEST.replace("TypeError", "FileNotFoundError"),
        UNITTEST.replace("/usr/lib/python3.11", "/home/builder/venv/lib/python3.11/site-packages"),
        PYTEST.replace("/usr/lib/python3.11/fileinput.py:399: TypeError", "tests/test_demo.py:3: AssertionError"),
    ],
)
def test_any_other_failure_is_not_the_languages(output: str) -> None:
    assert at_fault(output) == ""
    assert not wanted(output, code="E3001", passed=5)


def test_a_suite_of_which_nothing_passes_does_not_blame_the_language() -> None:
    assert not wanted(UNITTEST, code="E3001", passed=0)


def test_environments_are_made_with_it_and_the_plan_deviates() -> None:
    recovery = Recovery("newer_interpreter", "why", None, NeedsSystemPackages(interpreter=">=3.12"))
    plan = with_interpreter(plan_of(PREPARE, "pip install .", "pytest"), recovery, "3.13")
    assert [step.command for step in plan.steps] == [
        "python3.13 --version", PREPARE.replace("python3", "python3.13"), "pip install .", "pytest",
    ]  # fmt: skip
    assert [step.interpreter for step in plan.steps] == ["3.13", "", "", ""]
    assert [each.kind for each in plan.all_deviations] == [DeviationKind.OTHER_VERSION]
    assert not wanted(UNITTEST, code="E3001", passed=5, plan=plan)


@pytest.mark.parametrize(
    ("command", "becomes"),
    [
        ("python -m venv .venv", "python3.13 -m venv .venv"),
        ("virtualenv env", "virtualenv --python python3.13 env"),
        ("uv venv", "uv venv --python python3.13"),
        ('python3 -m venv "$HOME/tools" && x', 'python3 -m venv "$HOME/tools" && x'),
        ("python -m pytest", "python -m pytest"),
    ],
)
def test_only_what_makes_an_environment_is_changed(command: str, becomes: str) -> None:
    recovery = Recovery("other_interpreter:>=3.12", "why")
    assert with_interpreter(plan_of(command, "pytest"), recovery, "3.13").steps[1].command == becomes
