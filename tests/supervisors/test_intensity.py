"""When a supervisor gives up."""

from __future__ import annotations

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regrow.supervisors.intensity import Intensity, Restarts, admit

LIMIT = Intensity(max_restarts=2, period_s=5.0)


@pytest.mark.parametrize(
    ("times", "at_s", "expected"),
    [
        ((), 3.0, ((3.0,), True)),
        ((1.0,), 1.0, ((1.0, 1.0), True)),
        ((0.0, 1.0), 4.0, ((0.0, 1.0), False)),
        ((0.0, 1.0), 5.0, ((0.0, 1.0), False)),
        ((0.0, 1.0), 5.5, ((1.0, 5.5), True)),
        ((0.0, 1.0), 6.0, ((1.0, 6.0), True)),
        ((0.0, 1.0), 99.0, ((99.0,), True)),
    ],
)
def test_restart_is_admitted_while_fewer_lie_in_the_period(
    times: tuple[float, ...], at_s: float, expected: tuple[tuple[float, ...], bool]
) -> None:
    assert admit(times, at_s, LIMIT) == expected
    owned, admitted = admit(deque(times), at_s, LIMIT)
    assert (tuple(owned), admitted) == expected


def test_no_restart_is_admitted_when_none_is_allowed() -> None:
    assert admit((), 1.0, Intensity(0, 5.0)) == ((), False)


def test_restart_before_the_last_one_is_refused() -> None:
    with pytest.raises(ValueError, match="before the last"):
        admit((2.0,), 1.9, LIMIT)


@pytest.mark.parametrize(("most", "period_s"), [(-1, 1.0), (1, 0.0), (1, -1.0), (1, float("inf")), (1, float("nan"))])
def test_intensity_outside_its_range_is_refused(most: int, period_s: float) -> None:
    with pytest.raises(ValueError, match="must be"):
        Intensity(most, period_s)


def test_period_may_be_shorter_than_a_second() -> None:
    assert admit((1.0,), 1.3, Intensity(1, 0.25)) == ((1.3,), True)


def test_defaults_are_three_restarts_in_five_seconds() -> None:
    assert Intensity() == Intensity(3, 5.0)


@given(st.lists(st.floats(0, 3), max_size=60), st.integers(0, 4))
def test_no_period_ever_holds_more_than_the_limit(gaps: list[float], most: int) -> None:
    limit, at_s = Intensity(most, 5.0), 0.0
    times: Restarts = ()
    owned: Restarts = deque()
    accepted: list[float] = []
    for gap in gaps:
        at_s += gap
        times, admitted = admit(times, at_s, limit)
        owned, likewise = admit(owned, at_s, limit)
        assert (list(owned), likewise) == (list(times), admitted)
        accepted += [at_s] if admitted else []
        inside = [time_s for time_s in accepted if time_s >= at_s - 5.0]
        assert len(inside) <= most
        assert list(times) == inside
        assert admitted or len(inside) == most
