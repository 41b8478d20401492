"""`regrow resume`: go on with a run that was interrupted or killed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from regrow.cli.options import AcceptHealed, Events, Formats, JsonOut, RunDir

__all__ = ["RunArgument", "complete_run", "resume"]


def complete_run(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the runs whose ids begin so, each with its verdict and target; nothing when they cannot be read.

    A shell asks at each press of the key: nobody is there to read an error.
    """
    from regrow.cli.run_folders import list_runs
    from regrow.config import load_settings
    from regrow.protocols.errors import RegrowError

    try:
        given = ctx.params.get("run_dir")
        found = list_runs(Path(given) if given else load_settings().folders.runs_dir)
    except RegrowError:
        return []
    # A shell may evaluate what it shows: of a target only what means nothing to a shell gets there.
    told = [(run.run_id, re.sub(r"[^\w./@=+-]+", " ", f"{run.verdict} {run.target}")) for run in reversed(found)]
    return [(name, line) for name, line in [*told, ("last", "the run begun last")] if name.startswith(incomplete)]


RunArgument = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="The run's id, the beginning of it, or `last`.",
        show_default=False,
        autocompletion=complete_run,
    ),
]


def resume(
    run: RunArgument,
    output: Formats = None,
    json_out: JsonOut = False,
    events: Events = False,
    accept_healed: AcceptHealed = False,
    run_dir: RunDir = None,
) -> None:
    """Go on with a run from its last checkpoint. Steps that are done are not done again.

    The exit codes are those of `regrow verify`.
    """
    from regrow.cli.endings import refusals_told
    from regrow.cli.folders import folders_for
    from regrow.cli.report.outputs import parse_output
    from regrow.cli.run_folders import find_run, read_start
    from regrow.cli.verifying import Presentation, carry_out

    with refusals_told(None, json_out=json_out, events=events):
        folders = folders_for(run_dir)
        outputs = tuple(parse_output(text) for text in output or ())
        start = read_start(folders.runs, find_run(folders.runs, run))
    raise typer.Exit(carry_out(start, folders, Presentation(json_out, events, outputs, accept_healed)))
