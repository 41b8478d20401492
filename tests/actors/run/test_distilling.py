"""What only an abandoned attempt had needed is left out of a healed plan before its proof, and comes back if that fails."""

from __future__ import annotations

import datetime as dt

import pytest

from regrow.actors.run.distilling import needs_of, shorter_plans
from regrow.actors.run.proving import told_of
from regrow.actors.run.record import ProofStage, RunRecord
from regrow.actors.run.step import Fact, apply, next_command
from regrow.core.project.plan_steps import Draft, added, assemble, phase_of
from regrow.protocols.doc_patch import DocEdit, DocPatch
from regrow.protocols.patterns import LearnedUse
from regrow.protocols.plan import Ended, Plan, StepOutcome
from regrow.protocols.prevention import PreventionTests
from regrow.protocols.run_messages import Build, Diagnose, SourceTree, WritePatch
from tests.actors.run.test_step import ANALYSIS, BROKEN, BUILT, NOW, PASSED, SOURCE, B, record_of, recovery

TOOLS = (
    'python3 -m venv "$HOME/tools" && "$HOME/tools/bin/python" -m pip install uv && export PATH="$PATH:$HOME/tools/bin"'
)
GCC = "apt-get install -y --no-install-recommends gcc"
DEV = "apt-get install -y --no-install-recommends python3-dev"
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
        ((MAKE, "pip install .", "(start it) && pytest"), {MAKE: "pytest"}, None),
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
    shorter = shorter_plans(plan, {ids[command]: failed for command, failed in failed_without.items()})
    assert [tuple(step.command for step in each.steps) for each in shorter] == ([kept] if kept is not None else [])


def test_a_documented_step_never_goes() -> None:
    plan = plan_of(TOOLS, "pip install .", "pytest", documented=(TOOLS, "pip install ."))
    assert shorter_plans(plan, {}) == shorter_plans(plan, {}, [step.step_id for step in plan.steps]) == ()


@pytest.mark.parametrize(
    ("commands", "assumed", "tried"),
    [
        ((GCC, DEV, "pip install .", "pytest"), (DEV,), [(GCC, "pip install .", "pytest")]),
        # What has no reason anyway goes in both.
        (
            ("pip install tox", GCC, DEV, "pip install .", "pytest"),
            (DEV,),
            [(GCC, "pip install .", "pytest"), (GCC, DEV, "pip install .", "pytest")],
        ),
        (("pip install tox", GCC, "pip install .", "pytest"), ("pip install tox",), [(GCC, "pip install .", "pytest")]),
        # Tests are not left out, whoever thought of them.
        ((GCC, "pip install .", "pytest"), ("pytest",), []),
    ],
)
def test_what_was_assumed_is_left_out_first(
    commands: tuple[str, ...], assumed: tuple[str, ...], tried: list[tuple[str, ...]]
) -> None:
    plan = plan_of(*commands)
    ids = [step.step_id for step in plan.steps if step.command in assumed]
    assert [tuple(step.command for step in each.steps) for each in shorter_plans(plan, {}, ids)] == tried


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


GUESSED = plan_of("pip install tox", DEV, "pip install .", "pytest")
USED = LearnedUse(pattern_id=B, kind="python", strategy_id="s:1+t", why="", expected=1.0, drawn=1.0, assumed=("t",))
ASSUMED = tuple(step.step_id for step in GUESSED.steps if step.command == DEV)


def guessed(*facts: Fact, **times: int) -> RunRecord:
    """A run that was healed by what it assumed too, `spent` seconds after it began, `left` before its deadline."""
    record = record_of(SOURCE, ANALYSIS, BROKEN, replay=True)
    record.started_at = NOW - dt.timedelta(seconds=times.get("spent", 0))
    record.deadline = NOW + dt.timedelta(seconds=times.get("left", 0))
    took = recovery(plan=GUESSED).model_copy(update={"assumed_steps": ASSUMED, "used": USED})
    for fact in (took, BUILT.model_copy(update={"plan": GUESSED}), PASSED, *facts):
        apply(record, fact, NOW)
    return record


def commands_of(plan: Plan | None) -> list[str]:
    assert plan is not None
    return [step.command for step in plan.steps]


NO_PATCH = DocPatch(why="no place")


def test_plans_are_proved_from_the_shortest_to_the_whole_each_in_a_room_of_its_own() -> None:
    rooms, plans = [], []
    facts: list[Fact] = []
    for _ in range(3):
        record = guessed(*facts, NO_PATCH)
        command = next_command(record)
        assert isinstance(command, Build)
        rooms.append(command.room)
        plans.append(commands_of(command.plan))
        facts += [NO_PATCH, BROKEN]
    assert plans == [["pip install .", "pytest"], [DEV, "pip install .", "pytest"], commands_of(GUESSED)]
    assert len(set(rooms)) == 3


def test_guess_that_was_not_needed_is_in_no_plan_and_is_learned_as_such() -> None:
    record = guessed(NO_PATCH, BUILT.model_copy(update={"plan": SHORT}), PASSED)
    assert record.build is not None
    assert commands_of(record.build.plan) == commands_of(SHORT)
    (mended,) = record.mended
    assert DEV not in mended.commands
    assert "pip install tox" in mended.commands
    assert not mended.link.assumed


def test_guess_that_was_needed_stays_and_says_nothing_of_what_comes_next() -> None:
    record = guessed(NO_PATCH, BROKEN, NO_PATCH, BUILT, PASSED)
    assert record.build is not None
    assert DEV in commands_of(record.build.plan)
    (mended,) = record.mended
    assert DEV in mended.commands
    assert mended.link.assumed


@pytest.mark.parametrize(("spent", "left", "doubted"), [(10, 100, True), (100, 100, True), (101, 100, False)])
def test_guess_is_doubted_only_while_there_is_time_for_a_proof_of_the_whole(
    spent: int, left: int, doubted: bool
) -> None:
    plan = plan_asked_for(guessed(spent=spent, left=left))
    assert (DEV not in commands_of(plan)) is doubted


def test_tests_are_told_by_the_step_of_the_plan_that_has_held() -> None:
    before, after = plan_of("pip install .", "(start it) && pytest"), plan_of("pip install .", "wrapper pytest")
    outcome = StepOutcome(step_id=before.steps[-1].step_id, exit_code=0, ended=Ended.EXITED, duration_ms=1)
    told = told_of(after, before, PASSED.model_copy(update={"outcomes": (outcome,)}))
    assert told is not None
    assert [each.step_id for each in told.outcomes] == [after.steps[-1].step_id]
    assert told_of(after, before, None) is None
