"""What only an abandoned attempt had needed is left out of a healed plan before its proof, and comes back if that fails."""

from __future__ import annotations

import pytest

from regrow.actors.run.distilling import distilled, needs_of
from regrow.actors.run.record import ProofStage, RunRecord
from regrow.actors.run.step import Fact, apply, next_command
from regrow.core.project.plan_steps import Draft, added, assemble, phase_of
from regrow.protocols.doc_patch import DocEdit, DocPatch
from regrow.protocols.plan import Plan
from regrow.protocols.prevention import PreventionTests
from regrow.protocols.run_messages import Build, Diagnose, SourceTree, WritePatch
from tests.actors.run.test_step import ANALYSIS, BROKEN, BUILT, NOW, PASSED, SOURCE, B, record_of, recovery

TOOLS = (
    'python3 -m venv "$HOME/tools" && "$HOME/tools/bin/python" -m pip install uv && export PATH="$PATH:$HOME/tools/bin"'
)
MAKE = "apt-get install -y --no-install-recommends make"


def plan_of(*commands: str, documented: tuple[str, ...] = ("pip install .",)) -> Plan:
    """The last command is the test; what is not documented was added."""
    return assemble(
        [
            Draft(
                command,
                "",
                phase_of(command),
                None,
                None if command in documented else added("rule", f"adds {command}", f"`{command}`"),
                place == len(commands) - 1,
            )
            for place, command in enumerate(commands)
        ]
    )


@pytest.mark.parametrize(
    ("commands", "failed_without", "kept"),
    [
        # What the target of an abandoned `make test` had needed, and what that had started.
        (
            (MAKE, TOOLS, "pip install .", "pytest"),
            {MAKE: "make test", TOOLS: "make test"},
            ("pip install .", "pytest"),
        ),
        (("python -m pip install tox", "pip install .", "pytest"), {}, ("pip install .", "pytest")),
        # Still in use, or nobody can tell.
        ((MAKE, "pip install .", "make check"), {MAKE: "make test"}, None),
        ((TOOLS, "uv sync", "uv run pytest"), {TOOLS: "uv sync"}, None),
        (("python -m pip install tox", "pip install .", "tox -e py"), {}, None),
        (("apt-get install -y gcc", "pip install .", "pytest"), {"apt-get install -y gcc": "pip install ."}, None),
        (("apt-get install -y gcc", "pip install .", "pytest"), {}, None),
        (("python -m pip install pytest", "pip install .", "pytest"), {}, None),
        (("python -m pip install hypothesis", "pip install .", "pytest"), {}, None),
    ],
)
def test_a_step_goes_when_nothing_in_the_plan_gives_a_reason_for_it(
    commands: tuple[str, ...], failed_without: dict[str, str], kept: tuple[str, ...] | None
) -> None:
    plan = plan_of(*commands)
    ids = {step.command: step.step_id for step in plan.steps}
    shorter = distilled(plan, {ids[command]: failed for command, failed in failed_without.items()})
    assert (tuple(step.command for step in shorter.steps) if shorter is not None else None) == kept


def test_a_documented_step_never_goes() -> None:
    assert distilled(plan_of(TOOLS, "pip install .", "pytest", documented=(TOOLS, "pip install .")), {}) is None


def test_a_step_is_needed_by_the_command_that_failed_without_it() -> None:
    before, after = plan_of("pip install .", "make test"), plan_of(MAKE, "pip install .", "make test")
    assert needs_of(before, after, before.steps[-1]) == {after.steps[0].step_id: "make test"}
    assert needs_of(before, after, None) == {}


LONG = plan_of("python -m pip install tox", "pip install .", "pytest")
SHORT = plan_of("pip install .", "pytest")
HEALED = BUILT.model_copy(update={"plan": LONG})
PATCH = DocPatch(edits=(DocEdit(file="README.md", line=1, end_line=0, lines=("say it",)),), diff="the diff")
PATCHED = SourceTree(folder="/y", digest=B, name="demo")
SAID = BUILT.model_copy(update={"plan": plan_of("pip install .", "pytest", documented=("pip install .", "pytest"))})


def healed(*facts: Fact) -> RunRecord:
    return record_of(SOURCE, ANALYSIS, BROKEN, recovery(), HEALED, PASSED, *facts, replay=True)


def plan_asked_for(record: RunRecord) -> Plan | None:
    command = next_command(record)
    assert isinstance(command, Build | WritePatch)
    return command.plan


def test_the_shorter_plan_is_proved_first_and_becomes_the_plan_of_the_run() -> None:
    assert plan_asked_for(healed()) == SHORT
    for facts in (
        (PATCH, PATCHED, ANALYSIS, SAID, PASSED, PreventionTests()),
        (DocPatch(why="no place"), HEALED, PASSED),
    ):
        record = healed(*facts)
        assert record.build is not None
        assert [step.command for step in record.build.plan.steps] == ["pip install .", "pytest"]


@pytest.mark.parametrize(
    "facts",
    [
        (PATCH, PATCHED, ANALYSIS, BROKEN),
        (DocPatch(why="no place"), BROKEN),
        (DocPatch(why="no place"), HEALED, PASSED.model_copy(update={"tests": None})),
    ],
)
def test_where_it_does_not_hold_the_whole_plan_is_proved_instead(facts: tuple[Fact, ...]) -> None:
    record = healed(*facts)
    assert record.proof is not None
    assert record.proof.stage is ProofStage.WRITE
    assert plan_asked_for(record) == LONG
    for fact in (DocPatch(why="no place"), BROKEN):
        apply(record, fact, NOW)
    assert isinstance(next_command(record), Diagnose)
