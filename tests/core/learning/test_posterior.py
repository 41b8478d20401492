"""Draws follow the posterior that they are drawn from, and repeat for a seed."""

from __future__ import annotations

import datetime as dt
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regrow.core.learning.posterior import HALF_LIFE_DAYS, Posterior, decayed, draw, uniform

THEN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(("good", "bad"), [(0.0, 0.0), (1.0, 0.0), (0.5, 3.5), (20.0, 5.0)])
def test_draws_have_the_mean_and_the_spread_of_the_beta_distribution(good: float, bad: float) -> None:
    a, b = good + 1, bad + 1
    draws = [draw(Posterior(good, bad), "seed", number) for number in range(4_000)]
    variance = a * b / ((a + b) ** 2 * (a + b + 1))
    assert statistics.fmean(draws) == pytest.approx(a / (a + b), abs=4 * (variance / 4_000) ** 0.5)
    assert statistics.pvariance(draws) == pytest.approx(variance, rel=0.12)


def test_uniform_numbers_are_spread_evenly() -> None:
    tenths = [0] * 10
    for number in range(10_000):
        tenths[int(uniform("seed", number) * 10)] += 1
    assert all(880 < each < 1120 for each in tenths)


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.integers())
def test_draw_is_a_rate_and_the_same_again(good: float, bad: float, seed: int) -> None:
    first = draw(Posterior(good, bad), seed)
    assert 0 <= first <= 1
    assert first == draw(Posterior(good, bad), seed)


@given(st.floats(0, 1e6))
def test_half_is_left_after_a_half_life_and_nothing_is_lost_when_the_clock_goes_back(value: float) -> None:
    assert decayed(value, THEN, THEN + dt.timedelta(days=HALF_LIFE_DAYS)) == pytest.approx(value / 2)
    assert decayed(value, THEN, THEN - dt.timedelta(days=1)) == value


@given(st.floats(0, 1000), st.floats(0, 1000))
def test_mean_lies_between_never_and_always_and_grows_with_success(good: float, bad: float) -> None:
    mean = Posterior(good, bad).mean
    assert 0 < mean < 1
    assert Posterior(good + 1, bad).mean > mean > Posterior(good, bad + 1).mean
