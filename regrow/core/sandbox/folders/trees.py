"""Shell: folders as wholes: made, measured, copied, thrown away. Blocking; called in a thread.

What a command leaves behind may be hostile or odd: folders without permissions, device files that overlayfs uses as
whiteouts, links to anywhere. Nothing here follows a link.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

__all__ = ["copy_tree", "discard", "give_to", "make_folder", "size_bytes"]


def make_folder(path: Path, mode: int = 0o755, owner: int | None = None) -> Path:
    """Make a folder that belongs to our own user and group, whatever the parent's set-group-id bit says.

    A group that the room does not map would make every file below it unusable there (EOVERFLOW).
    """
    path.mkdir(parents=True, exist_ok=True)
    number = os.geteuid() if owner is None else owner
    group = os.getegid() if owner is None else owner
    found = path.stat()
    if (found.st_uid, found.st_gid) != (number, group):
        os.chown(path, number, group)
    path.chmod(mode)
    return path


def entries(root: Path) -> Iterator[os.DirEntry[str]]:
    """Yield everything below a folder, folders before what is in them, links not followed; what vanishes is skipped."""
    pending = [str(root)]
    while pending:
        with suppress(FileNotFoundError, NotADirectoryError, PermissionError), os.scandir(pending.pop()) as found:
            for entry in found:
                yield entry
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)


def size_bytes(root: Path) -> int:
    """Return the disk space that a folder takes, in bytes, hard links counted once."""
    total = 0
    seen: set[int] = set()
    for entry in entries(root):
        with suppress(FileNotFoundError):
            found = entry.stat(follow_symlinks=False)
            if found.st_nlink > 1 and not stat.S_ISDIR(found.st_mode):
                if found.st_ino in seen:
                    continue
                seen.add(found.st_ino)
            total += found.st_blocks * 512
    return total


def discard(root: Path) -> None:
    """Remove a folder and all in it, folders that forbid it included. One that is not there is no error."""
    if not root.is_symlink() and root.is_dir():
        _open_up(root)
    if root.is_dir() and not root.is_symlink():
        shutil.rmtree(root)
    else:
        root.unlink(missing_ok=True)


def _open_up(root: Path) -> None:
    pending = [str(root)]
    while pending:
        folder = pending.pop()
        # As root nothing forbids; as the owner, the mode can be changed.
        with suppress(PermissionError):
            os.chmod(folder, 0o700)
        with suppress(PermissionError), os.scandir(folder) as found:
            pending += [entry.path for entry in found if entry.is_dir(follow_symlinks=False)]


def give_to(root: Path, owner: int, group: int) -> None:
    """Make a user and group the owner of a folder and all in it."""
    os.chown(root, owner, group, follow_symlinks=False)
    for entry in entries(root):
        os.chown(entry.path, owner, group, follow_symlinks=False)


def copy_tree(source: Path, target: Path) -> tuple[str, ...]:
    """Copy a folder: modes, times and links as they are, the set-user-id bits not.

    Returns:
        What was left out: sockets, pipes and devices, by their path below `source`.
    """
    skipped: list[str] = []

    def special(folder: str, names: list[str]) -> list[str]:
        found = []
        for name in names:
            mode = os.lstat(os.path.join(folder, name)).st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)):
                found.append(name)
        skipped.extend(os.path.relpath(os.path.join(folder, name), source) for name in found)
        return found

    shutil.copytree(source, target, symlinks=True, ignore=special, dirs_exist_ok=True)
    for entry in entries(target):
        mode = entry.stat(follow_symlinks=False).st_mode
        if mode & (stat.S_ISUID | stat.S_ISGID) and not stat.S_ISLNK(mode):
            os.chmod(entry.path, stat.S_IMODE(mode) & 0o777)
    return tuple(skipped)
