"""The error table for people: one code explained in a terminal, and all of them as the page `docs/errors.md`."""

from __future__ import annotations

from regrow.protocols.error_codes import RANGES, ErrorRow
from regrow.protocols.error_table import ERRORS

__all__ = ["explain", "render_errors_page"]


def explain(code: str) -> str:
    """Return what a code means, over several lines, for a terminal.

    Raises:
        ValueError: There is no such code; the text names the nearest ones.

    >>> print(explain("e2005"))
    E2005 BUILD_TIMEOUT (build)
    <BLANKLINE>
    When:     a step or the whole run did not end by its deadline
    Who acts: caller
    Remedy:   raise [builder] step_timeout_s or split the step
    Verdict:  undecided
    Example:  E2005 step 'compile' exceeded its deadline by 12.4 s (limit 300 s)
    """
    wanted = code.strip().upper()
    row = next((row for row in ERRORS.values() if wanted in (row.code.value, row.name)), None)
    if row is None:
        near = [row.code.value for row in ERRORS.values() if row.code.value[:2] == wanted[:2]]
        msg = f"there is no error code {code!r}; codes are {', '.join(near) if near else 'E1001 to E6130'}"
        raise ValueError(msg)
    lines = [
        f"{row.code} {row.name} ({RANGES[row.code[:2]]})",
        "",
        f"When:     {row.condition}",
        f"Who acts: {row.who}",
        f"Remedy:   {row.remedy}",
    ]
    if row.verdict is not None:
        lines.append(f"Verdict:  {row.verdict}")
    lines.append(f"Example:  {row.code} {row.example}")
    return "\n".join(lines)


def render_errors_page() -> str:
    """Return the text of `docs/errors.md`."""
    lines = [
        "# Errors",
        "",
        "Made from `regrow/protocols/error_table.py`; a test keeps them equal. `regrow explain CODE` prints one row.",
        "A message says what happened, to what, what was expected and got, and what to do. E1001 to E5004 carry the",
        "specification's names. *Who acts*: the caller, the peer (the project that is verified, a server, another",
        "program), the environment (whoever runs the machine), or us (a bug). *Verdict*: what a run ends with when the",
        "error stands in the end.",
    ]
    for prefix, title in RANGES.items():
        rows = [row for row in ERRORS.values() if row.code.startswith(prefix)]
        lines += ["", f"## {prefix}xxx: {title}", ""]
        if not rows:
            lines.append("Reserved.")
            continue
        lines += ["| code | name | when | who acts | what to do | verdict | example |", "| --- " * 7 + "|"]
        lines += [_table_row(row) for row in rows]
    return "\n".join(lines) + "\n"


def _table_row(row: ErrorRow) -> str:
    cells = (
        row.code.value,
        f"`{row.name}`",
        row.condition,
        row.who.value,
        row.remedy,
        row.verdict.value if row.verdict else "",
        f"`{row.example}`",
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
