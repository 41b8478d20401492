"""`regrow runs`: which runs lie here, and how each ended."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from regrow.cli.run_folders import StoredRun

__all__ = ["runs"]


def runs(
    json_out: Annotated[bool, typer.Option("--json", help="Print one JSON list, and nothing else.")] = False,
    run_dir: Annotated[Path | None, typer.Option(help="Where runs are kept.", show_default=False)] = None,
) -> None:
    """List the runs that lie here, and how each ended.

    The oldest first, with how many deviations and notes its report has. What is `unfinished` is gone on with by `regrow resume`.
    """
    from regrow.cli.folders import folders_for
    from regrow.cli.run_folders import list_runs

    folder = folders_for(run_dir).runs
    found = list_runs(folder)
    if json_out:
        rows = [{**asdict(run), "begun_at": run.begun_at.isoformat()} for run in found]
        names = {"run_id": "runId", "begun_at": "begunAt"}
        typer.echo(
            json.dumps([{names.get(name, name): value for name, value in row.items()} for row in rows], indent=2)
        )
        return
    for run in found:
        begun = f"{run.begun_at.astimezone():%Y-%m-%d %H:%M}"
        typer.echo(f"{run.run_id}  {begun}  {run.verdict:10}  {run.target}{_counted(run)}")
    if not found:
        typer.echo(f"no runs in {folder}", err=True)


def _counted(run: StoredRun) -> str:
    """What its report has to say, in numbers; "" for nothing."""
    found = ((run.deviations, "deviation"), (run.notes, "note"))
    told = [f"{count} {word}{'' if count == 1 else 's'}" for count, word in found if count]
    return f"  ({', '.join(told)})" if told else ""
