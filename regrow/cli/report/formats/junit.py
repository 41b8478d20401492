"""The report as JUnit XML: a test case for each step, one for the project's own tests, one for its documents.

The project's tests are counts, in one case: their names and times are in the file that their runner writes. A step that
failed is a `failure`, one that the room ended (time, memory) and a run that could not judge an `error`.

Written with the standard library: what is needed is five elements. A library for JUnit files (junitparser reads and merges
them well) would still leave the characters to us that XML cannot hold, and be a dependency of every installation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as ET

from regrow.cli.report.formats.escaping import cut_head, cut_tail, xml_text
from regrow.cli.report.promises import code_of, promises_of
from regrow.cli.report.verdict import explain
from regrow.protocols.plan import Ended
from regrow.protocols.plurals import counted
from regrow.protocols.report import ReportStep, RunReport
from regrow.protocols.status import Verdict

__all__ = ["render_junit"]

OUTPUT_CHARS: Final = 20_000
NAME_CHARS: Final = 200
_OWN_END = frozenset({Ended.EXITED, Ended.SIGNALLED})


def render_junit(report: RunReport) -> str:
    """Return the file."""
    cases = [*(_step(number, step) for number, step in enumerate(report.steps, 1)), *_judged(report)]
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
        "skipped": "0",
        "time": _seconds(report.duration_ms),
    }
    root = ET.Element("testsuites", {"name": "regrow verify", **counts})
    suite = ET.SubElement(root, "testsuite", {"name": xml_text(report.target), **counts})
    suite.set("timestamp", report.finished_at.strftime("%Y-%m-%dT%H:%M:%S"))
    properties = ET.SubElement(suite, "properties")
    for name, value in _facts(report):
        ET.SubElement(properties, "property", {"name": name, "value": xml_text(value)})
    suite.extend(cases)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode")


def _facts(report: RunReport) -> Iterator[tuple[str, str]]:
    yield "regrow.run", report.run_id
    yield "regrow.verdict", report.verdict.value
    yield "regrow.reason", report.reason
    for name in ("run", "passed", "failed", "skipped", "deselected"):
        yield f"regrow.tests.{name}", str(getattr(report, f"tests_{name}"))


def _step(number: int, step: ReportStep) -> ET.Element:
    case = _case("steps", f"{number}. {_first_line(step.command)}", step.duration_ms)
    if step.file is not None and step.line is not None:
        case.set("file", xml_text(step.file))
        case.set("line", str(step.line))
    if not step.succeeded:
        kind = "failure" if step.ended in _OWN_END else "error"
        code = f"exit code {step.exit_code}" if step.exit_code is not None else f"ended: {step.ended.value}"
        found = ET.SubElement(case, kind, {"message": code, "type": step.ended.value})
        found.text = xml_text(f"{step.command}\n{step.file or 'not in the documents'}:{step.line or ''}".rstrip(":"))
    if step.output_tail.strip():
        ET.SubElement(case, "system-out").text = xml_text(cut_tail(step.output_tail, OUTPUT_CHARS))
    return case


def _judged(report: RunReport) -> Iterator[ET.Element]:
    if report.tests_run or report.tests_skipped:
        numbers = (
            f"{counted(report.tests_run, 'test')} of the project, {report.tests_failed} failed, "
            f"{report.tests_skipped} skipped"
        )
        case = _case("project", numbers, 0)
        if report.tests_failed:
            failed = ET.SubElement(case, "failure", {"message": f"{report.tests_failed} failed", "type": "tests"})
            failed.text = xml_text("\n".join(report.failing_tests))
        yield case
    yield from _promises(report)
    case = _case("project", "builds from its documentation alone", report.duration_ms)
    if report.verdict is not Verdict.PASS:
        kind = "failure" if report.verdict in (Verdict.HEALED, Verdict.FAIL) else "error"
        told = explain(report)
        found = ET.SubElement(case, kind, {"message": xml_text(told.headline), "type": report.verdict.value})
        lines = [report.reason, told.cause, *(f"{each.place}: {each.wrong}" for each in told.broken)]
        found.text = xml_text("\n".join(dict.fromkeys(line for line in lines if line)))
    yield case


def _promises(report: RunReport) -> Iterator[ET.Element]:
    """What the documents show and state, where it could be judged."""
    for promise in promises_of(report):
        if promise.state == "not checked":
            continue
        check = promise.check
        case = _case("promise", f"{check.ref}: {check.name}" if check.ref is not None else check.name, 0)
        if promise.state == "wrong":
            found = ET.SubElement(case, "failure", {"message": xml_text(check.detail), "type": code_of(check)})
            found.text = xml_text(f"shown:\n{check.expected}\ngot:\n{check.got}")
        elif check.detail:
            ET.SubElement(case, "system-out").text = xml_text(check.detail)
        yield case


def _case(group: str, name: str, duration_ms: int) -> ET.Element:
    attributes = {"classname": f"regrow.{group}", "name": xml_text(cut_head(name, NAME_CHARS))}
    return ET.Element("testcase", {**attributes, "time": _seconds(duration_ms)})


def _seconds(duration_ms: int) -> str:
    return f"{duration_ms / 1000:.3f}"


def _first_line(command: str) -> str:
    return (command.strip().splitlines() or [""])[0]
