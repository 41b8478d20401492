"""Counts tests from what a step printed: the fallback where our own reporter could not be put into the runner.

Every parser looks at the whole output; what they find is combined by `summary.combined`. A runner that is started by
another prints first, so the outer one's summary stands last: where a wrapper counts the same programs again (ctest or
automake over googletest, prove over TAP) only the outer count is taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from regrow.actors.verifier.counting import java_runners, native_runners, node_runners, python_runners
from regrow.actors.verifier.counting.summary import Summary, combined, counts_of
from regrow.actors.verifier.counting.tap import tap_summaries
from regrow.actors.verifier.counting.test_libraries import (
    LIBRARIES,
    OWN_LINE,
    library_summaries,
    own_line_summaries,
    own_result_summaries,
)
from regrow.core.workshop.escapes import without_escapes
from regrow.protocols.plan import CountSource, TestCounts

Parser = Callable[[Sequence[str]], Iterator[Summary]]

_PARSERS: tuple[Parser, ...] = (
    python_runners.pytest_summaries,
    python_runners.unittest_summaries,
    python_runners.zope_summaries,
    python_runners.doctest_summaries,
    node_runners.node_summaries,
    node_runners.mocha_summaries,
    node_runners.jest_summaries,
    node_runners.vitest_summaries,
    node_runners.ava_summaries,
    node_runners.jasmine_summaries,
    node_runners.tap_runner_summaries,
    node_runners.nodeunit_summaries,
    native_runners.ctest_summaries,
    native_runners.automake_summaries,
    native_runners.automake_serial_summaries,
    native_runners.prove_summaries,
    native_runners.go_summaries,
    native_runners.cargo_summaries,
    native_runners.gtest_summaries,
    native_runners.meson_summaries,
    native_runners.check_summaries,
    library_summaries,
    java_runners.junit_summaries,
    java_runners.junit_console_summaries,
    java_runners.suite_summaries,
    java_runners.testng_summaries,
    java_runners.gradle_summaries,
)
_LAST: tuple[Parser, ...] = (tap_summaries, own_line_summaries, own_result_summaries)
"""What is read where no runner has printed a summary: the first that finds something."""

_WITHIN = {"googletest", "check", "tap", OWN_LINE, *LIBRARIES}
_COUNTED_AGAIN = {
    "ctest": _WITHIN,
    "automake": _WITHIN,
    "meson": _WITHIN,
    "prove": {"tap"},
}
"""A runner that starts other programs -> those whose tests it counts itself."""

_USAGE = re.compile(
    r"^(?:[\w./-]+: )?(?:error: |ERROR: )?(?:unrecognized (?:arguments?|option)|unknown (?:option|argument|flag|command)"
    r"|no such option|invalid option|illegal option|bad option|unrecognised option|flag provided but not defined).*$",
    re.IGNORECASE,
)
_USAGE_CODES = frozenset({1, 2, 4, 9, 64})
_LINES_OF_A_USAGE_ERROR = 40


def count_output(output: str) -> TestCounts | None:
    """Count the tests of a step's output; None when no summary is found, which is not the same as no tests.

    >>> count_output("Ran 0 tests in 0.000s\\n\\nOK\\n").run
    0
    """
    lines = plain_lines(output)
    return counts_of(_chosen([summary for parser in _PARSERS for summary in parser(lines)], lines), CountSource.OUTPUT)


def deselected_in_output(output: str) -> int:
    """How many tests the runner says were left out by options."""
    lines = plain_lines(output)
    return sum(summary.deselected for summary in combined([s for parser in _PARSERS for s in parser(lines)]))


def plain_lines(output: str) -> list[str]:
    """Lines without colours and without what a carriage return has overwritten."""
    text = without_escapes(output).replace("\r\n", "\n")
    return [line.rsplit("\r", 1)[-1].rstrip() for line in text.split("\n")]


def usage_error(output: str, exit_code: int | None) -> str | None:
    """The line in which a program says that it was called wrongly (trap 29), if it ended for that reason.

    A short output, a code that such errors end with and no summary of tests: the words alone occur in tests too.
    """
    lines = [line for line in plain_lines(output) if line.strip()]
    if exit_code not in _USAGE_CODES or len(lines) > _LINES_OF_A_USAGE_ERROR or count_output(output) is not None:
        return None
    return next((line.strip() for line in lines if _USAGE.match(line.strip())), None)


def _chosen(found: list[Summary], lines: Sequence[str]) -> tuple[Summary, ...]:
    if not found:
        found = next(filter(None, (list(parser(lines)) for parser in _LAST)), [])
    again = {inner for summary in found for inner in _COUNTED_AGAIN.get(summary.runner, ())}
    return combined([summary for summary in found if summary.runner not in again])
