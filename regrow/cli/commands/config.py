"""`regrow config`: the settings that hold, where each comes from, and a file to start with."""

from __future__ import annotations

import json
from typing import Annotated

import typer

__all__ = ["app", "show", "template"]

app = typer.Typer(
    help="Show the settings and where each comes from.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    add_completion=False,
)


@app.command()
def show(
    json_out: Annotated[bool, typer.Option("--json", help="One JSON object, section by section.")] = False,
) -> None:
    """Show every setting with its value and its origin."""
    from regrow.config import Origin, load_with_origins

    loaded = load_with_origins()
    values = loaded.settings.model_dump(mode="json")
    default = Origin("default")
    if json_out:
        told = {
            section: {
                name: {"value": value, "origin": str(loaded.origins.get(f"{section}.{name}", default))}
                for name, value in fields.items()
            }
            for section, fields in values.items()
        }
        typer.echo(json.dumps(told, indent=2))
        return
    for section, fields in values.items():
        typer.echo(f"[{section}]")
        for name, value in fields.items():
            origin = loaded.origins.get(f"{section}.{name}", default)
            typer.echo(f"{f'{name} = {json.dumps(value)}':60} # {origin}")
        typer.echo()


@app.command()
def template() -> None:
    """Print a settings' file with every setting as a comment."""
    from regrow.config import render_template

    typer.echo(render_template(), nl=False)
