"""`regrow patterns`: the failures that were learned, and what helped against them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regrow.cli.options import RunDir
from regrow.protocols.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from regrow.protocols.patterns import KnownPattern

__all__ = ["app", "complete_pattern", "export", "forget", "list_all", "merge", "patterns", "show", "stats", "take_in"]

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

COMPLETIONS = 50


def complete_pattern(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the patterns whose ids begin so, each with its cause; nothing when they cannot be read."""
    import re

    import anyio

    from regrow.cli.folders import folders_for
    from regrow.cli.learned.keeping import read_all, short
    from regrow.protocols.errors import RegrowError

    try:
        given = ctx.params.get("run_dir")
        store = folders_for(Path(given) if given else None).store
        found = anyio.run(read_all, store, lambda known: known.pattern.pattern_id.startswith(incomplete))
    except (RegrowError, OSError, RuntimeError):
        return []
    # A shell may evaluate what it shows: only what means nothing to a shell gets there.
    told = [(short(one.pattern.pattern_id), f"{one.pattern.error_type} {one.pattern.error_message}") for one in found]
    return [(name, re.sub(r"[^\w./@=+-]+", " ", line)[:80]) for name, line in told[:COMPLETIONS]]


_Pattern = Annotated[
    str,
    typer.Argument(
        metavar="PATTERN",
        help="The pattern's id, or the beginning of it.",
        show_default=False,
        autocompletion=complete_pattern,
    ),
]
_File = Annotated[Path, typer.Argument(metavar="FILE", help="A file of `regrow patterns export`.", show_default=False)]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")]
_Cause = Annotated[str | None, typer.Option(metavar="CAUSE", help="Only those of this cause.")]
_Limit = Annotated[int, typer.Option(min=1, metavar="N", help="The most frequent ones.")]


@app.callback(invoke_without_command=True)
def patterns(ctx: typer.Context, json_out: _Json = False, run_dir: RunDir = None) -> None:
    """List the failures that were learned, and what helped against them.

    `regrow verify --memory none` neither reads nor adds any.
    """
    if ctx.invoked_subcommand is None:
        _list(None, 50, run_dir, json_out=json_out)


@app.command("list")
def list_all(cause: _Cause = None, limit: _Limit = 50, json_out: _Json = False, run_dir: RunDir = None) -> None:
    """List them, the most frequent first."""
    _list(cause, limit, run_dir, json_out=json_out)


@app.command()
def show(pattern: _Pattern, json_out: _Json = False, run_dir: RunDir = None) -> None:
    """Show one, with what was tried against it.

    The lines that show it, what was tried, and what came next.
    """
    import datetime as dt

    import anyio

    from regrow.cli.endings import refusals_told
    from regrow.cli.folders import folders_for
    from regrow.cli.learned.keeping import find, open_book
    from regrow.cli.learned.showing import pattern_text

    async def found() -> KnownPattern:
        async with open_book(folders_for(run_dir).store) as book:
            return await find(book, pattern)

    with refusals_told(None, json_out=json_out, events=False):
        known = anyio.run(found)
    if json_out:
        typer.echo(known.model_dump_json(by_alias=True, indent=2))
    else:
        typer.echo("\n".join(pattern_text(known, dt.datetime.now(dt.UTC))))


@app.command()
def stats(json_out: _Json = False, run_dir: RunDir = None) -> None:
    """Say how much was learned, in numbers.

    Patterns, errors, causes, attempts and successes.
    """
    import datetime as dt

    import anyio

    from regrow.cli.folders import folders_for
    from regrow.cli.learned.keeping import read_all
    from regrow.cli.learned.showing import stats_of

    figures = stats_of(anyio.run(read_all, folders_for(run_dir).store), dt.datetime.now(dt.UTC))
    if json_out:
        typer.echo(json.dumps(figures, indent=2))
        return
    for name, value in figures.items():
        shown = ", ".join(f"{key} {count}" for key, count in value.items()) if isinstance(value, dict) else value
        typer.echo(f"{name:<11} {shown or '-'}")


@app.command()
def export(
    into: Annotated[str, typer.Argument(metavar="FILE", help="Where to; - is standard output.")] = "-",
    cause: _Cause = None,
    run_dir: RunDir = None,
) -> None:
    """Write them to a file for another machine.

    As lines of JSON. They hold texts that tools printed.
    """
    import anyio

    from regrow.cli.endings import refusals_told
    from regrow.cli.folders import folders_for
    from regrow.cli.learned.keeping import carry_out

    with refusals_told(None, json_out=False, events=False):
        count = anyio.run(carry_out, folders_for(run_dir).store, into, _of_cause(cause))
    typer.echo(f"wrote {counted(count, 'pattern')}", err=True)


@app.command("import")
def take_in(source: _File, json_out: _Json = False, run_dir: RunDir = None) -> None:
    """Add those of a file that are not known here.

    Those that are known stay as they are.
    """
    _bring_in(source, run_dir, add_up=False, json_out=json_out)


@app.command()
def merge(source: _File, json_out: _Json = False, run_dir: RunDir = None) -> None:
    """Add those of a file, with their counts.

    The counts of those that are known are added. The same file twice counts once.
    """
    _bring_in(source, run_dir, add_up=True, json_out=json_out)


@app.command()
def forget(
    which: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATTERN]...", show_default=False, autocompletion=complete_pattern),
    ] = None,
    older_than: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Also those not seen for so long: 90d, 12h.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything that was learned.")] = False,
    json_out: _Json = False,
    run_dir: RunDir = None,
) -> None:
    """Forget patterns by id, by age, or all."""
    import datetime as dt

    import anyio

    from regrow.cli.endings import refusals_told
    from regrow.cli.folders import folders_for
    from regrow.cli.learned import keeping
    from regrow.config.durations import parse_duration
    from regrow.protocols.errors import regrow_error

    with refusals_told(None, json_out=json_out, events=False):
        if not which and older_than is None and not everything:
            raise regrow_error(
                "E6001", "names nothing", where="regrow patterns forget", remedy="give ids, --older-than or --all"
            )
        before = None
        if older_than is not None:
            age = dt.timedelta(seconds=parse_duration(older_than, "option --older-than"))
            before = dt.datetime.now(dt.UTC) - age
        store = folders_for(run_dir).store

        async def gone() -> int:
            return await keeping.forget(store, which or [], before, everything=everything)

        count = anyio.run(gone)
    typer.echo(json.dumps({"forgotten": count}) if json_out else f"forgot {counted(count, 'pattern')}")


def _list(cause: str | None, limit: int, run_dir: Path | None, *, json_out: bool) -> None:
    import anyio

    from regrow.cli.folders import folders_for
    from regrow.cli.learned.keeping import SHORT, read_all
    from regrow.cli.learned.showing import pattern_line

    found = anyio.run(read_all, folders_for(run_dir).store, _of_cause(cause))
    found.sort(key=lambda known: (-known.pattern.frequency, known.pattern.pattern_id))
    some = found[:limit]
    if json_out:
        typer.echo("[" + ",\n".join(known.model_dump_json(by_alias=True) for known in some) + "]")
        return
    for known in some:
        typer.echo(pattern_line(known, SHORT))
    left = len(found) - len(some)
    typer.echo(f"{left} more; --limit shows them" if left else f"{len(found)} patterns", err=True)


def _bring_in(source: Path, run_dir: Path | None, *, add_up: bool, json_out: bool) -> None:
    import anyio

    from regrow.cli.endings import refusals_told
    from regrow.cli.folders import folders_for
    from regrow.cli.learned.keeping import bring_in

    async def done() -> dict[str, int]:
        return await bring_in(folders_for(run_dir).store, source, add_up=add_up)

    with refusals_told(None, json_out=json_out, events=False):
        counts = anyio.run(done)
    known = "counts added to" if add_up else "left as they were:"
    repeated = f", {counts['repeated']} were added before" if counts["repeated"] else ""
    typer.echo(json.dumps(counts) if json_out else f"{counts['new']} new, {known} {counts['known']} known{repeated}")


def _of_cause(cause: str | None) -> Callable[[KnownPattern], bool]:
    return lambda known: cause is None or known.pattern.error_type == cause
