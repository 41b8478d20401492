"""From a failure to an amended plan: each rule once, with the sentence that the documents should hold."""

from __future__ import annotations

import pytest

from regrow.core.project.evidence import Evidence, gather
from regrow.core.project.file_tree import FileTree
from regrow.core.project.plan_steps import Draft, assemble, system_packages_of
from regrow.core.project.recovery import RULES, Failure, hides_fault, next_candidate, recoveries, with_packages
from regrow.protocols.plan import DocRef, Plan, StepPhase

PYPROJECT = (
    '[project]\nname = "demo"\nversion = "1.0"\n[project.optional-dependencies]\n'
    'test = ["pytest", "pytest-cov"]\n[build-system]\nrequires = []\n'
)
PYTHON = {"pyproject.toml": PYPROJECT, "demo/__init__.py": "", "tests/test_demo.py": "import pytest\nimport yaml\n"}


def evidence_of(**more: str) -> Evidence:
    return gather(FileTree.of({**PYTHON, **{name.replace("_DOT_", "."): text for name, text in more.items()}}))


def plan_of(*commands: str) -> Plan:
    """The last command is the test."""
    drafts = [Draft(command, "documented", StepPhase.INSTALL) for command in commands[:-1]]
    return assemble([*drafts, Draft(commands[-1], "documented", StepPhase.TEST, counts_tests=True)])


def after(plan: Plan, output: str, evidence: Evidence, step: int = -1, exit_code: int = 1) -> list[str]:
    amended = next_candidate(plan, [Failure(plan.steps[step], output, exit_code)], evidence)
    return [s.command for s in amended.steps] if amended else []


def test_missing_runner_is_installed_as_the_project_declares_it() -> None:
    commands = after(
        plan_of("pip install .", "pytest"), "bash: pytest: command not found", evidence_of(), exit_code=127
    )
    assert commands == ["pip install .", "python -m pip install '.[test]'", "pytest"]


def test_missing_runner_that_nothing_declares_is_installed_alone() -> None:
    evidence = gather(FileTree.of({"setup.py": "setup(name='demo')", "test_demo.py": "def test_a(): pass\n"}))
    assert after(plan_of("pip install .", "pytest"), "bash: pytest: command not found", evidence) == [
        "pip install .", "python -m pip install pytest", "pytest",
    ]  # fmt: skip


def test_module_that_the_tests_import_is_installed_and_one_that_nobody_names_is_not() -> None:
    plan = plan_of("pip install .", "pytest")
    assert "python -m pip install pyyaml" in after(plan, "ModuleNotFoundError: No module named 'yaml'", evidence_of())
    assert not any("pip install evil" in command for command in after(plan, "No module named 'evil'", evidence_of()))


def test_released_copy_gives_way_to_the_checkout() -> None:
    plan = plan_of("pip install demo", "pytest")
    (proposal, *_) = recoveries(plan, Failure(None, code="E3007"), evidence_of())
    assert proposal.plan is not None
    assert [s.command for s in proposal.plan.steps] == ["python -m pip install .", "pytest"]
    assert proposal.plan.all_deviations[0].sentence == "To install from a checkout: `python -m pip install .`."


def test_plan_without_tests_is_completed_from_the_projects_own_files() -> None:
    plan = assemble([Draft("pip install demo", "documented", StepPhase.INSTALL)])
    amended = next_candidate(plan, [Failure(None, code="E3005")], evidence_of())
    assert amended is not None
    assert [s.command for s in amended.steps] == [
        "python -m pip install '.[test]'",
        "python -m pytest",
    ]
    assert not amended.literal
    assert all(s.deviation and s.deviation.sentence and s.ref for s in amended.steps)


@pytest.mark.parametrize(
    ("files", "commands"),
    [
        ({"configure": "", "Makefile.am": "TESTS = a\n"}, ["./configure", "make", "make check"]),
        ({"configure.ac": "", "Makefile.am": "TESTS = a\n"}, ["autoreconf -fi", "./configure", "make", "make check"]),
        (
            {"CMakeLists.txt": "enable_testing()\n"},
            ["cmake -S . -B build", "cmake --build build", "ctest --test-dir build --output-on-failure"],
        ),
        (
            {"meson.build": "project('x', 'c')\ntest('a', b)\n"},
            ["meson setup build", "meson compile -C build", "meson test -C build"],
        ),
        ({"Makefile": "all:\n\tcc a.c\ntest: all\n\t./a\n"}, ["make", "make test"]),
    ],
)
def test_project_in_c_is_completed_by_its_recipe(files: dict[str, str], commands: list[str]) -> None:
    amended = next_candidate(assemble([]), [Failure(None, code="E3005")], gather(FileTree.of({"a.c": "", **files})))
    assert amended is not None
    assert [s.command for s in amended.steps] == commands


def test_node_project_is_completed_by_its_script() -> None:
    evidence = gather(FileTree.of({"package.json": '{"name": "demo", "scripts": {"test": "tape"}}'}))
    amended = next_candidate(assemble([]), [Failure(None, code="E3005")], evidence)
    assert amended is not None
    assert [s.command for s in amended.steps] == ["npm install", "npm test"]


@pytest.mark.parametrize(
    ("output", "names", "files"),
    [
        ("a.c:1: fatal error: zlib.h: No such file or directory", (), ("*/include/zlib.h", "*/include/*/zlib.h")),
        ("No package 'libxml-2.0' found", (), ("*/pkgconfig/libxml-2.0.pc",)),
        ("/usr/bin/ld: cannot find -lpq", (), ("*/libpq.so",)),
        ("bash: autoreconf: command not found", (), ("usr/bin/autoreconf", "usr/sbin/autoreconf", "bin/autoreconf")),
        ("no acceptable C compiler found", ("build-essential", "pkg-config", "python3-dev"), ()),
    ],
)
def test_what_the_system_lacks_is_asked_for_by_the_tools_own_words(
    output: str, names: tuple[str, ...], files: tuple[str, ...]
) -> None:
    plan = plan_of("pip install .", "pytest")
    found = [r for r in recoveries(plan, Failure(plan.steps[0], output, 1), evidence_of()) if r.packages]
    assert found[0].packages is not None
    assert (found[0].packages.names, found[0].packages.files) == (names, files)
    amended = with_packages(plan, found[0], ["zlib1g-dev"])
    assert system_packages_of(amended.steps[0].command) == ("zlib1g-dev",)
    assert amended.steps[0].network
    assert "zlib1g-dev" in amended.all_deviations[0].sentence


def test_network_error_is_retried_with_growing_waits_and_then_no_more() -> None:
    plan = plan_of("pip install .", "pytest")
    failure = Failure(plan.steps[0], "Could not resolve host: x", 1)
    tried: list[str] = []
    waits = []
    while found := [r for r in recoveries(plan, failure, evidence_of(), tried) if r.strategy_id.startswith("retry")]:
        waits.append(found[0].delay_s)
        tried.append(found[0].strategy_id)
        assert found[0].plan == plan
    assert waits == sorted(waits)
    assert len(waits) == 3


def test_matrix_of_interpreters_becomes_the_one_at_hand_and_then_the_inner_command() -> None:
    evidence = evidence_of(tox_DOT_ini="[testenv]\ndeps = pytest\ncommands = pytest {posargs:tests}\n")
    plan = plan_of("pip install tox", "tox")
    found = recoveries(
        plan, Failure(plan.steps[1], "could not find python interpreter with spec(s): py27", 1), evidence
    )
    last = {r.strategy_id.partition(":")[0]: [s.command for s in r.plan.steps] for r in found if r.plan}
    assert last["this_interpreter"] == ["pip install tox", "tox -e py"]
    assert last["inner_command"][-1] == "pytest tests"


def test_script_of_another_era_becomes_an_installation_by_pip() -> None:
    commands = after(
        plan_of("python setup.py install", "pytest"),
        "ModuleNotFoundError: No module named 'setuptools'",
        evidence_of(),
        step=0,
    )
    assert commands == ["python -m pip install .", "pytest"]


def test_use_2to3_gets_an_old_setuptools_without_isolation() -> None:
    commands = after(
        plan_of("pip install .", "pytest"), "error in demo setup command: use_2to3 is invalid.", evidence_of(), step=0
    )
    assert commands == ["python -m pip install 'setuptools<58' wheel", "pip install --no-build-isolation .", "pytest"]


def test_steps_that_a_recovery_leaves_alone_keep_their_ids() -> None:
    plan = plan_of("pip install .", "pytest")
    amended = next_candidate(plan, [Failure(plan.steps[1], "pytest: command not found", 127)], evidence_of())
    assert amended is not None
    assert {s.step_id for s in plan.steps} < {s.step_id for s in amended.steps}


def test_nothing_that_was_tried_is_proposed_again_and_the_search_ends() -> None:
    plan = plan_of("pip install .", "pytest")
    failure = Failure(plan.steps[1], "pytest: command not found", 127)
    tried: list[str] = []
    while found := recoveries(plan, failure, evidence_of(), tried):
        assert found[0].strategy_id not in tried
        tried.append(found[0].strategy_id)
        assert len(tried) < 30


def test_failing_test_alone_is_not_repaired() -> None:
    plan = plan_of("pip install .", "pytest")
    assert (
        recoveries(plan, Failure(plan.steps[1], "===== 1 failed, 2 passed in 0.1s =====", 1, "E3001"), evidence_of())
        == ()
    )


@pytest.mark.parametrize(
    "command",
    [
        "pytest || true",
        "pytest --deselect a",
        "pytest; true",
        "pytest -W ignore",
        "pytest --ignore=tests/a.py",
        "pytest -k 'not slow'",
    ],
)
def test_what_hides_a_fault_is_recognised(command: str) -> None:
    assert hides_fault(command)


def test_every_rule_answers_to_something() -> None:
    assert all(rule.signs or rule.codes for rule in RULES)
    assert len({rule.strategy_id for rule in RULES}) == len(RULES)


def test_manager_of_environments_is_installed_beside_them() -> None:
    plan = plan_of("uv venv", "uv pip install -e .", "uv run pytest")
    first, *_ = after(plan, "/bin/bash: line 34: uv: command not found", evidence_of(), step=0, exit_code=127)
    assert first.endswith('pip install uv && export PATH="$PATH:$HOME/tools/bin"')
    assert "activate" not in first


@pytest.mark.parametrize(
    ("command", "output", "fills"),
    [
        ("poetry run pytest -q tests", "Command not found: pytest", "poetry install"),
        ("poetry run python -m pytest", "/build/checkout/.venv/bin/python: No module named pytest", "poetry install"),
        ("pdm run pytest", "[PdmUsageError]: Command 'pytest' is not found in your PATH.", "pdm install"),
        ("pipenv run pytest", "Error: the command pytest could not be found within PATH", "pipenv install --dev"),
    ],
)
def test_environment_that_a_manager_runs_in_is_filled_by_it(command: str, output: str, fills: str) -> None:
    plan = plan_of("pip install poetry", command)
    proposal = next(iter(recoveries(plan, Failure(plan.steps[-1], output, 1), evidence_of())))
    assert proposal.plan is not None
    assert [step.command for step in proposal.plan.steps] == ["pip install poetry", fills, command]
    assert proposal.plan.steps[1].network
    assert proposal.plan.all_deviations[0].sentence == f"Before `{command}`: `{fills}`."


@pytest.mark.parametrize(
    ("install", "output"),
    [("poetry install", "Command not found: pytest"), ("pip install .", "bash: line 1: poetry: command not found")],
)
def test_environment_is_not_filled_twice_nor_without_its_manager(install: str, output: str) -> None:
    plan = plan_of(install, "poetry run pytest")
    found = recoveries(plan, Failure(plan.steps[-1], output, 127), evidence_of())
    assert not any(each.strategy_id.startswith("manager_install") for each in found)


def test_missing_requirements_file_gives_way_to_the_runner_that_the_tests_import() -> None:
    evidence = gather(FileTree.of({"setup.py": "setup(name='demo')", "test_demo.py": "import pytest\n"}))
    output = "ERROR: Could not open requirements file: [Errno 2] No such file or directory: 'tests/requirements.txt'"
    plan = plan_of("pip install -r tests/requirements.txt", "pip install -e .", "pytest")
    assert after(plan, output, evidence, step=0) == ["python -m pip install pytest", "pip install -e .", "pytest"]


def test_deviation_corrects_the_sentence_of_the_documents_and_not_a_file_of_the_project() -> None:
    said = DocRef(file="README.md", line=7, end_line=7, text="pip install demo")
    documented = assemble(
        [
            Draft("pip install demo", "documented", StepPhase.INSTALL, said),
            Draft("pytest", "documented", StepPhase.TEST, counts_tests=True),
        ]
    )
    checkout = next_candidate(documented, [Failure(None, code="E3007")], evidence_of())
    assert checkout is not None
    editable = next_candidate(checkout, [Failure(None, code="E3007")], evidence_of())
    assert editable is not None
    assert [s.command for s in editable.steps] == ["python -m pip install -e .", "pytest"]
    assert [one.corrects for one in editable.all_deviations] == [said]


@pytest.mark.parametrize(
    ("names", "command"),
    [
        (("ansi_test.py", "win_test.py"), "python -m unittest discover -s demo/tests -t . -p '*_test.py'"),
        (("test_a.py", "test_b.py"), "python -m unittest discover -s demo/tests -t ."),
        (("AnsiTest.py",), "python -m unittest discover -s demo/tests -t . -p '*Test.py'"),
    ],
)
def test_unittest_is_told_how_the_test_files_are_named(names: tuple[str, ...], command: str) -> None:
    files = {f"demo/tests/{name}": "import unittest\n" for name in (*names, "__init__.py")}
    found = gather(FileTree.of({"setup.py": "setup(name='demo')", "demo/__init__.py": "", **files}))
    assert [each.text for each in found.test_commands] == [command]


def test_start_folder_that_is_no_package_is_given_no_top_folder() -> None:
    found = gather(FileTree.of({"setup.py": "setup(name='demo')", "tests/test_a.py": "import unittest\n"}))
    assert [each.text for each in found.test_commands] == ["python -m unittest discover -s tests"]
