"""The report as one page of HTML: nothing is loaded from elsewhere, everything that a project printed is escaped.

It is read on a telephone as well as on a wide screen, in the light and in the dark, and it prints.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

from regrow.cli.report.components import components_table
from regrow.cli.report.documentation import score_text
from regrow.cli.report.page_style import STYLE
from regrow.cli.report.promises import render_promises
from regrow.cli.report.reproducibility import reproducibility_section
from regrow.cli.report.text import duration
from regrow.cli.report.timeline import share
from regrow.cli.report.verdict import errors_that_count, explain
from regrow.protocols.plan import Deviation, LeftOutCommand
from regrow.protocols.report import ReadFinding, ReportStep, RunReport, TimelineRow
from regrow.protocols.status import Verdict
from regrow.protocols.verification import RecoveryAttempt

__all__ = ["render_page"]

SPANS_SHOWN = 200
PATCH_LINES = 2_000


def render_page(report: RunReport) -> str:
    """Return the whole page."""
    verdict = report.verdict.value
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width,initial-scale=1'>",
        f"<title>{escape(verdict)}: {escape(report.target)}</title>",
        f"<style>{STYLE}:root{{--verdict:var(--{verdict})}}</style>",
        f"<span class=badge style='background:var(--{verdict})'>{escape(verdict)}</span>",
        f"<h1>{escape(report.target)}</h1>",
        _told(report),
        "".join(f"<p class=soft>Note: {escape(note)}</p>" for note in report.notes),
        _numbers(report),
        _deviations(report.deviations),
        _accepted(report),
        _patch(report.docs_patch),
        *(
            f"<h2>A test that would have caught it</h2><p><code>{escape(test.path)}</code>, for {escape(test.framework)}: "
            f"it fails as the project is, and passes with the patch.</p><pre>{escape(test.text)}</pre>"
            for test in report.prevention
        ),
        _read(report.read_findings),
        f"<p>{escape(_capital(score_text(report.documentation)))}.</p>" if report.documentation is not None else "",
        _errors(report),
        _repeated(report),
        reproducibility_section(report.reproducibility),
        _steps(report),
        _attempts(report.attempts),
        _timeline(report.timeline),
        render_promises(report),
        components_table(report.components),
        _left_out(report.left_out),
        _environment(report.environment),
        f"<p class=soft>Run <code>{escape(report.run_id)}</code>, {report.finished_at:%Y-%m-%d %H:%M} UTC, by regrow.</p></html>",
    ]
    return "".join(parts)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _told(report: RunReport) -> str:
    """The verdict in words: the sentence that fails as it stands in the document, the cause, what worked, what to do."""
    told = explain(report)
    corrected = {(ref.file, ref.line) for each in report.deviations if (ref := each.corrects) is not None}
    quotes = "".join(
        f"<div class=quote><b>{escape(each.place)}</b><span class=soft>{escape(each.wrong)}</span>"
        f"<pre>{escape(each.text)}</pre></div>"
        for each in told.broken
        if each.file and (each.file, each.line) not in corrected
    )
    facts = [("Cause", told.cause), ("What worked", told.worked), ("What to do", told.advice)]
    if told.cause and told.cause not in report.reason and report.verdict is not Verdict.HEALED:
        facts.insert(0, ("Verdict", report.reason))
    rows = "".join(f"<dt>{name}</dt><dd>{_prose(fact)}</dd>" for name, fact in facts if fact)
    return (
        f"<div class=told><p class=lead>{_prose(told.headline)}</p>{quotes}{f'<dl>{rows}</dl>' if rows else ''}</div>"
    )


def _prose(text: str) -> str:
    """What stands between backticks is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _patch(patch: str) -> str:
    if not patch:
        return ""
    kinds = {"+": "add", "-": "del", "@": "at"}
    lines = patch.splitlines()
    shown = "".join(
        f"<span class={'at' if line.startswith(('+++ ', '--- ')) else kinds.get(line[:1], 'same')}>{escape(line) or ' '}</span>"
        for line in lines[:PATCH_LINES]
    )
    more = f"<p class=soft>and {len(lines) - PATCH_LINES} more lines</p>" if len(lines) > PATCH_LINES else ""
    return f"<h2>The documents, mended</h2><pre class=diff>{shown}</pre>{more}"


def _environment(facts: Mapping[str, str]) -> str:
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items())
    return f"<h2>What the run stood on</h2><dl class=facts>{rows}</dl>" if rows else ""


def _numbers(report: RunReport) -> str:
    cells = [("tests run", report.tests_run), ("passed", report.tests_passed), ("failed", report.tests_failed)]
    cells = cells if report.tests_run else [("tests run", 0)]
    cells += [("skipped", report.tests_skipped)] if report.tests_skipped else []
    cells += [("left out", report.tests_deselected)] if report.tests_deselected else []
    cells += [("steps", len(report.steps)), ("deviations", len(report.deviations))]
    shown = "".join(f"<div><b>{value}</b><span class=soft>{name}</span></div>" for name, value in cells)
    return (
        f"<div class=numbers>{shown}<div><b>{duration(report.duration_ms)}</b><span class=soft>took</span></div></div>"
    )


def _deviations(deviations: tuple[Deviation, ...]) -> str:
    if not deviations:
        return ""
    cards = "".join(_deviation(deviation) for deviation in deviations)
    return f"<h2>What the documents should say</h2>{cards}"


def _deviation(deviation: Deviation) -> str:
    ref = deviation.corrects
    if ref is not None:
        before = f"<h4>{escape(ref.file)}, line {ref.line}</h4><p>{escape(ref.text.strip())}</p>"
    else:
        before = "<h4>The documents</h4><p class=soft>say nothing of this</p>"
    after = f"<h4>should say</h4><p>{_prose(deviation.sentence) or '<span class=soft>nothing</span>'}</p>"
    return (
        f"<div class=card><h3>{escape(deviation.description)}</h3>"
        f"<div class=two><div>{before}</div><div>{after}</div></div></div>"
    )


def _accepted(report: RunReport) -> str:
    cards = "".join(
        f"<div class=card><h3>{escape(each.deviation.description)}</h3><p class=soft>{escape(each.reason)}</p></div>"
        for each in report.accepted
    )
    return f"<h2>Deviations that the project accepts</h2>{cards}" if cards else ""


def _read(found: tuple[ReadFinding, ...]) -> str:
    cards = "".join(
        f"<div class=card><h3>{escape(each.file)}, line {each.line}: {escape(each.message)}</h3>"
        f"<p class=soft>{escape(each.about)} ({escape(each.rule)}){f'; {escape(each.evidence)}' if each.evidence else ''}</p>"
        f"{f'<pre>{escape(each.says)}</pre>' if each.says else ''}"
        f"{''.join(f'<p>And the run: {escape(text)}</p>' for text in each.shown)}</div>"
        for each in found
    )
    note = "<p class=soft>Found without running anything; the verdict does not rest on it.</p>"
    return f"<h2>Found by reading the documents</h2>{note}{cards}" if cards else ""


def _errors(report: RunReport) -> str:
    """Those beside the one that stands at the head."""
    shown = errors_that_count(report)[1:]
    rows = "".join(
        f"<div class=card><h3>{escape(error.code)}{f' · {escape(error.file)}:{error.line}' if error.file else ''}</h3>"
        f"<p>{escape(error.message.removeprefix(error.code).lstrip())}</p></div>"
        for error in shown
    )
    return f"<h2>What went wrong on the way</h2>{rows}" if rows else ""


def _attempts(attempts: tuple[RecoveryAttempt, ...]) -> str:
    rows = "".join(_attempt(attempt) for attempt in attempts)
    return f"<h2>Tried in vain</h2>{rows}" if rows else ""


def _attempt(attempt: RecoveryAttempt) -> str:
    ended = f"<p>{escape(attempt.error.code)}: {escape(attempt.error.message)}</p>" if attempt.error else ""
    said = f"<pre>{escape(attempt.output_tail)}</pre>" if attempt.output_tail.strip() else ""
    return f"<details class=card><summary>{escape(attempt.description)}</summary>{ended}{said}</details>"


def _left_out(commands: tuple[LeftOutCommand, ...]) -> str:
    """Those on the way to a tested build in sight, the others folded."""
    near = "".join(_left_out_row(each) for each in commands if each.in_path)
    far = [each for each in commands if not each.in_path]
    folded = (
        f"<details class=card><summary>{len(far)} in other parts of the documents</summary>"
        f"<ul>{''.join(map(_left_out_row, far))}</ul></details>"
    )
    if not commands:
        return ""
    shown = f"<ul>{near}</ul>" if near else ""
    return f"<h2>What the documents say besides, and was not done</h2>{shown}{folded if far else ''}"


def _left_out_row(command: LeftOutCommand) -> str:
    word = f"<b>{command.reason.value}</b>" if command.required else command.reason.value
    return (
        f"<li><code>{escape(command.text)}</code> <span class=soft>{escape(str(command.ref))} · {word} · "
        f"{escape(command.detail)}</span></li>"
    )


def _timeline(rows: tuple[TimelineRow, ...]) -> str:
    if not rows:
        return ""
    whole_ms = max(row.offset_ms + row.duration_ms for row in rows)
    shown = "".join(_timeline_row(row, whole_ms) for row in rows[:SPANS_SHOWN])
    more = f"<p class=soft>and {len(rows) - SPANS_SHOWN} more spans</p>" if len(rows) > SPANS_SHOWN else ""
    return f"<h2>Where the time went</h2><div class=spans>{shown}</div>{more}"


def _timeline_row(row: TimelineRow, whole_ms: float) -> str:
    begin, length = share(row, whole_ms)
    told = f"{row.name}: {row.failure or 'failed'}" if row.failed else row.name
    return (
        f"<div class='{'bad' if row.failed else 'ok'}' title='{escape(told, quote=True)}'>"
        f"<span style='padding-left:{min(row.depth, 8) * 0.9:.1f}rem'>{escape(row.name)}</span>"
        f"<span class=soft>{duration(round(row.duration_ms))}</span><span class=track><span class=bar "
        f"style='margin-left:{begin * 100:.2f}%;width:max(2px,{length * 100:.2f}%)'></span></span></div>"
    )


def _repeated(report: RunReport) -> str:
    rows = "".join(
        f"<li><code>{escape(each.name)}</code> {escape(each.kind.value.replace('_', ' '))} <span class=soft>failed in "
        f"{each.failed} of {each.runs} repetitions, {100 * each.rate:.0f} % ({100 * each.rate_low:.0f} to "
        f"{100 * each.rate_high:.0f} %){escape(f'; passes with {each.passes_when}' if each.passes_when else '')}"
        f"{escape(f'; fails inside of {each.inside}' if each.inside else '')}</span></li>"
        for each in report.repeated_tests
    )
    return f"<h2>Failing tests, run again</h2><ul>{rows}</ul>" if rows else ""


def _steps(report: RunReport) -> str:
    longest = max((step.duration_ms for step in report.steps), default=1) or 1
    rows = "".join(_step(step, longest) for step in report.steps)
    return f"<h2>Steps</h2><ol>{rows}</ol>" if rows else ""


def _step(step: ReportStep, longest_ms: int) -> str:
    kind, mark = ("ok", "✓") if step.succeeded else ("bad", "✗")
    where = f"{step.file}:{step.line}" if step.file else "not in the documents" if step.deviates else "preparation"
    facts = [where, step.reason, f"ended: {step.ended.value}"]
    if step.exit_code is not None:
        facts.append(f"exit code {step.exit_code}")
    if step.attempts > 1:
        facts.append(f"{step.attempts} attempts")
    said = f"<pre>{escape(step.output_tail)}</pre>" if step.output_tail.strip() else ""
    width = max(1, round(100 * step.duration_ms / longest_ms))
    return (
        f"<li class='step {kind}'><details{'' if step.succeeded else ' open'}><summary><span class=mark>{mark}</span>"
        f"<code>{escape(step.command)}</code><span class=soft>{duration(step.duration_ms)}</span></summary>"
        f"<div><span class=soft>{escape(' · '.join(fact for fact in facts if fact))}</span>{said}</div></details>"
        f"<div class=bar style='width:calc({width}% - 1.8rem)'></div></li>"
    )
