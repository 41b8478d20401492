"""`regrow replay`: the plan that a run ended with, carried out once more, as it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from regrow.cli.commands.resume import RunArgument

__all__ = ["replay"]


def replay(
    run: RunArgument,
    output: Annotated[
        list[str] | None,
        typer.Option("--format", metavar="KIND=PATH", help="Write a report: text, json or html; repeatable."),
    ] = None,
    json_out: Annotated[
        bool, typer.Option("--json", help="Print one JSON object at the end, and nothing else.")
    ] = False,
    events: Annotated[bool, typer.Option("--events", help="Print JSON lines as things happen.")] = False,
    accept_healed: Annotated[bool, typer.Option("--accept-healed", help="Exit with 0 for a healed run too.")] = False,
    run_dir: Annotated[Path | None, typer.Option(help="Where runs are kept.", show_default=False)] = None,
) -> None:
    """Carry out the plan of a run that is over once more, from nothing, in a new room.

    The target is fetched anew and nothing is mended on the way: either the plan holds, or the report says where it does not.
    Its end is compared with that of the run. The exit codes are those of `regrow verify`.
    """
    from regrow.cli.endings import refusals_told
    from regrow.cli.folders import folders_for
    from regrow.cli.replaying import compared, replayed_start
    from regrow.cli.report.outputs import parse_output
    from regrow.cli.run_folders import find_run
    from regrow.cli.verifying import Presentation, carry_out

    with refusals_told(None, json_out=json_out, events=events):
        folders = folders_for(run_dir)
        outputs = tuple(parse_output(text) for text in output or ())
        before = folders.runs / find_run(folders.runs, run)
        start = replayed_start(before)
    code = carry_out(start, folders, Presentation(json_out, events, outputs, accept_healed))
    if not json_out and not events:
        typer.echo(compared(before, folders.runs / start.run_id), err=True)
    raise typer.Exit(code)
