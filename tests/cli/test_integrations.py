"""What other programs are told to run exists: the hook for pre-commit, the action, the workflow."""

from __future__ import annotations

import re

import pytest

from regrow.cli.report.outputs import KINDS
from tests.cli.test_names_in_texts import FLAG, FLAGS
from tests.source_tree import ROOT

HOOKS = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
ACTION = (ROOT / "action.yml").read_text(encoding="utf-8")
WORKFLOW = (ROOT / "docs" / "ci" / "verify.yml").read_text(encoding="utf-8")


def test_each_hook_runs_a_command_that_exists_with_flags_that_exist() -> None:
    entries = re.findall(r"^  entry: regrow ([a-z-]+)(.*)$", HOOKS, re.MULTILINE)
    assert entries
    for command, rest in entries:
        assert set(FLAG.findall(rest)) <= FLAGS[command]


def test_the_action_names_flags_and_formats_that_exist() -> None:
    script = ACTION.partition("regrow/bin/regrow")[2]
    assert set(FLAG.findall(script)) <= FLAGS["verify"]
    assert set(re.findall(r'--format "([a-z]+)=', script)) <= set(KINDS)
    assert set(re.findall(r"(--[a-z-]+)", ACTION.partition("arguments:")[2].partition("default")[0])) <= FLAGS["verify"]


def test_the_action_puts_no_input_into_the_text_of_a_script() -> None:
    for script in re.findall(r"run: \|\n((?:        .*\n)+)", ACTION):
        assert "${{" not in script


@pytest.mark.parametrize(
    "name",
    re.findall(r"^          ([a-z]+): ", WORKFLOW.partition("uses: OWNER")[2].partition("- if")[0], re.MULTILINE),
)
def test_the_workflow_gives_the_action_inputs_that_it_has(name: str) -> None:
    assert re.search(rf"^  {name}:$", ACTION, re.MULTILINE)
