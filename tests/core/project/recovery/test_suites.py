"""Rules that exchange the command that tests, and what stands before it: each with the output that calls for it."""

from __future__ import annotations

import pytest

from regrow.core.project.evidence import gather
from regrow.core.project.file_tree import FileTree
from regrow.core.project.plan_steps import Draft, assemble, phase_of
from regrow.core.project.recovery import Failure, Recovery, recoveries, with_packages
from regrow.protocols.plan import DeviationKind, Plan

PYTHON = {
    "pyproject.toml": '[project]\nname = "demo"\n[dependency-groups]\ntest = ["pytest"]\n[build-system]\nrequires = []\n',
    "demo/__init__.py": "",
    "tests/test_demo.py": "import pytest\n",
}
CMAKE = {
    "CMakeLists.txt": 'project(demo C)\noption(WITH_TESTS "tests too" OFF)\nif(WITH_TESTS)\nenable_testing()\nendif()\n',
    "a.c": "int main(void){return 0;}\n",
}


def plan_of(*commands: str, tests: int = 1) -> Plan:
    """The last commands are tests."""
    first = len(commands) - tests
    return assemble(
        [
            Draft(command, "documented", phase_of(command), counts_tests=place >= first)
            for place, command in enumerate(commands)
        ]
    )


def found(
    plan: Plan, files: dict[str, str], output: str, step: int = -1, code: str = "", exit_code: int = 1
) -> dict[str, Recovery]:
    proposals = recoveries(plan, Failure(plan.steps[step], output, exit_code, code), gather(FileTree.of(files)))
    return {each.strategy_id.partition(":")[0]: each for each in proposals}


def commands_of(proposal: Recovery) -> list[str]:
    assert proposal.plan is not None
    return [step.command for step in proposal.plan.steps]


@pytest.mark.parametrize(
    ("command", "becomes"),
    [
        ("tox", "tox -e py"),
        ("uvx --with tox-uv tox -e py314", "uvx --with tox-uv tox -e py"),
        ("uv run tox", "uv run tox -e py"),
        ("pipx run tox -e py39", "pipx run tox -e py"),
        ("python -m pip install tox && tox", "python -m pip install tox && tox -e py"),
    ],
)
def test_tox_behind_another_program_takes_the_python_at_hand(command: str, becomes: str) -> None:
    proposals = found(plan_of("pip install .", command), PYTHON, "", code="E5003")
    assert commands_of(proposals["this_interpreter"])[-1] == becomes


def test_matrix_that_takes_longer_than_its_step_may_is_run_with_the_python_at_hand() -> None:
    proposals = found(plan_of("pip install .", "tox"), PYTHON, "py38: OK\npy39: commands[0]> pytest", code="E2005")
    assert commands_of(proposals["this_interpreter"])[-1] == "tox -e py"
    assert commands_of(proposals["inner_command"])[-1] == "python -m pytest"
    assert not found(plan_of("pip install .", "pytest"), PYTHON, "", code="E2005")


@pytest.mark.parametrize(
    ("command", "output", "becomes"),
    [
        ("python setup.py install", "python: can't open file '/build/checkout/setup.py': [Errno 2]", "python -m pip install ."),
        ("python setup.py develop", "python: can't open file '/x/setup.py': [Errno 2]", "python -m pip install -e ."),
        ("python setup.py install", "FileNotFoundError: [Errno 2] No such file or directory: 'README.txt'", None),
    ],
)  # fmt: skip
def test_script_that_the_source_no_longer_has_gives_way_to_pip(command: str, output: str, becomes: str | None) -> None:
    proposals = found(plan_of(command, "pytest"), PYTHON, output, step=0)
    shown = proposals.get("modern_script")
    assert (commands_of(shown)[0] if shown is not None else None) == becomes


@pytest.mark.parametrize(
    ("before", "becomes"),
    [
        (["uv sync"], "uv run --group test python -m pytest"),
        (["uv sync --all-groups", ". .venv/bin/activate"], "python -m pytest"),
        (["poetry install"], "poetry run python -m pytest"),
        (["pip install pytest", "pip install ."], "python -m pytest"),
    ],
)
def test_other_command_runs_in_the_environment_that_a_manager_has_filled(before: list[str], becomes: str) -> None:
    plan = plan_of(*before, "just test")
    proposals = found(plan, PYTHON, "bash: line 1: just: command not found", exit_code=127)
    assert commands_of(proposals["other_test_command"])[-1] == becomes
    assert commands_of(proposals["other_test_command"])[: len(before)] == before


def test_tests_that_a_newer_pytest_refuses_get_the_one_before() -> None:
    output = "INTERNALERROR> pytest.PytestRemovedIn10Warning: config.inicfg is deprecated"
    proposals = found(plan_of("pip install .", "python -m pytest"), PYTHON, output, exit_code=3)
    assert commands_of(proposals["older_runner"])[1:] == ["python -m pip install 'pytest<9'", "python -m pytest"]
    assert "older_runner" not in found(plan_of("pip install .", "tox"), PYTHON, output, exit_code=3)


@pytest.mark.parametrize(
    ("commands", "output", "becomes"),
    [
        (
            ["/tmp/env/bin/python setup.py develop", "/tmp/env/bin/tox -e py"],
            "/bin/bash: line 34: /tmp/env/bin/python: No such file or directory",
            ["python setup.py develop", "tox -e py"],
        ),
        (["$VENV/bin/pip install .", "pytest"], "bash: line 3: /bin/pip: No such file or directory", ["pip install .", "pytest"]),
        (["build/bin/demo --make", "pytest"], "bash: line 3: build/bin/demo: No such file or directory", None),
    ],
)  # fmt: skip
def test_programs_of_an_environment_that_nobody_made_are_those_of_the_one_entered(
    commands: list[str], output: str, becomes: list[str] | None
) -> None:
    proposals = found(plan_of(*commands), PYTHON, output, step=0, exit_code=127)
    shown = proposals.get("this_environment")
    assert (commands_of(shown) if shown is not None else None) == becomes


@pytest.mark.parametrize(
    ("files", "module", "offered"),
    [
        (
            {**PYTHON, "setup.py": "setup(name='demo', ext_modules=[Extension('demo.core', ['a.c'])])"},
            "demo.core",
            True,
        ),
        (
            {**PYTHON, "setup.py": "setup(name='demo', ext_modules=[Extension('demo.core', ['a.c'])])"},
            "other.core",
            False,
        ),
        (PYTHON, "demo.core", False),
    ],
)
def test_compiled_module_that_the_source_tree_lacks_is_built_in_place(
    files: dict[str, str], module: str, offered: bool
) -> None:
    plan = plan_of("python -m pip install .", "pytest")
    proposals = found(plan, files, f"ModuleNotFoundError: No module named '{module}'")
    assert ("editable_install" in proposals) is offered
    if offered:
        assert commands_of(proposals["editable_install"]) == ["python -m pip install -e .", "pytest"]


@pytest.mark.parametrize(
    ("install", "tests", "becomes"),
    [
        ("python -m pip install .", "python -m pytest tests -q", "pytest --import-mode=append tests -q"),
        ("python -m pip install .", "TZ=UTC pytest", "TZ=UTC pytest --import-mode=append"),
        ("python -m pip install -e .", "pytest", None),
        ("pip install pytest", "pytest", None),
        ("python -m pip install .", "tox", None),
    ],
)
def test_what_is_installed_is_tested_where_the_source_tree_hides_what_was_compiled(
    install: str, tests: str, becomes: str | None
) -> None:
    files = {**PYTHON, "setup.py": "setup(name='demo', ext_modules=[Extension('demo.core', ['a.c'])])"}
    proposal = found(plan_of(install, tests), files, "", code="E3007", exit_code=0).get("installed_copy")
    assert (commands_of(proposal)[-1] if proposal is not None else None) == becomes
    assert "installed_copy" not in found(plan_of(install, tests), PYTHON, "", code="E3007", exit_code=0)


def test_second_run_of_tox_that_would_do_the_same_again_is_left_out() -> None:
    plan = plan_of("tox -e py", "tox -p auto", tests=2)
    proposal = found(plan, PYTHON, "could not find python interpreter matching any of the specs py39")[
        "this_interpreter"
    ]
    assert commands_of(proposal) == ["tox -e py"]
    assert proposal.plan is not None
    assert [each.kind for each in proposal.plan.deviations] == [DeviationKind.SKIPPED_STEP]


def test_wrapper_that_wants_a_host_gives_way_to_what_it_wraps() -> None:
    proposals = found(plan_of("pip install .", "make test"), PYTHON, "", code="E5003")
    assert commands_of(proposals["other_test_command"])[-1] == "python -m pytest"


def test_second_test_command_that_cannot_run_is_exchanged_itself() -> None:
    plan = plan_of("pip install .", "python -m doctest README.md", "./check.sh", tests=2)
    proposals = found(plan, PYTHON, "bash: ./check.sh: No such file or directory", exit_code=127)
    assert commands_of(proposals["other_test_command"])[1:] == [
        "python -m doctest README.md", "python -m pip install pytest", "python -m pytest",
    ]  # fmt: skip


def test_what_cmake_built_is_tested_by_its_own_runner_though_a_make_file_stands_beside_it() -> None:
    files = {**CMAKE, "Makefile": "test:\n\t./a.out\n"}
    plan = assemble([])
    (first, *_) = recoveries(plan, Failure(None, code="E1003"), gather(FileTree.of(files)))
    assert commands_of(first)[-1] == "ctest --test-dir build --output-on-failure"


@pytest.mark.parametrize(
    ("commands", "configured"),
    [
        (
            ("cmake -S . -B build", "cmake --build build", "ctest --test-dir build"),
            "cmake -DWITH_TESTS=ON -S . -B build",
        ),
        (
            ("mkdir build && cd build && cmake ..", "make", "make test"),
            "mkdir build && cd build && cmake -DWITH_TESTS=ON ..",
        ),
    ],
)
def test_tests_that_are_off_by_default_are_built(commands: tuple[str, ...], configured: str) -> None:
    proposals = found(plan_of(*commands), CMAKE, "No tests were found!!!", code="E3005")
    assert commands_of(proposals["enable_tests"])[0] == configured


def test_tests_that_are_on_already_are_not_switched_on_again() -> None:
    plan = plan_of("cmake -DWITH_TESTS=ON .", "make", "ctest")
    assert "enable_tests" not in found(plan, CMAKE, "No tests were found!!!", code="E3005")


@pytest.mark.parametrize(
    ("output", "package"),
    [
        ("E       locale.Error: unsupported locale setting", "locales-all"),
        ("zoneinfo._common.ZoneInfoNotFoundError: 'No time zone found with key Europe/Paris'", "tzdata"),
    ],
)
def test_locales_and_time_zones_are_packages(output: str, package: str) -> None:
    needs = found(plan_of("pip install .", "pytest"), PYTHON, output)["add_packages"].packages
    assert needs is not None
    assert needs.names == (package,)


def test_pip_does_what_a_manager_of_projects_cannot() -> None:
    plan = plan_of("pdm install", "pdm run pytest -q")
    proposal = found(plan, PYTHON, "[AttributeError]: module 'x' has no attribute 'Y'", step=0, code="E2004")
    assert commands_of(proposal["without_manager"]) == [
        "python -m pip install .", "python -m pip install pytest", "pytest -q",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "left_out"), [("@org/eslint-config", True), ("tape", False), ("eslint-plugin-x", False)]
)
def test_tool_for_style_that_the_registry_does_not_have_is_left_out(name: str, left_out: bool) -> None:
    files = {"package.json": '{"name": "a", "devDependencies": {"@org/eslint-config": "^2", "tape": "^5"}}'}
    output = f"npm ERR! notarget No matching version found for {name}@^2.5.5."
    proposals = found(plan_of("npm install", "npm test"), files, output, step=0)
    assert ("without_style_tool" in proposals) is left_out
    if left_out:
        assert commands_of(proposals["without_style_tool"])[0] == f"npm pkg delete devDependencies.{name}"


@pytest.mark.parametrize(
    ("runner", "files", "command"),
    [
        ('"mocha": "^10"', {"test/a_test.js": "describe()"}, "npx mocha"),
        ('"ava": "^5"', {"test.js": "import test from 'ava'"}, "npx ava"),
        ('"eslint": "^8"', {"test/a.test.mjs": "import test from 'node:test'"}, "node --test"),
        ('"eslint": "^8"', {"test/a.js": "assert(1)"}, None),
        ('"mocha": "^10"', {"index.js": ""}, None),
    ],
)
def test_script_that_starts_a_file_which_is_not_there_gives_way_to_the_declared_runner(
    runner: str, files: dict[str, str], command: str | None
) -> None:
    package = f'{{"name": "a", "scripts": {{"test": "node gone.js"}}, "devDependencies": {{{runner}}}}}'
    output = "Error: Cannot find module '/build/checkout/gone.js'"
    proposals = found(plan_of("npm install", "npm test"), {"package.json": package, **files}, output)
    assert (commands_of(proposals["other_test_command"])[-1] if "other_test_command" in proposals else None) == command


@pytest.mark.parametrize(
    ("path", "text", "command"),
    [
        (
            "demo/test.py",
            "import unittest\nclass A(unittest.TestCase): pass\n",
            "python -m unittest discover -s demo -t .",
        ),
        (
            "src/demo/core/tests.py",
            "import unittest\nclass A(unittest.TestCase): pass\n",
            "python -m unittest discover -s src/demo/core -t src",
        ),
        ("demo/test.py", "def test(value): return value\n", None),
        ("demo/bench/test.py", "import unittest\nclass A(unittest.TestCase): pass\n", None),
    ],
)
def test_tests_in_a_file_beside_the_modules_are_found_by_what_it_holds(
    path: str, text: str, command: str | None
) -> None:
    beside = f"{path.rpartition('/')[0]}/__init__.py"
    evidence = gather(FileTree.of({"setup.py": "setup(name='demo')", "demo/__init__.py": "", beside: "", path: text}))
    assert [each.text for each in evidence.test_commands] == ([command] if command else [])


@pytest.mark.parametrize(
    ("before", "place"),
    [("pip install .", 2), ("apt-get install -y gcc", 0), (None, 0)],
)
def test_packages_are_installed_after_what_is_set_up_already_and_before_what_builds(
    before: str | None, place: int
) -> None:
    plan = plan_of("apt-get install -y gcc", "python3 -m venv venv && . venv/bin/activate", "pip install .", "pytest")
    failed = next((step.step_id for step in plan.steps if step.command == before), None)
    amended = with_packages(plan, Recovery("add_packages:x.h", "x.h is missing", before=failed), ["libx-dev"])
    assert amended.steps[place].command.endswith("libx-dev")
    assert [step.step_id for step in amended.steps if "libx" not in step.command] == [s.step_id for s in plan.steps]


def test_library_that_is_loaded_as_the_tests_run_is_installed_just_before_them() -> None:
    plan = plan_of("pip install .", "pytest")
    output = "ImportError: libstdc++.so.6: cannot open shared object file: No such file or directory"
    (recovery,) = [
        one for one in recoveries(plan, Failure(plan.steps[-1], output, 2), gather(FileTree.of(PYTHON))) if one.packages
    ]
    assert recovery.packages is not None
    assert recovery.packages.files[0] == "usr/lib/*-linux-gnu/libstdc++.so.6"
    amended = with_packages(plan, recovery, ["libstdc++6"])
    assert [step.command.split()[0] for step in amended.steps] == ["pip", "apt-get", "pytest"]


TARGET = {"CMakeLists.txt": "project(demo C)\nADD_CUSTOM_TARGET(test ./run.sh)\n", "a.c": "int main(void){return 0;}\n"}


@pytest.mark.parametrize(
    ("typed", "test"),
    [
        (("cmake -S . -B build", "cmake --build build"), "cmake --build build --target test"),
        (("mkdir build", "cd build", "cmake ..", "make"), "cmake --build . --target test"),
    ],
)
def test_a_target_for_tests_of_cmakes_own_is_built_where_the_plan_stands(typed: tuple[str, ...], test: str) -> None:
    failure = Failure(None, code="E3005")
    proposals = recoveries(plan_of(*typed, tests=0), failure, gather(FileTree.of(TARGET)))
    proposal = next(each for each in proposals if each.strategy_id.startswith("complete_plan"))
    assert commands_of(proposal)[-1] == test
