"""Shell: what of the downloads goes when there are too many: what was used longest ago. Blocking.

Contents and mirrors of repositories are what takes room. A note whose content is gone goes with the next look.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from regrow.core.downloads.entries import Entry
from regrow.core.sandbox.folders import trees

__all__ = ["KeptDownload", "downloads_to_give_up", "forget_notes"]


@dataclass(frozen=True, slots=True)
class KeptDownload:
    """A content, or a mirror of a repository. `used_at_s` is when it was used last, in seconds since 1970."""

    path: Path
    size_bytes: int
    used_at_s: float


def downloads_to_give_up(folder: Path, limit_bytes: int) -> list[KeptDownload]:
    """Return what goes so that the rest keeps the limit, the longest unused first."""
    kept = sorted(_kept(folder), key=lambda each: (each.used_at_s, each.path))
    excess = sum(each.size_bytes for each in kept) - limit_bytes
    gone = []
    for each in kept:
        if excess <= 0:
            break
        gone.append(each)
        excess -= each.size_bytes
    return gone


def forget_notes(folder: Path) -> int:
    """Remove the notes on contents that are gone; returns how many."""
    count = 0
    for path in (folder / "entries").rglob("*.json"):
        with suppress(OSError, ValueError):
            sha256 = Entry.model_validate_json(path.read_bytes()).sha256
            if not (folder / "contents" / sha256[:2] / sha256).exists():
                path.unlink()
                count += 1
    return count


def _kept(folder: Path) -> Iterator[KeptDownload]:
    for path in (folder / "contents").glob("??/*"):
        with suppress(FileNotFoundError):
            found = path.stat()
            yield KeptDownload(path, found.st_size, found.st_mtime)
    for path in (folder / "repositories").glob("*.git"):
        with suppress(FileNotFoundError):
            yield KeptDownload(path, trees.size_bytes(path), path.stat().st_mtime)
