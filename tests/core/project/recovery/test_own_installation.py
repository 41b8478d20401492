"""Rules for how this source gets into its place: instead of a release, of a list that is not there, of what does not install."""

from __future__ import annotations

import pytest

from regrow.core.project.evidence import gather
from regrow.core.project.file_tree import FileTree
from regrow.core.project.recovery import Failure, recoveries
from tests.core.project.recovery.test_suites import CMAKE, PYTHON, commands_of, found, plan_of


@pytest.mark.parametrize(
    ("documented", "becomes"),
    [
        ('pip install "demo[all]~=8.0" --upgrade', "python -m pip install '.[all]'"),
        ("pip install 'demo>=2'", "python -m pip install ."),
        ("pip install demo[fast,all]", "python -m pip install '.[fast,all]'"),
    ],
)
def test_released_copy_gives_way_to_the_checkout_with_the_extras_that_it_is_asked_for_with(
    documented: str, becomes: str
) -> None:
    evidence = gather(FileTree.of(PYTHON))
    completed = commands_of(recoveries(plan_of(documented, tests=0), Failure(None, code="E3005"), evidence)[0])
    exchanged = commands_of(found(plan_of(documented, "pytest"), PYTHON, "", code="E3007")["install_checkout"])
    assert completed[0] == exchanged[0] == becomes
    assert documented not in completed + exchanged


MISSING_LIST = "ERROR: Could not open requirements file: [Errno 2] No such file or directory: 'requirements.txt'"


def test_list_of_requirements_that_is_not_there_gives_way_to_this_source_and_then_is_left_out() -> None:
    bare = {
        "pyproject.toml": '[project]\nname = "demo"\n[build-system]\nrequires = []\n',
        "demo/__init__.py": "",
        "tests/test_demo.py": "import unittest\nclass T(unittest.TestCase): pass\n",
    }
    plan = plan_of("pip install -r requirements.txt", "make test")
    proposals = found(plan, bare, MISSING_LIST, step=0)
    assert commands_of(proposals["missing_requirements"]) == ["python -m pip install .", "make test"]
    plan = plan_of("pip install .", "pip install -r requirements.txt", "make test")
    proposals = found(plan, bare, MISSING_LIST, step=1)
    assert commands_of(proposals["leave_out_absent"]) == ["pip install .", "make test"]
    plan = plan_of("pip install .", "pip install -r requirements.txt six", "make test")
    assert "leave_out_absent" not in found(plan, bare, MISSING_LIST, step=1)


def test_program_that_makes_environments_is_installed_before_it_is_used() -> None:
    plan = plan_of("virtualenv env", "pytest")
    proposals = found(plan, PYTHON, "bash: line 1: virtualenv: command not found", step=0, exit_code=127)
    assert commands_of(proposals["install_requirements"])[0] == "python -m pip install virtualenv"


def test_tox_whose_plugin_is_not_there_gives_way_to_what_it_wraps() -> None:
    said = "py311: environment py311 marked as unavailable, runner 'uv-venv-lock-runner' is not available"
    plan = plan_of("pip install demo", "tox")
    proposals = found(plan, PYTHON, said, code="E3011", exit_code=0)
    assert commands_of(proposals["inner_command"]) == [
        "python -m pip install .",
        "python -m pip install pytest",
        "python -m pytest",
    ]


def test_make_that_fails_in_a_project_of_python_gives_way_to_pip() -> None:
    said = "bash: line 11: deactivate: command not found\nmake: *** [Makefile:30: pytest] Error 127"
    proposals = found(plan_of("make", "make quicktest"), PYTHON, said, step=0, code="E2004", exit_code=2)
    assert commands_of(proposals["install_instead"]) == ["python -m pip install .", "make quicktest"]
    proposals = found(plan_of("pip install .", "make", "pytest"), PYTHON, said, step=1, code="E2004", exit_code=2)
    assert "install_instead" not in proposals
    assert "install_instead" not in found(plan_of("make", "make check"), CMAKE, said, step=0, code="E2004", exit_code=2)


def test_what_is_built_in_place_is_not_installed_over_for_an_extra() -> None:
    files = {
        "setup.py": "setup(name='demo', ext_modules=[Extension('demo._x', ['x.c'])], extras_require={'test': ['pytest']})",
        "demo/__init__.py": "",
        "tests/test_demo.py": "import pytest\n",
    }
    evidence = gather(FileTree.of(files))
    completed = recoveries(plan_of("pip install demo", tests=0), Failure(None, code="E3005"), evidence)[0].plan
    assert completed is not None
    (proposal,) = (
        each
        for each in recoveries(completed, Failure(None, code="E3007"), evidence)
        if each.strategy_id.startswith("editable_install")
    )
    assert commands_of(proposal) == ["python -m pip install -e '.[test]'", "python -m pytest"]


@pytest.mark.parametrize(
    ("said", "rule"), [("AttributeError: install_layout", "modern_script"), ("error: what?", "install_instead")]
)
def test_setup_script_that_does_not_install_gives_way_to_pip(said: str, rule: str) -> None:
    proposals = found(plan_of("python setup.py install", "pytest"), PYTHON, said, step=0, code="E2004")
    assert commands_of(proposals[rule]) == ["python -m pip install .", "pytest"]


def test_pytest_that_is_older_than_this_python_gives_way_to_a_newer_one() -> None:
    said = '  File "_pytest/assertion/rewrite.py", line 330\nTypeError: required field "lineno" missing from alias'
    proposals = found(plan_of("pip install -r requirements-test.txt", "python -m pytest"), PYTHON, said)
    assert commands_of(proposals["newer_runner"])[1] == "python -m pip install --upgrade pytest"
    assert "newer_runner" not in found(plan_of("pip install .", "tox"), PYTHON, said)


def test_unittest_of_tox_comes_with_the_extra_that_is_named_for_the_tests() -> None:
    files = {
        "pyproject.toml": '[project]\nname = "demo"\n[project.optional-dependencies]\ntest = ["objgraph"]\n[build-system]\n',
        "demo/__init__.py": "",
        "demo/tests/test_demo.py": "import unittest\nclass T(unittest.TestCase): pass\n",
        "tox.ini": "[testenv]\nextras =\n    test\ncommands =\n    python -m unittest discover -v demo.tests\n",
    }
    evidence = gather(FileTree.of(files))
    proposal = recoveries(plan_of("pip install demo", tests=0), Failure(None, code="E3005"), evidence)[0]
    assert commands_of(proposal) == ["python -m pip install '.[test]'", "python -m unittest discover -v demo.tests"]


def test_build_that_asks_for_pkg_resources_gets_the_last_setuptools_that_has_it() -> None:
    files = {
        **PYTHON,
        "pyproject.toml": '[project]\nname = "demo"\n[build-system]\nrequires = ["setuptools", "cython"]\n',
    }
    said = "      ModuleNotFoundError: No module named 'pkg_resources'"
    proposals = found(plan_of("pip install .", "pytest"), files, said, step=0, code="E2004")
    assert commands_of(proposals["old_setuptools"]) == [
        "python -m pip install 'setuptools<81' wheel cython",
        "pip install --no-build-isolation .",
        "pytest",
    ]
    assert "old_setuptools" not in found(plan_of("pip install .", "pytest"), files, said)


def test_the_interpreter_at_hand_is_tried_once_whichever_are_missing() -> None:
    missing = "".join(f"ERROR:  py: InterpreterNotFound: python3.{minor}\n" for minor in range(5, 9))
    plan = plan_of("pip install .", "tox")
    evidence = gather(FileTree.of(PYTHON))
    ids = [each.strategy_id for each in recoveries(plan, Failure(plan.steps[-1], missing, 1), evidence)]
    assert [each for each in ids if each.startswith("this_interpreter")] == ["this_interpreter:tox -e py"]
    assert len([each for each in ids if each.startswith("inner_command")]) == 1


@pytest.mark.parametrize(
    ("before", "command", "apart"),
    [
        (". venv/bin/activate", "uv sync", False),
        (". venv/bin/activate", "uv pip install -e .", True),
        ("true", "uv sync", True),
        (". venv/bin/activate", "poetry install", True),
    ],
)
def test_manager_lies_in_the_environment_where_it_does_not_take_it_for_the_projects(
    before: str, command: str, apart: bool
) -> None:
    manager = command.split(maxsplit=1)[0]
    said = f"bash: line 1: {manager}: command not found"
    proposals = found(plan_of(before, command, "pytest"), PYTHON, said, step=1, exit_code=127)
    installed = commands_of(proposals["install_requirements"])[1]
    assert ("$HOME/tools" in installed) is apart
    assert installed == f"python -m pip install {manager}" or apart


def test_recipe_that_installs_without_a_network_gives_way_to_the_tests_themselves() -> None:
    said = "ERROR: No matching distribution found for setuptools>=68.0"
    proposals = found(plan_of("pip install .", "make test"), PYTHON, said, exit_code=2)
    assert commands_of(proposals["other_test_command"])[-1] == "python -m pytest"
    assert "other_test_command" not in found(plan_of("pip install .", "tox"), PYTHON, said)
