"""Shell: what was written into a room's layers, seen as one tree. Blocking; called in a thread."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from regrow.core.sandbox.folders.lookup import is_opaque

__all__ = ["written"]


def written(layers: Sequence[Path], enter: Callable[[str], bool]) -> dict[str, Path]:
    """Return the regular files of layers as they show: path in the room -> path on the host.

    Args:
        layers: Lowest first. What a later one removes or replaces does not show.
        enter: Whether a folder, named by its path in the room, is looked into.
    """
    shown: dict[str, Path] = {}
    folders: set[str] = set()
    for layer in layers:
        pending = [""]
        while pending:
            folder = pending.pop()
            if folder and is_opaque(layer / folder[1:]):
                _hide(shown, folder)
            with os.scandir(layer / folder[1:]) as found:
                entries = list(found)
            for entry in entries:
                path = f"{folder}/{entry.name}"
                if _take(shown, folders, path, entry) and enter(path):
                    pending.append(path)
    return shown


def _take(shown: dict[str, Path], folders: set[str], path: str, entry: os.DirEntry[str]) -> bool:
    """Take a name of a layer in, over what layers below have under it; says whether it is a folder that can be read."""
    mode = entry.stat(follow_symlinks=False).st_mode
    shown.pop(path, None)
    if stat.S_ISDIR(mode):
        folders.add(path)
        return os.access(entry.path, os.R_OK | os.X_OK)
    if path in folders:
        folders.discard(path)
        _hide(shown, path)
    if stat.S_ISREG(mode):
        shown[path] = Path(entry.path)
    return False


def _hide(shown: dict[str, Path], path: str) -> None:
    for below in [each for each in shown if each.startswith(f"{path}/")]:
        del shown[below]
