"""Shell: `regrow doctor`: what this machine offers, found by trying, and the command that mends what it lacks."""

from __future__ import annotations

import json
import platform
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from regrow.core.sandbox import Fact

__all__ = ["doctor"]

ROOMY_BYTES: Final = 2 * 1024**3
"""A base root, a few layers and a compiled project fit in it."""


def doctor(
    json_out: Annotated[bool, typer.Option("--json", help="Print one JSON object, and nothing else.")] = False,
) -> None:
    """Say what this machine offers a sandbox, and what it lacks.

    Exit codes: 0 all is well or well enough, 1 something is missing.
    """
    from regrow.config import load_settings
    from regrow.core.sandbox import FactState

    facts = _facts(load_settings().folders.cache_dir)
    if json_out:
        rows = [
            {"name": fact.name, "state": fact.state.value, "detail": fact.detail, "remedy": fact.remedy}
            for fact in facts
        ]
        typer.echo(json.dumps({"facts": rows}, indent=2))
    else:
        for fact in facts:
            typer.echo(f"{fact.state.value:8} {fact.name}: {fact.detail}")
            if fact.remedy:
                typer.echo(f"{'':8} {fact.remedy}")
    if any(fact.state is FactState.MISSING for fact in facts):
        raise typer.Exit(1)


def _facts(cache_dir: Path) -> Sequence[Fact]:
    return (_python(), _sandbox(cache_dir), _disk(cache_dir))


def _python() -> Fact:
    from regrow.core.sandbox import Fact, FactState

    return Fact("python", FactState.OK, f"{platform.python_version()} at {sys.executable}")


def _sandbox(cache_dir: Path) -> Fact:
    """Open a sandbox as a run would; this runs a command in a room."""
    import anyio

    from regrow.core.sandbox import Fact, FactState, NoSandbox, open_sandbox

    try:
        sandbox = anyio.run(open_sandbox, cache_dir)
    except NoSandbox as error:
        remedy = getattr(error, "remedy", "") or "regrow explain E2002"
        return Fact("sandbox", FactState.MISSING, str(error), remedy)
    means = sandbox.means
    how = f"{means.way.value} ({means.program}), ids {means.identity.value}, layers {means.mode.value}"
    if means.note:
        return Fact("sandbox", FactState.LIMITED, f"{how}; {means.note}")
    return Fact("sandbox", FactState.OK, how)


def _disk(cache_dir: Path) -> Fact:
    from regrow.core.sandbox import Fact, FactState

    there = next(folder for folder in (cache_dir, *cache_dir.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    detail = f"{free / 1024**3:.1f} GiB free for {cache_dir}"
    if free < ROOMY_BYTES:
        wanted = f"{ROOMY_BYTES / 1024**3:.0f} GiB"
        return Fact("disk", FactState.LIMITED, detail, f"free some ({wanted} are enough), or set [folders] cache_dir")
    return Fact("disk", FactState.OK, detail)
