"""When a loop counts as blocked: a table of looks, and what must never be taken for a blockage."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regrow.core.watchdog.blockage import BlockageState, Blocked, Look, Unblocked, Verdict, look


def verdicts(*looks: Look, limit_s: float = 1.0) -> list[Verdict | None]:
    state, found = BlockageState.begin(limit_s, 0.0, 0.0), list[Verdict | None]()
    for seen in looks:
        state, verdict = look(state, seen)
        found.append(verdict)
    return found


def still_open(*at_s: float) -> list[Look]:
    return [Look(each, 0.0, None) for each in at_s]


def test_an_open_question_is_said_once_when_it_is_older_than_the_limit() -> None:
    assert verdicts(*still_open(0.25, 0.5, 0.75, 1.0, 1.25, 1.5)) == [None] * 4 + [Blocked(1.25), None]


def test_the_end_is_said_with_the_whole_length_and_then_all_is_as_before() -> None:
    looks = [*still_open(0.25, 0.5, 0.75, 1.0, 1.25), Look(1.5, 0.0, 1.4), Look(1.75, 0.0, 1.5)]
    assert verdicts(*looks)[4:] == [Blocked(1.25), Unblocked(1.4, held_back=False), None]


def test_a_second_blockage_is_said_again() -> None:
    once = still_open(0.25, 0.5, 0.75, 1.0, 1.25)
    again = [Look(1.5 + each.at_s, 0.0, None) for each in once]
    found = verdicts(*once, Look(1.5, 0.0, 1.4), *again)
    assert [type(verdict) for verdict in found if verdict is not None] == [Blocked, Unblocked, Blocked]


@pytest.mark.parametrize("answered_s", [None, 0.001, 9.99], ids=["open", "answered before", "answered after"])
def test_a_suspended_process_is_not_blocked(answered_s: float | None) -> None:
    assert verdicts(Look(10.0, 0.001, answered_s)) == [None]


def test_a_suspend_in_the_middle_of_a_blockage_is_not_counted() -> None:
    looks = [*still_open(0.25, 0.5, 0.75), Look(100.75, 0.0, None), Look(101.0, 0.0, None)]
    assert verdicts(*looks)[3:] == [None, Blocked(1.25)]


@pytest.mark.parametrize("answered_s", [0.001, 2.99], ids=["answered before", "answered after"])
def test_what_held_the_interpreters_lock_is_said_at_its_end(answered_s: float) -> None:
    (verdict,) = verdicts(Look(3.0, 3.0, answered_s))
    assert isinstance(verdict, Unblocked)
    assert verdict.held_back
    assert 2.7 < verdict.for_s <= 3.0


def test_a_question_that_is_open_when_the_lock_is_free_again_is_said_at_once() -> None:
    assert verdicts(Look(3.0, 3.0, None), Look(3.25, 3.0, 3.01)) == [Blocked(3.0), Unblocked(3.01, held_back=False)]


@given(st.lists(st.tuples(st.floats(0.0, 50.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0)), max_size=30))
def test_a_loop_that_answers_within_its_limit_is_never_blocked(gaps: list[tuple[float, float, float]]) -> None:
    at_s = cpu_s = 0.0
    looks = []
    for gap_s, computed, answered in gaps:
        begin_s, at_s = at_s, at_s + gap_s
        cpu_s += computed * min(gap_s, 0.5)  # whatever it computed, it was not for longer than the limit
        looks.append(Look(at_s, cpu_s, begin_s + answered * min(gap_s, 0.5)))
    assert [verdict for verdict in verdicts(*looks) if verdict is not None] == []


@given(st.floats(0.01, 10.0), st.integers(5, 50))
def test_a_blockage_is_never_said_early_and_at_most_a_half_limit_late(limit_s: float, looks: int) -> None:
    found = verdicts(*still_open(*(limit_s / 4 * (turn + 1) for turn in range(looks))), limit_s=limit_s)
    (verdict,) = [verdict for verdict in found if verdict is not None]
    assert isinstance(verdict, Blocked)
    assert limit_s < verdict.for_s <= 1.5 * limit_s


@pytest.mark.parametrize("limit_s", [0.0, -1.0, math.inf, math.nan])
def test_a_limit_that_cannot_be_is_refused(limit_s: float) -> None:
    with pytest.raises(ValueError, match="positive and finite"):
        BlockageState.begin(limit_s, 0.0, 0.0)
