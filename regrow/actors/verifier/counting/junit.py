"""Counts tests from a JUnit file, which pytest writes without any module of ours (`--junitxml`).

Used where our reporter cannot be imported: a step that sets PYTHONPATH itself, an isolated interpreter, a wrapper. The
file is written when the session ends, so a crash leaves none.
"""

from __future__ import annotations

from xml.etree import ElementTree  # noqa: ICN001

from regrow.actors.verifier.counting.summary import Summary, counts_of
from regrow.protocols.plan import EXPECTED_TO_FAIL, UNNAMED, CountSource, TestCounts

SIZE_LIMIT_CHARS = 64 * 1024**2


def count_junit(text: str) -> TestCounts | None:
    """Count the test cases of a JUnit file; None when it is none, or larger than the limit."""
    if len(text) > SIZE_LIMIT_CHARS or "<!DOCTYPE" in text[:2000] or "<!ENTITY" in text:
        return None  # No runner writes a document type; entities are how a small file becomes a large one.
    try:
        root = ElementTree.fromstring(text)  # noqa: S314
    except ElementTree.ParseError:
        return None
    if root.tag not in {"testsuites", "testsuite"}:
        return None
    worst: dict[str, tuple[str, str]] = {}
    for case in root.iter("testcase"):
        name = "::".join(filter(None, (case.get("classname"), case.get("name")))) or "unnamed"
        found = _outcome(case)
        if name not in worst or found[0] in {"failed", "error"}:
            worst[name] = found
    tally = {
        kind: [name for name, (outcome, _) in worst.items() if outcome == kind]
        for kind in ("passed", "failed", "error")
    }
    reasons: dict[str, int] = {}
    for ended, reason in worst.values():
        if ended == "skipped":
            reasons[reason] = reasons.get(reason, 0) + 1
    summary = Summary(
        runner="junit",
        line=0,
        passed=len(tally["passed"]),
        failed=len(tally["failed"]),
        errors=len(tally["error"]),
        skipped=tuple(reasons.items()),
        failing=(*tally["failed"], *tally["error"]),
    )
    return counts_of([summary], CountSource.JUNIT)


def _outcome(case: ElementTree.Element) -> tuple[str, str]:
    if case.find("failure") is not None:
        return "failed", ""
    if case.find("error") is not None:
        return "error", ""
    skipped = case.find("skipped")
    if skipped is None:
        return "passed", ""
    expected = skipped.get("type") == "pytest.xfail"
    return "skipped", EXPECTED_TO_FAIL if expected else skipped.get("message") or UNNAMED
