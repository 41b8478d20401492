"""Shell: waits for the files of a folder to change, and to be quiet again.

By looking: it works on every file system, also over a network, and an editor that saves in three steps is one change. What
version control, environments and tools keep beside the sources is not looked at, and at most so many files are.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

__all__ = ["Seen", "look", "wait_for_change"]

LOOK_EVERY_S: Final = 0.5
QUIET_S: Final = 1.0
MOST_FILES: Final = 50_000
NOT_LOOKED_AT: Final = frozenset(
    {"__pycache__", "node_modules", "venv", "build", "dist", "target", "htmlcov", "site-packages"}
)

Seen = Mapping[str, tuple[int, int]]
"""A path -> when it was changed last, in nanoseconds, and its size."""


def look(root: Path) -> Seen:
    """Return the files below a folder as they are now. Links are not followed; what vanishes meanwhile is not there."""
    found: dict[str, tuple[int, int]] = {}
    for entry in _files(root):
        with suppress(FileNotFoundError):
            stat = entry.stat(follow_symlinks=False)
            found[entry.path] = (stat.st_mtime_ns, stat.st_size)
        if len(found) >= MOST_FILES:
            break
    return found


def wait_for_change(
    root: Path,
    before: Seen,
    *,
    now_s: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> list[str]:
    """Return the files that differ from `before`, once there are some and nothing has changed for `QUIET_S`. Blocking."""
    last, changed_s = before, None
    while True:
        seen = look(root)
        if seen != last:
            last, changed_s = seen, now_s()
        elif changed_s is None and seen != before:
            changed_s = now_s()
        if changed_s is not None and now_s() - changed_s >= QUIET_S:
            if differing := _differing(before, seen):
                return differing
            changed_s = None  # it is as it was
        sleep(LOOK_EVERY_S)


def _differing(before: Seen, after: Seen) -> list[str]:
    return sorted(path for path in {*before, *after} if before.get(path) != after.get(path))


def _files(root: Path) -> Iterator[os.DirEntry[str]]:
    pending = [str(root)]
    while pending:
        with suppress(FileNotFoundError, NotADirectoryError, PermissionError), os.scandir(pending.pop()) as entries:
            here = list(entries)
            yield from (entry for entry in here if entry.is_file(follow_symlinks=False))
            pending += [entry.path for entry in here if _is_looked_into(entry)]


def _is_looked_into(entry: os.DirEntry[str]) -> bool:
    named = entry.name.startswith(".") or entry.name in NOT_LOOKED_AT
    return not named and entry.is_dir(follow_symlinks=False)
