"""What the documents promise, in each report: what costs the verdict, what is told, and what was not checked."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

from regrow.cli.report.formats.junit import render_junit
from regrow.cli.report.formats.sarif import render_sarif
from regrow.cli.report.page import render_page
from regrow.cli.report.text import render_text
from regrow.cli.report.verdict import explain
from regrow.protocols.documents import DocRef
from regrow.protocols.report import RunReport
from regrow.protocols.status import BuildStatus, Verdict
from regrow.protocols.verification import BuildError, CheckKind, CheckOutcome
from tests.cli.report.test_formats import a_report

HOSTILE = "<script>alert(1)</script>"


def promise(
    line: int, passed: bool | None, *, decides: bool = True, kind: CheckKind = CheckKind.ENDPOINT, got: str = ""
) -> CheckOutcome:
    ref = DocRef(file="README.md", line=line, end_line=line, text=f"sentence {line}")
    return CheckOutcome(
        kind=kind,
        name=f"GET /{line}",
        passed=passed,
        detail=f"detail {line}",
        ref=ref,
        expected="200",
        got=got,
        decides=decides,
    )


def report_with(*checks: CheckOutcome, verdict: str = "pass", errors: tuple[BuildError, ...] = ()) -> RunReport:
    status = BuildStatus.COMPLETED if verdict == "pass" else BuildStatus.FAILED
    return a_report("pass", tests_run=1, tests_passed=1).model_copy(
        update={"checks": checks, "verdict": Verdict(verdict), "status": status, "errors": errors}
    )


BROKEN = report_with(
    promise(1, True),
    promise(2, False, got=HOSTILE),
    promise(3, False, decides=False),
    promise(4, None),
    promise(5, False, kind=CheckKind.OUTPUT),
    verdict="fail",
    errors=(BuildError(code="E3002", message="GET /2: detail 2", file="README.md", line=2),),
)


def test_terminal_counts_them_and_shows_those_that_differ() -> None:
    text = render_text(BROKEN, 160)
    assert "what the documents show and state: 1 ok, 2 wrong, 1 differs, 1 not checked" in text
    assert [line.split()[0] for line in text.splitlines() if "detail " in line and "GET" in line][:3] == [
        "wrong",
        "wrong",
        "differs",
    ]
    assert "README.md:2" in text


def test_headline_says_that_the_tests_pass_and_which_sentence_is_wrong() -> None:
    told = explain(BROKEN)
    assert (
        told.headline == "Builds from its documentation, and its one test passes, but README.md:2 says what is not so."
    )
    assert [each.line for each in told.broken] == [2, 5]


def test_page_has_a_part_for_them_and_nothing_in_it_is_markup() -> None:
    page = render_page(BROKEN)
    assert "What the documents show and state" in page
    assert "E3006 · GET /5" in page
    assert HOSTILE not in page
    assert "What the documents show and state" not in render_page(report_with())


def test_junit_has_a_case_for_each_that_was_judged() -> None:
    cases = [
        each
        for each in ET.fromstring(render_junit(BROKEN)).iter("testcase")
        if each.get("classname") == "regrow.promise"
    ]
    assert [(each.get("name"), each.find("failure") is not None) for each in cases] == [
        ("README.md:1: GET /1", False),
        ("README.md:2: GET /2", True),
        ("README.md:3: GET /3", False),
        ("README.md:5: GET /5", True),
    ]


def test_sarif_has_each_once_as_an_error_where_it_costs_the_verdict() -> None:
    results = json.loads(render_sarif(BROKEN))["runs"][0]["results"]
    found = [
        (each["ruleId"], each["level"], each["locations"][0]["physicalLocation"]["region"]["startLine"])
        for each in results
    ]
    assert found == [("E3002", "error", 2), ("E3002", "note", 3), ("E3006", "error", 5)]
