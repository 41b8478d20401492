"""`regrow explain`: one error code, or the list of them."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["complete_code", "explain_code"]


def complete_code(incomplete: str) -> list[tuple[str, str]]:
    """Return the codes that begin so, each with its name."""
    from regrow.protocols.error_table import ERRORS

    return [(code.value, row.name) for code, row in ERRORS.items() if code.value.startswith(incomplete.upper())]


def explain_code(
    code: Annotated[
        str | None,
        typer.Argument(
            metavar="CODE", autocompletion=complete_code, help="E2005, or its name; without one, the list of all."
        ),
    ] = None,
) -> None:
    """Explain an error code."""
    from regrow.protocols.error_pages import explain
    from regrow.protocols.error_table import ERRORS

    if code is None:
        for row in ERRORS.values():
            typer.echo(f"{row.code.value}  {row.name}: {row.condition}")
        return
    try:
        typer.echo(explain(code))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
