"""Summaries that the libraries print which C and C++ projects write tests with, and, where there is none, a project's own.

All are the word of the test program itself (`traces.own_word`): it is believed only where its tree holds the words for a
failure. A line of the project's own making counts where it tells in one line what passed of how much; one that tells a
number alone ("Ran 84 tests.") says nothing of what came of them. Where there is no such line either, lines are counted that
tell of one test each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from regrow.actors.verifier.counting.summary import Summary, skips

__all__ = ["LIBRARIES", "OWN_LINE", "library_summaries", "own_line_summaries", "own_result_summaries"]

OWN_LINE = "own summary"
"""How a count from a project's own line is named."""

_ONE_LINE: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("catch2", re.compile(r"^All tests passed \(\d+ assertions? in (?P<run>\d+) test cases?\)$")),
    (
        "catch2",
        re.compile(
            r"^test cases:\s+(?P<total>\d+) \|(?:\s+(?P<passed>\d+) passed)?(?:(?: \|)?\s+(?P<failed>\d+) failed)?(?: \|.*)?$"
        ),
    ),
    (
        "doctest.h",
        re.compile(
            r"^\[doctest\] test cases:\s+(?P<total>\d+) \|\s+(?P<passed>\d+) passed \|\s+(?P<failed>\d+) failed \|.*$"
        ),
    ),
    ("unity", re.compile(r"^(?P<run>\d+) Tests (?P<failed>\d+) Failures (?P<skipped>\d+) Ignored\s*$")),
    (
        "cpputest",
        re.compile(r"^OK \((?P<total>\d+) tests, (?P<run>\d+) ran, \d+ checks, (?P<skipped>\d+) ignored, .*\)$"),
    ),
    (
        "cpputest",
        re.compile(r"^Errors \((?P<failed>\d+) failures?, (?P<total>\d+) tests, (?P<run>\d+) ran, \d+ checks, .*\)$"),
    ),
    ("cppunit", re.compile(r"^OK \((?P<run>\d+)\)$")),
    ("cppunit", re.compile(r"^Run: +(?P<run>\d+) +Failure total: +(?P<failed>\d+) +Failures: +\d+ +Errors: +\d+$")),
    ("cunit", re.compile(r"^\s+tests\s+(?P<total>\d+)\s+(?P<run>\d+)\s+\d+\s+(?P<failed>\d+)\s+\d+\s*$")),
    (
        "criterion",
        re.compile(
            r"^\[=+\] Synthesis: Tested: (?P<run>\d+) \| Passing: (?P<passed>\d+) \| Failing: (?P<failed>\d+) \| "
            r"Crashing: (?P<errors>\d+)\s*$"
        ),
    ),
    ("greatest", re.compile(r"^Pass: (?P<passed>\d+), fail: (?P<failed>\d+), skip: (?P<skipped>\d+)\.$")),
    (
        "qttest",
        re.compile(r"^Totals: (?P<passed>\d+) passed, (?P<failed>\d+) failed, (?P<skipped>\d+) skipped(?:, .*)?$"),
    ),
)
LIBRARIES = frozenset(runner for runner, _ in _ONE_LINE) | {"cmocka", "boost.test"}

_CMOCKA_RUN = re.compile(r"^\[=+\] (?P<name>.*?:? ?)(?P<run>\d+) test\(s\) run\.$")
_CMOCKA_PASSED = re.compile(r"^\[  PASSED  \] (?P<passed>\d+) test\(s\)\.$")
_BOOST_RUN = re.compile(r"^Running (?P<run>\d+) test cases?\.\.\.$")
_BOOST_END = re.compile(
    r"^\*\*\* (?:(?P<none>No errors detected)|(?P<failed>\d+) failures? (?:is|are) detected in .*)$"
)


def library_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """One summary for each closing line; a program that ran twice is told apart by the place where it printed."""
    ran = 0
    cmocka: int | None = None
    for number, line in enumerate(lines):
        for runner, pattern in _ONE_LINE:
            if found := pattern.match(line):
                yield _summary(runner, number, found)
                break
        if found := _BOOST_RUN.match(line):
            ran = int(found["run"])
        elif ran and (found := _BOOST_END.match(line)):
            failed = min(ran, int(found["failed"] or 0))
            yield Summary("boost.test", number, passed=ran - failed, failed=failed, labels=_place(number))
            ran = 0
        elif found := _CMOCKA_RUN.match(line):
            cmocka = int(found["run"])
        elif cmocka is not None and (found := _CMOCKA_PASSED.match(line)):
            passed = min(cmocka, int(found["passed"]))
            yield Summary("cmocka", number, passed=passed, failed=cmocka - passed, labels=_place(number))
            cmocka = None


def _place(number: int) -> frozenset[str]:
    return frozenset({f"summary at line {number}"})


def _summary(runner: str, number: int, found: re.Match[str]) -> Summary:
    told = {key: int(value) for key, value in found.groupdict().items() if value is not None}
    failed, errors, skipped = told.get("failed", 0), told.get("errors", 0), told.get("skipped", 0)
    run = told.get("run", told.get("total", told.get("passed", 0) + failed + errors))
    passed = told.get("passed", max(0, run - failed - errors - (skipped if runner == "unity" else 0)))
    return Summary(
        runner,
        number,
        passed=passed,
        failed=failed,
        errors=errors,
        skipped=skips(no_reason_given=skipped),
        labels=_place(number),
    )


_WHAT = r"(?:(?:unit|self|regression)[ -]?)?(?:tests?|test ?cases?|checks?)"
_WELL = r"(?:passed|succeeded|successful(?:ly)?|ok|OK|PASSED)"
_BADLY = r"(?:failed|failures?|fails?|FAILED|FAIL|errors?)"
_OWN: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern)
    for pattern in (
        rf"^(?:(?:Success|SUCCESS|OK|Ok|PASS|PASSED|Passed|Results?|Summary|Total)\s*[:,-]\s*)?(?:[Aa]ll )?(?P<passed>\d+) {_WHAT} "
        rf"(?:have |has |were |was )?{_WELL}[.!]*$",
        rf"^(?:[A-Z][\w ]{{0,30}}: ?)?(?P<passed>\d+) ?(?:/|of|out of) ?(?P<total>\d+) (?:{_WHAT} )?"
        rf"(?:have |has |were |was )?{_WELL}[.!]*$",
        rf"^(?:[Pp]assed|PASSED):? (?P<passed>\d+) ?(?:/|of|out of) ?(?P<total>\d+)(?: {_WHAT})?[.!]*$",
        rf"^(?:[A-Z][\w ]{{0,30}}: ?)?(?P<passed>\d+) (?:{_WHAT} )?(?:passed|PASSED|succeeded)[,;]? (?:and )?(?P<failed>\d+) "
        rf"(?:{_WHAT} )?{_BADLY}[.!]*$",
        r"^(?:[A-Z][\w ]{0,30}: ?)?(?:Pass(?:ed|es)?|PASS(?:ED)?|passed)\s*[:=]?\s*(?P<passed>\d+)[,;]?\s+"
        r"(?:Fail(?:ed|ures|s)?|FAIL(?:ED)?|failed)\s*[:=]?\s*(?P<failed>\d+)[.!]*$",
    )
)


def own_line_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """The line in which a project's own program tells what passed; of several alike the last is taken."""
    for number, line in enumerate(lines):
        for pattern in _OWN:
            if found := pattern.match(line.strip()):
                passed = int(found["passed"])
                groups = found.groupdict()
                failed = int(groups.get("failed") or 0)
                if groups.get("total") is not None:
                    failed = max(0, int(groups["total"]) - passed)
                yield Summary(OWN_LINE, number, passed=passed, failed=failed)
                break


_STATE = (
    r"(?P<state>OK|PASS(?:ED)?|Pass(?:ed)?|ok|passed|FAIL(?:ED|URE)?|Fail(?:ed)?|failed|ERROR|SKIP(?:PED)?|skipped)"
)
_RESULTS = (
    re.compile(rf"^\s*(?P<name>\S.{{0,100}}?)(?:\s*\.{{2,}}\s*|:\s+|\s{{2,}}|\s+-+\s+|\s*\[\s*){_STATE}\s*\]?[.!]?$"),
    re.compile(
        r"^\s*[*?#=+-]{0,3}\s*\[?\s*(?P<state>OK|ok|PASS(?:ED)?|pass(?:ed)?|FAIL(?:ED|URE)?|fail(?:ed)?|ERROR|SKIP(?:PED)?)"
        r"\s*(?:\]|:)\s+(?P<name>\S.*)$"
    ),
)
_WORK = re.compile(
    r"(?i)(?:checking|check(?:s|ed)? for|configur|compil|link|build|generat|install|creat|download|copy|mak(?:e|ing)|writ|updat|"
    r"cc|cxx|ld|gcc|g\+\+)\w*\b"
)
"""What a line begins with that tells of the build and not of a test."""
_FEWEST_RESULTS = 2
_OFTEN = 2
"""A suite that is run twice tells each test twice."""


def own_result_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """The lines that tell of one test each (`parses a list ... OK`, `PASS: list`), where there are several.

    A name that is both well and not, or that comes again and again, is no test's: programs that compare check sums print
    `LICENSE: OK` and `LICENSE: FAILED` of what they are given, and the failure may be what a test wants. Nothing is counted then.
    """
    states: dict[str, str] = {}
    last = told = 0
    for number, line in enumerate(lines):
        found = next((match for pattern in _RESULTS if (match := pattern.match(line))), None)
        if found is None or _WORK.match(found["name"]):
            continue
        word = found["state"].lower()
        kind = (
            "skipped" if word.startswith("skip") else "passed" if word == "ok" or word.startswith("pass") else "failed"
        )
        name = found["name"].strip()
        if {states.get(name, kind), kind} == {"passed", "failed"}:
            return
        states[name] = kind
        last, told = number, told + 1
    kinds = list(states.values())
    if len(kinds) >= _FEWEST_RESULTS and told <= _OFTEN * len(kinds):
        yield Summary(
            OWN_LINE,
            last,
            passed=kinds.count("passed"),
            failed=kinds.count("failed"),
            skipped=skips(no_reason_given=kinds.count("skipped")),
            failing=tuple(name for name, kind in states.items() if kind == "failed"),
        )
