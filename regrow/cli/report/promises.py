"""What the documents promise beside the tests, as reports tell it: each with its sentence and what came of it. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from html import escape

from regrow.protocols.report import RunReport
from regrow.protocols.verification import CheckKind, CheckOutcome

__all__ = ["Promise", "code_of", "count_promises", "promises_of", "render_promises", "state_of"]

_CODES = {CheckKind.ENDPOINT: "E3002", CheckKind.CLAIM: "E3004"}
_OUTPUT = "E3006"
_KINDS = frozenset({CheckKind.ENDPOINT, CheckKind.OUTPUT, CheckKind.EXAMPLE, CheckKind.CLAIM})
_TITLES = {
    CheckKind.ENDPOINT: "Addresses",
    CheckKind.OUTPUT: "Outputs",
    CheckKind.EXAMPLE: "Examples",
    CheckKind.CLAIM: "Statements",
}


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise. `state` is "ok", "wrong" (it costs the verdict), "differs" (it does not) or "not checked"."""

    check: CheckOutcome
    state: str


def promises_of(report: RunReport) -> tuple[Promise, ...]:
    """Those of the documents, in the order in which they were looked at."""
    return tuple(Promise(check, state_of(check)) for check in report.checks if check.kind in _KINDS)


def code_of(check: CheckOutcome) -> str:
    """The error that it is when it is wrong."""
    return check.code or _CODES.get(check.kind, _OUTPUT)


def state_of(check: CheckOutcome) -> str:
    """What came of a check, in the words of `Promise`."""
    if check.passed is None:
        return "not checked"
    return "ok" if check.passed else "wrong" if check.decides else "differs"


def count_promises(promises: tuple[Promise, ...]) -> str:
    """How many there are of each state, in words; "" when there is none.

    >>> count_promises(())
    ''
    """
    counts = Counter(promise.state for promise in promises)
    return ", ".join(f"{counts[state]} {state}" for state in ("ok", "wrong", "differs", "not checked") if counts[state])


def render_promises(report: RunReport) -> str:
    """A part of the page: those that are wrong or differ in sight, the others folded, by kind."""
    promises = promises_of(report)
    if not promises:
        return ""
    near = "".join(_card(each) for each in promises if each.state in {"wrong", "differs"})
    folded = "".join(
        f"<details class=card><summary>{title}: {escape(count_promises(those))}</summary>"
        f"<ul>{''.join(map(_row, those))}</ul></details>"
        for kind, title in _TITLES.items()
        if (those := tuple(each for each in promises if each.check.kind is kind))
    )
    return f"<h2>What the documents show and state</h2>{near}{folded}"


def _card(promise: Promise) -> str:
    check = promise.check
    where = f"{check.ref.file}, line {check.ref.line}" if check.ref is not None else "the documents"
    shown = f"<div><h4>shown</h4><pre>{escape(check.expected)}</pre></div><div><h4>got</h4><pre>{escape(check.got)}</pre></div>"
    mark = f"{code_of(check)} · " if promise.state == "wrong" else ""
    return (
        f"<div class=card><h3>{mark}{escape(check.name)}</h3><p>{escape(where)}: {escape(check.detail)}</p>"
        f"<div class=two>{shown}</div></div>"
    )


def _row(promise: Promise) -> str:
    check = promise.check
    where = str(check.ref) if check.ref is not None else ""
    facts = " · ".join(part for part in (where, promise.state, check.detail) if part)
    return f"<li><code>{escape(check.name)}</code> <span class=soft>{escape(facts)}</span></li>"
