"""`regrow schema`: the JSON Schema of what regrow says and hears."""

from __future__ import annotations

import json
from typing import Annotated

import typer

__all__ = ["schema"]


def schema(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="A model, as in the list.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="One JSON object with every schema by its name.")] = False,
) -> None:
    """Print the JSON Schema of a message, or list them."""
    from regrow.protocols.schema_export import render_schema, schemas

    known = schemas()
    if everything:
        typer.echo(json.dumps(known, indent=2))
    elif name is None:
        typer.echo("\n".join(sorted(known)))
    elif name in known:
        typer.echo(render_schema(known[name]), nl=False)
    else:
        raise typer.BadParameter(f"no schema {name!r}; `regrow schema` lists them")
