"""`regrow gc`: keep what lies on the disk within limits."""

from __future__ import annotations

import datetime as dt
import json
from typing import Annotated

import typer

from regrow.cli.options import RunDir

__all__ = ["gc"]


def gc(
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="Show what would go, and remove nothing.")] = False,
    json_out: Annotated[bool, typer.Option("--json", help="Print one JSON object, and nothing else.")] = False,
    run_dir: RunDir = None,
) -> None:
    """Give up the runs and caches that are over the limits of the settings.

    `[gc] runs_kept`, `runs_limit_bytes`, `run_age_days`, `cache_limit_bytes`, `download_limit_bytes`;
    each `regrow verify` does it at its end.
    What a process works on stays. `regrow clean` removes what is within the limits too.
    """
    from regrow.cli.cleaning import size_text
    from regrow.cli.folders import folders_for
    from regrow.cli.runs.collecting import collect, find_superfluous
    from regrow.config import load_settings

    folders = folders_for(run_dir)
    found = find_superfluous(folders, load_settings().gc, dt.datetime.now(dt.UTC))
    gone = found if dry_run else collect(found, folders.store)
    total = sum(each.size_bytes or 0 for each in gone)
    if json_out:
        rows = [{"kind": each.kind, "name": each.name, "why": each.why, "sizeBytes": each.size_bytes} for each in gone]
        typer.echo(json.dumps({"removed": not dry_run, "sizeBytes": total, "items": rows}, indent=2))
        return
    for each in gone:
        typer.echo(f"{size_text(each.size_bytes or 0):>11}  {each.kind:8}  {each.name}  ({each.why})")
    if not gone:
        typer.echo("nothing is over its limit")
    else:
        typer.echo(f"{'would remove' if dry_run else 'removed'} {size_text(total)}")
