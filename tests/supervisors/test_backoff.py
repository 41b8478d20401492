"""Delays before restarts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regrow.supervisors.backoff import Backoff


def test_ceiling_grows_by_the_factor_up_to_the_maximum() -> None:
    backoff = Backoff(initial_s=1.0, maximum_s=20.0, factor=3.0)
    assert [backoff.ceiling_s(failures) for failures in (1, 2, 3, 4, 5)] == [1.0, 3.0, 9.0, 20.0, 20.0]


def test_ceiling_after_very_many_failures_is_the_maximum() -> None:
    assert Backoff(maximum_s=7.0).ceiling_s(10**6) == 7.0


def test_delay_is_the_chance_times_the_ceiling() -> None:
    backoff = Backoff(initial_s=1.0, maximum_s=20.0, factor=2.0)
    assert [backoff.delay_s(3, chance) for chance in (0.0, 0.25, 0.5)] == [0.0, 1.0, 2.0]


def test_defaults_are_those_of_the_docs() -> None:
    assert Backoff() == Backoff(initial_s=0.1, maximum_s=30.0, factor=2.0, reset_after_s=60.0)


def test_smallest_values_are_allowed() -> None:
    assert Backoff(initial_s=1.0, maximum_s=1.0, factor=1.0, reset_after_s=0.0).delay_s(9, 0.5) == 0.5


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("initial_s", 0.0),
        ("initial_s", -1.0),
        ("maximum_s", 0.05),
        ("maximum_s", float("inf")),
        ("factor", 0.99),
        ("factor", float("nan")),
        ("reset_after_s", -0.1),
    ],
)
def test_field_outside_its_range_is_refused_by_name(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"backoff {field} must be finite and"):
        Backoff(**{field: value})


@given(st.integers(1, 200), st.floats(0, 1, exclude_max=True))
def test_delay_is_never_negative_and_never_above_the_maximum(failures: int, chance: float) -> None:
    backoff = Backoff(initial_s=0.2, maximum_s=9.0, factor=1.7)
    assert 0 <= backoff.delay_s(failures, chance) <= min(9.0, 0.2 * 1.7 ** (failures - 1))
