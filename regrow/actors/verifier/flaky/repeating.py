"""Whether failing tests are to be run once more, and what their repetitions have shown. Pure.

A test that failed is repeated alone with the others that failed. One that never passes is failing when the sequential test
says so; one that passes even once with nothing changed is flaky, and is then repeated until its rate is known roughly. One
that fails no more at all had failed for its surroundings: the tests before it, or a busy machine. None of the three is a pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from regrow.actors.verifier.counting import ReporterFacts
from regrow.actors.verifier.flaky.sequential import Decision, SequentialTest, interval
from regrow.actors.verifier.signs import all_need_network
from regrow.protocols.plan import TestCounts
from regrow.protocols.retests import RepeatedKind, RepeatedTest, Retesting

__all__ = ["Tally", "begin", "go_on", "may_repeat", "passed_again", "repeated", "take"]

LIMIT_TESTS = 50
"""More failing tests than this have one cause that is not chance."""
LIMIT_SHARE = 0.5
RATE_TRIALS = 20
"""Repetitions of a flaky test, after which its rate is known to some twenty percent either way."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What the repetitions of one test have shown: trials that were counted, and how many of them passed."""

    trials: int = 0
    passed: int = 0


def may_repeat(facts: ReporterFacts) -> bool:
    """Whether the failing tests are known by name, few enough that chance may be why they fail, and no other cause is known."""
    counts = facts.counts
    if counts is None or not counts.failing or not facts.complete:
        return False
    if all_need_network(facts.failures, counts.failed + counts.errors):
        return False
    bad = counts.failed + counts.errors
    return bad == len(counts.failing) <= LIMIT_TESTS and (bad <= 3 or bad <= LIMIT_SHARE * counts.run)


def begin(counts: TestCounts) -> dict[str, Tally]:
    """Return empty tallies of the failing tests."""
    return dict.fromkeys(counts.failing, Tally())


def passed_again(names: Sequence[str], counts: TestCounts | None, *, complete: bool) -> dict[str, bool] | None:
    """Return which of the tests passed in a repetition; None when it does not show all of them."""
    if counts is None or not complete or counts.run < len(names):
        return None
    return {name: name not in counts.failing for name in names}


def take(tallies: Mapping[str, Tally], passed: Mapping[str, bool]) -> dict[str, Tally]:
    """Add a repetition."""
    return {
        name: replace(tally, trials=tally.trials + 1, passed=tally.passed + passed[name]) if name in passed else tally
        for name, tally in tallies.items()
    }


def go_on(tallies: Mapping[str, Tally], rules: Retesting) -> bool:
    """Whether another repetition is to be made: a test is undecided, or flaky and its rate not known yet."""
    test = _test(rules)
    for tally in tallies.values():
        if tally.trials >= rules.max_runs:
            continue
        decision = test.decide(tally.passed, tally.trials)
        if decision is Decision.OPEN or (decision is Decision.HIGH and tally.trials < RATE_TRIALS):
            return True
    return False


def repeated(tallies: Mapping[str, Tally], rules: Retesting) -> tuple[RepeatedTest, ...]:
    """Return what is known of each test in the end."""
    test = _test(rules)
    found = []
    for name, tally in tallies.items():
        failed = tally.trials - tally.passed
        if tally.trials == 0:
            kind = RepeatedKind.UNDECIDED
        elif tally.passed and failed:
            kind = RepeatedKind.FLAKY
        elif tally.passed:
            kind = RepeatedKind.PASSES_ALONE
        else:
            decided = test.decide(0, tally.trials) is Decision.LOW
            kind = RepeatedKind.FAILING if decided else RepeatedKind.UNDECIDED
        low, high = interval(failed, tally.trials)
        rate = failed / tally.trials if tally.trials else 1.0
        found.append(
            RepeatedTest(
                name=name, kind=kind, runs=tally.trials, failed=failed, rate=rate, rate_low=low, rate_high=high
            )
        )
    return tuple(found)


def _test(rules: Retesting) -> SequentialTest:
    return SequentialTest(rules.p0, rules.p1, rules.alpha, rules.beta)
