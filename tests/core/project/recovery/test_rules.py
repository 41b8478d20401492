"""Rules of recovery that look at what a step may do."""

from __future__ import annotations

import pytest

from regrow.core.project.evidence import Evidence, gather
from regrow.core.project.file_tree import FileTree
from regrow.core.project.plan_steps import Draft, added, assemble, phase_of
from regrow.core.project.recovery import Failure, NeedsSystemPackages, recoveries
from regrow.core.project.recovery.exchanging import with_exchanged
from regrow.core.project.recovery.forbidden import forbidden_edit
from regrow.protocols.plan import DeviationKind, Plan, StepPhase

OUTPUT = "npm ERR! code EAI_AGAIN\nnpm ERR! request failed, reason: getaddrinfo EAI_AGAIN index.example\n"


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return gather(FileTree.of({"package.json": '{"name": "a", "scripts": {"test": "tape", "posttest": "npx audit"}}'}))


@pytest.mark.parametrize(
    ("files", "given"),
    [
        ({"package.json": '{"name": "a", "version": "1.0", "scripts": {"test": "tape"}}'}, False),
        ({"pyproject.toml": '[project]\nname = "a"\nversion = "1.0"\n'}, True),
    ],
)
def test_version_is_given_to_the_build_of_a_python_project_only(files: dict[str, str], given: bool) -> None:
    plan = assemble([Draft("make", "documented", StepPhase.BUILD)])
    failure = Failure(plan.steps[0], "fatal: not a git repository (or any of the parent directories): .git", 128)
    found = recoveries(plan, failure, gather(FileTree.of(files)))
    assert any(each.strategy_id.startswith("given_version") for each in found) is given


@pytest.mark.parametrize(("number", "repeated"), [(0, True), (1, False)])
def test_a_step_is_repeated_for_the_network_only_when_it_has_one(
    evidence: Evidence, number: int, repeated: bool
) -> None:
    plan = assemble(
        [
            Draft("npm install", "documented", StepPhase.INSTALL),
            Draft("npm test", "documented", StepPhase.TEST, counts_tests=True),
        ]
    )
    assert plan.steps[number].network is repeated
    found = recoveries(plan, Failure(plan.steps[number], OUTPUT, 1), evidence)
    assert any(each.strategy_id.startswith("retry_network") for each in found) is repeated


CMAKE = {"CMakeLists.txt": "project(demo C)\n", "t.c": "int main(void){return 0;}\n"}
CONFIGURED = {"configure.ac": "AC_INIT\n", "autogen.sh": "autoreconf -i\n", "a.c": "int main(void){return 0;}\n"}


def c_plan(*commands: str) -> Plan:
    return assemble([Draft(command, "documented", phase_of(command), None, None) for command in commands])


@pytest.mark.parametrize(
    ("files", "commands", "failed", "output", "inserted"),
    [
        # A tool that is not installed is installed; a plan that configures in its own way is not given another.
        (CMAKE, ("mkdir build", "cd build", "cmake ..", "make"), 2, "bash: line 1: cmake: command not found", None),
        (
            CMAKE,
            ("mkdir build", "cd build", "cmake ..", "make"),
            3,
            "make: *** No targets specified and no makefile found.",
            None,
        ),
        (
            CMAKE,
            ("cd build", "make"),
            1,
            "make: *** No targets specified and no makefile found.",
            ("cmake -S . -B build", 0),
        ),
        (
            CONFIGURED,
            ("autoreconf -i", "make check"),
            1,
            "make: *** No rule to make target 'check'.  Stop.",
            ("./configure", 2),
        ),
        (
            CONFIGURED,
            ("./configure", "make"),
            0,
            "bash: line 1: ./configure: No such file or directory",
            ("sh ./autogen.sh", 0),
        ),
    ],
)
def test_what_makes_the_make_file_comes_first_only_where_nothing_does(
    files: dict[str, str], commands: tuple[str, ...], failed: int, output: str, inserted: tuple[str, int] | None
) -> None:
    plan = c_plan(*commands)
    found = recoveries(plan, Failure(plan.steps[failed], output, 127), gather(FileTree.of(files)))
    made = [one.plan for one in found if one.strategy_id.startswith("make_configure")]
    if inserted is None:
        assert not made
        return
    assert made[0] is not None
    assert made[0].steps[inserted[1]].command == inserted[0]


@pytest.mark.parametrize(
    ("setup", "packages"),
    [
        (
            "setup(ext_modules=[Extension('demo._speedups', ['a.c'])])\n",
            ("build-essential", "pkg-config", "python3-dev"),
        ),
        ("setup(name='demo')\n", None),
    ],
)
def test_part_that_was_left_out_of_the_build_is_built_with_a_compiler(
    setup: str, packages: tuple[str, ...] | None
) -> None:
    plan = assemble([Draft("pip install .", "documented", StepPhase.INSTALL)])
    found = recoveries(plan, Failure(None, code="E2011"), gather(FileTree.of({"setup.py": setup, "demo.py": ""})))
    assert [one.packages.names for one in found if one.packages] == ([packages] if packages else [])


APT_SAYS = "E2011 packages x cannot be had with apt (got E: Package 'python-dev' has no installation candidate | {})"


@pytest.mark.parametrize(
    ("command", "more", "instead", "exchanged"),
    [
        ("apt-get install -y python-dev gcc", "", {"python-dev": "python3-dev"}, "apt-get install -y python3-dev gcc"),
        (
            "sudo apt-get install python-dev=2.7.16 libssl1.1 python-dev-x",
            "E: Unable to locate package libssl1.1",
            {"python-dev": "python3-dev", "libssl1.1": "libssl3"},
            "sudo apt-get install python3-dev libssl3 python-dev-x",
        ),
        (
            "apt-get install -y python-dev python3-dev gcc",
            "",
            {"python-dev": "python3-dev"},
            "apt-get install -y python3-dev gcc",
        ),
    ],
)
def test_package_that_the_distribution_lacks_is_exchanged_in_the_documented_command(
    command: str, more: str, instead: dict[str, str], exchanged: str
) -> None:
    plan = assemble([Draft(command, "documented", StepPhase.SETUP), Draft("make check", "documented", StepPhase.TEST)])
    (found,) = recoveries(plan, Failure(plan.steps[0], APT_SAYS.format(more), 100, "E2004"), gather(FileTree.of({})))
    assert found.strategy_id == "exchange_packages:python-dev"
    assert found.packages == NeedsSystemPackages(instead_of=tuple(instead))
    changed = with_exchanged(plan, found, tuple(instead.items()))
    assert [step.command for step in changed.steps] == [exchanged, "make check"]
    assert forbidden_edit(plan, changed) == ""
    (deviation,) = changed.all_deviations
    assert deviation.kind is DeviationKind.CHANGED_COMMAND
    assert f"`{exchanged}`" in deviation.sentence
    assert "python3-dev in the place of python-dev" in deviation.sentence


def test_step_that_installs_what_a_recovery_added_is_not_exchanged() -> None:
    draft = Draft("apt-get install python-dev", "r", StepPhase.SETUP, None, added("add_packages", "d", "s"))
    plan = assemble([draft])
    assert recoveries(plan, Failure(plan.steps[0], APT_SAYS, 100, "E2004"), gather(FileTree.of({}))) == ()


HOLLOW = "ImportError: Failed to import test module: a\nAttributeError: module 'demo' has no attribute 'version'\n"


@pytest.mark.parametrize(
    ("build", "files", "passed", "installs"),
    [
        ("python setup.py build_ext", {"demo/lib.c": ""}, 0, True),
        ("python setup.py build_ext", {"demo/__init__.py": ""}, 0, False),  # it is there and lacks the attribute
        ("python setup.py build_ext", {"demo/lib.c": ""}, 3, False),  # others could use it
        ("pip install .", {"demo/lib.c": ""}, 0, False),
    ],
)
def test_module_that_is_built_and_not_installed_is_installed_before_tests_to_which_it_is_an_empty_folder(
    build: str, files: dict[str, str], passed: int, installs: bool
) -> None:
    setup = "setup(name='demo', version='1', ext_modules=[Extension('demo', ['demo/lib.c'])])\n"
    test = Draft("python -m unittest", "documented", StepPhase.TEST, counts_tests=True)
    plan = assemble([Draft(build, "documented", StepPhase.BUILD), test])
    failure = Failure(plan.steps[1], HOLLOW, 1, "E3001", tests_passed=passed)
    found = recoveries(plan, failure, gather(FileTree.of({"setup.py": setup, **files})))
    made = [one.plan.steps for one in found if one.strategy_id == "install_extension:demo" and one.plan]
    assert [step.command for steps in made for step in steps] == (
        [build, "python -m pip install .", "python -m unittest"] if installs else []
    )


HEAD = "> demo@1.0.0 {}\n> something\n\n"


@pytest.mark.parametrize(
    ("begun", "command"),
    [
        (("pretest", "test", "posttest"), "npm run pretest && npm test --ignore-scripts"),
        (("pretest", "lint"), "npm test --ignore-scripts"),
        (("test", "tests-only", "posttest", "audit"), "npm test --ignore-scripts"),
        (("pretest", "test"), None),  # The tests themselves failed.
        (("pretest", "test", "tests-only"), None),
    ],
)
def test_script_that_npm_began_last_is_the_one_that_is_left_out(begun: tuple[str, ...], command: str | None) -> None:
    plan = assemble([Draft("npm test", "documented", StepPhase.TEST, counts_tests=True)])
    failure = Failure(plan.steps[0], "".join(map(HEAD.format, begun)), 1)
    found = recoveries(plan, failure, gather(FileTree.of({"package.json": '{"name": "demo"}'})))
    plans = [one.plan for one in found if one.strategy_id.startswith("without_lifecycle")]
    if command is None:
        assert not plans
        return
    assert plans[0] is not None
    (deviation,) = plans[0].all_deviations
    assert plans[0].steps[0].command == command
    assert forbidden_edit(plan, plans[0]) == ""
    assert deviation.sentence.startswith(f"`{[name for name in begun if name.endswith('test')][-1]}` is not part")


def test_build_that_imports_the_project_gets_its_requirements_first() -> None:
    files = {
        "setup.py": "setup(name='demo', install_requires=['six', 'pytz>=2'])\n",
        "demo/__init__.py": "import six\n",
    }
    plan = assemble([Draft("python setup.py install", "documented", StepPhase.INSTALL)])
    failure = Failure(plan.steps[0], "AttributeError: module 'demo' has no attribute 'VERSION'", 1)
    (found,) = recoveries(plan, failure, gather(FileTree.of(files)))
    assert found.plan is not None
    assert [step.command for step in found.plan.steps] == [
        "python -m pip install six 'pytz>=2'",
        "python setup.py install",
    ]


@pytest.mark.parametrize(
    ("command", "output", "rest"),
    [
        ("./bootstrap-x.sh", "bash: line 34: ./bootstrap-x.sh: No such file or directory", ["make", "make check"]),
        ("make", "make: ./gen.sh: No such file or directory", None),
        ("./build.sh", "./build.sh: line 3: ./other: No such file or directory", None),
    ],
)
def test_documented_program_that_is_not_in_the_source_is_left_out_and_named(
    command: str, output: str, rest: list[str] | None
) -> None:
    plan = c_plan(command, *(each for each in ("make", "make check") if each != command))
    found = recoveries(
        plan, Failure(plan.steps[0], output, 127), gather(FileTree.of({"Makefile": "all:\n", "a.c": ""}))
    )
    plans = [one.plan for one in found if one.strategy_id.startswith("leave_out_absent")]
    assert [[step.command for step in one.steps] for one in plans if one] == ([rest] if rest else [])


WRAPPED = {
    "setup.py": "from setuptools import setup\nsetup(name='demo')\n",
    "Makefile": "test:\n\tuv run tox\n",
    "tests/test_demo.py": "import pytest\n",
    "tox.ini": "[testenv]\ncommands = pytest\n",
}


@pytest.mark.parametrize(("passed", "exchanged"), [(0, True), (3, False)])
def test_wrapper_that_would_download_something_gives_way_to_what_it_wraps(passed: int, exchanged: bool) -> None:
    plan = assemble([Draft("make test", "documented", StepPhase.TEST, counts_tests=True)])
    output = (
        "cause: failed to lookup address information: Temporary failure in name resolution\nmake: *** [test] Error 2\n"
    )
    failure = Failure(plan.steps[0], output, 2, code="E5003", tests_passed=passed)
    found = recoveries(plan, failure, gather(FileTree.of(WRAPPED)))
    assert any(each.strategy_id.startswith("other_test_command") for each in found) is exchanged


@pytest.mark.parametrize(
    ("commands", "failed", "asked"),
    [
        (("sh ./bootstrap", "./configure", "make"), 1, True),
        (("autoreconf -fi", "./configure", "make"), 1, True),
        (("./configure", "make"), 0, False),
        (("apt-get install -y autoconf automake libtool gettext autopoint", "sh ./bootstrap", "./configure"), 2, False),
    ],
)
def test_a_script_that_made_no_configure_and_ended_well_lacked_its_tools(
    commands: tuple[str, ...], failed: int, *, asked: bool
) -> None:
    plan = c_plan(*commands)
    output = "/bin/bash: line 34: ./configure: No such file or directory"
    files = {**CONFIGURED, "bootstrap": "autoreconf\n", "configure.ac": "AC_INIT\nAM_GNU_GETTEXT\ndnl GTK_DOC_CHECK\n"}
    found = recoveries(plan, Failure(plan.steps[failed], output, 127), gather(FileTree.of(files)))
    made = [one for one in found if one.strategy_id == "make_tools"]
    assert bool(made) is asked
    if asked:
        assert made[0].packages == NeedsSystemPackages(("autoconf", "automake", "libtool", "gettext", "autopoint"))
        assert made[0].before == plan.steps[0].step_id


@pytest.mark.parametrize(
    ("cmake", "option"),
    [
        (
            'cmake_dependent_option(DEMO_BUILD_TESTS\n  "Build the tests" OFF\n  "BUILD_TESTING" OFF)\n',
            "-DDEMO_BUILD_TESTS=ON",
        ),
        ('cmake_dependent_option(DEMO_BUILD_TESTS "Build the tests" ON "BUILD_TESTING" OFF)\n', ""),
    ],
)
def test_a_dependent_option_for_tests_is_found(cmake: str, option: str) -> None:
    assert gather(FileTree.of({"CMakeLists.txt": cmake, "a.c": ""})).test_option == option


@pytest.mark.parametrize(
    ("makefile", "command"),
    [
        ("OUTPUT := demotest\nall: ${OUTPUT}\n", "./demotest"),
        ("TARGET = testdemo\ncheck:\n\t./x\n", "make check"),
        ("OUTPUT := speedtest\n", None),
        ("OUTPUT := demo\n", None),
    ],
)
def test_a_make_file_that_makes_a_program_for_tests_is_followed_by_that_program(
    makefile: str, command: str | None
) -> None:
    commands = gather(FileTree.of({"Makefile": makefile, "a.c": ""})).test_commands
    assert [each.text for each in commands] == ([command] if command else [])


@pytest.mark.parametrize(
    ("output", "run"),
    [
        ("cc -c demo/test.c -o demo/test.o\ncc -O2 demo/test.o libdemo.a -o test\n", "./test"),
        ("cc -O2 demo/test.o libdemo.a -o test\n./test\nall is well\n", None),
        ("cc -O2 demo.o -o demo\n", None),
    ],
)
def test_a_program_that_a_target_only_makes_is_run(output: str, run: str | None) -> None:
    plan = assemble(
        [
            Draft("make", "documented", StepPhase.BUILD),
            Draft("make test", "documented", StepPhase.TEST, counts_tests=True),
        ]
    )
    files = {"Makefile": "test:\n", "a.c": ""}
    found = recoveries(plan, Failure(plan.steps[1], output, 0, "E3011"), gather(FileTree.of(files)))
    made = next((one.plan for one in found if one.strategy_id.startswith("made_program")), None)
    assert ([step.command for step in made.steps] if made else None) == (["make", "make test", run] if run else None)
