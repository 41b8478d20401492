"""Shell: what runs and caches leave on the disk: found with its size, and removed.

A run that a process works on is never touched, and while one is, the caches stay too: its rooms lie on a base root of
them. A run is held while it is removed, so that nobody goes on with half of it. Its checkpoints in the store are small
and stay; without the folder nothing reads them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from regrow.cli.faults import refusals_of
from regrow.cli.run_folders import hold, list_runs
from regrow.core.sandbox.folders import trees
from regrow.daemon.verification import Folders

__all__ = ["CACHE", "RUN", "Leftover", "find_leftovers", "remove", "size_text"]

RUN, CACHE = "run", "cache"
_BUSY, _UNFINISHED = "running", "unfinished"


@dataclass(frozen=True, slots=True)
class Leftover:
    """A folder that could go.

    Attributes:
        kind: "run" or "cache".
        kept_because: Why it is not removed, "" when it is.
    """

    kind: str
    name: str
    path: Path
    size_bytes: int
    kept_because: str = ""


def find_leftovers(folders: Folders, *, unfinished: bool = False) -> list[Leftover]:
    """Return the folders of the runs, the oldest first, then those of the cache. Reads every entry below them; blocking.

    Args:
        folders: Where they lie.
        unfinished: Whether runs that can be gone on with may go too.
    """
    found = list_runs(folders.runs)
    reasons = {_BUSY: "a process works on it"}
    if not unfinished:
        reasons[_UNFINISHED] = "it can be gone on with; --unfinished removes it too"
    runs = [
        _measured(
            RUN, f"{run.run_id}  {run.verdict}  {run.target}", folders.runs / run.run_id, reasons.get(run.verdict)
        )
        for run in found
    ]
    in_use = "a run may use it" if any(run.verdict == _BUSY for run in found) else None
    cached = sorted(folders.cache.iterdir()) if folders.cache.is_dir() else []
    return runs + [_measured(CACHE, path.name, path, in_use) for path in cached]


def _measured(kind: str, name: str, path: Path, kept_because: str | None) -> Leftover:
    size = trees.size_bytes(path) if path.is_dir() else path.lstat().st_blocks * 512
    return Leftover(kind, name, path, size, kept_because or "")


def remove(leftovers: Sequence[Leftover]) -> None:
    """Remove them, and what was removed before an error stays removed. Blocking.

    Raises:
        RegrowError: A process took up one of the runs meanwhile (E6008), or a folder is not ours to remove (E5004).
    """
    for leftover in leftovers:
        with refusals_of(f"the {leftover.kind}", leftover.path, f"remove {str(leftover.path)!r} as its owner"):
            if leftover.kind == RUN:
                with hold(leftover.path):
                    trees.discard(leftover.path)
            else:
                trees.discard(leftover.path)


def size_text(size_bytes: int) -> str:
    """Return a size as people read it.

    >>> size_text(0), size_text(1536 * 1024), size_text(5 * 1024**3)
    ('0.0 MiB', '1.5 MiB', '5.0 GiB')
    """
    if size_bytes >= 1024**3:
        return f"{size_bytes / 1024**3:.1f} GiB"
    return f"{size_bytes / 1024**2:.1f} MiB"
