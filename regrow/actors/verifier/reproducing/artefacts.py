"""Which of the files that a build has written are artefacts: what somebody else would be given. Pure.

Intermediate files hold paths and times by their nature (Makefiles that configure wrote, object files, logs), and nobody
ships them; caches and installed dependencies are not the project's. The tables are data: what tools of each kind leave.
"""

from __future__ import annotations

import posixpath
import re
from typing import Final

from regrow.protocols.plan import Ecosystem

__all__ = ["artefact_name", "is_archive", "is_intermediate"]

_FOLDERS: Final = frozenset(
    ".git .hg .svn __pycache__ node_modules .tox .nox .venv venv env .eggs .pytest_cache .mypy_cache .ruff_cache .cache "
    ".deps .npm .cargo .config CMakeFiles autom4te.cache meson-private meson-info meson-logs _deps _CPack_Packages "
    ".regrow".split()
)
_NAMES: Final = frozenset(
    "config.log config.status CMakeCache.txt Makefile GNUmakefile compile_commands.json build.ninja .ninja_log .ninja_deps "
    "cmake_install.cmake CTestTestfile.cmake install_manifest.txt libtool stamp-h1 config.cache package-lock.json "
    ".package-lock.json pyvenv.cfg confdefs.h conftest.c aclocal.m4".split()
)
_SUFFIXES: Final = (
    ".o", ".lo", ".obj", ".d", ".dep", ".gch", ".pyc", ".pyo", ".log", ".trs", ".tmp", ".swp", ".gcno", ".gcda", ".Po",
    ".Plo", ".cmake", ".stamp", ".pid",
)  # fmt: skip
_FOLDER_PATTERNS: Final = re.compile(r"(?:^|/)(?:[^/]+\.egg-info|[^/]+\.dist-info|[^/]+\.p|temp\.[^/]+|bdist\.[^/]+)/")
_ARCHIVE: Final = re.compile(
    r"\.(?:whl|zip|jar|egg|tar|tgz|tbz2|txz|tar\.(?:gz|bz2|xz|zst)|gz|xz|bz2|deb|gem|crate|nupkg|vsix)$"
)
_PREFIXES: Final = ("usr/local/", "opt/")


def is_archive(name: str) -> bool:
    """Whether a file is one that holds others, or packed data, by its name."""
    return _ARCHIVE.search(name) is not None


def is_intermediate(path: str) -> bool:
    """Whether a file is only a step on the way, or a cache.

    >>> is_intermediate("src/a.o"), is_intermediate("build/temp.linux/x.so"), is_intermediate("dist/a-1.0.tar.gz")
    (True, True, False)
    """
    *folders, name = path.split("/")
    return (
        not _FOLDERS.isdisjoint(folders)
        or name in _NAMES
        or name.endswith(_SUFFIXES)
        or _FOLDER_PATTERNS.search(path) is not None
    )


def artefact_name(path: str, checkout: str, home: str, ecosystem: Ecosystem, ours: str) -> str:
    """Return what a file that a build wrote is called in all its builds; "" when it is no artefact.

    Args:
        path: Of the room, without the first slash.
        checkout: Where the project lies in this room.
        home: The home folder of this room.
        ecosystem: Of the project: what is installed elsewhere is an artefact of a native build only. A package that a
            client of Python or Node installs is compared as what it was unpacked from.
        ours: The folder into which the packing command writes.
    """
    for folder, name in ((ours, ""), (checkout, "")):
        if path.startswith(f"{folder.lstrip('/')}/"):
            rest = name + path[len(folder.lstrip("/")) + 1 :]
            return "" if is_intermediate(rest) else rest
    if ecosystem in (Ecosystem.PYTHON, Ecosystem.NODE):
        return ""
    inside_home = home.lstrip("/") + "/"
    installed = f"~/{path[len(inside_home) :]}" if path.startswith(inside_home) else f"/{path}"
    if not path.startswith((*_PREFIXES, inside_home)) or is_intermediate(installed):
        return ""
    hidden = posixpath.dirname(installed).startswith("~/.") and not installed.startswith("~/.local/")
    return "" if hidden or "/site-packages/" in installed else installed
