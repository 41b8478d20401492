"""Summaries of compiled projects' runners: ctest, automake, prove, go, cargo, googletest, meson, check."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from regrow.actors.verifier.counting.summary import Summary, skips
from regrow.protocols.plan import EXPECTED_TO_FAIL, UNNAMED

_CTEST_TEST = re.compile(
    r"^\s*\d+/\d+ Test\s+#\d+: (?P<name>.+?) \.*\s*(?P<state>Passed|\*\*\*[A-Za-z ]+?|\(Disabled\)|Not Run)"
    r"(?: \(\w+\))?(?:\s+[\d.]+ sec)?\s*$"
)
_CTEST_END = re.compile(r"^\d+% tests passed, (?P<failed>\d+) tests? failed out of (?P<total>\d+)$")
_CTEST_FOLDER = re.compile(r"^Test project (?P<folder>.+)$")

_AUTOMAKE_TITLE = re.compile(r"^Testsuite summary for (?P<name>.+)$")
_AUTOMAKE_COUNT = re.compile(r"^# (?P<word>TOTAL|PASS|SKIP|XFAIL|FAIL|XPASS|ERROR):\s+(?P<count>\d+)$")
_AUTOMAKE_FAILING = re.compile(r"^(?:FAIL|XPASS|ERROR): (?P<name>\S+)")
_MAKE_FOLDER = re.compile(r"^\w*make(?:\[\d+\])?: Entering directory ['`\"](?P<folder>.+)['\"]$")
_SERIAL_PASS = re.compile(
    r"^(?:All (?P<all>\d+)|(?P<one>1)) tests? (?:passed|behaved as expected \((?P<expected>\d+) expected failures?\))$"
)
_SERIAL_FAIL = re.compile(r"^(?P<failed>\d+) of (?P<total>\d+) tests? (?:failed|did not behave as expected.*)$")
_SERIAL_SKIP = re.compile(r"^\((?P<count>\d+) tests? (?:was|were) not run\)$")

_PROVE_END = re.compile(r"^Files=\d+, Tests=(?P<run>\d+),")
_PROVE_RESULT = re.compile(r"^Result: (?P<result>PASS|FAIL|NOTESTS)$")
_PROVE_FAILED = re.compile(r"^Failed (?P<failed>\d+)/\d+ subtests")
_PROVE_SKIPPED = re.compile(r"\(less (?P<count>\d+) skipped subtests?:|^.+ ok \((?P<other>\d+) skipped\)$")

_GO_TEST = re.compile(r"^--- (?P<state>PASS|FAIL|SKIP): (?P<name>\S+) \([\d.]+s\)$")
_GO_PACKAGE = re.compile(r"^(?:ok  |FAIL)\t(?P<package>\S+)\t(?P<rest>.*)$")

_CARGO_END = re.compile(
    r"^test result: (?:ok|FAILED)\. (?P<passed>\d+) passed; (?P<failed>\d+) failed; (?P<ignored>\d+) ignored; "
    r"(?P<measured>\d+) measured; (?P<filtered>\d+) filtered out"
)
_CARGO_BINARY = re.compile(r"^\s+(?:Running (?P<binary>.+)|Doc-tests (?P<docs>.+))$")
_CARGO_FAILING = re.compile(r"^test (?P<name>.+) \.\.\. FAILED$")

_GTEST_END = re.compile(r"^\[=+\] (?P<run>\d+) tests? from \d+ test (?:suites?|cases?) ran\.")
_GTEST_COUNT = re.compile(r"^\[  (?P<word>PASSED |FAILED |SKIPPED) \] (?P<count>\d+) tests?[.,]")
_GTEST_FAILING = re.compile(r"^\[  FAILED  \] (?P<name>[\w/]+\.[\w/]+)(?:,.*)?$")

_MESON_COUNT = re.compile(r"^(?P<word>Ok|Expected Fail|Fail|Unexpected Pass|Skipped|Timeout):\s+(?P<count>\d+)\s*$")
_CHECK_END = re.compile(r"^\d+%: Checks: (?P<run>\d+), Failures: (?P<failed>\d+), Errors: (?P<errors>\d+)$")


def ctest_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """Ctest counts a skipped test as passed in its last line, so the lines above it are read too."""
    folder, skipped = "", 0
    failing: list[str] = []
    for number, line in enumerate(lines):
        if found := _CTEST_FOLDER.match(line):
            folder, failing, skipped = found["folder"], [], 0
        elif found := _CTEST_TEST.match(line):
            state = found["state"].lstrip("*")
            if state in {"Skipped", "Disabled", "(Disabled)"} or "Disabled" in line:
                skipped += 1
            elif state != "Passed":
                failing.append(found["name"])
        elif found := _CTEST_END.match(line):
            failed = int(found["failed"])
            yield Summary(
                runner="ctest",
                line=number,
                passed=max(0, int(found["total"]) - failed - skipped),
                failed=failed,
                skipped=skips(no_reason_given=skipped),
                failing=tuple(failing),
                labels=frozenset({folder} if folder else ()),
            )


def automake_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """The block that `make check` prints in each folder; package and folder tell the suites apart."""
    folder = title = ""
    counts: dict[str, int] = {}
    failing: list[str] = []
    for number, line in enumerate(lines):
        if found := _MAKE_FOLDER.match(line):
            folder = found["folder"]
        elif found := _AUTOMAKE_FAILING.match(line):
            failing.append(found["name"])
        elif found := _AUTOMAKE_TITLE.match(line):
            title, counts = found["name"], {}
        elif title and (found := _AUTOMAKE_COUNT.match(line)):
            counts[found["word"]] = int(found["count"])
            if found["word"] == "ERROR":  # The last of the seven.
                yield _automake_summary(counts, number, failing, frozenset({f"{title} in {folder}"}))
                title, failing = "", []


def _automake_summary(counts: dict[str, int], line: int, failing: Sequence[str], labels: frozenset[str]) -> Summary:
    return Summary(
        runner="automake",
        line=line,
        passed=counts.get("PASS", 0),
        failed=counts.get("FAIL", 0) + counts.get("XPASS", 0),
        errors=counts.get("ERROR", 0),
        skipped=((UNNAMED, counts.get("SKIP", 0)), (EXPECTED_TO_FAIL, counts.get("XFAIL", 0))),
        failing=tuple(dict.fromkeys(failing)),
        labels=labels,
    )


def automake_serial_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """The sentence that automake's older, serial harness prints between two rules."""
    folder = ""
    for number, line in enumerate(lines):
        if found := _MAKE_FOLDER.match(line):
            folder = found["folder"]
        below = lines[number + 1] if number + 1 < len(lines) else ""
        skipped = int(found["count"]) if (found := _SERIAL_SKIP.match(below)) else 0
        labels = frozenset({folder} if folder else ())
        if found := _SERIAL_PASS.match(line):
            expected = int(found["expected"] or 0)
            passed = int(found["all"] or found["one"]) - expected
            yield Summary(
                "automake",
                number,
                passed=passed,
                labels=labels,
                skipped=((UNNAMED, skipped), (EXPECTED_TO_FAIL, expected)),
            )
        elif found := _SERIAL_FAIL.match(line):
            failed = int(found["failed"])
            yield Summary(
                "automake", number, passed=max(0, int(found["total"]) - failed), failed=failed, labels=labels,
                skipped=skips(no_reason_given=skipped),
            )  # fmt: skip


def prove_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """Prove's `Files=..., Tests=...` with `Result:` below; a failure without a number (a crash) is one error."""
    failed = skipped = 0
    for number, line in enumerate(lines):
        if found := _PROVE_FAILED.match(line):
            failed += int(found["failed"])
        elif found := _PROVE_END.match(line):
            below = lines[number + 1] if number + 1 < len(lines) else ""
            result = _PROVE_RESULT.match(below)
            errors = 1 if result and result["result"] == "FAIL" and not failed else 0
            yield Summary(
                runner="prove",
                line=number,
                passed=max(0, int(found["run"]) - failed - skipped),
                failed=failed,
                errors=errors,
                skipped=skips(no_reason_given=skipped),
            )
            failed = skipped = 0
        if found := _PROVE_SKIPPED.search(line):
            skipped += int(found["count"] or found["other"])


def go_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """`go test -v`: the tests above each package's line. Without `-v` go names packages only: nothing is counted."""
    states: dict[str, list[str]] = {"PASS": [], "FAIL": [], "SKIP": []}
    for number, line in enumerate(lines):
        if found := _GO_TEST.match(line):
            states[found["state"]].append(found["name"])
        elif found := _GO_PACKAGE.match(line):
            built = "[build failed]" not in found["rest"] and "[setup failed]" not in found["rest"]
            if any(states.values()) or not built:
                yield Summary(
                    runner="go",
                    line=number,
                    passed=len(states["PASS"]),
                    failed=len(states["FAIL"]),
                    errors=0 if built else 1,
                    skipped=skips(no_reason_given=len(states["SKIP"])),
                    failing=tuple(f"{found['package']}.{name}" for name in states["FAIL"]),
                    labels=frozenset({found["package"]}),
                )
            states = {"PASS": [], "FAIL": [], "SKIP": []}


def cargo_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """One line for each test binary and for the examples in the documents."""
    binary = ""
    failing: list[str] = []
    for number, line in enumerate(lines):
        if found := _CARGO_BINARY.match(line):
            binary, failing = found["binary"] or f"documents of {found['docs']}", []
        elif found := _CARGO_FAILING.match(line):
            failing.append(found["name"])
        elif found := _CARGO_END.match(line):
            yield Summary(
                runner="cargo",
                line=number,
                passed=int(found["passed"]),
                failed=int(found["failed"]),
                deselected=int(found["filtered"]),
                skipped=skips(ignored=int(found["ignored"])),
                failing=tuple(failing),
                labels=frozenset({binary} if binary else ()),
            )


def gtest_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """Googletest's closing block; a program that crashed before it prints none."""
    for number, line in enumerate(lines):
        found = _GTEST_END.match(line)
        if found is None:
            continue
        counts: dict[str, int] = {}
        failing: list[str] = []
        for below in lines[number + 1 :]:
            if _GTEST_END.match(below):
                break
            if each := _GTEST_COUNT.match(below):
                counts[each["word"].strip()] = int(each["count"])
            elif each := _GTEST_FAILING.match(below):
                failing.append(each["name"])
        yield Summary(
            runner="googletest",
            line=number,
            passed=counts.get("PASSED", 0),
            failed=counts.get("FAILED", 0),
            skipped=skips(no_reason_given=counts.get("SKIPPED", 0)),
            failing=tuple(dict.fromkeys(failing)),
            labels=frozenset(failing),
        )


def meson_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """The block at the end of `meson test`, from `Ok:` on; lines that are zero may be missing."""
    counts: dict[str, int] = {}
    start = 0
    for number, line in enumerate([*lines, ""]):
        if found := _MESON_COUNT.match(line):
            start = start or number
            counts[found["word"]] = int(found["count"])
        elif counts:
            if "Ok" in counts or "Fail" in counts:
                yield Summary(
                    runner="meson",
                    line=start,
                    passed=counts.get("Ok", 0),
                    failed=counts.get("Fail", 0) + counts.get("Unexpected Pass", 0),
                    errors=counts.get("Timeout", 0),
                    skipped=((UNNAMED, counts.get("Skipped", 0)), (EXPECTED_TO_FAIL, counts.get("Expected Fail", 0))),
                )
            counts, start = {}, 0


def check_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """The line of the C library `check`."""
    for number, line in enumerate(lines):
        if found := _CHECK_END.match(line):
            failed, errors = int(found["failed"]), int(found["errors"])
            yield Summary(
                "check", number, passed=max(0, int(found["run"]) - failed - errors), failed=failed, errors=errors
            )
