"""What a target's text means, decided without touching anything.

A target is a folder, an archive, a git repository (URL or path, with `@ref`), or `pypi:`, `npm:`, `deb:` and a name.
What lies at a path is a fact that the caller looks up and hands in as `PathKind`, so that every rule here is a table.
Only names and versions that a registry can hold are let through: see `registry_names.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from regrow.core.fetch.errors import TargetNotFound, TargetNotUnderstood
from regrow.core.fetch.registry_names import FORMS, guesses, name_and_version


class PathKind(StrEnum):
    """What lies at a path of this machine."""

    MISSING = "missing"
    FILE = "file"
    FOLDER = "folder"
    GIT_WORK_TREE = "git_work_tree"
    BARE_REPOSITORY = "bare_repository"


class TargetKind(StrEnum):
    """The kinds of targets."""

    FOLDER = "folder"
    ARCHIVE = "archive"
    GIT = "git"
    PYPI = "pypi"
    NPM = "npm"
    DEB = "deb"


@dataclass(frozen=True, slots=True)
class FolderTarget:
    """A folder of this machine; it is copied, never written."""

    path: str


@dataclass(frozen=True, slots=True)
class ArchiveTarget:
    """An archive file of this machine."""

    path: str


@dataclass(frozen=True, slots=True)
class GitTarget:
    """A repository by URL or path, at a branch, tag or commit, or at its default branch."""

    url: str
    ref: str | None


@dataclass(frozen=True, slots=True)
class RegistryTarget:
    """A released source distribution; without a version the newest one."""

    kind: TargetKind
    name: str
    version: str | None


Target: TypeAlias = FolderTarget | ArchiveTarget | GitTarget | RegistryTarget

ARCHIVE_SUFFIXES = (".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar", ".zip")

_EXPECTED = (
    f"a folder, an archive (.tar.gz, .tar.bz2, .tar.xz, .zip), a git URL or path (URL@ref), {', '.join(FORMS.values())}"
)
_URL_SCHEMES = ("https://", "http://", "ssh://", "git://", "file://")
_SCP_LIKE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*@[A-Za-z0-9][A-Za-z0-9.-]*:(?!//).+")
_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+-]*")


def understand(text: str, kind_at: Callable[[str], PathKind]) -> Target:
    """Say what a target's text means.

    Args:
        text: As typed by the user.
        kind_at: What lies at a path of this machine.

    Raises:
        TargetNotUnderstood: no kind of target looks like this.
        TargetNotFound: it looks like a path, and nothing is there.

    >>> understand("npm:@scope/name@1.2.0", lambda path: PathKind.MISSING)
    RegistryTarget(kind=<TargetKind.NPM: 'npm'>, name='@scope/name', version='1.2.0')
    """
    if not text.strip() or "\0" in text or "\n" in text:
        raise TargetNotUnderstood(f"the target is {text!r}", do=f"give {_EXPECTED}")
    here = kind_at(text)
    if here is not PathKind.MISSING:
        return _at_path(text, here)
    prefix, colon, rest = text.partition(":")
    if colon and prefix in FORMS:
        return _in_registry(prefix, rest)
    if text.startswith(("git+", *_URL_SCHEMES)) or _SCP_LIKE.fullmatch(text):
        return _at_url(text.removeprefix("git+"))
    return _at_path_and_ref(text, kind_at)


def _at_path(path: str, kind: PathKind) -> Target:
    if kind is PathKind.BARE_REPOSITORY:
        return GitTarget(url=path, ref=None)
    if kind is not PathKind.FILE:
        return FolderTarget(path)
    if path.lower().endswith(ARCHIVE_SUFFIXES):
        return ArchiveTarget(path)
    raise TargetNotUnderstood(
        f"{path!r} is a file, but its name ends in none of {', '.join(ARCHIVE_SUFFIXES)}",
        do="give the project's folder or an archive of it",
    )


def _in_registry(prefix: str, rest: str) -> RegistryTarget:
    name, version = name_and_version(prefix, rest)
    return RegistryTarget(TargetKind(prefix), name, version)


def _at_url(url: str) -> GitTarget:
    if url.lower().endswith(ARCHIVE_SUFFIXES):
        raise TargetNotUnderstood(f"{url!r} is the URL of an archive", do="download it and give the path of the file")
    # The part of a URL that may hold a ref comes after the last slash; an "@" before it is a user name.
    head, slash, last = url.rpartition("/")
    if not slash:
        head, slash, last = url.rpartition(":")
    name, at, ref = last.partition("@")
    if not at:
        return GitTarget(url, None)
    return GitTarget(head + slash + name, _checked_ref(url, ref))


def _at_path_and_ref(text: str, kind_at: Callable[[str], PathKind]) -> Target:
    path, at, ref = text.rpartition("@")
    if at and path:
        kind = kind_at(path)
        if kind in {PathKind.GIT_WORK_TREE, PathKind.BARE_REPOSITORY}:
            return GitTarget(path, _checked_ref(text, ref))
        if kind is not PathKind.MISSING:
            raise TargetNotUnderstood(f"{path!r} is no git repository, so it has no ref {ref!r}", do=f"give {path!r}")
    if "/" in text or text.startswith((".", "~")) or text.lower().endswith(ARCHIVE_SUFFIXES):
        raise TargetNotFound(f"there is nothing at {text!r}", do=f"give {_EXPECTED}")
    meant = ", ".join(guesses(text))
    hint = f"did you mean {meant}? Expected: {_EXPECTED}" if meant else f"give {_EXPECTED}"
    raise TargetNotUnderstood(f"{text!r} is neither a path here nor a target with a known prefix", do=hint)


def _checked_ref(text: str, ref: str) -> str:
    if not _REF.fullmatch(ref) or ".." in ref:
        raise TargetNotUnderstood(f"{ref!r} in {text!r} is not a branch, tag or commit", do="write URL@ref")
    return ref
