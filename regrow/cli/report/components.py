"""The table of what each component of a run used, for the page."""

from __future__ import annotations

from html import escape

from regrow.cli.cleaning import size_text
from regrow.cli.report.text import duration
from regrow.protocols.verification import ComponentUse

__all__ = ["components_table"]

_HEAD = ("", "time", "processor", "memory at most", "read", "written", "steps")


def components_table(uses: tuple[ComponentUse, ...]) -> str:
    """Return it as HTML; "" when nothing is known."""
    if not uses:
        return ""
    head = "".join(f"<th>{title}</th>" for title in _HEAD)
    return f"<h2>What it used</h2><table><tr>{head}</tr>{''.join(map(_row, uses))}</table>"


def _row(use: ComponentUse) -> str:
    steps = str(use.steps_run or "") + (f", {use.steps_failed} failed" if use.steps_failed else "")
    sizes = (use.peak_memory_bytes, use.bytes_read, use.bytes_written)
    cells = (
        use.component.value, duration(round(use.wall_ms)), duration(round(use.cpu_ms)), *map(size_text, sizes), steps,
    )  # fmt: skip
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
