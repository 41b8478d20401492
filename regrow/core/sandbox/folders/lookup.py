"""Shell: finds and reads a room's files from outside, without running anything in it. Blocking; called in a thread.

A path of the room is followed component by component through the stack of layers, the way overlayfs does: the uppermost
layer that has the name decides, a character device 0/0 hides it (a whiteout), and a folder marked opaque hides all that is
below. Links are followed inside the room, never on the host: `/build/x -> /etc/passwd` is the room's passwd.

Nothing of the room runs meanwhile (its lock sees to it), so that what is found does not change under us.

Source: Documentation/filesystems/overlayfs.rst, "whiteouts and opaque directories", "User xattr".
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

__all__ = ["empty_ancestors", "export", "find", "names", "room_parts"]

_OPAQUE = ("user.overlay.opaque", "trusted.overlay.opaque")
_LINKS_LIMIT = 40
"""As the kernel's own limit of links in one path."""


def room_parts(path: str) -> list[str]:
    """Split an absolute path of the room, without `.` and with `..` resolved by text.

    Raises:
        ValueError: It is not absolute, or it is the root.
    """
    parts = _parts(path)
    if not path.startswith("/") or not parts:
        msg = f"expected an absolute path below the room's root, got {path!r}"
        raise ValueError(msg)
    return parts


def _parts(path: str) -> list[str]:
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            parts[-1:] = []
        elif part not in ("", "."):
            parts.append(part)
    return parts


def find(stack: Sequence[Path], path: str, binds: Sequence[str] = ()) -> Path | None:
    """Return where a path of the room lies on the host, links followed; None when it is not there.

    Args:
        stack: The folders that make up the room, uppermost first.
        path: Absolute.
        binds: Folders of the host that show through at the same path.
    """
    pending = _parts(path)
    done: list[str] = []
    found = stack[0]
    links = 0
    while pending:
        part = pending.pop(0)
        if part == "..":
            done[-1:] = []
            continue
        here = _named(stack, [*done, part], binds)
        if here is None:
            return None
        if here.is_symlink():
            links += 1
            if links > _LINKS_LIMIT:
                return None
            target = os.readlink(here)
            done = [] if target.startswith("/") else done
            pending = [step for step in target.split("/") if step not in ("", ".")] + pending
            continue
        done.append(part)
        found = here
    if not done:
        return stack[0]
    return _named(stack, done, binds) if found.name != done[-1] else found


def _named(stack: Sequence[Path], parts: Sequence[str], binds: Sequence[str]) -> Path | None:
    """Return the uppermost file of a name whose folders are no links, or None."""
    path = "/" + "/".join(parts)
    if any(path == bind or path.startswith(f"{bind}/") for bind in binds):
        return Path(path) if os.path.lexists(path) else None
    for layer in stack:
        current = layer
        for number, part in enumerate(parts, 1):
            current = current / part
            try:
                mode = current.lstat().st_mode
            except (FileNotFoundError, NotADirectoryError):
                break
            if stat.S_ISCHR(mode):
                return None
            if number == len(parts):
                return current
            if not stat.S_ISDIR(mode):
                return None
        if _hides_below(layer, parts):
            return None
    return None


def _hides_below(layer: Path, parts: Sequence[str]) -> bool:
    current = layer
    for part in parts[:-1]:
        current = current / part
        if not current.is_dir() or current.is_symlink():
            return False
        if _is_opaque(current):
            return True
    return False


def _is_opaque(folder: Path) -> bool:
    for name in _OPAQUE:
        try:
            if os.getxattr(folder, name) == b"y":
                return True
        except OSError:
            continue
    return False


def names(stack: Sequence[Path], path: str, binds: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the names in a folder of the room, sorted; () when there is no such folder. Links are followed to it."""
    parts = _resolved(stack, path, binds)
    if parts is None:
        return ()
    here = "/" + "/".join(parts)
    if any(here == bind or here.startswith(f"{bind}/") for bind in binds):
        return tuple(sorted(os.listdir(here)))
    candidates: set[str] = set()
    for layer in stack:
        folder = layer.joinpath(*parts)
        if folder.is_dir() and not folder.is_symlink():
            candidates.update(os.listdir(folder))
    return tuple(sorted(name for name in candidates if _named(stack, [*parts, name], binds) is not None))


def _resolved(stack: Sequence[Path], path: str, binds: Sequence[str]) -> list[str] | None:
    """Return the parts of a folder's path with its links resolved; None when there is no such folder."""
    found = find(stack, path, binds)
    if found is None or not found.is_dir():
        return None
    for layer in stack:
        if found == layer or layer in found.parents:
            return list(found.relative_to(layer).parts)
    return list(found.parts[1:])


def export(stack: Sequence[Path], path: str, target: Path, binds: Sequence[str] = ()) -> tuple[str, ...]:
    """Copy a file or folder of the room to a new path of the host; see `Room.export`."""
    found = find(stack, path, binds)
    if found is None:
        raise FileNotFoundError(f"the room has no {path}")
    if os.path.lexists(target):
        raise FileExistsError(f"{target} exists")
    copied: list[str] = []
    pending = [(path, "")]
    while pending:
        here, below = pending.pop()
        source = _named(stack, _parts(here), binds) if below else found
        if source is None:
            continue
        place = target / below if below else target
        mode = source.lstat().st_mode
        if stat.S_ISDIR(mode):
            place.mkdir()
            children = names(stack, here, binds)
            pending += [(f"{here}/{name}", f"{below}/{name}" if below else name) for name in reversed(children)]
        elif stat.S_ISLNK(mode):
            place.symlink_to(os.readlink(source))
            copied.append(below)
        elif stat.S_ISREG(mode):
            shutil.copyfile(source, place, follow_symlinks=False)
            place.chmod(stat.S_IMODE(mode) & 0o777)
            copied.append(below)
    return tuple(copied)


def empty_ancestors(root: Path, targets: Iterable[str]) -> tuple[str, ...]:
    """Return the empty folders of a read-only root in which mount points have to be made. Looks at a few names."""
    found: dict[str, None] = {}
    for target in targets:
        place = root / target.lstrip("/")
        if place.exists():
            continue
        folder = next(parent for parent in place.parents if parent.is_dir())
        if folder != root and not any(folder.iterdir()):
            found[f"/{folder.relative_to(root)}"] = None
    return tuple(found)
