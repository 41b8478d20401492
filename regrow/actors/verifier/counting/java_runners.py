"""Summaries of the runners of Java: JUnit's own (4 and 5), TestNG, and those of Maven, Ant and Gradle."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from regrow.actors.verifier.counting.summary import Summary, skips

_JUNIT_OK = re.compile(r"^OK \((?P<run>\d+) tests?\)$")
_JUNIT_BAD = re.compile(r"^Tests run: (?P<run>\d+),  Failures: (?P<failed>\d+)$")
_JUNIT_FAILING = re.compile(r"^\d+\) (?P<name>\w[\w$\[\]. -]*\([\w.$]+\))$")

_CONSOLE = re.compile(r"^\[\s+(?P<count>\d+) tests (?P<word>found|skipped|started|aborted|successful|failed)\s+\]$")

_SUITE = re.compile(
    r"^\s*(?:\[(?:INFO|WARNING|ERROR|junit)\]\s+)?Tests run:\s*(?P<run>\d+), Failures:\s*(?P<failed>\d+),"
    r" (?:Errors|Skips):\s*(?P<errors>\d+)(?:, Skipped:\s*(?P<skipped>\d+))?"
    r"(?P<timed>, Time elapsed: [\d.,]+ s(?:ec)?)?(?:\s+<<< \w+!)?(?:\s+--?\s+in (?P<name>\S+))?\s*$"
)
_NAMED = re.compile(r"^\s*(?:\[(?:INFO|junit)\]\s+)?(?:Running|Testsuite:) (?P<name>\S+)\s*$")
_TESTNG = re.compile(
    r"^Total tests run: (?P<run>\d+), (?:Passes: \d+, )?Failures: (?P<failed>\d+), Skips: (?P<skipped>\d+)\s*$"
)
_GRADLE = re.compile(r"^(?P<run>\d+) tests? completed(?:, (?P<failed>\d+) failed)?(?:, (?P<skipped>\d+) skipped)?$")


def junit_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """The last line of JUnit 4's text runner; failing tests are numbered above it."""
    failing: list[str] = []
    for number, line in enumerate(lines):
        if found := _JUNIT_FAILING.match(line):
            failing.append(found["name"])
        elif found := _JUNIT_OK.match(line):
            yield Summary("junit", number, passed=int(found["run"]))
            failing = []
        elif found := _JUNIT_BAD.match(line):
            failed = int(found["failed"])
            passed = max(0, int(found["run"]) - failed)
            yield Summary("junit", number, passed=passed, failed=failed, failing=tuple(failing))
            failing = []


def junit_console_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """The block in brackets at the end of JUnit 5's console launcher."""
    counts: dict[str, int] = {}
    for number, line in enumerate(lines):
        if found := _CONSOLE.match(line):
            counts[found["word"]] = int(found["count"])
            if found["word"] == "failed":
                yield Summary(
                    "junit",
                    number,
                    passed=counts.get("successful", 0),
                    failed=counts["failed"],
                    errors=counts.get("aborted", 0),
                    skipped=skips(no_reason_given=counts.get("skipped", 0)),
                )
                counts = {}


def suite_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """One line for each class (Maven's Surefire, Ant's junit task): the lines of classes are added up.

    Surefire prints the sum of a module once more, without a time and a name; it is passed over where classes are there.
    """
    name, classes = "", False
    for number, line in enumerate(lines):
        if found := _NAMED.match(line):
            name = found["name"]
        elif found := _SUITE.match(line):
            label = found["name"] or name
            if classes and not found["timed"]:
                continue
            classes = classes or bool(found["timed"])
            failed, errors = int(found["failed"]), int(found["errors"])
            skipped = int(found["skipped"] or 0)
            bad = failed + errors
            yield Summary(
                "surefire",
                number,
                passed=max(0, int(found["run"]) - bad - skipped),
                failed=failed,
                errors=errors,
                skipped=skips(no_reason_given=skipped),
                failing=(label,) if bad and label else (),
                labels=frozenset({label} if label else ()),
            )
            name = ""


def testng_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """TestNG's total."""
    for number, line in enumerate(lines):
        if found := _TESTNG.match(line):
            failed, skipped = int(found["failed"]), int(found["skipped"])
            passed = max(0, int(found["run"]) - failed - skipped)
            yield Summary("testng", number, passed=passed, failed=failed, skipped=skips(no_reason_given=skipped))


def gradle_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """Gradle counts its tests only when one has failed or was skipped; a good run says nothing of numbers."""
    for number, line in enumerate(lines):
        if found := _GRADLE.match(line):
            failed, skipped = int(found["failed"] or 0), int(found["skipped"] or 0)
            passed = max(0, int(found["run"]) - failed - skipped)
            yield Summary("gradle", number, passed=passed, failed=failed, skipped=skips(no_reason_given=skipped))
