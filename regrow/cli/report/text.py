"""Shell: the report as text for a terminal, with colours where there is one, and plain where there is not."""

from __future__ import annotations

import io
from collections import Counter
from typing import TextIO

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from regrow.cli.report.documentation import score_text
from regrow.cli.report.promises import count_promises, promises_of
from regrow.cli.report.reproducibility import reproducibility_lines
from regrow.cli.report.verdict import explain
from regrow.protocols.report import ReportStep, RunReport
from regrow.protocols.status import Verdict

__all__ = ["VERDICT_STYLES", "duration", "print_summary", "render_text"]

VERDICT_STYLES = {
    Verdict.PASS: "bold green",
    Verdict.HEALED: "bold yellow",
    Verdict.FAIL: "bold red",
    Verdict.UNDECIDED: "bold magenta",
    Verdict.CANCELLED: "bold",
}
TAIL_LINES = 12
ATTEMPT_LINES = 3
LEFT_OUT_LINES = 20
PROMISE_LINES = 12
READ_SHOWN = 5
"""Findings of reading that the text names; every one is in the other reports."""


def duration(ms: int) -> str:
    """Say a duration.

    >>> duration(90), duration(2500), duration(75_000), duration(3_700_000)
    ('90 ms', '2.5 s', '1 min 15 s', '1 h 1 min')
    """
    if ms < 1000:
        return f"{ms} ms"
    if ms < 60_000:
        return f"{ms / 1000:.1f} s"
    if ms < 3_600_000:
        return f"{ms // 60_000} min {ms % 60_000 // 1000} s"
    return f"{ms // 3_600_000} h {ms % 3_600_000 // 60_000} min"


def render_text(report: RunReport, width: int = 100) -> str:
    """Return the report as plain text, `width` columns wide."""
    buffer = io.StringIO()
    _print(report, Console(file=buffer, width=width, no_color=True, highlight=False, force_terminal=False))
    return buffer.getvalue().rstrip("\n")


def print_summary(report: RunReport, stream: TextIO) -> None:
    """Print the report to a terminal or a file. `NO_COLOR` is honoured."""
    _print(report, Console(file=stream, highlight=False, soft_wrap=False))


def _print(report: RunReport, console: Console) -> None:
    console.print(Text.assemble((report.verdict.value.upper(), VERDICT_STYLES[report.verdict]), f"  {report.target}"))
    for note in report.notes:
        if note not in report.reason:
            console.print(f"  note: {escape(note)}")
    _print_told(report, console)
    if report.tests_run or report.tests_skipped:
        skipped = f", {report.tests_skipped} skipped" if report.tests_skipped else ""
        left_out = f", {report.tests_deselected} left out" if report.tests_deselected else ""
        console.print(
            f"  tests: {report.tests_run} run, {report.tests_passed} passed, {report.tests_failed} failed{skipped}{left_out}"
            f" (counted by {report.tests_source})"
        )
    console.print(_table(report, console.width))
    for name in report.failing_tests[:10]:
        console.print(f"  failing: {escape(name)}")
    _print_deviations(report, console)
    for test in report.prevention:
        _say(
            f"a test that would have caught it: prevention/{test.path} in the run's folder ({test.framework})", console
        )
    _print_accepted(report, console)
    _print_promises(report, console)
    _print_left_out(report, console)
    for line in reproducibility_lines(report.reproducibility):
        _say(line, console)
    _print_failure(report, console)
    _print_read(report, console)
    if told := score_text(report.documentation):
        _say(told, console)
    _print_learned(report, console)
    console.print(f"  took {duration(report.duration_ms)}; logs and reports: {report.folder}", soft_wrap=True)


def _print_told(report: RunReport, console: Console) -> None:
    """What came of it in a sentence, the line of the documents that fails, the cause, and how far it came."""
    told = explain(report)
    _say(told.headline, console, "bold")
    for step in report.steps:
        if not step.succeeded and step.file is not None:
            quoted = (step.says or step.command).strip().splitlines() or [""]
            _say(f"{step.file}:{step.line} says: {quoted[0][:200]}", console)
    if report.verdict not in (Verdict.PASS, Verdict.HEALED):
        _say(report.reason, console)
    elif told.cause:
        _say(f"cause: {told.cause}", console)
    if told.worked and report.verdict is not Verdict.PASS:
        _say(f"what worked: {told.worked}", console)


def _print_learned(report: RunReport, console: Console) -> None:
    """Why each recovery was chosen, where earlier runs had a say."""
    for used in report.learned:
        if used.expected != used.drawn or used.assumed:
            _say(f"from earlier runs: {used.strategy_id}: {used.why} (pattern {used.pattern_id[:10]})", console)


def _say(text: str, console: Console, style: str = "") -> None:
    """Print a paragraph whose every line is indented."""
    console.print(Padding(Text(text, style), (0, 0, 0, 2), expand=False))


def _table(report: RunReport, width: int) -> Table:
    table = Table(box=None, pad_edge=True, show_header=False, padding=(0, 1))
    table.add_column(width=4, no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    if width >= 80:
        table.add_column(no_wrap=True, overflow="ellipsis", max_width=30)
    for step in report.steps:
        mark = Text("ok", "green") if step.succeeded else Text("FAIL", "red")
        command = Text(step.command.strip().splitlines()[0] if step.command.strip() else "")
        if step.deviates:
            command.append("  (not in the documents)", "yellow")
        row: list[Text | str] = [mark, command, duration(step.duration_ms)]
        if width >= 80:
            row.append(Text(_where(step), "dim"))
        table.add_row(*row)
    return table


def _where(step: ReportStep) -> str:
    return f"{step.file}:{step.line}" if step.file else "preparation" if not step.deviates else "added"


def _print_deviations(report: RunReport, console: Console) -> None:
    for number, deviation in enumerate(report.deviations, 1):
        console.print(Text.assemble((f"  {number}. ", "yellow"), deviation.description))
        if deviation.corrects is not None:
            ref = deviation.corrects
            console.print(f"     {escape(ref.file)}:{ref.line} says: {escape(ref.text.strip()[:200])}")
        if deviation.sentence:
            console.print(f"     it should say: {escape(deviation.sentence)}")
        console.print(f"     id: {escape(deviation.strategy_id)}", style="dim")


def _print_read(report: RunReport, console: Console) -> None:
    """What reading alone has found, those that the run showed too first."""
    found = sorted(report.read_findings, key=lambda each: not each.shown)
    if found:
        _say(f"found by reading the documents ({len(found)}; the verdict does not rest on it):", console)
    for each in found[:READ_SHOWN]:
        _say(f"  {each.file}:{each.line} {each.message}", console)
        for shown in each.shown:
            _say(f"    and {shown}", console)
    if len(found) > READ_SHOWN:
        _say(f"  and {len(found) - READ_SHOWN} more; 'lint-docs' lists them", console)


def _print_accepted(report: RunReport, console: Console) -> None:
    for accepted in report.accepted:
        _say(f"accepted: {accepted.deviation.description}", console)
        _say(f"  because: {accepted.reason}", console)


def _print_promises(report: RunReport, console: Console) -> None:
    """How many there are, and those that are not as the documents say."""
    promises = promises_of(report)
    if not promises:
        return
    console.print(f"  what the documents show and state: {count_promises(promises)}")
    wrong = sorted(
        (each for each in promises if each.state in {"wrong", "differs"}), key=lambda each: each.state != "wrong"
    )
    for each in wrong[:PROMISE_LINES]:
        text = Text(f"    {each.state:8}", "red" if each.state == "wrong" else "yellow")
        text.append(f"{each.check.name}: {each.check.detail}  ", "default")
        text.append(str(each.check.ref or ""), "dim")
        console.print(text)
    if len(wrong) > PROMISE_LINES:
        console.print(f"    and {len(wrong) - PROMISE_LINES} more (each in the JSON and the page)")


def _print_left_out(report: RunReport, console: Console) -> None:
    """Those on the way to a tested build, each on a line; the others counted."""
    on_the_way = [each for each in report.left_out if each.in_path]
    shown = sorted(on_the_way, key=lambda each: not each.required)[:LEFT_OUT_LINES]
    rest = Counter(each.reason.value for each in report.left_out) - Counter(each.reason.value for each in shown)
    if not report.left_out:
        return
    console.print(f"  not done of what the documents say ({len(report.left_out)}):")
    for each in shown:
        text = Text(f"    {each.reason.value:19} {each.text.splitlines()[0]}  ")
        text.append(str(each.ref), "dim")
        console.print(text)
    if rest:
        counted = ", ".join(f"{count} {word}" for word, count in rest.most_common())
        console.print(f"    {'and ' if shown else ''}{counted} (each in the JSON and the page)")


def _print_failure(report: RunReport, console: Console) -> None:
    if report.verdict in (Verdict.PASS, Verdict.HEALED):
        return
    tried = {each.error for each in report.attempts if each.error is not None}
    for error in [each for each in report.errors if each not in tried][-3:]:
        where = f" ({error.file}:{error.line})" if error.file else ""
        if error.message not in report.reason:
            said = error.message.removeprefix(error.code).lstrip()
            console.print(f"  {error.code}{escape(where)}: {escape(said)}")
        elif where:  # what it says stands above already
            console.print(f"  {error.code}{escape(where)}; `regrow explain {error.code}` says more")
    failed = next((step for step in reversed(report.steps) if not step.succeeded), None)
    if failed is not None:
        console.print("  the end of its output:")
        _print_tail(failed.output_tail, console, TAIL_LINES)
    if report.attempts:
        console.print("  tried in vain:")
    for attempt in report.attempts:
        console.print(f"    {escape(attempt.description)}")
        if attempt.error is not None:
            console.print(f"      {attempt.error.code}: {escape(attempt.error.message)}")
        _print_tail(attempt.output_tail, console, ATTEMPT_LINES)


def _print_tail(output: str, console: Console, lines: int) -> None:
    for line in output.splitlines()[-lines:]:
        console.print(Text(f"    {line}", "dim"))
