"""Summaries that Python's test runners print: pytest, unittest and its kin (Django, nose, trial, zope), doctest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from regrow.actors.verifier.counting.summary import Summary, skips
from regrow.protocols.plan import EXPECTED_TO_FAIL, UNNAMED

_PYTEST_WORDS = (
    "passed|failed|errors?|skipped|xfailed|xpassed|deselected|warnings?|rerun|subtests? passed|subtests? failed"
    "|subtests? skipped|snapshots?[a-z ]*"
)
_PYTEST_END = re.compile(
    rf"^=* ?(?P<counts>(?:\d+ (?:{_PYTEST_WORDS})(?:, )?)+|no tests ran)"
    r" in [\d.:]+ ?(?:s|seconds)(?: \([\d:., day]+\))? ?=*$"
)
_PYTEST_COUNT = re.compile(r"(?P<count>\d+) (?P<word>[a-z ]+?)(?:,|$)")
_PYTEST_START = re.compile(r"^=+ test session starts =+$")
_PYTEST_FILE = re.compile(r"^(?P<file>\S+\.(?:py|rst|txt|md))(?:::\S+)? ")
_PYTEST_FAILING = re.compile(r"^(?:FAILED|ERROR) (?P<name>\S+?\.py(?:::.+?)?)(?: - .*)?$")

_UNITTEST_RAN = re.compile(r"^Ran (?P<run>\d+) tests? in [\d.]+s$")
_UNITTEST_END = re.compile(r"^(?:OK|FAILED|PASSED|NO TESTS RAN)(?: \((?P<details>[^)]*)\))?$")
_UNITTEST_FAILING = re.compile(r"^(?:FAIL|ERROR|UNEXPECTED SUCCESS): (?P<name>.+)$")
_UNITTEST_END_WITHIN_LINES = 6

_ZOPE_END = re.compile(
    r"^\s*(?P<total>Total|Ran): ?(?P<run>\d+) tests?,? (?:with )?(?P<failed>\d+) failures?, (?P<errors>\d+) errors?"
    r"(?:,? and (?P<skipped>\d+) skipped)? in "
)
_DOCTEST_ITEMS = re.compile(r"^(?P<run>\d+) tests? in \d+ items?\.$")
_DOCTEST_END = re.compile(r"^(?P<passed>\d+) passed(?: and (?P<failed>\d+) failed)?\.$")


def pytest_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """The last line of each pytest session, long or short form. Its test files are the suite's labels.

    A test that was expected to fail and did is not counted as run; one that passed all the same is.
    """
    files: set[str] = set()
    failing: list[str] = []
    for number, line in enumerate(lines):
        if _PYTEST_START.match(line):
            files, failing = set(), []
        elif found := _PYTEST_FAILING.match(line):
            failing.append(found["name"])
            files.add(found["name"].partition("::")[0])
        elif found := _PYTEST_END.match(line):
            yield _pytest_summary(found["counts"], number, tuple(dict.fromkeys(failing)), frozenset(files))
            files, failing = set(), []
        elif found := _PYTEST_FILE.match(line):
            files.add(found["file"])


def _pytest_summary(text: str, line: int, failing: tuple[str, ...], files: frozenset[str]) -> Summary:
    counts = {found["word"].strip(): int(found["count"]) for found in _PYTEST_COUNT.finditer(text)}
    return Summary(
        runner="pytest",
        line=line,
        passed=counts.get("passed", 0) + counts.get("xpassed", 0),
        failed=counts.get("failed", 0),
        errors=counts.get("error", 0) + counts.get("errors", 0),
        deselected=counts.get("deselected", 0),
        skipped=((UNNAMED, counts.get("skipped", 0)), (EXPECTED_TO_FAIL, counts.get("xfailed", 0))),
        failing=failing,
        labels=files,
    )


def unittest_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """`Ran N tests` and the verdict below it. Its N includes the skipped and counts a test with sub-tests once."""
    failing: list[str] = []
    for number, line in enumerate(lines):
        if found := _UNITTEST_FAILING.match(line):
            failing.append(found["name"])
        elif found := _UNITTEST_RAN.match(line):
            end = _unittest_end(lines, number)
            if end is not None:
                yield _unittest_summary(int(found["run"]), end, number, tuple(dict.fromkeys(failing)))
            failing = []


def _unittest_end(lines: Sequence[str], number: int) -> str | None:
    for line in lines[number + 1 : number + 1 + _UNITTEST_END_WITHIN_LINES]:
        if found := _UNITTEST_END.match(line):
            return found["details"] or ""
    return None


def _unittest_summary(ran: int, details: str, line: int, failing: tuple[str, ...]) -> Summary:
    counts = {
        name.strip(): int(count) for name, _, count in (part.partition("=") for part in details.split(",")) if count
    }
    skipped, expected = counts.get("skipped", 0), counts.get("expected failures", 0) + counts.get("expectedFailures", 0)
    failed = counts.get("failures", 0) + counts.get("unexpected successes", 0) + counts.get("unexpectedSuccesses", 0)
    errors = counts.get("errors", 0)
    return Summary(
        runner="unittest",
        line=line,
        passed=max(0, ran - failed - errors - skipped - expected),
        failed=failed,
        errors=errors,
        skipped=((UNNAMED, skipped), (EXPECTED_TO_FAIL, expected)),
        failing=failing,
    )


def zope_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """The totals of zope.testrunner; with several layers it prints one line each and a total."""
    for number, line in enumerate(lines):
        if found := _ZOPE_END.match(line):
            failed, errors = int(found["failed"]), int(found["errors"])
            skipped = int(found["skipped"] or 0)
            yield Summary(
                runner="zope.testrunner",
                line=number,
                passed=max(0, int(found["run"]) - failed - errors - skipped),
                failed=failed,
                errors=errors,
                skipped=skips(no_reason_given=skipped),
            )


def doctest_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """The last lines of `python -m doctest -v`. Its tests are examples, one line of a session each."""
    for number, line in enumerate(lines[:-1]):
        if _DOCTEST_ITEMS.match(line) and (found := _DOCTEST_END.match(lines[number + 1])):
            yield Summary("doctest", number, passed=int(found["passed"]), failed=int(found["failed"] or 0))
