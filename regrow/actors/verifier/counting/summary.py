"""What one summary of a test runner says, and how several become one count.

A suite that is run twice (a retry, a matrix of environments) is counted once, by its last summary; different suites
(the folders of a recursive `make check`, the crates of a workspace) are added up. Two summaries are of different suites when
their labels say so. Where nothing is said, equal totals mean the same suite; with other totals the last one wins, but a
failure that an earlier one counted is kept: a count may be too low, never too friendly.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from regrow.protocols.plan import CountSource, SkippedTests, TestCounts

FAILING_LIMIT = 200
"""Names of failing tests kept; the number of failures is never cut."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a runner printed at the end of one run of a suite.

    Attributes:
        runner: Its name, such as `pytest`.
        line: Where it stands in the output, from 0; later ones are newer.
        labels: What tells this suite from others (files, folders, package); empty when nothing does.
        deselected: Tests that were left out on the command line.
        skipped: By reason.
    """

    runner: str
    line: int
    passed: int = 0
    failed: int = 0
    errors: int = 0
    deselected: int = 0
    skipped: tuple[tuple[str, int], ...] = ()
    failing: tuple[str, ...] = ()
    labels: frozenset[str] = field(default_factory=frozenset)

    @property
    def run(self) -> int:
        """Tests that were executed."""
        return self.passed + self.failed + self.errors

    @property
    def total(self) -> int:
        """Tests that the runner knew of and was told to run."""
        return self.run + sum(count for _, count in self.skipped)


def combined(summaries: Sequence[Summary]) -> tuple[Summary, ...]:
    """Keep one summary for each suite, in the order of the output."""
    kept: list[Summary] = []
    for summary in sorted(summaries, key=lambda each: each.line):
        same = [each for each in kept if _same_suite(each, summary)]
        for each in same:
            kept.remove(each)
        if not summary.labels:
            unlike = [each for each in same if each.total != summary.total and each.failed + each.errors]
            kept.extend(_failures_alone(each) for each in unlike)
        kept.append(summary)
    return tuple(kept)


def counts_of(summaries: Iterable[Summary], source: CountSource) -> TestCounts | None:
    """Add up the summaries of different suites; None when there is none."""
    each = tuple(summaries)
    if not each:
        return None
    reasons: dict[str, int] = {}
    for summary in each:
        for reason, count in summary.skipped:
            reasons[reason] = reasons.get(reason, 0) + count
    failing = dict.fromkeys(name for summary in each for name in summary.failing)
    return TestCounts(
        run=sum(summary.run for summary in each),
        passed=sum(summary.passed for summary in each),
        failed=sum(summary.failed for summary in each),
        errors=sum(summary.errors for summary in each),
        skipped=sum(reasons.values()),
        deselected=sum(summary.deselected for summary in each),
        source=source,
        runner="+".join(dict.fromkeys(summary.runner for summary in each)),
        failing=tuple(failing)[:FAILING_LIMIT],
        skipped_reasons=tuple(
            SkippedTests(reason=reason, count=count)
            for reason, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
            if count
        ),
    )


def skips(**counts: int) -> tuple[tuple[str, int], ...]:
    """Reasons with a count, without those that are zero. The keywords are the reasons, `_` for a space.

    >>> skips(no_reason_given=2, to_do=0)
    (('no reason given', 2),)
    """
    return tuple((reason.replace("_", " "), count) for reason, count in counts.items() if count > 0)


def _same_suite(earlier: Summary, later: Summary) -> bool:
    if earlier.runner != later.runner:
        return False
    if earlier.labels and later.labels:
        return bool(earlier.labels & later.labels)
    return not earlier.labels and not later.labels


def _failures_alone(summary: Summary) -> Summary:
    return Summary(
        runner=summary.runner,
        line=summary.line,
        failed=summary.failed,
        errors=summary.errors,
        failing=summary.failing,
        labels=frozenset({f"earlier run at line {summary.line}"}),
    )
