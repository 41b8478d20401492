"""The report as workflow commands of GitHub Actions: annotations at the lines of the documents. Pure.

GitHub shows ten errors and ten warnings of a step; the others are counted in a last line, and stand in the job's summary.
"""

from __future__ import annotations

from typing import Final

from regrow.cli.report.findings import Finding, findings_of
from regrow.cli.report.formats.escaping import cut_head, workflow_data, workflow_property
from regrow.cli.report.verdict import explain
from regrow.protocols.report import RunReport
from regrow.protocols.status import Verdict

__all__ = ["render_github"]

SHOWN_OF_A_LEVEL: Final = 10
MESSAGE_CHARS: Final = 3_000
_COMMANDS: Final = {"error": "error", "warning": "warning", "note": "notice"}


def render_github(report: RunReport, prefix: str = "") -> str:
    """Return the commands, a line each. `prefix` is where the project lies in its repository, "docs/" or nothing."""
    lines: list[str] = []
    left = 0
    shown = dict.fromkeys(_COMMANDS, 0)
    for finding in findings_of(report):
        shown[finding.level] += 1
        if shown[finding.level] <= SHOWN_OF_A_LEVEL:
            lines.append(_annotation(finding, prefix))
        else:
            left += 1
    told = explain(report)
    command = {Verdict.PASS: "notice", Verdict.HEALED: "notice", Verdict.FAIL: "error"}.get(report.verdict, "warning")
    if left:
        lines.append(f"::notice title=regrow::{left} more findings; they are in the job summary")
    if report.verdict is not Verdict.FAIL or not lines:
        title = workflow_property(f"regrow: {report.verdict.value}")
        lines.append(f"::{command} title={title}::{workflow_data(told.headline)}")
    return "\n".join(lines)


def _annotation(finding: Finding, prefix: str) -> str:
    place = []
    if finding.file is not None:
        place = [
            f"file={workflow_property(prefix + finding.file)}",
            f"line={finding.line}",
            f"endLine={finding.end_line}",
        ]
    properties = ",".join([*place, f"title={workflow_property(f'regrow {finding.rule}')}"])
    message = workflow_data(cut_head(finding.message, MESSAGE_CHARS))
    return f"::{_COMMANDS[finding.level]} {properties}::{message}"
