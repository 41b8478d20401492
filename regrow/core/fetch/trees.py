"""Shell: copies a folder without writing to it, and says what a tree consists of.

What is copied of a git work tree is what a fresh checkout with the user's uncommitted work would hold: files that git
ignores are left-overs of this machine (environments, caches, built extensions), and a build that passes thanks to them
proves nothing (trap 24). Without git only left-overs that every tool can make again are left out, by the marks those
tools set themselves. Links that lead outside are left out and named: nothing outside the target is ever read.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from regrow.core.fetch.archives import Pause, as_disk_error, links_that_resolve_outside
from regrow.core.fetch.errors import TargetRefused
from regrow.core.fetch.limits import FetchLimits

_CHUNK_BYTES = 1024**2
_LEFTOVER_FOLDERS = frozenset(
    {"__pycache__", "node_modules", ".tox", ".nox", ".pytest_cache", ".mypy_cache", ".ruff_cache"}
)
_VENV_MARK = "pyvenv.cfg"


@dataclass(frozen=True, slots=True)
class TreeFacts:
    """What a tree consists of.

    Attributes:
        digest: SHA-256 over kind, executable bit, path and content of everything but `.git`, in byte order of the
            paths; the same on every machine and whatever the times are.
        file_count: Files and links.
        total_bytes: Of the files.
    """

    digest: str
    file_count: int
    total_bytes: int


def copy_folder(
    source: Path, into: Path, tracked: Iterable[str] | None, limits: FetchLimits, pause: Pause
) -> list[str]:
    """Copy `source` to the new folder `into` and return notes about what was left out.

    Args:
        tracked: Paths below `source` to copy, as git lists them; None copies all but left-overs.
    """
    into.mkdir(parents=True)
    notes: list[str] = []
    names = list(tracked) if tracked is not None else list(_all_but_leftovers(source, notes))
    if (source / ".git").is_dir() and tracked is not None:
        names.extend(_git_files(source))
    elif (source / ".git").is_file():
        notes.append("left out '.git', a pointer to a repository outside this folder")
    if len(names) > limits.entries:
        raise TargetRefused(f"{source} holds {len(names)} files (limit {limits.entries})", do="give a smaller folder")
    total = 0
    for name in names:
        pause()
        try:
            total += _copy_one(source, into, name)
        except OSError as error:
            raise as_disk_error(error, f"copying {name!r}") from error
        if total > limits.total_bytes:
            raise TargetRefused(
                f"{source} holds more than {limits.total_bytes} bytes, at {name!r}",
                do="give a smaller folder",
                entry=name,
            )
    return notes


def drop_links_out(root: Path) -> list[str]:
    """Remove each symbolic link that leads outside and return their paths below `root`."""
    dropped = [str(link.relative_to(root)) for link in list(links_that_resolve_outside(root))]
    for name in dropped:
        (root / name).unlink()
    return dropped


def tree_facts(root: Path, pause: Pause = lambda: None) -> TreeFacts:
    """Digest and count a tree; `.git` at its top is not part of it."""
    digest = hashlib.sha256()
    count = total = 0
    for name in sorted(_paths(root), key=os.fsencode):
        pause()
        path = root / name
        encoded = os.fsencode(name)
        if path.is_symlink():
            content, kind = hashlib.sha256(os.fsencode(os.readlink(path))).digest(), b"l"
        else:
            content, size = file_sha256(path)
            total += size
            kind = b"x" if path.stat().st_mode & 0o111 else b"f"
        digest.update(kind + len(encoded).to_bytes(4, "big") + encoded + content)
        count += 1
    return TreeFacts(digest.hexdigest(), count, total)


def file_sha256(path: Path) -> tuple[bytes, int]:
    """Digest and size of one file."""
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return digest.digest(), size


def _paths(root: Path) -> Iterable[str]:
    for folder, names, files in os.walk(root):
        if folder == str(root) and ".git" in names:
            names.remove(".git")
        links = [name for name in names if Path(folder, name).is_symlink()]
        for name in (*files, *links):
            path = Path(folder, name)
            if path.is_symlink() or path.is_file():
                yield os.path.relpath(path, root)


def _all_but_leftovers(source: Path, notes: list[str]) -> Iterable[str]:
    for folder, names, files in os.walk(source):
        for name in list(names):
            path = Path(folder, name)
            if path.is_symlink():
                names.remove(name)
                yield os.path.relpath(path, source)
            elif name in _LEFTOVER_FOLDERS or (path / _VENV_MARK).is_file():
                names.remove(name)
                notes.append(f"left out {os.path.relpath(path, source)!r}, a left-over of earlier work here")
        for name in files:
            yield os.path.relpath(Path(folder, name), source)


def _git_files(source: Path) -> Iterable[str]:
    """Everything of `.git` but the hooks: versions are derived from tags, hooks are the user's own."""
    for folder, names, files in os.walk(source / ".git"):
        if folder == str(source / ".git") and "hooks" in names:
            names.remove("hooks")
        for name in files:
            yield os.path.relpath(Path(folder, name), source)


def _copy_one(source: Path, into: Path, name: str) -> int:
    """Copy one file or link; sockets, pipes, devices and what has vanished are passed over. Returns its bytes."""
    original, copy = source / name, into / name
    if not original.is_symlink() and not original.is_file():
        return 0
    if original.is_symlink() or original.parent.resolve().is_relative_to(source.resolve()):
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(original, copy, follow_symlinks=False)
        return 0 if original.is_symlink() else original.stat().st_size
    return 0
