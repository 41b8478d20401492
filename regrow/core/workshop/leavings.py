"""Shell: looks at what a build has left in its room, without running anything: what it made, and what it installed.

Looked at are the layers that its steps wrote, above the checkout as it was and our own tools. What the last test step
wrote is not among them: its layer is dropped.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import anyio.to_thread

from regrow.core.project.artefacts import HEAD_BYTES, in_order, kind_of, may_be_artefact
from regrow.core.project.installed import (
    DIST_INFO,
    HIDDEN_LOCK,
    NODE_PACKAGE,
    debian_packages,
    installed_files,
    integrities,
    node_package,
    origin_of,
    python_package,
)
from regrow.core.sandbox import CHECKOUT, BaseRoot, Room
from regrow.core.sandbox.folders import lookup
from regrow.core.sandbox.room import STATUS_FILE
from regrow.protocols.build_contents import BuildContents, InstalledPackage
from regrow.protocols.run_messages import SourceTree
from regrow.protocols.verification import Artefact, ArtefactKind

__all__ = ["Leavings", "built_modules", "leavings_of"]

ARTEFACTS_KEPT: Final = 200
"""A build that makes more is a tree of small programs: what is handed on comes first, and the rest is counted."""

READ_BYTES: Final = 4 * 1024 * 1024
"""Of one file that says what is installed; the largest real lock files have 2 MB."""

ELSEWHERE: Final = "/usr/local"
"""Where `make install` puts things; nothing of the distribution lies there."""

_UNSEEN: Final = re.compile(
    r"/(?:proc|sys|dev|tmp|run|var/cache|var/lib|var/tmp|build/regrow|etc)$|/(?:\.git|\.cache|\.npm|__pycache__|share|include)$"
)


@dataclass(frozen=True, slots=True)
class Leavings:
    """What a build made, what is handed on first, and what it installed."""

    artefacts: tuple[Artefact, ...]
    contents: BuildContents


async def leavings_of(room: Room, base: BaseRoot, source: SourceTree) -> Leavings:
    """Look at the layers of a room that nothing runs in."""
    shown = await room.written(2, _enters)
    status = await _text(room, STATUS_FILE)
    release = await _text(room, "/usr/lib/os-release") or await _text(room, "/etc/os-release")
    below = room.layers[0].path / CHECKOUT.lstrip("/")
    return await anyio.to_thread.run_sync(_look, shown, below, base, source, status, release)


def _enters(folder: str) -> bool:
    return _UNSEEN.search(folder) is None


async def _text(room: Room, path: str) -> str:
    try:
        return (await room.read_file(path)).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""


def _look(
    shown: Mapping[str, Path], below: Path, base: BaseRoot, source: SourceTree, status: str, release: str
) -> Leavings:
    python = list(_python(shown))
    foreign: set[str] = set()
    own: set[str] = set()
    records: list[str] = []
    for package, metadata in python:
        record = f"{posixpath.dirname(metadata)}/RECORD"
        files = installed_files(_read(shown, record), metadata)
        (own if package.own else foreign).update(files)
        if package.own and record in shown:
            records.append(record)
    made = in_order(_made(shown, below, own, foreign))
    made = made or [(record, ArtefactKind.INSTALLED) for record in sorted(records)]
    packages = [package for package, _ in python]
    packages += _node(shown)
    packages += debian_packages(status, dict(base.packages), STATUS_FILE)
    packages.sort(key=lambda each: (each.in_base, each.kind, each.name, each.version, each.place))
    facts = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', release, re.MULTILINE))
    base_status = base.path / STATUS_FILE.lstrip("/")
    contents = BuildContents(
        source_name=source.name,
        source_version=source.version,
        source_digest=source.digest,
        source_commit=source.git_commit,
        base=base.key,
        base_digest=hashlib.sha256(base_status.read_bytes()).hexdigest() if base_status.is_file() else None,
        distribution=(facts.get("ID", ""), facts.get("VERSION_ID", "")),
        packages=tuple(packages),
        more_artefacts=max(0, len(made) - ARTEFACTS_KEPT),
    )
    return Leavings(tuple(_artefact(shown[path], path, kind) for path, kind in made[:ARTEFACTS_KEPT]), contents)


def _python(shown: Mapping[str, Path]) -> Iterator[tuple[InstalledPackage, str]]:
    for path in shown:
        if not DIST_INFO.search(path):
            continue
        origin, folder = origin_of(_read(shown, f"{posixpath.dirname(path)}/direct_url.json"))
        own = folder and (origin == f"file://{CHECKOUT}" or origin.startswith(f"file://{CHECKOUT}/"))
        package = python_package(_read(shown, path), path, origin=origin, own=own)
        if package is not None:
            yield package, path


def _node(shown: Mapping[str, Path]) -> list[InstalledPackage]:
    checked: dict[str, str] = {}
    for path in shown:
        if HIDDEN_LOCK.search(path):
            root = posixpath.dirname(posixpath.dirname(path))
            checked |= {f"{root}/{name}": digest for name, digest in integrities(_read(shown, path)).items()}
    found = (
        node_package(_read(shown, path), path, checked.get(posixpath.dirname(path), ""))
        for path in shown
        if NODE_PACKAGE.search(path)
    )
    return [package for package in found if package is not None]


def _made(
    shown: Mapping[str, Path], below: Path, own: set[str], foreign: set[str]
) -> Iterator[tuple[str, ArtefactKind]]:
    environments = tuple(f"{posixpath.dirname(path)}/" for path in shown if path.endswith("/pyvenv.cfg"))
    for path, host in shown.items():
        inside = path.startswith(f"{CHECKOUT}/")
        if path not in own and (not (inside or path.startswith(f"{ELSEWHERE}/")) or path.startswith(environments)):
            continue
        name = path.removeprefix(f"{CHECKOUT}/")
        runs = host.stat().st_mode & 0o111 != 0
        if path in foreign or not may_be_artefact(posixpath.basename(path) if path in own else name, executable=runs):
            continue
        with host.open("rb") as file:
            kind = kind_of(path, file.read(HEAD_BYTES))
        if kind is not None and not (inside and _was_there(below / name, host)):
            yield path, kind


def _was_there(before: Path, now: Path) -> bool:
    """Whether a file came with the sources and was only touched."""
    if before.is_symlink() or not before.is_file() or before.stat().st_size != now.stat().st_size:
        return False
    return _digest(before) == _digest(now)


def _artefact(host: Path, path: str, kind: ArtefactKind) -> Artefact:
    name = path.removeprefix(f"{CHECKOUT}/")
    return Artefact(path=name, size_bytes=host.stat().st_size, sha256=_digest(host), kind=kind)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(shown: Mapping[str, Path], path: str) -> str:
    host = shown.get(path)
    if host is None:
        return ""
    with host.open("rb") as file:
        return file.read(READ_BYTES).decode("utf-8", "replace")


async def built_modules(room: Room, packages: Sequence[str]) -> dict[str, str]:
    """Return the compiled Python modules of the project that its build made: path in the room -> SHA-256.

    What a later step took away again (an installation over a released copy that was compiled) is none.

    Args:
        packages: Import names of the project; modules of what it depends on are not its own.
    """
    return await anyio.to_thread.run_sync(_built_modules, [layer.path for layer in room.layers[2:]], packages)


def _built_modules(layers: Sequence[Path], packages: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    above = [layer for layer in reversed(layers) if layer.is_dir()]
    for layer in layers:
        for path in layer.rglob("*.so"):
            relative = path.relative_to(layer)
            own = any(
                part.split(".")[0].lstrip("_") in {name.lstrip("_") for name in packages} for part in relative.parts
            )
            if not own or not path.is_file() or path.is_symlink() or "build" in relative.parts[2:]:
                continue
            if lookup.find(above, f"/{relative}") == path:
                found[f"/{relative}"] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found
