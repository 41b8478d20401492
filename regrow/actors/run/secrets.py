"""Which variables of the host a run's tests are given, and what is said about it. Pure.

The names come from the project's own file and from `--secret`. A folder of this machine is the operator's own: what its file
names is given. Anything that was fetched is a stranger's, and its file is only a wish, which `--secret NAME` grants.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from regrow.actors.run.project_file import ProjectFile

__all__ = ["Grant", "grant_secrets"]


@dataclass(frozen=True, slots=True)
class Grant:
    """The names that are given, and notes for the report."""

    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def grant_secrets(asked: Sequence[str], project: ProjectFile | None, set_here: Collection[str], *, own: bool) -> Grant:
    """Decide which variables a run's tests are given.

    Args:
        asked: Named by `--secret`.
        project: The project's own file.
        set_here: The variables that are set and not empty.
        own: Whether the target is a folder of this machine.
    """
    wished = project.secrets if project is not None else ()
    file = project.name if project is not None else ""
    names = dict.fromkeys((*asked, *(wished if own else ())))
    given = tuple(name for name in names if name in set_here)
    notes = [f"its tests were given the secret{'s' if len(given) > 1 else ''} {', '.join(given)}"] if given else []
    for name in names:
        if name not in set_here:
            who = f"{file} names" if name in wished else "--secret names"
            notes.append(f"the secret {name}, which {who}, is not set: its tests ran without it")
    notes += [
        f"{file} wishes for the secret {name}, which a target from elsewhere gets with --secret {name} only"
        for name in wished
        if name not in names
    ]
    return Grant(given, tuple(notes))
