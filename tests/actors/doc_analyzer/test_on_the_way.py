"""What the documents ask for on the way to the tests is typed, and what belongs to another project or way is not."""

from __future__ import annotations

import pytest

from regrow.actors.builder.plan_making import make_plan, nothing_said
from regrow.actors.doc_analyzer import analyze
from regrow.core.project.evidence import gather
from regrow.core.project.file_tree import FileTree
from regrow.protocols.plan import Plan

PYTHON = {
    "pyproject.toml": '[project]\nname = "demo"\n[build-system]\nrequires = []\n',
    "demo/__init__.py": "",
    "make_data.py": "",
    "serve.py": "",
    "tests/test_demo.py": "import pytest\n",
}
NATIVE = {"Makefile": "check:\n\ttrue\n", "t.c": ""}


def plan_of(readme: str, files: dict[str, str] = PYTHON, name: str = "README.md") -> Plan:
    tree = FileTree.of({name: readme, **files})
    return make_plan(analyze(tree), gather(tree))


def typed(plan: Plan) -> list[str]:
    return [step.command for step in plan.steps if step.ref is not None]


def block(*lines: str) -> str:
    return "```sh\n" + "\n".join(lines) + "\n```\n"


INSTALL = "# D\n\n## Install\n\n" + block("pip install .") + "\n"
TEST = "\n## Test\n\n" + block("pytest")


@pytest.mark.parametrize(
    ("between", "command"),
    [
        ("Create the data first:\n\n" + block("python make_data.py"), "python make_data.py"),
        ("## Prepare\n\nBefore you run the tests, make it with `python make_data.py`.\n", "python make_data.py"),
        ("## Prepare\n\nBefore running the tests, create it with `python make_data.py`.\n", "python make_data.py"),
        ("## Usage\n\n" + block("python make_data.py"), "python make_data.py"),
        ("## Configure\n\nThe tests need the path:\n\n" + block("export DATA=data"), "export DATA=data"),
        ("## Setup\n\n" + block("cp config.example config"), "cp config.example config"),
        ("Before testing, fill the cache:\n\n" + block("demo fill"), "demo fill"),
        (block("pip install -r requirments.txt"), "pip install -r requirments.txt"),
    ],
)
def test_preparation_above_the_tests_is_typed(between: str, command: str) -> None:
    plan = plan_of(INSTALL + between + TEST)
    assert typed(plan) == ["pip install .", command, "pytest"]
    assert plan.literal


@pytest.mark.parametrize(
    "between",
    [
        "## Usage\n\n" + block("demo run", "python serve.py"),
        "Optionally, create samples:\n\n" + block("python samples.py"),
        "For example, set another folder:\n\n" + block("export DATA=other"),
        "## Benchmarks\n\n" + block("export RUNS=3"),
        "## Configuration\n\n" + block("export COLOUR=1"),
    ],
)
def test_use_options_and_examples_are_not(between: str) -> None:
    assert typed(plan_of(INSTALL + between + TEST)) == ["pip install .", "pytest"]


def test_installation_from_a_file_that_is_not_there_is_typed_when_it_is_the_only_one() -> None:
    text = "# D\n\n## Install\n\n" + block("pip install -r requirments.txt") + TEST
    assert typed(plan_of(text)) == ["pip install -r requirments.txt", "pytest"]


def test_what_prepares_another_way_is_left_out_with_that_way() -> None:
    text = INSTALL + "## Test\n\n" + block("pytest") + "\nOr:\n\n" + block("pip install tox", "tox")
    plan = plan_of(text)
    assert typed(plan) == ["pip install .", "pytest"]
    assert {each.text: (each.reason.value, each.detail) for each in plan.left_out}["pip install tox"] == (
        "alternative_of",
        "prepares 'tox', which is left out",
    )


@pytest.mark.parametrize(
    ("words", "line", "required"),
    [
        ("Have a look:", "flask run", False),
        ("Start the server:", "python serve.py", False),
        ("Set your key:", "demo login --token <your key>", True),
        ("Use it:", "demo login --token <your key>", False),
    ],
)
def test_what_the_tests_need_and_cannot_be_done_is_required(words: str, line: str, required: bool) -> None:
    plan = plan_of(INSTALL + f"{words}\n\n" + block(line) + TEST)
    assert [(each.text, each.required) for each in plan.left_out] == [(line, required)]
    assert plan.literal is not required


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("Start the server, the tests talk to it:", "python serve.py &"),
        ("The tests need a server:", "flask run --port 5001"),
        ("Start it:", "python serve.py &"),
        ("Start the server in another terminal:", "python serve.py"),
    ],
)
def test_server_that_is_started_for_the_tests_is_kept_beside_them(words: str, line: str) -> None:
    plan = plan_of(INSTALL + f"{words}\n\n" + block(line) + TEST)
    assert [step.command for step in plan.steps if step.service] == [line.removesuffix("&").strip()]
    assert [step.port for step in plan.steps if step.service] == [5001 if "5001" in line else None]
    assert plan.steps[-1].counts_tests
    assert plan.left_out == ()
    assert plan.literal


def test_configure_that_nothing_makes_is_typed_as_it_is_written() -> None:
    text = "# D\n\n## Build\n\n" + block("./configure", "make") + "\n## Tests\n\n" + block("make check")
    assert typed(plan_of(text, NATIVE)) == ["./configure", "make", "make check"]


def test_line_that_only_makes_configure_comes_before_it() -> None:
    text = (
        "# D\n\n## Build\n\n" + block("./configure", "make", "make check") + "\nIn a repository make it first:\n\n"
        + block("autoreconf -i")
    )  # fmt: skip
    assert typed(plan_of(text, NATIVE)) == ["autoreconf -i", "./configure", "make", "make check"]


VCPKG = ("git clone https://example.org/Tool/vcpkg.git", "cd vcpkg", "./bootstrap-vcpkg.sh", "vcpkg install demo")


@pytest.mark.parametrize("words", ["With the vcpkg manager:", ""])
def test_clone_of_another_project_and_work_in_it_are_no_part_of_this_one(words: str) -> None:
    text = f"# demo\n\n## Build\n\n{words}\n\n" + block(*VCPKG) + "\nFrom source:\n\n" + block("make", "make check")
    plan = plan_of(text, NATIVE)
    assert typed(plan) == ["make", "make check"]
    assert {each.reason.value for each in plan.left_out} == {"other_subject"}


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("https://example.org/x/demo", "Demo"),
        ("git@example.org:x/python-demo.git", "Demo"),
        ("https://example.org/x/other", "Other"),
        ("https://example.org/x/unheard-of", "Demo"),
    ],
)
def test_clone_that_may_be_the_project_itself_is_already_there(address: str, title: str) -> None:
    folder = address.rpartition("/")[2].removesuffix(".git")
    lines = block(f"git clone {address}", f"cd {folder}", "pip install .", "pytest")
    plan = plan_of(f"# {title}\n\n## Develop\n\nGet the source:\n\n{lines}")
    assert typed(plan) == ["pip install .", "pytest"]
    assert {each.reason.value for each in plan.left_out} == {"already_there"}


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("You may want to test it:", "python -c 'import demo; demo.test()'"),
        ("Run the tests:", "demo-selftest --all"),
    ],
)
def test_documented_self_test_is_the_test(words: str, line: str) -> None:
    plan = plan_of(INSTALL + f"{words}\n\n" + block(line))
    assert [step.command for step in plan.steps if step.counts_tests] == [line]


def test_misspelt_test_command_is_typed_as_it_is_written() -> None:
    plan = plan_of(INSTALL + "## Test\n\n" + block("python -m unitest -v"))
    assert [(step.command, step.counts_tests) for step in plan.steps][-1] == ("python -m unitest -v", True)


def test_prompt_of_a_shell_behind_one_of_python_is_read() -> None:
    text = "demo\n====\n\nBuild\n-----\n\n   >>> $ pip install .\n\nTests\n-----\n\n   >>> $ pytest -v\n"
    assert typed(plan_of(text, name="README.rst")) == ["pip install .", "pytest -v"]


def test_documents_without_a_command_are_named() -> None:
    analysis = analyze(FileTree.of({"README.md": "# D\n\nThe package lies in `sub/`.\n"}))
    assert nothing_said(analysis).endswith("(read: README.md)")


@pytest.mark.parametrize(
    "body", ["## Test\n\n" + block("demo --version"), "To test it, type:\n\n" + block("frob --help")]
)
def test_try_of_the_program_is_no_suite(body: str) -> None:
    assert not any(step.counts_tests for step in plan_of(INSTALL + body).steps)


def test_script_of_the_reader_that_needs_what_a_pipe_makes_is_no_part_of_the_way() -> None:
    lines = "You reuse the data with every script that needs them:\n\n" + block("gunzip data.gz | script1.py")
    assert typed(plan_of(f"# D\n\n{lines}{TEST}")) == ["pytest"]


@pytest.mark.parametrize("title", ["Contribution to Documentation", "Working on the docs"])
def test_what_the_documents_themselves_need_is_no_part_of_the_way(title: str) -> None:
    text = f"# D\n\n## {title}\n\n" + block("pip install -r docs.txt") + TEST
    assert "pip install -r docs.txt" not in typed(plan_of(text))


def test_a_script_of_the_project_between_installing_and_testing_in_one_block_is_run() -> None:
    whole = "# D\n\n" + block("pip install -e .", "python serve.py", "pytest")
    assert typed(plan_of(whole)) == ["pip install -e .", "python serve.py", "pytest"]
    apart = "# D\n\n## Use\n\n" + block("python serve.py") + "\n## Test\n\n" + block("pip install -e .", "pytest")
    assert typed(plan_of(apart)) == ["pip install -e .", "pytest"]
    other = "# D\n\n" + block("pip install -e .", "python mine.py", "pytest")
    assert typed(plan_of(other)) == ["pip install -e .", "pytest"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["pip install build", "python -m build", "pip install dist/*.whl"], None),
        (["pip install .", "python -m build"], ["pip install ."]),
    ],
)
def test_archive_is_made_where_another_line_installs_it(lines: list[str], expected: list[str] | None) -> None:
    plan = plan_of("# D\n\n## Install from source\n\n" + block(*lines) + TEST)
    assert typed(plan) == [*(expected or lines), "pytest"]
