"""`regrow clean`: give back the disk space of runs that are over and of what can be made again."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from regrow.cli.options import RunDir

__all__ = ["Only", "clean"]


class Only(StrEnum):
    """The values of `--only`."""

    RUNS = "runs"
    CACHE = "cache"


def clean(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    only: Annotated[Only | None, typer.Option(help="Only the one or the other.", show_default=False)] = None,
    unfinished: Annotated[
        bool, typer.Option("--unfinished", help="Remove runs too that `regrow resume` could go on with.")
    ] = False,
    run_dir: RunDir = None,
) -> None:
    """Remove runs that are over and caches, after showing what they take.

    The cache holds base roots, which the next run makes again. Runs that work in another --run-dir are not seen.

    Exit codes: 0 removed, or there was nothing; 1 not removed, because nobody said yes.
    """
    from regrow.cli.cleaning import CACHE, RUN, find_leftovers, remove, size_text
    from regrow.cli.folders import folders_for

    kinds = {None: (RUN, CACHE), Only.RUNS: (RUN,), Only.CACHE: (CACHE,)}[only]
    found = [one for one in find_leftovers(folders_for(run_dir), unfinished=unfinished) if one.kind in kinds]
    for one in found:
        why = f"  (kept: {one.kept_because})" if one.kept_because else ""
        typer.echo(f"{size_text(one.size_bytes):>11}  {one.kind:5}  {one.name}{why}")
    going = [one for one in found if not one.kept_because]
    if not going:
        typer.echo("nothing to remove")
        return
    total = size_text(sum(one.size_bytes for one in going))
    if not yes:
        if not sys.stdin.isatty():
            typer.echo(f"nothing was removed; add --yes to remove {total}", err=True)
            raise typer.Exit(1)
        typer.confirm(f"Remove {total}?", abort=True)
    remove(going)
    typer.echo(f"removed {total}")
