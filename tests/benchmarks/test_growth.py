"""What the soak calls growth."""

from __future__ import annotations

import pytest

from benchmarks.growth import Limit, trend

MEMORY = Limit("resident memory", "MB", 5.0)


def test_a_steady_climb_after_the_warm_up_is_growth() -> None:
    found = trend(MEMORY, [float(n) for n in range(40)])
    assert found.growth == pytest.approx(27.0)
    assert not found.within


def test_a_climb_within_the_warm_up_is_not() -> None:
    found = trend(MEMORY, [*(float(n) for n in range(12)), *([12.0] * 28)])
    assert found.growth == pytest.approx(0.0)
    assert found.within


def test_one_high_sample_is_no_trend() -> None:
    samples = [50.0] * 40
    samples[25] = 80.0
    assert trend(MEMORY, samples).within


def test_a_slow_leak_in_noisy_samples_is_found() -> None:
    samples = [50.0 + 0.4 * n + (3.0 if n % 2 else -3.0) for n in range(40)]
    assert not trend(MEMORY, samples).within


def test_shrinking_is_within_every_limit() -> None:
    assert trend(Limit("tasks", "tasks", 0.0), [9.0, 8.0, 7.0, 6.0, 5.0]).within


def test_the_limit_itself_is_still_within() -> None:
    assert trend(Limit("threads", "threads", 1.0), [1.0, 1.0, 2.0]).within


@pytest.mark.parametrize("samples", [[], [1.0], [1.0, 2.0, 3.0][:1]])
def test_too_few_samples_prove_nothing_and_are_refused(samples: list[float]) -> None:
    with pytest.raises(ValueError, match="at least two samples"):
        trend(MEMORY, samples)


def test_the_report_says_which_quantity_is_not_within() -> None:
    assert trend(MEMORY, [0.0, 10.0, 20.0, 30.0]).cells()[-1] == "NO"
