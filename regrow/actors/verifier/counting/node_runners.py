"""Summaries that JavaScript's test runners print: node:test, mocha, jest, vitest, ava, jasmine, tap, nodeunit.
Plain TAP: `tap.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from regrow.actors.verifier.counting.summary import Summary, skips
from regrow.protocols.plan import TODO, UNNAMED

_NODE_TOTAL = re.compile(r"^(?:#|ℹ) tests\s+(?P<count>\d+)$")
_NODE_COUNT = re.compile(r"^(?:#|ℹ) (?P<word>suites|pass|fail|cancelled|skipped|skip|todo|ok)\s+(?P<count>\d+)$")
_NODE_BLOCK_LINES = 9

_MOCHA_PASSING = re.compile(r"^\s*(?P<count>\d+) passing(?: \([\d.]+ ?m?s?m?h?\))?$")
_MOCHA_OTHER = re.compile(r"^\s*(?P<count>\d+) (?P<word>pending|failing)$")
_MOCHA_FAILING = re.compile(r"^\s+\d+\) (?P<name>\S.*?):?$")

_JEST_END = re.compile(r"^Tests:\s+(?P<counts>(?:\d+ (?:failed|skipped|todo|passed), )*)(?P<total>\d+) total$")
_VITEST_END = re.compile(
    r"^\s+Tests\s+(?P<counts>(?:\d+ (?:failed|passed|skipped|todo|expected fail)(?: \| )?)+)\s*\(\d+\)$"
)
_COUNT_WORD = re.compile(r"(?P<count>\d+) (?P<word>[a-z ]+?)(?=,| \||\s*$)")
_JEST_FAILING = re.compile(
    r"^\s+● (?!Console$|Test suite failed to run$|Cannot log after|[\w ]*Warning:?$)(?P<name>\S.*)$"
)
"""A test within a `describe` or without; the same dot stands before what jest itself has to say."""
_VITEST_FAILING = re.compile(r"^ FAIL\s+(?P<name>\S.*)$")

_AVA_END = re.compile(
    r"^\s+(?P<count>\d+) (?P<word>tests? passed|tests? failed|tests? skipped|tests? todo|known failures?"
    r"|uncaught exceptions?|unhandled rejections?)$"
)
_JASMINE_END = re.compile(r"^(?P<run>\d+) specs?, (?P<failed>\d+) failures?(?:, (?P<pending>\d+) pending specs?)?$")
_TAP18_END = re.compile(r"^# \{ (?P<counts>total: \d+.*) \}$")
_TAP15_END = re.compile(r"^Asserts:\s+(?P<counts>.+?),? (?:of )?(?P<total>\d+)(?: of \d+ complete\w*)?$")

_TAP0_END = re.compile(r"^total \.+ (?P<passed>\d+)/(?P<total>\d+)$")
"""The `tap` program before version 1."""
_TAP_SPEC = re.compile(r"^\s*(?P<word>total|passing|failing):\s+(?P<count>\d+)\s*$")
_TAP_DOT = re.compile(r"^\s*(?P<count>\d+) (?P<word>tests|passed|failed)$")
_NODEUNIT_END = re.compile(
    r"^(?:OK: (?P<run>\d+)|FAILURES: (?P<failed>\d+)/(?P<total>\d+)) assertions? ?(?:failed )?\(\d+ms\)$"
)


def node_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """The block of `# tests N` lines of node's own runner, and of the TAP producers tape and mocha (a shorter one)."""
    for number, line in enumerate(lines):
        found = _NODE_TOTAL.match(line)
        if found is None:
            continue
        counts: dict[str, int] = {}
        for below in lines[number + 1 : number + _NODE_BLOCK_LINES]:
            if each := _NODE_COUNT.match(below):
                counts[each["word"]] = int(each["count"])
            elif below.strip():
                break
        yield Summary(
            runner="node:test" if "cancelled" in counts else "tap",
            line=number,
            passed=counts.get("pass", 0),
            failed=counts.get("fail", 0),
            errors=counts.get("cancelled", 0),
            skipped=((UNNAMED, counts.get("skipped", 0) + counts.get("skip", 0)), (TODO, counts.get("todo", 0))),
        )


def mocha_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """`N passing`, with `pending` and `failing` below where there are any."""
    for number, line in enumerate(lines):
        found = _MOCHA_PASSING.match(line)
        if found is None:
            continue
        counts = {"pending": 0, "failing": 0}
        for below in lines[number + 1 : number + 3]:
            if each := _MOCHA_OTHER.match(below):
                counts[each["word"]] = int(each["count"])
        yield Summary(
            runner="mocha",
            line=number,
            passed=int(found["count"]),
            failed=counts["failing"],
            skipped=skips(no_reason_given=counts["pending"]),
            failing=_mocha_failing(lines[number + 1 :], counts["failing"]),
        )


def _mocha_failing(lines: Sequence[str], count: int) -> tuple[str, ...]:
    """The titles below `N failing`: a numbered line opens each, further lines go deeper, the last ends in a colon."""
    names: list[str] = []
    for index, line in enumerate(lines):
        if len(names) >= count:
            break
        if _MOCHA_PASSING.match(line):
            break
        if found := _MOCHA_FAILING.match(line):
            parts = [found["name"]]
            for below in () if line.endswith(":") else lines[index + 1 : index + 6]:
                if not below.strip():
                    break
                parts.append(below.strip().removesuffix(":"))
            names.append(" ".join(parts))
    return tuple(names)


def jest_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """Jest's `Tests:` line."""
    failing: list[str] = []
    for number, line in enumerate(lines):
        if found := _JEST_FAILING.match(line):
            failing.append(found["name"].strip())
        elif found := _JEST_END.match(line):
            yield _worded("jest", number, found["counts"], failing)
            failing = []


def vitest_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """Vitest's `Tests` line."""
    failing: list[str] = []
    for number, line in enumerate(lines):
        if found := _VITEST_FAILING.match(line):
            failing.append(found["name"].strip())
        elif found := _VITEST_END.match(line):
            yield _worded("vitest", number, found["counts"], failing)
            failing = []


def _worded(runner: str, line: int, text: str, failing: Sequence[str]) -> Summary:
    counts = {found["word"].strip(): int(found["count"]) for found in _COUNT_WORD.finditer(text)}
    return Summary(
        runner=runner,
        line=line,
        passed=counts.get("passed", 0),
        failed=counts.get("failed", 0),
        skipped=((UNNAMED, counts.get("skipped", 0)), (TODO, counts.get("todo", 0) + counts.get("expected fail", 0))),
        failing=tuple(dict.fromkeys(failing)) if counts.get("failed") else (),
    )


def ava_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """Ava's closing lines, which stand together at the end, one for each kind of outcome that there was."""
    block: dict[str, int] = {}
    for number, line in enumerate(lines):
        if found := _AVA_END.match(line):
            block[re.sub(r"^tests? |s$", "", found["word"])] = int(found["count"])
        elif block and line.strip():
            yield _ava_summary(block, number)
            block = {}
    if block:
        yield _ava_summary(block, len(lines))


def _ava_summary(block: dict[str, int], line: int) -> Summary:
    return Summary(
        runner="ava",
        line=line,
        passed=block.get("passed", 0),
        failed=block.get("failed", 0),
        errors=block.get("uncaught exception", 0) + block.get("unhandled rejection", 0),
        skipped=((UNNAMED, block.get("skipped", 0)), (TODO, block.get("todo", 0) + block.get("known failure", 0))),
    )


def jasmine_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """Jasmine's closing line."""
    for number, line in enumerate(lines):
        if found := _JASMINE_END.match(line):
            failed, pending = int(found["failed"]), int(found["pending"] or 0)
            passed = max(0, int(found["run"]) - failed - pending)
            yield Summary("jasmine", number, passed=passed, failed=failed, skipped=skips(no_reason_given=pending))


def tap_runner_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """The closing line of the `tap` program: `# { total: 5, pass: 4, fail: 1 }`, or `Asserts:` before version 18."""
    for number, line in enumerate(lines):
        if found := _TAP18_END.match(line):
            counts = {
                key.strip(): int(value)
                for key, _, value in (part.partition(":") for part in found["counts"].split(","))
            }
            yield Summary(
                runner="tap",
                line=number,
                passed=counts.get("pass", 0),
                failed=counts.get("fail", 0),
                skipped=((UNNAMED, counts.get("skip", 0)), (TODO, counts.get("todo", 0))),
            )
        elif found := _TAP15_END.match(line):
            yield _worded("tap", number, found["counts"], ())
        elif found := _TAP0_END.match(line):
            passed = int(found["passed"])
            yield Summary("tap", number, passed=passed, failed=max(0, int(found["total"]) - passed))
        elif (found := _TAP_SPEC.match(line)) and found["word"] == "total":
            yield from _told_by_tap_spec(lines, number)
        elif (found := _TAP_DOT.match(line)) and found["word"] == "tests":
            yield from _told_by_tap_dot(lines, number)


def _told_by_tap_spec(lines: Sequence[str], number: int) -> Iterator[Summary]:
    """The block that `tap-spec` makes of a TAP stream: total, passing, and failing where there is any."""
    counts: dict[str, int] = {}
    for line in lines[number : number + 4]:
        if found := _TAP_SPEC.match(line):
            counts[found["word"]] = int(found["count"])
    if "passing" in counts:
        yield Summary("tap", number, passed=counts["passing"], failed=max(0, counts["total"] - counts["passing"]))


def _told_by_tap_dot(lines: Sequence[str], number: int) -> Iterator[Summary]:
    """The block that `tap-dot` makes of a TAP stream: titles, assertions that passed, and those that failed."""
    counts: dict[str, int] = {}
    for line in lines[number + 1 : number + 3]:
        if found := _TAP_DOT.match(line):
            counts[found["word"]] = int(found["count"])
    if "passed" in counts:
        yield Summary("tap", number, passed=counts["passed"], failed=counts.get("failed", 0))


def nodeunit_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """Nodeunit's closing line, which counts assertions."""
    for number, line in enumerate(lines):
        if found := _NODEUNIT_END.match(line.strip().removeprefix("\u2713 ")):
            failed = int(found["failed"] or 0)
            yield Summary("nodeunit", number, passed=int(found["run"] or found["total"]) - failed, failed=failed)
