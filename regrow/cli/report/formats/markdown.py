"""The report as Markdown: a comment for a pull request, and the summary of a job. Pure.

GitHub takes 65,536 characters for a comment; what is too long loses its outputs first, then its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from regrow.cli.report.documentation import score_text
from regrow.cli.report.formats.escaping import code_block, code_span, cut_head, cut_tail, plain, table_cell
from regrow.cli.report.text import duration
from regrow.cli.report.verdict import Broken, explain
from regrow.protocols.plurals import counted
from regrow.protocols.report import ReportStep, RunReport
from regrow.protocols.status import Verdict

__all__ = ["MARKER", "render_markdown"]

MARKER: Final = "<!-- regrow verify -->"
"""The first line: a job that comments again finds its own comment by it."""

LIMIT_CHARS: Final = 60_000
OUTPUT_CHARS: Final = 4_000
ROWS: Final = 50

_SIGNS: Final = {
    Verdict.PASS: "✅",
    Verdict.HEALED: "🟡",
    Verdict.FAIL: "❌",
    Verdict.UNDECIDED: "❔",
    Verdict.CANCELLED: "⏹️",
}


def render_markdown(report: RunReport) -> str:
    """Return the comment."""
    whole = _render(report, OUTPUT_CHARS)
    if len(whole) > LIMIT_CHARS:
        whole = _render(report, 0)
    return whole if len(whole) <= LIMIT_CHARS else f"{whole[:LIMIT_CHARS]}\n\n…"


def _render(report: RunReport, output_chars: int) -> str:
    told = explain(report)
    parts = [
        MARKER,
        f"### {_SIGNS[report.verdict]} {report.verdict.value.upper()}: {plain(report.target)}",
        plain(told.headline),
        *(f"> {plain(note)}" for note in report.notes),
        *(_broken(each) for each in told.broken),
    ]
    for each in report.accepted:
        parts.append(f"> accepted: {plain(each.deviation.description)}\n>\n> because {plain(each.reason)}")
    if told.cause:
        parts.append(f"**Cause:** {plain(cut_head(told.cause, 1000))}")
    if told.worked:
        parts.append(f"**What worked:** {plain(cut_head(told.worked, 1000))}")
    if told.advice:
        parts.append(f"**What to do:** {plain(told.advice)}")
    if report.docs_patch:
        parts.append(_folded("The documents, mended", code_block(cut_head(report.docs_patch, 20_000), "diff")))
    for test in report.prevention:
        parts.append(_folded(f"A test that would have caught it: {code_span(test.path)}", code_block(test.text, "")))
    if report.steps:
        parts.append(_folded(_counted(report), "\n".join(_steps(report))))
    parts += [_output(step, output_chars) for step in report.steps if not step.succeeded and output_chars][:3]
    if told_score := score_text(report.documentation):
        parts.append(f"**Documentation:** {plain(told_score.removeprefix('documentation '))}")
    parts.append(f"<sub>regrow verify, run {code_span(report.run_id)}, {duration(report.duration_ms)}</sub>")
    return "\n\n".join(part for part in parts if part)


def _broken(broken: Broken) -> str:
    quoted = f"\n> {code_span(cut_head(broken.text, 500))}" if broken.text else ""
    should = f"\n>\n> should say: {plain(broken.should_say)}" if broken.should_say else ""
    return f"> **{plain(broken.place)}** {plain(cut_head(broken.wrong, 500))}{quoted}{should}"


def _counted(report: RunReport) -> str:
    good = sum(step.succeeded for step in report.steps)
    tests = f", {report.tests_passed} of {counted(report.tests_run, 'test')} passed" if report.tests_run else ""
    tests += f", {report.tests_deselected} left out" if report.tests_deselected else ""
    return f"{good} of {counted(len(report.steps), 'step')} done{tests}"


def _steps(report: RunReport) -> Iterator[str]:
    yield "| | step | where | took |"
    yield "| --- | --- | --- | ---: |"
    for step in report.steps[:ROWS]:
        where = f"{step.file}:{step.line}" if step.file else "not in the documents" if step.deviates else "preparation"
        command = table_cell(cut_head(step.command, 200))
        yield f"| {'✅' if step.succeeded else '❌'} | {command} | {table_cell(where)} | {duration(step.duration_ms)} |"
    if len(report.steps) > ROWS:
        yield f"| | and {len(report.steps) - ROWS} more | | |"


def _output(step: ReportStep, limit: int) -> str:
    if not step.output_tail.strip():
        return ""
    command = f"<code>{escape(cut_head(' '.join(step.command.split()), 80))}</code>"
    return _folded(f"The end of what {command} printed", code_block(cut_tail(step.output_tail, limit)))


def _folded(summary: str, body: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"
