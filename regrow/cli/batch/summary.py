"""What came of several runs: one exit code, one table, one object. Pure.

The code is 1 when a run is healed or failed, whatever became of the others; else that of the worst error of a run that
has no verdict; else 4 when one is undecided; else 0. A signal goes before all.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from regrow.cli.batch.rows import short_target
from regrow.cli.endings import EndState, RunEnd
from regrow.cli.report.text import VERDICT_STYLES, duration
from regrow.protocols.plurals import counted
from regrow.protocols.report import RunReport
from regrow.protocols.wire import Count, WireModel

__all__ = ["BatchRow", "BatchSummary", "TargetEnd", "code_of_all", "print_table", "summary_of", "table_text"]

_SIGNALLED: Final = 128
_OWN_NO, _UNDECIDED = 1, 4
WHY_CHARS: Final = 300


@dataclass(frozen=True, slots=True)
class TargetEnd:
    """How one of several targets ended: `report` is None when there is nothing of it to be read."""

    end: RunEnd
    report: RunReport | None


class BatchRow(WireModel):
    """One target in the summary. `verdict` is None where there is none: interrupted, failed or not begun."""

    target: str
    run_id: str | None
    state: EndState
    verdict: str | None
    exit_code: Count
    resume: str | None = None


class BatchSummary(WireModel):
    """The last object of `--json` for several targets. `counts` are verdicts, and states where there is no verdict."""

    exit_code: Count
    counts: dict[str, int]
    duration_ms: Count
    runs: tuple[BatchRow, ...]


def code_of_all(codes: Sequence[int]) -> int:
    """Return the exit code of a command from those of its runs.

    >>> code_of_all([0, 4, 1, 70]), code_of_all([0, 4, 70, 69]), code_of_all([4, 0]), code_of_all([0]), code_of_all([1, 130])
    (1, 70, 4, 0, 130)
    """
    signalled = [code for code in codes if code > _SIGNALLED]
    if signalled:
        return max(signalled)
    if _OWN_NO in codes:
        return _OWN_NO
    errors = [code for code in codes if code not in (0, _UNDECIDED)]
    return max(errors, default=max(codes, default=0))


def summary_of(ends: Sequence[TargetEnd], duration_ms: int) -> BatchSummary:
    """Return the summary of targets in the order in which they were typed."""
    rows = tuple(
        BatchRow(
            target=each.end.target or "",
            run_id=each.end.run_id,
            state=each.end.state,
            verdict=_verdict(each),
            exit_code=each.end.exit_code,
            resume=each.end.resume,
        )
        for each in ends
    )
    return BatchSummary(
        exit_code=code_of_all([row.exit_code for row in rows]),
        counts=dict(Counter(row.verdict or row.state.value for row in rows)),
        duration_ms=duration_ms,
        runs=rows,
    )


def print_table(ends: Sequence[TargetEnd], summary: BatchSummary, console: Console) -> None:
    """Print a row for each target, and the counts below."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name, right in (("verdict", False), ("target", False), ("tests", True), ("took", True), ("run", False)):
        table.add_column(name, justify="right" if right else "left", no_wrap=name != "target", overflow="fold")
    for each in ends:
        table.add_row(*_cells(each))
    console.print(table)
    for each in ends:
        if why := _why(each):
            console.print(Text.assemble((f"{short_target(each.end.target or '')}: ", "bold"), why))
    verdicts = ", ".join(f"{count} {word}" for word, count in summary.counts.items())
    console.print(f"{counted(len(ends), 'target')} in {duration(summary.duration_ms)}: {verdicts}", highlight=False)


def table_text(ends: Sequence[TargetEnd], summary: BatchSummary, width: int = 120) -> str:
    """Return the table as plain text."""
    buffer = io.StringIO()
    print_table(ends, summary, Console(file=buffer, width=width, no_color=True, highlight=False))
    return buffer.getvalue()


def _verdict(each: TargetEnd) -> str | None:
    return each.report.verdict.value if each.report is not None and each.end.state is EndState.FINISHED else None


def _cells(each: TargetEnd) -> list[Text]:
    end, report = each.end, each.report
    verdict = _verdict(each)
    style = VERDICT_STYLES[report.verdict] if report is not None and verdict else "bold"
    begun = end.run_id is not None or end.state is EndState.REFUSED
    told = (verdict or (end.state.value if begun else "not begun")).upper()
    passed = f"{report.tests_passed}/{report.tests_run}" if report is not None and report.tests_run else "-"
    took = duration(report.duration_ms) if report is not None else "-"
    return [
        Text(told, style),
        Text(short_target(end.target or "")),
        Text(passed),
        Text(took),
        Text((end.run_id or "-")[:8], "dim"),
    ]


def _why(each: TargetEnd) -> str:
    """Why it did not pass, in one line; for a healed run how much had to be mended."""
    if each.end.state is EndState.INTERRUPTED:  # said for all of them, below
        return ""
    if each.end.exit_code == 0 and not (each.report and each.report.deviations):
        return ""
    if each.report is not None and each.end.state is EndState.FINISHED:
        told = each.report.reason
    else:
        told = each.end.error.message if each.end.error is not None else ""
    line = " ".join(told.split())
    return line if len(line) <= WHY_CHARS else line[: WHY_CHARS - 1] + "…"
