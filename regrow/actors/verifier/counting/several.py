"""Adds up the tests of several test steps: suites that the documents tell to run one after the other."""

from __future__ import annotations

from collections.abc import Iterable

from regrow.actors.verifier.counting.summary import FAILING_LIMIT
from regrow.protocols.plan import CountSource, SkippedTests, TestCounts

__all__ = ["added_up"]

_BEST_FIRST = tuple(CountSource)


def added_up(counts: Iterable[TestCounts | None]) -> TestCounts | None:
    """The sum of what was counted, from the least good of its sources; None when nothing was.

    A step that could not be counted adds nothing: whether that spoils the run is for the verdict.

    >>> one = TestCounts(run=2, passed=2, source=CountSource.REPORTER, runner="unittest")
    >>> both = added_up([one, None, TestCounts(run=3, passed=2, failed=1, source=CountSource.OUTPUT, runner="tap")])
    >>> both and (both.run, both.passed, both.failed, both.source.value, both.runner)
    (5, 4, 1, 'output', 'unittest+tap')
    """
    all_counts = [each for each in counts if each is not None]
    each_counted = [each for each in all_counts if each.source is not CountSource.NONE] or all_counts[-1:]
    if len(each_counted) < 2:
        return each_counted[0] if each_counted else None
    reasons: dict[str, int] = {}
    for each in each_counted:
        for skipped in each.skipped_reasons:
            reasons[skipped.reason] = reasons.get(skipped.reason, 0) + skipped.count
    return TestCounts(
        run=sum(each.run for each in each_counted),
        passed=sum(each.passed for each in each_counted),
        failed=sum(each.failed for each in each_counted),
        skipped=sum(each.skipped for each in each_counted),
        errors=sum(each.errors for each in each_counted),
        deselected=sum(each.deselected for each in each_counted),
        source=max((each.source for each in each_counted), key=_BEST_FIRST.index),
        runner="+".join(dict.fromkeys(each.runner for each in each_counted)),
        failing=tuple(dict.fromkeys(name for each in each_counted for name in each.failing))[:FAILING_LIMIT],
        skipped_reasons=tuple(SkippedTests(reason=reason, count=count) for reason, count in reasons.items()),
    )
