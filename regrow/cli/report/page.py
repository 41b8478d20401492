"""The report as one page of HTML: nothing is loaded from elsewhere, everything that a project printed is escaped.

It is read on a telephone as well as on a wide screen, in the light and in the dark, and it prints.
"""

from __future__ import annotations

from html import escape

from regrow.cli.report.text import duration
from regrow.cli.report.timeline import share
from regrow.protocols.plan import Deviation, LeftOutCommand
from regrow.protocols.report import ReportStep, RunReport, TimelineRow
from regrow.protocols.verification import RecoveryAttempt

__all__ = ["render_page"]

SPANS_SHOWN = 200

_SAYS = {
    "pass": "The project builds and passes its tests from its documentation alone.",
    "healed": "The project passes, but not from its documentation alone.",
    "fail": "The project does not pass.",
    "undecided": "This run could not judge the project.",
    "cancelled": "The run was stopped before it could judge the project.",
}

_STYLE = """
:root{--ink:#1b1f24;--soft:#59636e;--line:#d8dee4;--paper:#fff;--card:#f6f8fa;--pass:#1a7f37;--healed:#9a6700;
--fail:#cf222e;--undecided:#8250df;--cancelled:#59636e;color-scheme:light dark}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#30363d;--paper:#0d1117;--card:#161b22;
--pass:#3fb950;--healed:#d29922;--fail:#f85149;--undecided:#ab7df8}}
*{box-sizing:border-box}body{margin:0 auto;max-width:60rem;padding:2rem 1.25rem 4rem;background:var(--paper);color:var(--ink);
font:16px/1.55 system-ui,sans-serif}h1{font-size:1.45rem;margin:.2rem 0;overflow-wrap:anywhere}h2{font-size:1.1rem;margin:2.2rem 0 .7rem}
code,pre{font:.86em/1.5 ui-monospace,"SFMono-Regular",Menlo,monospace}pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:.6rem 0 0;
padding:.8rem;background:var(--card);border:1px solid var(--line);border-radius:8px;max-height:24rem;overflow:auto}
.badge{display:inline-block;padding:.15rem .8rem;border-radius:99px;color:var(--paper);font-weight:600;text-transform:uppercase;
letter-spacing:.04em;font-size:.85rem}.soft{color:var(--soft)}.numbers{display:flex;flex-wrap:wrap;gap:.8rem;margin:1.2rem 0}
.numbers div{flex:1 1 7rem;padding:.7rem 1rem;background:var(--card);border:1px solid var(--line);border-radius:8px}
.numbers b{display:block;font-size:1.35rem}ol{list-style:none;margin:0;padding:0}li.step{border:1px solid var(--line);border-radius:8px;
margin:.5rem 0;background:var(--card)}summary{display:flex;gap:.8rem;align-items:baseline;padding:.6rem .9rem;cursor:pointer}
summary::-webkit-details-marker{display:none}summary code{flex:1;overflow-wrap:anywhere}.mark{font-weight:700;width:1.2rem}
.ok .mark{color:var(--pass)}.bad .mark{color:var(--fail)}details>div{padding:0 .9rem .9rem}.bar{height:3px;border-radius:2px;margin:0 .9rem .5rem}
.ok .bar{background:var(--pass)}.bad .bar{background:var(--fail)}.two{display:grid;grid-template-columns:1fr 1fr;gap:.8rem}
@media(max-width:40rem){.two{grid-template-columns:1fr}}.card{border:1px solid var(--line);border-radius:8px;padding:.8rem 1rem;margin:.6rem 0}
.spans div{display:grid;grid-template-columns:minmax(8rem,2fr) 5.5rem 3fr;gap:.8rem;align-items:center;font-size:.86rem;padding:.12rem 0}
.spans div>span:first-child{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}.spans .soft{text-align:right}.spans .bad>span:first-child{color:var(--fail)}
.track{background:var(--card);border-radius:3px}.spans .bar{display:block;height:.6rem;border-radius:3px;margin:0;opacity:.75}
.card h3{margin:0 0 .5rem;font-size:1rem}.card h4{margin:0;font-size:.8rem;color:var(--soft);text-transform:uppercase;letter-spacing:.05em}
.card p{margin:.2rem 0 0;overflow-wrap:anywhere}@media print{body{max-width:none}pre{max-height:none}}
"""  # noqa: E501


def render_page(report: RunReport) -> str:
    """Return the whole page."""
    verdict = report.verdict.value
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width,initial-scale=1'>",
        f"<title>{escape(verdict)}: {escape(report.target)}</title><style>{_STYLE}</style>",
        f"<span class=badge style='background:var(--{verdict})'>{escape(verdict)}</span>",
        f"<h1>{escape(report.target)}</h1><p>{escape(_SAYS[verdict])}</p><p class=soft>{escape(report.reason)}</p>",
        "".join(f"<p class=soft>Note: {escape(note)}</p>" for note in report.notes),
        _numbers(report),
        _deviations(report.deviations),
        _errors(report),
        _steps(report),
        _attempts(report.attempts),
        _timeline(report.timeline),
        _left_out(report.left_out),
        f"<p class=soft>Run <code>{escape(report.run_id)}</code>, {report.finished_at:%Y-%m-%d %H:%M} UTC, by regrow.</p></html>",
    ]
    return "".join(parts)


def _numbers(report: RunReport) -> str:
    cells = [("tests run", report.tests_run), ("passed", report.tests_passed), ("failed", report.tests_failed)]
    cells += [("skipped", report.tests_skipped), ("deviations", len(report.deviations))]
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
    after = f"<h4>should say</h4><p>{escape(deviation.sentence) or '<span class=soft>nothing</span>'}</p>"
    return (
        f"<div class=card><h3>{escape(deviation.description)}</h3>"
        f"<div class=two><div>{before}</div><div>{after}</div></div></div>"
    )


def _errors(report: RunReport) -> str:
    if not report.errors:
        return ""
    rows = "".join(
        f"<div class=card><h3>{escape(error.code)}{f' · {escape(error.file)}:{error.line}' if error.file else ''}</h3>"
        f"<p>{escape(error.message.removeprefix(error.code).lstrip())}</p></div>"
        for error in report.errors
        if error not in {attempt.error for attempt in report.attempts}
    )
    return f"<h2>What went wrong on the way</h2>{rows}"


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
