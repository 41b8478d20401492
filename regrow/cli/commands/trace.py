"""`regrow trace`: what a run did and when, as a waterfall of its spans."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from regrow.cli.commands.resume import RunArgument
from regrow.cli.options import RunDir

__all__ = ["trace"]


def trace(
    run: RunArgument,
    json_out: Annotated[bool, typer.Option("--json", help="Print one JSON list, and nothing else.")] = False,
    run_dir: RunDir = None,
) -> None:
    """Show where the time of a run went: its phases, steps and messages, and what crashed.

    A run that is still going on shows what has ended so far.
    """
    import anyio

    from regrow.cli.folders import folders_for
    from regrow.cli.report.timeline import print_timeline
    from regrow.cli.run_folders import find_run
    from regrow.daemon.recording import read_timeline

    folders = folders_for(run_dir)
    run_id = find_run(folders.runs, run)
    rows = anyio.run(read_timeline, folders.store, run_id)
    if json_out:
        typer.echo("[" + ",\n".join(row.model_dump_json(by_alias=True) for row in rows) + "]")
    elif rows:
        print_timeline(rows, sys.stdout)
    else:
        typer.echo(f"run {run_id} has left no spans yet", err=True)
