"""Documented test commands that are no alternatives of one another are all typed, in their order."""

from __future__ import annotations

import pytest

from regrow.actors.builder.plan_making import make_plan
from regrow.actors.doc_analyzer import analyze
from regrow.core.project.evidence import gather
from regrow.core.project.file_tree import FileTree
from regrow.protocols.plan import Plan

INSTALL = "# D\n\n## Install\n\n```sh\npip install .\n```\n\n## Test\n\n"
PYTHON = {
    "pyproject.toml": '[project]\nname = "demo"\n[build-system]\nrequires = []\n',
    "demo/__init__.py": "",
    "tests/test_demo.py": "import pytest\n",
    "packages/a/x.py": "",
    "run_tests.sh": "",
    "src/tests/selftest.py": "",
    "packages/b/x.py": "",
}


def plan_of(readme: str) -> Plan:
    tree = FileTree.of({"README.md": readme, **PYTHON})
    return make_plan(analyze(tree), gather(tree))


def suites(plan: Plan) -> list[str]:
    return [step.command for step in plan.steps if step.counts_tests]


def block(*lines: str) -> str:
    return "```sh\n" + "\n".join(lines) + "\n```\n"


UNIT, INTEGRATION = "python -m unittest tests.unit -v", "python -m unittest tests.integration -v"


@pytest.mark.parametrize(
    ("body", "commands"),
    [
        (block(UNIT, INTEGRATION), [UNIT, INTEGRATION]),
        (block("make check", "make check-slow"), ["make check", "make check-slow"]),
        (block("npm test", "npm run test:integration"), ["npm test", "npm run test:integration"]),
        (block("pytest", "npm test"), ["pytest", "npm test"]),
        (block("pytest tests/unit", "pytest tests/system"), ["pytest tests/unit", "pytest tests/system"]),
        (block("python test_a.py", "python test_b.py"), ["python test_a.py", "python test_b.py"]),
        (block("pytest") + "\nThen run the others too:\n\n" + block("./run_tests.sh"), ["pytest", "./run_tests.sh"]),
        (block("make check") + "\n## Slow tests\n\n" + block("make check-slow"), ["make check", "make check-slow"]),
        (block(UNIT) + "\n## Integration tests\n\n" + block(INTEGRATION), [UNIT, INTEGRATION]),
        ("Run `make check` and `make check-slow`.\n", ["make check", "make check-slow"]),
        ("- unit tests: `npm test`\n- slow tests: `npm run test:slow`\n", ["npm test", "npm run test:slow"]),
        (block("tox -e unit", "tox -e integration"), ["tox -e unit", "tox -e integration"]),
        (block("pytest", "pytest -m integration"), ["pytest", "pytest -m integration"]),
        (block("pytest", "DEMO_SLOW=1 pytest"), ["pytest", "DEMO_SLOW=1 pytest"]),
        (block("./unit.sh", "./slow.sh"), ["./unit.sh", "./slow.sh"]),
        (
            block("python -m unittest discover -s a", "python -m unittest discover -s b"),
            ["python -m unittest discover -s a", "python -m unittest discover -s b"],
        ),
        (
            block("(cd packages/a && make test)", "(cd packages/b && make test)"),
            ["(cd packages/a && make test)", "(cd packages/b && make test)"],
        ),
    ],
)
def test_suites_of_their_own_are_all_typed_in_order(body: str, commands: list[str]) -> None:
    plan = plan_of(INSTALL + body)
    assert suites(plan) == commands
    assert plan.literal
    assert not plan.candidates


@pytest.mark.parametrize(
    ("body", "left_out"),
    [
        (block("pytest") + "\nor\n\n" + block("tox"), "tox"),
        (block("pytest", "# or", "tox"), "tox"),
        ("Run `make test` or `make check-all`.\n", "make check-all"),
        (block("make test") + "\nAlternatively:\n\n" + block("python -m unittest"), "python -m unittest"),
        (block("pytest") + "\nWith tox:\n\n" + block("tox"), "tox"),
        (block("pytest") + "\nOne test:\n\n" + block("pytest tests/test_demo.py::test_x"), "pytest tests/test_demo.py::test_x"),
        (block("pytest", "pytest -k slow"), "pytest -k slow"),
        (block("pytest", "pytest tests/test_demo.py"), "pytest tests/test_demo.py"),
        (block("pytest", "pytest --cov=demo"), "pytest --cov=demo"),
        (block("make test", "make test-cov"), "make test-cov"),
        (block("make check", "make check-valgrind"), "make check-valgrind"),
        (block("pytest") + "\nVerbose:\n\n" + block("pytest -v"), "pytest -v"),
        (block("tox -e py311", "tox -e py312"), "tox -e py312"),
        (block("tox -e py311") + "\nOn all of them:\n\n" + block("tox -p auto"), "tox -p auto"),
        (block("tox") + "\nOne environment:\n\n" + block("tox -e py"), "tox -e py"),
        ("<details><summary>npm</summary>\n\n" + block("npm test") + "\n</details>\n<details><summary>yarn</summary>\n\n"
         + block("yarn test") + "\n</details>\n", "yarn test"),
    ],
)  # fmt: skip
def test_other_way_to_run_the_same_tests_is_no_second_suite(body: str, left_out: str) -> None:
    plan = plan_of(INSTALL + body)
    assert len(suites(plan)) == 1
    assert {each.text: each.reason.value for each in plan.left_out}.get(left_out) == "alternative_of"


@pytest.mark.parametrize(
    "body",
    [
        block("pytest", "tox"),  # one block, and nothing says whether both are meant
        block("make test") + "\n## More\n\n" + block("make test-posix"),
    ],
)
def test_command_that_may_run_other_tests_is_told_and_kept_as_candidate(body: str) -> None:
    plan = plan_of(INSTALL + body)
    (untold,) = [each for each in plan.left_out if each.reason.value == "other_tests"]
    assert [each.step.command for each in plan.candidates] == [untold.text]
    assert plan.literal


def test_each_package_is_installed_and_tested_in_its_own_folder() -> None:
    way = ("pip install -e .", "python -m unittest -v")
    plan = plan_of("# Mono\n\nIn each folder:\n\n" + block("cd packages/a", *way, "cd ../b", *way))
    assert [s.command for s in plan.steps if s.ref] == ["cd packages/a", *way, "cd ../b", *way]
    assert len(suites(plan)) == 2


def test_command_that_is_said_twice_in_one_folder_is_typed_once() -> None:
    plan = plan_of(INSTALL + block("pytest") + "\n## Contributing\n\n" + block("pytest"))
    assert suites(plan) == ["pytest"]
    assert [each.reason.value for each in plan.left_out] == ["said_before"]


def test_section_of_another_package_begins_at_the_root() -> None:
    way = ("pip install -e .", "pytest")
    text = "# Mono\n\n## a\n\n" + block("cd packages/a", *way) + "\n## b\n\n" + block("cd packages/b", *way)
    plan = plan_of(text)
    assert [s.command for s in plan.steps if s.ref] == [
        "cd packages/a",
        *way,
        "cd /build/checkout && cd packages/b",
        *way,
    ]
    assert "from the root" in next(s.reason for s in plan.steps if "/build/checkout" in s.command)
    assert plan.literal


def test_suite_of_another_language_does_not_take_the_place_of_the_installation() -> None:
    plan = plan_of(INSTALL + block("pytest") + "\nThe others:\n\n" + block("npm install", "npm test"))
    assert [s.command for s in plan.steps if s.ref] == ["pip install .", "pytest", "npm install", "npm test"]


def test_script_below_the_tests_is_named_when_nothing_tells_what_it_is() -> None:
    plan = plan_of(INSTALL + block("pytest", "python demo/__init__.py"))
    assert suites(plan) == ["pytest"]
    assert [each.reason.value for each in plan.left_out] == ["other_tests"]


def test_a_suite_whose_script_is_not_shipped_is_named_and_the_others_are_run() -> None:
    plan = plan_of(INSTALL + block("python -m pytest") + "\nThe rest of the tests:\n\n" + block("python selftest.py"))
    assert suites(plan) == ["python -m pytest"]
    assert [(each.text, each.reason.value) for each in plan.left_out] == [("python selftest.py", "not_in_the_source")]
    assert plan.literal


def test_the_only_suite_is_typed_though_its_script_is_not_shipped() -> None:
    assert suites(plan_of(INSTALL + block("python selftest.py"))) == ["python selftest.py"]


def test_a_release_that_was_built_beforehand_is_not_put_over_the_checkout() -> None:
    readme = "# D\n\n```sh\npip install .\n```\n\nOr a binary:\n\n```sh\npip install demo-binary\n```\n\n```sh\npytest\n```\n"
    plan = plan_of(readme)
    assert [step.command for step in plan.steps][1:] == ["pip install .", "pytest"]


def test_one_interpreter_of_many_is_not_the_suite() -> None:
    body = "Run `tox` from within your checkout. It tests all.\n\nTo run the tests for Python 2.x only:\n\n    $ tox py2-cover\n"
    assert suites(plan_of(INSTALL + body)) == ["tox"]


def test_make_that_is_called_another_way_to_test_is_no_build() -> None:
    readme = "# D\n\n## Test\n\nTo run the tests, run\n\n" + block("make test") + "\nor simply\n\n" + block("make")
    assert [step.command for step in plan_of(readme).steps if step.ref] == ["make test"]


def test_folder_of_the_projects_name_is_the_checkout_where_only_the_root_can_be_installed() -> None:
    body = INSTALL.partition("## Install")[0] + "## Test\n\n" + block("cd demo/", "pip install -e .", "pytest")
    assert [step.command for step in plan_of(body).steps if step.ref] == ["pip install -e .", "pytest"]
    moved = INSTALL.partition("## Install")[0] + "## Test\n\n" + block("pip install -e .", "cd demo/", "pytest")
    assert [step.command for step in plan_of(moved).steps if step.ref] == ["pip install -e .", "cd demo/", "pytest"]
