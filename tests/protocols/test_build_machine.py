"""The run's state machine: every cell of the table, the rule beside it, and that every run can end."""

from __future__ import annotations

import itertools
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from regrow.protocols.build_machine import (
    BUILD_TABLE,
    FINAL_STATUSES,
    PHASES,
    BuildEvent,
    RunPosition,
    allowed_events,
    resume_event,
    step,
)
from regrow.protocols.state_pages import render_state_machines_page
from regrow.protocols.state_tables import IllegalTransition
from regrow.protocols.status import BuildStatus

S = BuildStatus
E = BuildEvent

# The truth table, written out apart from the code: row = status, in the order of the events; a dot is illegal.
# Columns: source_ready begin_failed docs_analyzed built verified phase_failed
#          resume_analyzing resume_building resume_verifying recovery_spent deadline_passed cancelled
TRUTH = {
    S.INITIALIZING: "A F . . . . . . . . F F",
    S.ANALYZING_DOCS: ". . B . . R . . . . F F",
    S.BUILDING: ". . . V . R . . . . F F",
    S.VERIFYING: ". . . . C R . . . . F F",
    S.COMPLETED: ". . . . . . . . . . . .",
    S.FAILED: ". . . . . . . . . . . .",
}
# Recovering, by the phase that failed.
TRUTH_RECOVERING = {
    S.ANALYZING_DOCS: ". . . . . . A . . F F F",
    S.BUILDING: ". . . . . . A B . F F F",
    S.VERIFYING: ". . . . . . A B V F F F",
}
LETTERS = {
    "A": S.ANALYZING_DOCS,
    "B": S.BUILDING,
    "V": S.VERIFYING,
    "C": S.COMPLETED,
    "F": S.FAILED,
    "R": S.RECOVERING,
    ".": None,
}


def cells() -> list[tuple[RunPosition, BuildEvent, BuildStatus | None]]:
    """Return every cell of the truth table as position, event, expected status."""
    rows = [(RunPosition(status), row) for status, row in TRUTH.items()]
    rows += [(RunPosition(S.RECOVERING, phase, 2), row) for phase, row in TRUTH_RECOVERING.items()]
    return [
        (position, event, LETTERS[letter])
        for position, row in rows
        for event, letter in zip(BuildEvent, row.split(), strict=True)
    ]


def cell_id(value: object) -> str:
    """Name a parameter of a cell."""
    if isinstance(value, RunPosition):
        return f"{value.status}-{value.failed_phase}" if value.failed_phase else value.status.value
    return str(value)


def test_truth_table_covers_every_status() -> None:
    assert {position.status for position, _, _ in cells()} == set(BuildStatus)


@pytest.mark.parametrize(("position", "event", "expected"), cells(), ids=cell_id)
def test_every_cell_leads_where_the_truth_table_says(
    position: RunPosition, event: BuildEvent, expected: BuildStatus | None
) -> None:
    before = repr(position)

    if expected is None:
        with pytest.raises(IllegalTransition, match="E6009") as caught:
            step(position, event)
        assert (caught.value.state, caught.value.event) == (position.status.value, event.value)
    else:
        assert step(position, event).status is expected
    assert repr(position) == before
    assert (event in allowed_events(position)) == (expected is not None)


@pytest.mark.parametrize("phase", PHASES)
def test_recovery_remembers_the_phase_that_failed_and_counts_the_attempt(phase: BuildStatus) -> None:
    recovering = step(RunPosition(phase, attempt=4), E.PHASE_FAILED)

    assert recovering == RunPosition(S.RECOVERING, phase, 5)
    assert step(recovering, resume_event(phase)) == RunPosition(phase, None, 5)


@pytest.mark.parametrize("event", [E.DEADLINE_PASSED, E.CANCELLED, E.RECOVERY_SPENT])
def test_run_that_ends_while_it_recovers_forgets_the_phase_and_keeps_the_attempt(event: BuildEvent) -> None:
    assert step(RunPosition(S.RECOVERING, S.BUILDING, 3), event) == RunPosition(S.FAILED, None, 3)


def test_illegal_transition_names_what_would_be_allowed() -> None:
    with pytest.raises(IllegalTransition) as caught:
        step(RunPosition(S.RECOVERING, S.ANALYZING_DOCS, 1), E.RESUME_VERIFYING)

    assert str(caught.value) == (
        "E6009 build machine: 'resume_verifying' is not allowed in 'recovering' "
        "(allowed: cancelled, deadline_passed, recovery_spent, resume_analyzing); please report it with the run folder"
    )


def test_nothing_is_allowed_at_the_end() -> None:
    for status in FINAL_STATUSES:
        assert RunPosition(status).is_final
        assert allowed_events(RunPosition(status)) == frozenset()


def test_only_a_phase_can_be_resumed() -> None:
    for status in set(BuildStatus) - set(PHASES):
        with pytest.raises(IllegalTransition):
            resume_event(status)


@pytest.mark.parametrize(("status", "failed_phase"), list(itertools.product(BuildStatus, [None, *BuildStatus])))
def test_position_has_a_failed_phase_exactly_while_it_recovers(
    status: BuildStatus, failed_phase: BuildStatus | None
) -> None:
    if (status is S.RECOVERING and failed_phase in PHASES) or (status is not S.RECOVERING and failed_phase is None):
        RunPosition(status, failed_phase)
    else:
        with pytest.raises(ValueError, match="only a run that is recovering has a phase that failed"):
            RunPosition(status, failed_phase)


def test_every_reachable_position_can_still_end() -> None:
    seen: set[RunPosition] = set()
    frontier = {RunPosition()}
    while frontier:
        position = frontier.pop()
        seen.add(position)
        following = {step(position, event) for event in allowed_events(position)}
        assert position.is_final or S.FAILED in {after.status for after in following}
        frontier |= {after for after in following if after.attempt <= 2} - seen

    assert {(position.status, position.failed_phase) for position in seen} == {
        *((status, None) for status in BuildStatus if status is not S.RECOVERING),
        *((S.RECOVERING, phase) for phase in PHASES),
    }


def test_completed_is_reached_only_through_all_phases_in_order() -> None:
    sources = {state for (state, _), target in BUILD_TABLE.items() if target is S.COMPLETED}

    assert sources == {S.VERIFYING}
    assert step(RunPosition(S.VERIFYING), E.VERIFIED).status is S.COMPLETED


def test_state_machines_page_is_drawn_from_the_tables() -> None:
    page = Path(__file__).parents[2] / "docs" / "state_machines.md"

    assert page.read_text(encoding="utf-8") == render_state_machines_page()


def test_run_begins_at_attempt_zero_and_its_position_never_changes() -> None:
    begun = RunPosition()

    assert begun == RunPosition(S.INITIALIZING, None, 0)
    with pytest.raises(FrozenInstanceError):
        begun.attempt = 1  # type: ignore[misc]  # that it is refused is what is tested
