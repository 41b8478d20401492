"""`regrow strategies`: what each way to recover has achieved."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from regrow.cli.options import RunDir

__all__ = ["app", "list_all", "show", "strategies"]

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_Json = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")]


def _complete(incomplete: str) -> list[str]:
    from regrow.core.project.recovery.rules import RULES

    return [rule.strategy_id for rule in RULES if rule.strategy_id.startswith(incomplete)]


@app.callback(invoke_without_command=True)
def strategies(ctx: typer.Context, json_out: _Json = False, run_dir: RunDir = None) -> None:
    """List the ways to recover, with what each has achieved in which kind of project."""
    if ctx.invoked_subcommand is None:
        list_all(json_out=json_out, run_dir=run_dir)


@app.command("list")
def list_all(json_out: _Json = False, run_dir: RunDir = None) -> None:
    """List them, as `regrow strategies` alone does."""
    import datetime as dt

    import anyio

    from regrow.cli.folders import folders_for
    from regrow.cli.learned.keeping import read_all
    from regrow.cli.learned.showing import strategy_line, strategy_rows
    from regrow.core.project.recovery.rules import RULES

    rows = strategy_rows(anyio.run(read_all, folders_for(run_dir).store), dt.datetime.now(dt.UTC))
    untried = sorted({rule.strategy_id for rule in RULES} - {row.rule for row in rows})
    if json_out:
        typer.echo(json.dumps({"strategies": [row.as_json() for row in rows], "untried": untried}, indent=2))
        return
    for row in rows:
        typer.echo(strategy_line(row))
    if untried:
        typer.echo(f"not tried yet: {', '.join(untried)}")


@app.command()
def show(
    rule: Annotated[str, typer.Argument(metavar="STRATEGY", show_default=False, autocompletion=_complete)],
    json_out: _Json = False,
    run_dir: RunDir = None,
) -> None:
    """Show one, with what it has achieved.

    Against which patterns it was tried, and with what success.
    """
    import datetime as dt

    import anyio

    from regrow.cli.endings import refusals_told
    from regrow.cli.folders import folders_for
    from regrow.cli.learned.keeping import read_all, short
    from regrow.cli.learned.showing import strategy_line, strategy_rows, visible
    from regrow.core.project.recovery.rules import RULES
    from regrow.protocols.errors import regrow_error

    now = dt.datetime.now(dt.UTC)
    with refusals_told(None, json_out=json_out, events=False):
        tried = anyio.run(
            read_all, folders_for(run_dir).store, lambda known: any(one.rule == rule for one in known.records)
        )
        if not tried and rule not in {each.strategy_id for each in RULES}:
            raise regrow_error(
                "E6001", "is no strategy", where=f"{rule[:64]!r}", remedy="regrow strategies list shows them"
            )
    rows = [(known, row) for known in tried for row in strategy_rows([known], now) if row.rule == rule]
    if json_out:
        listed = [{"patternId": known.pattern.pattern_id, **row.as_json()} for known, row in rows]
        typer.echo(json.dumps({"strategy": rule, "records": listed}, indent=2))
        return
    for known, row in rows:
        typer.echo(f"{short(known.pattern.pattern_id)}  {visible(known.pattern.error_message, 90)}")
        typer.echo(f"  {strategy_line(row)}")
    if not rows:
        typer.echo("not tried yet")
