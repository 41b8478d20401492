"""Shell: a plan for a terminal: what would be typed and why, what stands beside it, what is not done."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from regrow.actors.builder.plan_making import render_plan
from regrow.cli.report.documentation import score_text
from regrow.protocols.plan import PlannedTarget

__all__ = ["print_plan"]

_STYLES = {"or": "cyan", "-": "dim"}


def print_plan(planned: PlannedTarget, stream: TextIO) -> None:
    """Print the plan. `NO_COLOR` is honoured."""
    console = Console(file=stream, highlight=False)
    version = f" {planned.version}" if planned.version else ""
    console.print(Text.assemble((planned.target, "bold"), f"  {planned.name}{version}"))
    for note in planned.notes:
        console.print(f"  note: {note}", markup=False)
    read = ", ".join(document.file for document in planned.analysis.documents) or "none"
    console.print(f"  documents, in reading order: {read}", markup=False)
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(ratio=2, overflow="fold")
    table.add_column(ratio=3, overflow="fold")
    for mark, command, where, why in render_plan(planned.plan):
        reason = why if not where or where in why else f"{where}: {why}"
        table.add_row(mark, Text(command, _STYLES.get(mark, "bold")), Text(reason, _STYLES.get(mark, "")))
    console.print(table)
    if not any(step.counts_tests for step in planned.plan.steps):
        console.print(
            "  no document says how to run the tests: this can be healed at best", style="yellow", markup=False
        )
    for deviation in planned.plan.all_deviations:
        console.print(f"  deviates: {deviation.description}", style="yellow", markup=False)
    for finding in planned.analysis.findings:
        at = f"{finding.ref}: " if finding.ref is not None else ""
        console.print(f"  {finding.severity.value}: {at}{finding.message}", markup=False)
    if told := score_text(planned.documentation):
        console.print(Padding(Text(told), (0, 0, 0, 2), expand=False))
