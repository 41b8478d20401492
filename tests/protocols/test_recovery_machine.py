"""The recovery's state machine: every cell, the bound on attempts, and that every recovery ends."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regrow.protocols.recovery_machine import (
    DEFAULT_MAX_ATTEMPTS,
    RECOVERY_TABLE,
    RecoveryEvent,
    RecoveryPosition,
    RecoveryStatus,
    recovery_edges,
    step,
)
from regrow.protocols.state_tables import IllegalTransition, draw_mermaid

S = RecoveryStatus
E = RecoveryEvent

# The truth table, written out apart from the code; a dot is illegal. Columns: failure_detected pattern_matched
# pattern_unknown nothing_left strategy_done strategy_failed validation_confirmed validation_refuted abandoned
TRUTH_ATTEMPTS_LEFT = {
    S.HEALTHY: "A . . . . . . . .",
    S.ANALYZING: ". R R F . . . . F",
    S.RECOVERING: ". . . . V A . . F",
    S.VALIDATING: ". . . . . . H A F",
    S.FAILED: ". . . . . . . . .",
}
TRUTH_ATTEMPTS_SPENT = {
    S.RECOVERING: ". . . . V F . . F",
    S.VALIDATING: ". . . . . . H F F",
    S.FAILED: ". . . . . . . . .",
}
LETTERS = {"A": S.ANALYZING, "R": S.RECOVERING, "V": S.VALIDATING, "H": S.HEALTHY, "F": S.FAILED, ".": None}


def cells() -> list[tuple[RecoveryPosition, RecoveryEvent, RecoveryStatus | None]]:
    """Return every cell of both truth tables as position, event, expected status."""
    rows = [(RecoveryPosition(status, 0, 3), row) for status, row in TRUTH_ATTEMPTS_LEFT.items()]
    rows += [(RecoveryPosition(status, 3, 3), row) for status, row in TRUTH_ATTEMPTS_SPENT.items()]
    return [
        (position, event, LETTERS[letter])
        for position, row in rows
        for event, letter in zip(RecoveryEvent, row.split(), strict=True)
    ]


def cell_id(value: object) -> str:
    """Name a parameter of a cell."""
    if isinstance(value, RecoveryPosition):
        return f"{value.status}-{value.attempts}of{value.max_attempts}"
    return str(value)


@pytest.mark.parametrize(("position", "event", "expected"), cells(), ids=cell_id)
def test_every_cell_leads_where_the_truth_table_says(
    position: RecoveryPosition, event: RecoveryEvent, expected: RecoveryStatus | None
) -> None:
    before = repr(position)

    if expected is None:
        with pytest.raises(IllegalTransition, match="E6009 recovery machine"):
            step(position, event)
    else:
        assert step(position, event).status is expected
    assert repr(position) == before


def test_recovery_without_a_pattern_uses_the_default_strategy() -> None:
    analyzing = RecoveryPosition(S.ANALYZING)

    assert step(analyzing, E.PATTERN_UNKNOWN).uses_default
    assert not step(analyzing, E.PATTERN_MATCHED).uses_default
    assert step(step(analyzing, E.PATTERN_UNKNOWN), E.STRATEGY_DONE).uses_default
    assert not step(step(analyzing, E.PATTERN_UNKNOWN), E.STRATEGY_FAILED).uses_default


def test_refuted_validation_tries_again_until_attempts_are_spent() -> None:
    position = RecoveryPosition(max_attempts=2)
    walk = [E.FAILURE_DETECTED, E.PATTERN_MATCHED, E.STRATEGY_DONE, E.VALIDATION_REFUTED]
    walk += [E.PATTERN_UNKNOWN, E.STRATEGY_DONE, E.VALIDATION_REFUTED]

    visited = []
    for event in walk:
        position = step(position, event)
        visited.append((position.status, position.attempts))

    assert visited == [
        (S.ANALYZING, 0),
        (S.RECOVERING, 1),
        (S.VALIDATING, 1),
        (S.ANALYZING, 1),
        (S.RECOVERING, 2),
        (S.VALIDATING, 2),
        (S.FAILED, 2),
    ]


def test_confirmed_recovery_gives_the_next_failure_all_attempts() -> None:
    assert step(RecoveryPosition(S.VALIDATING, 2, 3, uses_default=True), E.VALIDATION_CONFIRMED) == RecoveryPosition(
        S.HEALTHY, 0, 3
    )


@pytest.mark.parametrize(
    ("status", "attempts", "max_attempts"),
    [(S.RECOVERING, 4, 3), (S.HEALTHY, -1, 3), (S.HEALTHY, 0, 0), (S.ANALYZING, 3, 3)],
)
def test_position_that_the_bound_excludes_is_refused(status: RecoveryStatus, attempts: int, max_attempts: int) -> None:
    with pytest.raises(ValueError, match="attempt"):
        RecoveryPosition(status, attempts, max_attempts)


@given(st.integers(1, 5), st.lists(st.sampled_from(RecoveryEvent), max_size=60))
def test_one_failure_never_takes_more_attempts_than_allowed(max_attempts: int, events: list[RecoveryEvent]) -> None:
    position = RecoveryPosition(max_attempts=max_attempts)
    begun = 0
    for event in events:
        try:
            after = step(position, event)
        except IllegalTransition:
            continue
        if position.status is S.HEALTHY:
            begun = 0
        begun += after.status is S.RECOVERING
        position = after

        assert begun <= max_attempts
        assert position.attempts in (begun, 0)


def test_every_status_but_healthy_can_be_abandoned() -> None:
    abandoned = {state for state, event in RECOVERY_TABLE if event is E.ABANDONED}

    assert abandoned == set(RecoveryStatus) - {S.HEALTHY, S.FAILED}


def test_edges_are_exactly_what_step_does() -> None:
    walked = set()
    for position, event, expected in cells():
        if expected is not None:
            walked.add((position.status.value, event.value, step(position, event).status.value))

    assert {(edge.source, edge.event, edge.target) for edge in recovery_edges()} == walked


def test_diagram_joins_the_events_of_one_arrow_and_marks_start_and_end() -> None:
    drawing = draw_mermaid("healthy", ["failed"], recovery_edges()).splitlines()

    assert drawing[:2] == ["stateDiagram-v2", "    [*] --> healthy"]
    assert "    analyzing --> recovering: pattern_matched, pattern_unknown" in drawing
    assert drawing[-1] == "    failed --> [*]"
    arrows = [line.split(":")[0] for line in drawing]
    assert len(arrows) == len(set(arrows))


def test_recovery_begins_healthy_with_all_attempts_and_its_position_never_changes() -> None:
    begun = RecoveryPosition()

    assert begun == RecoveryPosition(S.HEALTHY, 0, DEFAULT_MAX_ATTEMPTS, uses_default=False)
    assert DEFAULT_MAX_ATTEMPTS == 14
    with pytest.raises(FrozenInstanceError):
        begun.attempts = 1  # type: ignore[misc]  # that it is refused is what is tested


def test_only_failed_is_final() -> None:
    assert [status for status in RecoveryStatus if RecoveryPosition(status).is_final] == [S.FAILED]
