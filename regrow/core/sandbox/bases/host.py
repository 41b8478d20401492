"""Shell: the base made of the host's own programs, for machines where no clean root can be had.

/usr and the few files of /etc that programs cannot do without show through, read-only; everything else is a skeleton of
empty folders. The room is then not a clean machine, and the base's note says so.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tempfile
from pathlib import Path

from regrow.core.sandbox.bases.skeleton import ETC_FILES, FOLDERS, STICKY
from regrow.core.sandbox.folders import trees
from regrow.core.sandbox.values import BaseKind, BaseRoot

__all__ = ["make_host_base", "write_skeleton"]

_MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_ETC_OF_HOST = ("alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "ssl/openssl.cnf", "python3*")
NOTE = "the room shows the host's own programs (/usr, read-only), so it is not a clean machine"


def write_skeleton(root: Path, owner: tuple[int, int]) -> None:
    """Write what every room has: folders, the files of /etc that name users and machines, the room user's own folders.

    Args:
        root: The base's folder.
        owner: Host user and group of the room's user.
    """
    for name in FOLDERS:
        folder = root / name
        if not folder.is_symlink():
            folder.mkdir(parents=True, exist_ok=True)
    for name in STICKY:
        (root / name).chmod(0o1777)
    for name, text in ETC_FILES.items():
        path = root / "etc" / name
        path.unlink(missing_ok=True)
        path.write_text(text, "utf-8")
        path.chmod(0o644)
    for name in ("build", "build/checkout", "home/builder"):
        os.chown(root / name, *owner)


def make_host_base(bases: Path, identity: str, owner: tuple[int, int]) -> BaseRoot:
    """Return the skeleton that the host's programs show through, made now or earlier. Blocking; takes milliseconds.

    It is made beside its place and renamed: other processes may have rooms that stand on it. The host's index of shared
    objects is part of its name, so that an upgrade of the host makes a new one.

    Args:
        bases: The folder that bases are kept in.
        identity: Part of its name: who owns its files.
        owner: See `write_skeleton`.
    """
    trees.make_folder(bases)
    index = Path("/etc/ld.so.cache")
    key = f"host-{identity}-{index.stat().st_mtime_ns if index.is_file() else 0:x}"
    place = bases / key
    if not place.is_dir():
        making = Path(tempfile.mkdtemp(prefix=".host-", dir=bases))
        _fill(trees.make_folder(making), owner)
        try:
            making.rename(place)
        except OSError:  # Somebody else was first, and theirs is as good.
            trees.discard(making)
    made_at = dt.datetime.fromtimestamp(place.stat().st_mtime, dt.UTC).isoformat(timespec="seconds")
    own = (f"/{name}" for name in _MERGED if not Path("/", name).is_symlink() and Path("/", name).is_dir())
    return BaseRoot(BaseKind.HOST, place, key, made_at, binds=("/usr", *own), note=NOTE)


def _fill(folder: Path, owner: tuple[int, int]) -> None:
    for name in _MERGED:
        source = Path("/", name)
        if source.is_symlink():
            (folder / name).symlink_to(source.readlink())
        elif source.is_dir():
            (folder / name).mkdir()
    write_skeleton(folder, owner)
    for pattern in _ETC_OF_HOST:
        for source in Path("/etc").glob(pattern):
            target = folder / "etc" / source.relative_to("/etc")
            if source.is_dir():
                shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True, ignore_dangling_symlinks=True)
            elif source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
