"""Which of the files that a build wrote are what it made: packages, libraries, programs. Pure.

Left out is what others made (installed packages, environments) and what only leads there (objects, configure's probes).
Scripts are not artefacts: the launchers that installers write name paths of one room.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from regrow.protocols.verification import ArtefactKind

__all__ = ["HEAD_BYTES", "in_order", "kind_of", "may_be_artefact"]

HEAD_BYTES: Final = 20
"""How much of a file `kind_of` looks at: up to the type in an ELF header."""

_BY_NAME: Final = (
    (re.compile(r"\.whl$"), ArtefactKind.WHEEL),
    (re.compile(r"(?:^|/)dist/[^/]+\.(?:tar\.gz|zip)$"), ArtefactKind.SDIST),
    (re.compile(r"-\d[^/]*\.tar\.(?:gz|xz|bz2|zst)$"), ArtefactKind.SDIST),
    (re.compile(r"-\d[^/]*\.tgz$"), ArtefactKind.PACKED),
    (re.compile(r"\.(?:jar|wasm)$"), ArtefactKind.PACKED),
)
_BY_CONTENT: Final = re.compile(r"\.(?:so(?:\.[\d.]+)?|a|node)$")
_NOT_MADE: Final = re.compile(
    r"(?:^|/)(?:node_modules|site-packages|dist-packages|CMakeFiles|meson-private|meson-info|\.git|\.hg|\.tox|\.nox|\.eggs"
    r"|\.cache|autom4te\.cache|__pycache__|confdir\w*)(?:/|$)|(?:^|/)(?:conftest|conftest\.\w+)$"
)
_ELF: Final = b"\x7fELF"
_ARCHIVE: Final = b"!<arch>\n"
_EXECUTABLE, _SHARED = 2, 3
"""The types ET_EXEC and ET_DYN; an object (ET_REL) is 1. Source: System V ABI, "ELF Header"."""

_FIRST: Final = (ArtefactKind.WHEEL, ArtefactKind.SDIST, ArtefactKind.PACKED, ArtefactKind.PROGRAM)


def may_be_artefact(path: str, *, executable: bool) -> bool:
    """Whether a file is worth opening: by its place and name.

    Args:
        path: Relative to the project, or to another folder that the build installs into.
        executable: Whether its mode says that it can be run.

    >>> may_be_artefact("dist/x-1.0-py3-none-any.whl", executable=False), may_be_artefact("src/x.o", executable=False)
    (True, False)
    >>> may_be_artefact("node_modules/esbuild/bin/esbuild", executable=True)
    False
    """
    if _NOT_MADE.search(path):
        return False
    return executable or _by_name(path) is not None or _BY_CONTENT.search(path) is not None


def kind_of(path: str, head: bytes) -> ArtefactKind | None:
    """Return what a file is, by its name and first bytes; None for what is no artefact.

    >>> kind_of("src/tool", bytes.fromhex("7f454c46020101000000000000000000 0300"))
    <ArtefactKind.PROGRAM: 'program'>
    >>> kind_of("src/tool", b"#!/bin/sh") is None
    True
    """
    if head.startswith(_ARCHIVE):
        return ArtefactKind.STATIC_LIBRARY if path.endswith(".a") else None
    if head.startswith(_ELF) and len(head) >= 18:
        kind = int.from_bytes(head[16:18], "little" if head[5] == 1 else "big")
        library = kind == _SHARED and _BY_CONTENT.search(path) is not None
        if kind not in (_EXECUTABLE, _SHARED):
            return None
        return ArtefactKind.SHARED_LIBRARY if library else ArtefactKind.PROGRAM
    return _by_name(path)


def in_order(found: Iterable[tuple[str, ArtefactKind]]) -> list[tuple[str, ArtefactKind]]:
    """What is handed on first, then what it is made of: packages, programs, libraries, each by path."""
    ranks = {kind: rank for rank, kind in enumerate(_FIRST)}
    return sorted(found, key=lambda each: (ranks.get(each[1], len(ranks)), each[0]))


def _by_name(path: str) -> ArtefactKind | None:
    return next((kind for pattern, kind in _BY_NAME if pattern.search(path)), None)
