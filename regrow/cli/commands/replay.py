"""`regrow replay`: the plan that a run ended with, carried out once more, as it stands."""

from __future__ import annotations

import typer

from regrow.cli.commands.resume import RunArgument
from regrow.cli.options import AcceptHealed, Events, Formats, JsonOut, RunDir

__all__ = ["replay"]


def replay(
    run: RunArgument,
    output: Formats = None,
    json_out: JsonOut = False,
    events: Events = False,
    accept_healed: AcceptHealed = False,
    run_dir: RunDir = None,
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
