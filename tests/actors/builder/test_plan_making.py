"""The literal plan holds what the documents say, in order, each step with its sentence."""

from __future__ import annotations

import pytest

from regrow.actors.builder.plan_making import PREPARE_PYTHON, as_typed, make_plan, render_plan
from regrow.actors.doc_analyzer import analyze
from regrow.core.project.evidence import gather
from regrow.core.project.file_tree import FileTree
from regrow.protocols.plan import DeviationKind, DocAnalysis, Plan, StepPhase

PYTHON = {
    "pyproject.toml": '[project]\nname = "demo"\n[build-system]\nrequires = []\n',
    "demo/__init__.py": "",
    "tests/test_demo.py": "import pytest\n",
}


def plan_of(files: dict[str, str]) -> tuple[Plan, DocAnalysis]:
    tree = FileTree.of(files)
    analysis = analyze(tree)
    return make_plan(analysis, gather(tree)), analysis


def test_plan_is_literal_and_every_documented_step_names_its_line() -> None:
    plan, _ = plan_of({"README.md": "# D\n\n## Develop\n\n```sh\npip install -e .\npytest\n```\n", **PYTHON})
    assert plan.literal
    assert [(s.command, s.ref.line if s.ref else None, s.phase) for s in plan.steps] == [
        (PREPARE_PYTHON, None, StepPhase.SETUP),
        ("pip install -e .", 6, StepPhase.INSTALL),
        ("pytest", 7, StepPhase.TEST),
    ]
    assert [s.counts_tests for s in plan.steps] == [False, False, True]
    assert [s.network for s in plan.steps] == [False, True, False]


def test_preparation_is_left_out_when_the_documents_make_their_own_environment() -> None:
    readme = "# D\n\n## Develop\n\n```sh\npython -m venv v\n. v/bin/activate\npip install .\npytest\n```\n"
    plan, _ = plan_of({"README.md": readme, **PYTHON})
    assert [s.command for s in plan.steps] == ["python -m venv v", ". v/bin/activate", "pip install .", "pytest"]


def test_project_in_c_gets_no_environment() -> None:
    plan, _ = plan_of({"README": "Type:\n\n    ./configure\n    make\n    make check\n", "configure": "", "a.c": ""})
    assert [(s.command, s.phase) for s in plan.steps] == [
        ("./configure", StepPhase.BUILD),
        ("make", StepPhase.BUILD),
        ("make check", StepPhase.TEST),
    ]


def test_block_that_tests_before_it_installs_is_not_done_as_it_is_written() -> None:
    plan, _ = plan_of({"README.md": "# D\n\n```sh\npytest\n\n# for the tests\npip install . pytest\n```\n", **PYTHON})
    assert [s.command for s in plan.steps][1:] == ["pip install . pytest", "pytest"]
    assert not plan.literal
    deviation = plan.steps[1].deviation
    assert deviation is not None
    assert (deviation.kind, deviation.corrects.line if deviation.corrects else 0) == (DeviationKind.REORDERED, 4)
    assert deviation.description == "does 'pip install . pytest' before 'pytest', which stands above it"


@pytest.mark.parametrize(
    "readme",
    [
        "# D\n\n```sh\npip install . pytest\npytest\npip install build\n```\n",  # what it needs stands before it
        "# D\n\n## Tests\n\n```sh\npytest\n```\n\n## Installation\n\n```sh\npip install . pytest\n```\n",
        "# D\n\n```sh\npip install . pytest\npytest\n```\n",
    ],
)
def test_sections_in_another_order_and_later_installations_are_no_fault(readme: str) -> None:
    plan, _ = plan_of({"README.md": readme, **PYTHON})
    assert plan.literal
    assert plan.steps[-1].command == "pytest"


def test_installation_that_another_document_names_comes_before_the_tests() -> None:
    files = {
        "README.md": "# D\n\n## Tests\n\n```sh\npytest\n```\n",
        "CONTRIBUTING.md": "# C\n\n```sh\npip install .\n```\n",
        **PYTHON,
    }
    plan, _ = plan_of(files)
    assert [s.command for s in plan.steps][1:] == ["pip install .", "pytest"]


def test_wrapper_that_makes_its_environment_at_test_time_may_use_the_network() -> None:
    plan, _ = plan_of({"README.md": "# D\n\n## Tests\n\n```sh\npip install tox\ntox\n```\n", **PYTHON})
    assert [(s.command, s.network) for s in plan.steps if s.counts_tests] == [("tox", True)]


def test_other_documented_test_commands_are_literal_candidates() -> None:
    plan, _ = plan_of(
        {"README.md": "# D\n\n## Tests\n\n```sh\npip install .\npytest\n```\n\nor\n\n```sh\ntox\n```\n", **PYTHON}
    )
    (candidate,) = plan.candidates
    assert candidate.step.command == "tox"
    assert candidate.step.deviation is None
    assert candidate.replaces == next(s.step_id for s in plan.steps if s.counts_tests)


def test_documents_without_tests_give_a_plan_that_counts_none() -> None:
    plan, _ = plan_of({"README.md": "# D\n\n```sh\npip install .\n```\n", **PYTHON})
    assert not any(s.counts_tests for s in plan.steps)


def test_same_documents_give_the_same_ids() -> None:
    files = {"README.md": "# D\n\n```sh\npip install .\nmake\nmake\npytest\n```\n", **PYTHON}
    first, second = plan_of(files)[0], plan_of(files)[0]
    assert first == second
    assert len({s.step_id for s in first.steps}) == len(first.steps)


@pytest.mark.parametrize(
    ("documented", "typed"),
    [
        ("sudo apt-get install gcc", "apt-get install -y gcc"),
        ("sudo apt install -y gcc", "apt install -y gcc"),
        ("sudo apt-get update && sudo apt-get install gcc", "apt-get update && apt-get install -y gcc"),
        ("sudo -H pip install .", "pip install ."),
        ("sudo python setup.py install", "python setup.py install"),
        ("git clone https://example.org/x && cd x && pip install .", "pip install ."),
        ("pip install sudo", "pip install sudo"),
        ("make", "make"),
    ],
)
def test_command_is_typed_without_sudo_and_with_consent(documented: str, typed: str) -> None:
    assert as_typed(documented) == typed


def test_dropped_sudo_is_shown_in_the_reason() -> None:
    plan, _ = plan_of({"README.md": "# D\n\n## Develop\n\n```sh\nsudo pip install .\npytest\n```\n", **PYTHON})
    assert any("without sudo" in s.reason for s in plan.steps if s.command == "pip install .")


def test_rendering_shows_steps_candidates_and_what_was_left_out() -> None:
    readme = (
        "# D\n\n## Install\n\n```sh\npip install demo\n```\n\n## Develop\n\n```sh\npip install -e .\n"
        "pytest\n```\n\nor `tox`\n"
    )
    plan, _ = plan_of({"README.md": readme, **PYTHON})
    rows = render_plan(plan)
    assert ("-", "pip install demo", "README.md:6") in [row[:3] for row in rows]
    assert all(row[3] for row in rows)


def test_environment_that_uv_makes_is_the_only_one() -> None:
    text = "# D\n\n## Test\n\n```sh\nuv venv\nuv pip install -e .\nuv run pytest\n```\n"
    plan, _ = plan_of({"README.md": text, **PYTHON})
    assert [step.command for step in plan.steps] == ["uv venv", "uv pip install -e .", "uv run pytest"]
