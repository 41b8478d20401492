"""Shell: `regrow doctor`: what this machine offers, found by trying, why each thing matters, and the command that mends it.

Most facts are the sandbox's own (`regrow.core.sandbox.facts`), so that this command and a run can never disagree. What a
run needs besides is looked at here: Python, the kernel's user namespaces, the disk, and the folder of the runs.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from regrow.core.sandbox import Fact

__all__ = ["WHY", "doctor", "namespaces_fact", "runs_fact"]

ROOMY_BYTES: Final = 2 * 1024**3
"""A base root, a few layers and a compiled project fit in it."""

WHY: Final[Mapping[str, str]] = {
    "python": "regrow runs in it",
    "kernel": "the sandbox is made of its namespaces",
    "user namespaces": "a room is made in one, so that regrow needs no root rights",
    "sandbox": "steps of a stranger's project must reach nothing of this machine",
    "layers": "each step's changes are kept apart, so that a resumed run goes on from the last good one",
    "room": "a room that fails its own test says nothing about the project in it",
    "limits": "a step that runs away must not take the machine with it",
    "base roots": "documents that forget a prerequisite are only found out on a clean root",
    "network": "steps that install reach the package clients' hosts through a proxy, and nothing else",
    "downloads": "a run that is offline has what earlier runs have downloaded, and nothing else",
    "client settings": "what your package clients are set to is what steps use",
    "disk": "bases, layers and the runs' logs are kept on it",
    "runs": "a run that cannot save its state cannot be gone on with",
}
"""Name of a fact -> why a run needs it."""

SWITCHES: Final[Mapping[str, tuple[str, str]]] = {
    "user.max_user_namespaces": ("0", "28633"),
    "kernel.unprivileged_userns_clone": ("0", "1"),
    "kernel.apparmor_restrict_unprivileged_userns": ("1", "0"),
}
"""Kernel setting -> the value that forbids user namespaces to ordinary users, and one that allows them.

Source: user_namespaces(7); Debian's kernel patch; Ubuntu's AppArmor restriction of 23.10 and later.
"""


def doctor(
    json_out: Annotated[bool, typer.Option("--json", help="Print one JSON object, and nothing else.")] = False,
) -> None:
    """Say what this machine offers a sandbox, and what it lacks.

    Exit codes: 0 all is well or well enough, 1 something is missing.
    """
    from regrow.config import load_settings
    from regrow.core.sandbox import FactState

    folders = load_settings().folders
    facts = _facts(folders.cache_dir, folders.runs_dir)
    missing = any(fact.state is FactState.MISSING for fact in facts)
    if json_out:
        rows = [
            {"name": fact.name, "state": fact.state.value, "detail": fact.detail, "why": WHY[fact.name]}
            | ({"remedy": fact.remedy} if fact.remedy else {})
            for fact in facts
        ]
        typer.echo(json.dumps({"ready": not missing, "facts": rows}, indent=2))
    else:
        for fact in facts:
            _print_fact(fact)
        typer.echo("\nnot ready: see what is missing above" if missing else "\nready: regrow verify TARGET")
    if missing:
        raise typer.Exit(1)


def _print_fact(fact: Fact) -> None:
    typer.echo(f"{fact.state.value:8} {fact.name}: {fact.detail}")
    typer.echo(f"{'':8} why: {WHY[fact.name]}")
    if fact.remedy:
        typer.echo(f"{'':8} do:  {fact.remedy}")


def _facts(cache_dir: Path, runs_dir: Path) -> Sequence[Fact]:
    import anyio

    from regrow.core.sandbox import Fact, FactState
    from regrow.core.sandbox.doctor import facts

    of_sandbox = anyio.run(facts, cache_dir)
    works = any(fact.name == "room" and fact.state is FactState.OK for fact in of_sandbox)
    python = Fact("python", FactState.OK, f"{platform.python_version()} at {sys.executable}")
    namespaces = namespaces_fact(_kernel_settings(), works=works)
    return (python, namespaces, *of_sandbox, _disk(cache_dir), runs_fact(runs_dir))


def _kernel_settings() -> dict[str, str]:
    found = {}
    for name in SWITCHES:
        try:
            found[name] = Path("/proc/sys", *name.split(".")).read_text(encoding="ascii").strip()
        except OSError:  # this kernel does not have it
            continue
    return found


def namespaces_fact(settings: Mapping[str, str], *, works: bool) -> Fact:
    """Say whether user namespaces are to be had.

    Args:
        settings: Kernel setting -> value, of those that this kernel has.
        works: Whether a room was made, which proves that they are, whatever the settings say.
    """
    from regrow.core.sandbox import Fact, FactState

    name = "user namespaces"
    if works:
        return Fact(name, FactState.OK, "a room was made in one")
    forbidding = [setting for setting, (forbids, _) in SWITCHES.items() if settings.get(setting) == forbids]
    if forbidding:
        changes = " ".join(f"{setting}={SWITCHES[setting][1]}" for setting in forbidding)
        return Fact(name, FactState.MISSING, f"{', '.join(forbidding)} forbids them", f"sudo sysctl -w {changes}")
    if not settings:
        detail = "this kernel has none; the sandbox needs Linux"
        return Fact(
            name, FactState.MISSING, detail, "use a Linux machine, or --unsafe-no-sandbox for a project you trust"
        )
    return Fact(name, FactState.OK, "no setting of the kernel forbids them")


def _disk(cache_dir: Path) -> Fact:
    from regrow.core.sandbox import Fact, FactState

    free = shutil.disk_usage(_nearest(cache_dir)).free
    detail = f"{free / 1024**3:.1f} GiB free for {cache_dir}"
    if free < ROOMY_BYTES:
        wanted = f"{ROOMY_BYTES / 1024**3:.0f} GiB"
        return Fact("disk", FactState.LIMITED, detail, f"free some ({wanted} are enough), or set [folders] cache_dir")
    return Fact("disk", FactState.OK, detail)


def runs_fact(runs_dir: Path) -> Fact:
    """Say whether runs can be kept in `runs_dir`, or in a folder to be made there."""
    from regrow.core.sandbox import Fact, FactState

    there = _nearest(runs_dir)
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return Fact("runs", FactState.OK, f"kept in {runs_dir}")
    remedy = f"sudo chown $(id -u) {there}" if there.is_dir() else "set [folders] runs_dir to a folder"
    return Fact("runs", FactState.MISSING, f"{there} cannot be written", remedy)


def _nearest(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())
