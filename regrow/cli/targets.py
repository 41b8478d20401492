"""Shell: looks at a target before a run is begun, so that a slip of the fingers is a usage error and leaves no run behind."""

from __future__ import annotations

from pathlib import Path

from regrow.actors.run.project_reading import read_project
from regrow.core.fetch.fetching import path_kind
from regrow.core.fetch.target import ArchiveTarget, FolderTarget, GitTarget, RegistryTarget, understand

__all__ = ["check_own_file", "settled_target"]


def settled_target(text: str) -> str:
    """Return the target as it is to be kept: a path of this machine from the root on, so that `resume` finds it from anywhere.

    Raises:
        RegrowError: No kind of target looks like this, or nothing is there (E2001).
    """
    match understand(text, path_kind):
        case FolderTarget(path) | ArchiveTarget(path):
            return str(Path(path).expanduser().absolute())
        case GitTarget(url, ref) if Path(url).expanduser().exists():
            here = str(Path(url).expanduser().absolute())
            return here if ref is None else f"{here}@{ref}"
        case GitTarget() | RegistryTarget():
            return text


def check_own_file(target: str) -> None:
    """Look at what a project on this machine says of its own verification, before a run of it is begun.

    What has yet to be fetched is looked at in the run, which ends undecided with the same error.

    Raises:
        RegrowError: It says what cannot be used (E1007).
    """
    folder = Path(target).expanduser()
    if folder.is_dir():
        read_project(folder)
