"""Shell: lists a folder of the disk as a `FileTree`.

Symbolic links are not followed: a link may lead out of the target, and a document behind one is not part of what was
shipped. Version control folders, environments and installed packages are left out, as nobody reads them for directions.
"""

from __future__ import annotations

import os
from pathlib import Path

from regrow.core.project.file_tree import FileTree

__all__ = ["LIMIT_FILES", "open_folder"]

LIMIT_FILES = 200_000
"""More files than any known source distribution has; beyond it the listing stops."""

_LEFT_OUT = frozenset({".git", ".hg", ".svn", "node_modules", ".venv", "venv", ".tox", ".nox", "__pycache__"})


def open_folder(folder: Path, limit_files: int = LIMIT_FILES) -> FileTree:
    """The regular files below `folder`, by path relative to it.

    Raises:
        NotADirectoryError: `folder` is not a folder.
    """
    if not folder.is_dir():
        raise NotADirectoryError(str(folder))
    files: dict[str, int] = {}
    for current, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT)
        for name in sorted(names):
            path = Path(current, name)
            if path.is_symlink() or not path.is_file():
                continue
            files[path.relative_to(folder).as_posix()] = path.stat().st_size
            if len(files) >= limit_files:
                return FileTree(files, lambda relative: (folder / relative).read_bytes())
    return FileTree(files, lambda relative: (folder / relative).read_bytes())
