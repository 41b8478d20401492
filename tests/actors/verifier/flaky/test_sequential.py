"""The sequential test keeps the errors that it states, whatever the rate, over seeded runs."""

import random

import pytest

from regrow.actors.verifier.flaky.sequential import Decision, SequentialTest, interval

RUNS = 200
LIMIT_TRIALS = 5_000


def decide(test: SequentialTest, rate: float, seed: int) -> tuple[Decision, int]:
    chance = random.Random(seed)
    events = 0
    for trials in range(1, LIMIT_TRIALS):
        events += chance.random() < rate
        if (decision := test.decide(events, trials)) is not Decision.OPEN:
            return decision, trials
    raise AssertionError("it never decides")


@pytest.mark.parametrize("rate", [0.5, 0.1, 0.02, 0.0])
def test_errors_stay_within_the_stated_ones_over_200_runs(rate: float) -> None:
    """A test that fails with this rate, told from one that fails at most one time in a thousand (trap 12)."""
    test = SequentialTest(low=0.001, high=0.02, alpha=0.05, beta=0.05)
    decided = [decide(test, rate, seed) for seed in range(RUNS)]
    wrong = Decision.LOW if rate >= test.high else Decision.HIGH

    assert sum(decision is wrong for decision, _ in decided) <= 0.05 * RUNS
    # An even coin is seen at once, a steady test after as many trials as the rates ask for.
    assert sorted(trials for _, trials in decided)[RUNS // 2] <= (3 if rate == 0.5 else 160)


@pytest.mark.parametrize("rate", [0.001, 0.02])
def test_errors_hold_at_the_two_rates_themselves(rate: float) -> None:
    test = SequentialTest(low=0.001, high=0.02, alpha=0.05, beta=0.05)
    wrong = Decision.HIGH if rate == test.low else Decision.LOW
    errors = sum(decide(test, rate, seed)[0] is wrong for seed in range(2_000))

    assert errors <= 0.05 * 2_000


@pytest.mark.parametrize("share_that_passes", [0.0, 0.25, 0.5, 0.9, 0.98])
def test_a_failing_test_is_told_from_a_flaky_one_by_the_default_rates(share_that_passes: float) -> None:
    test = SequentialTest(low=0.001, high=0.25)
    wrong = Decision.HIGH if share_that_passes == 0.0 else Decision.LOW
    decided = [decide(test, share_that_passes, seed) for seed in range(2_000)]

    assert sum(decision is wrong for decision, _ in decided) <= 0.05 * 2_000
    assert max(trials for _, trials in decided) <= 2 * test.trials_without_event == 22


@pytest.mark.parametrize(
    ("low", "high", "alpha"), [(0.0, 0.5, 0.05), (0.5, 0.1, 0.05), (0.1, 1.0, 0.05), (0.1, 0.5, 0.0), (0.1, 0.5, 0.6)]
)
def test_what_cannot_be_tested_is_refused(low: float, high: float, alpha: float) -> None:
    with pytest.raises(ValueError, match="must"):
        SequentialTest(low, high, alpha)


def test_the_interval_holds_the_rate_about_as_often_as_it_says() -> None:
    chance = random.Random(7)
    held = 0
    for _ in range(2_000):
        low, high = interval(sum(chance.random() < 0.1 for _ in range(40)), 40)
        held += low <= 0.1 <= high

    assert held >= 0.93 * 2_000
    assert interval(0, 0) == (0.0, 1.0)
