"""What is left out of a plan is named with its reason, and what a reader cannot pass by is required."""

from __future__ import annotations

import pytest

from regrow.actors.builder.plan_making import make_plan
from regrow.actors.doc_analyzer import analyze
from regrow.core.project.evidence import gather
from regrow.core.project.file_tree import FileTree
from regrow.protocols.plan import DeviationKind, LeftOutCommand, Plan

PYTHON = {
    "pyproject.toml": '[project]\nname = "demo"\n[build-system]\nrequires = []\n',
    "demo/__init__.py": "",
    "tests/test_demo.py": "import pytest\n",
}


def plan_of(readme: str) -> Plan:
    tree = FileTree.of({"README.md": readme, **PYTHON})
    return make_plan(analyze(tree), gather(tree))


def between(line: str, language: str = "sh") -> str:
    """A document whose way to build holds one more line."""
    return f"# D\n\n## Install\n\n```{language}\n{line}\npip install .\n```\n\n## Test\n\n```sh\npytest\n```\n"


def the_one(plan: Plan) -> LeftOutCommand:
    (command,) = plan.left_out
    return command


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("pip install <YOUR_PACKAGE>", "placeholder"),
        ("export API_KEY=...your key...", "placeholder"),
        ("export API_KEY=<your key>", "placeholder"),
        ('export TOKEN="your token here"', "placeholder"),
        ("export TOKEN=changeme", "placeholder"),
        ("export TOKEN=sk-...", "placeholder"),
        ("cp config.example path/to/config", "placeholder"),
        ('read -p "name? " x', "asks_for_input"),
        ("vim settings.py", "asks_for_input"),
        ("ssh-keygen", "asks_for_input"),
        ("sleep 100000", "never_ends"),
        ("sleep infinity", "never_ends"),
        ("tail -f build.log", "never_ends"),
        ("python -m http.server", "never_ends"),
        ("npm start", "never_ends"),
        ("flask run", "never_ends"),
        ("while true; do date; done", "never_ends"),
        ("docker compose up -d db", "needs_a_container"),
    ],
)
def test_command_that_cannot_be_passed_by_is_required_and_a_deviation(line: str, reason: str) -> None:
    plan = plan_of(between(line))
    assert (the_one(plan).text, the_one(plan).reason.value) == (line, reason)
    assert (the_one(plan).ref.file, the_one(plan).ref.line) == ("README.md", 6)
    assert (the_one(plan).in_path, the_one(plan).required) == (True, True)
    (deviation,) = plan.deviations
    assert deviation.kind is DeviationKind.SKIPPED_STEP
    assert deviation.corrects == the_one(plan).ref
    assert line in deviation.sentence
    assert reason in deviation.description
    assert not plan.literal


@pytest.mark.parametrize("line", ['read -p "name? " x', "sleep 100000", "tail -f build.log"])
def test_block_without_a_language_holds_them_too(line: str) -> None:
    assert the_one(plan_of(between(line, ""))).required


@pytest.mark.parametrize("line", ["sleep 5", "tail -n 3 README.md", "for i in 1 2; do date; done"])
def test_pause_and_look_that_end_are_no_fault(line: str) -> None:
    plan = plan_of(between(line))
    assert plan.literal
    assert not any(command.required for command in plan.left_out)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("git clone https://example.org/YOUR_USERNAME/demo.git", "placeholder"),
        ("git clone https://example.org/demo.git", "already_there"),
        ("git checkout -b <branch>", "placeholder"),
        ("cd path/to/demo", "placeholder"),
        ("virtualenv <env>", "placeholder"),
        ("brew install zlib", "not_for_this_system"),
        ("./demo [options] FILE", "usage_example"),
        ("npm init", "asks_for_input"),
        ("ruff check --select <rule>", "placeholder"),
    ],
)
def test_command_that_neither_builds_nor_tests_is_named_and_no_deviation(line: str, reason: str) -> None:
    plan = plan_of(between(line))
    assert (the_one(plan).reason.value, the_one(plan).required) == (reason, False)
    assert plan.literal


@pytest.mark.parametrize(
    "addition",
    [
        "## Usage\n\n```sh\ndemo run <file>\nflask run\n```\n",
        "## Publishing\n\n```sh\nexport TWINE_PASSWORD=<token>\ntwine upload dist/*\n```\n",
        "## Test\n\nOne test alone:\n\n```sh\npytest tests/<file>.py\n```\n",
        "## Configuration\n\n```sh\nexport API_KEY=<key>\n```\n",
    ],
)
def test_use_examples_and_publishing_do_not_spoil_a_pass(addition: str) -> None:
    plan = plan_of(f"# D\n\n## Install\n\n```sh\npip install .\n```\n\n## Test\n\n```sh\npytest\n```\n\n{addition}")
    assert plan.literal
    assert plan.left_out


def test_other_way_with_a_placeholder_is_no_deviation() -> None:
    text = (
        "# D\n\n## Install\n\n```sh\npip install .\n```\n\nOr with a proxy of your own:\n\n"
        "```sh\npip install --proxy <address> demo\n```\n\n## Test\n\n```sh\npytest\n```\n"
    )
    assert plan_of(text).literal


def test_server_at_the_end_shows_the_project_in_use_and_one_before_a_step_does_not() -> None:
    block = "# D\n\n## Develop\n\n```sh\n{}\n```\n"
    assert plan_of(block.format("pip install .\npytest\nflask run")).literal
    assert not plan_of(block.format("pip install .\nflask run\npytest")).literal


def test_set_up_of_another_section_before_the_tests_is_required() -> None:
    text = "# D\n\n## Setup\n\n```sh\nexport DB=<your database>\n```\n\n## Test\n\n```sh\npip install .\npytest\n```\n"
    assert the_one(plan_of(text)).required


def test_documents_that_the_plan_does_not_follow_are_not_listed() -> None:
    tree = FileTree.of(
        {"README.md": between("date"), "docs/tutorial.md": "# T\n\n```sh\nexport KEY=<key>\n```\n", **PYTHON}
    )
    plan = make_plan(analyze(tree), gather(tree))
    assert {command.ref.file for command in plan.left_out} <= {"README.md"}


WITH_UV = (
    "# D\n\n## Install\n\n```sh\n{maker}\n. .venv/bin/activate\n```\n\nWithout uv:\n\n```sh\npip install -e .\n```\n"
)


@pytest.mark.parametrize("maker", ["uv sync", "uv sync --python=3.13 && uv pip list", "pdm install"])
def test_environment_whose_maker_is_left_out_is_not_entered(maker: str) -> None:
    plan = plan_of(WITH_UV.format(maker=maker) + "\n## Test\n\n```sh\npytest\n```\n")
    assert [step.command for step in plan.steps if step.ref is not None] == ["pip install -e .", "pytest"]
    left = {command.text: command for command in plan.left_out}
    assert left[". .venv/bin/activate"].reason is left[maker].reason
    assert left[". .venv/bin/activate"].detail == f"enters the environment of '{maker}', which is left out"
    assert plan.literal


def test_way_into_an_environment_is_no_other_way_to_test() -> None:
    text = WITH_UV.format(maker="uv sync") + "\n## Test\n\n```sh\npytest\n```\n\nOr:\n\n```sh\nuv run pytest\n```\n"
    assert [each.step.command for each in plan_of(text).candidates] == ["uv run pytest"]


@pytest.mark.parametrize(
    "maker",
    ["python3 -m venv .venv", "virtualenv -p python3 ./.venv", "uv venv", "python -m virtualenv .venv/", "make venv"],
)
def test_environment_that_is_made_or_that_nothing_is_known_to_make_is_entered(maker: str) -> None:
    plan = plan_of(WITH_UV.format(maker=maker) + "\n## Test\n\n```sh\npytest\n```\n")
    assert ". .venv/bin/activate" in [step.command for step in plan.steps]


def test_environment_of_the_same_line_is_entered() -> None:
    line = "python3 -m venv env && . env/bin/activate"
    assert line in [step.command for step in plan_of(between(line)).steps]


def test_placeholder_that_overrides_what_is_found_by_itself_is_by_choice() -> None:
    lead = "There are also variables to allow overriding the tool:"
    readme = between("pip install -e .").replace(
        "\n## Test", f"\n{lead}\n\n```sh\nenv TOOL=/path/to/tool make\n```\n\n## Test"
    )
    command = next(each for each in plan_of(readme).left_out if "TOOL" in each.text)
    assert (command.reason.value, command.required) == ("placeholder", False)
    asked = plan_of(readme.replace(lead, "Before you test, name the tool:"))
    assert next(each for each in asked.left_out if "TOOL" in each.text).required


def test_interpreter_to_play_with_is_no_part_of_the_way_to_the_tests() -> None:
    play = "You can then launch Python to test your changes.\n\n```sh\nvenv/bin/python\n```\n"
    made = "```sh\npython -m venv venv\nvenv/bin/pip install -e .\n```\n"
    plan = plan_of(f"# D\n\n## Set up\n\n{made}\n{play}\n## Test\n\n```sh\nvenv/bin/pytest\n```\n")
    assert [(each.text, each.required) for each in plan.left_out] == [("venv/bin/python", False)]


def test_bare_name_of_what_makes_an_environment_is_not_typed() -> None:
    lead = "Create an environment (e.g. with `virtualenv`):"
    plan = plan_of(f"# D\n\n## Test\n\n{lead}\n\n```sh\nvirtualenv .env && source .env/bin/activate\npytest\n```\n")
    assert [each.text for each in plan.left_out] == ["virtualenv"]
    assert "virtualenv .env && source .env/bin/activate" in [step.command for step in plan.steps]


def test_what_runs_the_tests_is_installed_as_another_section_says_though_nothing_installs_the_checkout() -> None:
    install = "python3 -m venv .venv\n. .venv/bin/activate\npip install pytest"
    plan = plan_of(f"# D\n\n## Install\n\n```sh\n{install}\n```\n\n## Tests\n\n```sh\npytest\n```\n")
    assert plan.left_out == ()
    assert [step.command for step in plan.steps][-4:] == [*install.split("\n"), "pytest"]
