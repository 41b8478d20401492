"""`regrow runs`: which runs lie here, and what can be done with them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regrow.cli.commands.resume import RunArgument, complete_run
from regrow.cli.options import Formats, RunDir
from regrow.protocols.plurals import counted

if TYPE_CHECKING:
    from regrow.cli.run_folders import StoredRun
    from regrow.cli.runs.cancelling import Cancelled

__all__ = ["app", "cancel", "compare", "list_all", "report", "runs", "show"]

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_ListJson = Annotated[bool, typer.Option("--json", help="Print one JSON list, and nothing else.")]
_ObjectJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, and nothing else.")]
_Second = Annotated[
    str, typer.Argument(metavar="OTHER", help="The run to compare it with.", autocompletion=complete_run)
]


@app.callback(invoke_without_command=True)
def runs(ctx: typer.Context, json_out: _ListJson = False, run_dir: RunDir = None) -> None:
    """List the runs that lie here, and how each ended.

    The oldest first, with how many deviations and notes its report has. What is `unfinished` is gone on with by `regrow resume`.
    """
    if ctx.invoked_subcommand is None:
        _list(run_dir, json_out=json_out)


@app.command("list")
def list_all(json_out: _ListJson = False, run_dir: RunDir = None) -> None:
    """List the runs, as `regrow runs` alone does."""
    _list(run_dir, json_out=json_out)


@app.command()
def show(run: RunArgument, json_out: _ObjectJson = False, run_dir: RunDir = None) -> None:
    """Show the report of a run, or where it stands.

    Of one that is not over, the command that goes on with it.
    """
    import sys

    from regrow.cli.folders import folders_for
    from regrow.cli.report.text import print_summary
    from regrow.cli.run_folders import find_run
    from regrow.cli.runs.reading import state_of
    from regrow.cli.verifying import resume_command

    folders = folders_for(run_dir)
    run_id = find_run(folders.runs, run)
    state = state_of(folders.runs, run_id, resume_command(run_id, folders))
    if json_out:
        typer.echo(state.model_dump_json(by_alias=True, indent=2))
    elif state.report is not None:
        print_summary(state.report, sys.stdout)
    else:
        who = f" by process {state.process}" if state.process is not None else ""
        typer.echo(f"{state.state.upper()}{who}  {state.target}")
        typer.echo(f"  run {run_id}, begun {state.begun_at.astimezone():%Y-%m-%d %H:%M}")
        typer.echo(f"  saved: {counted(state.steps_done, 'finished step')}, in {state.folder}")
        if state.resume is not None:
            typer.echo(f"  go on with: {state.resume}")


@app.command()
def report(run: RunArgument, output: Formats = None, run_dir: RunDir = None) -> None:
    """Write reports of a finished run again.

    For instance `--format html=page.html`; without any, the text.
    """
    import sys

    from regrow.cli.folders import folders_for
    from regrow.cli.report.outputs import check_places, parse_output, unpatched, write_asked
    from regrow.cli.run_folders import find_run
    from regrow.cli.runs.reading import read_report

    outputs = tuple(parse_output(text) for text in output or ("text",))
    check_places(outputs)
    folder = folders_for(run_dir).runs
    found = read_report(folder, find_run(folder, run))
    unwritten = write_asked(found, outputs)
    sys.stdout.flush()
    if told := unpatched(found, outputs):
        typer.echo(told, err=True)
    if unwritten is not None:
        raise unwritten


@app.command()
def compare(run: RunArgument, other: _Second, json_out: _ObjectJson = False, run_dir: RunDir = None) -> None:
    """Compare two finished runs.

    Verdict, tests, steps, deviations, what the documents promise, and times.

    Exit codes: 0 the same but for times, 1 something differs.
    """
    from regrow.cli.folders import folders_for
    from regrow.cli.run_folders import find_run
    from regrow.cli.runs.comparing import compare as compared
    from regrow.cli.runs.comparing import comparison_lines
    from regrow.cli.runs.reading import read_report

    folder = folders_for(run_dir).runs
    first, second = (read_report(folder, find_run(folder, name)) for name in (run, other))
    found = compared(first, second)
    if json_out:
        typer.echo(found.model_dump_json(by_alias=True, indent=2))
    else:
        typer.echo("\n".join(comparison_lines(found)))
    raise typer.Exit(0 if found.same else 1)


@app.command()
def cancel(
    run: RunArgument,
    wait: Annotated[str, typer.Option(metavar="DURATION", help="How long to wait for its end.")] = "30s",
    json_out: _ObjectJson = False,
    run_dir: RunDir = None,
) -> None:
    """Cancel a run that is under way.

    Another process works on it: that is asked to end, and what is saved is said.

    Exit codes: 0 it has ended; 1 nobody works on it, or it has not ended in time.
    """
    from regrow.cli.folders import folders_for
    from regrow.cli.run_folders import find_run
    from regrow.cli.runs.cancelling import cancel as cancelled
    from regrow.cli.verifying import resume_command
    from regrow.config.durations import parse_duration

    limit_s = parse_duration(wait, "option --wait", least_s=0.0)
    folders = folders_for(run_dir)
    run_id = find_run(folders.runs, run)
    done = cancelled(folders.runs / run_id, limit_s)
    resume = None if done.finished or not done.ended else resume_command(run_id, folders)
    if json_out:
        told = {
            "runId": run_id, "process": done.process, "ended": done.ended, "finished": done.finished,
            "stepsDone": done.steps_done, "alsoEnded": list(done.others), "resume": resume,
        }  # fmt: skip
        typer.echo(json.dumps(told, indent=2))
    else:
        _say_cancelled(run_id, done, resume, wait)
    raise typer.Exit(0 if done.process is not None and done.ended else 1)


def _say_cancelled(run_id: str, done: Cancelled, resume: str | None, wait: str) -> None:
    if done.process is None:
        typer.echo(f"nobody works on run {run_id}", err=True)
    elif not done.ended:
        typer.echo(f"process {done.process} still works on run {run_id} after {wait}; it was asked to end", err=True)
    elif done.finished:
        typer.echo(f"run {run_id} came to its verdict before it was cancelled")
    else:
        typer.echo(f"cancelled run {run_id}: {counted(done.steps_done, 'finished step')} and its state are saved")
    for other in done.others:
        typer.echo(f"process {done.process} worked on run {other} too")
    if resume is not None:
        typer.echo(f"go on with: {resume}")


def _list(run_dir: Path | None, *, json_out: bool) -> None:
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
    told = [f"{counted(count, word)}" for count, word in found if count]
    return f"  ({', '.join(told)})" if told else ""
