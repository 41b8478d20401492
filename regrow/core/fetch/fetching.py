"""Shell: the front door. Turns a target's text into a folder with the project's files, or says why not.

Each kind has its own module; this one only chooses, unpacks and describes. Whatever happens, what is left below `into`
on failure is nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import assert_never

import anyio
from anyio import from_thread, to_thread
from pydantic import JsonValue

from regrow.core.downloads.releases import Keeper
from regrow.core.fetch import debian, git, npm, python_index
from regrow.core.fetch.apt_sources import upstream_version
from regrow.core.fetch.archives import remove_tree, unpack
from regrow.core.fetch.errors import ClientMissing, NetworkForbidden, NotPermitted, TargetRefused
from regrow.core.fetch.limits import FetchLimits
from regrow.core.fetch.target import (
    ArchiveTarget,
    FolderTarget,
    GitTarget,
    PathKind,
    RegistryTarget,
    Target,
    TargetKind,
    understand,
)
from regrow.core.fetch.trees import copy_folder, drop_links_out, file_sha256, tree_facts
from regrow.core.redaction import redact

_GIT_MARKS = ("HEAD", "objects", "refs")


@dataclass(frozen=True, slots=True)
class FetchedTarget:
    """A target's files on this machine, ours to copy from and never to write again.

    Attributes:
        target: As the user wrote it, secrets replaced.
        name: Of the project, as far as the target tells: the folder's, the repository's or the package's.
        version: Of the release; for git what `git describe --tags --always` says; None for a folder or an archive.
        root: The project's root folder, below `into`.
        digest: SHA-256 of the tree (`trees.TreeFacts.digest`).
        archive_sha256: SHA-256 of the archive that it was unpacked from.
        commit: Full id of the commit that is checked out, None without git.
        origin: Where it was downloaded from, without credentials.
        file_count: Files and links, without `.git`.
        total_bytes: Of these files.
        notes: What a reader of the verdict should know: what was left out, what could not be checked.
        untested: That one of the notes which says that a release holds no tests, and where they may be; "" without it.
    """

    target: str
    kind: TargetKind
    name: str
    version: str | None
    root: Path
    digest: str
    archive_sha256: str | None
    commit: str | None
    origin: str
    file_count: int
    total_bytes: int
    notes: tuple[str, ...] = ()
    untested: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    """What a kind's module found out, before the tree is described."""

    kind: TargetKind
    name: str
    root: Path
    origin: str
    version: str | None = None
    archive_sha256: str | None = None
    commit: str | None = None
    notes: tuple[str, ...] = ()
    untested: str = ""


async def fetch(
    target: str, into: Path, *, limits: FetchLimits | None = None, downloads: Path | None = None
) -> FetchedTarget:
    """Fetch a target into the folder `into`, running none of its code.

    Args:
        target: What the user wrote; see `target.understand`.
        into: Made if missing, must be empty. Cleared again on failure.
        limits: Bounds, and whether other machines may be asked; None takes the defaults.
        downloads: Where what was fetched is kept, and taken from where no other machine may be asked; None keeps nothing.

    Raises:
        RegrowError: one of those in `errors.py`; nothing else but bugs of ours.
    """
    bounds = limits or FetchLimits()
    wanted = understand(target, path_kind)
    existed = into.exists()
    try:
        into.mkdir(parents=True, exist_ok=True)
        if any(into.iterdir()):
            raise NotPermitted(f"the folder {str(into)!r} is not empty", do="give an empty one")
    except OSError as error:
        raise NotPermitted(f"{str(into)!r} cannot be made: {error}") from error
    done = False
    try:
        found = await _fetch(wanted, into, bounds, Keeper(downloads))
        facts = await to_thread.run_sync(tree_facts, found.root, from_thread.check_cancelled)
        if not facts.file_count:
            raise TargetRefused(f"{target!r} holds no file", do="give the project's root")
        done = True
    finally:
        if not done:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(partial(_clear, into, existed=existed))
    return FetchedTarget(
        target=redact(target),
        kind=found.kind,
        name=found.name,
        version=found.version,
        root=found.root,
        digest=facts.digest,
        archive_sha256=found.archive_sha256,
        commit=found.commit,
        origin=redact(found.origin),
        file_count=facts.file_count,
        total_bytes=facts.total_bytes,
        notes=(*found.notes, found.untested) if found.untested else found.notes,
        untested=found.untested,
    )


def path_kind(text: str) -> PathKind:
    """Say what lies at a path of this machine."""
    path = Path(text).expanduser()
    try:
        if path.is_file():
            return PathKind.FILE
        if not path.is_dir():
            return PathKind.MISSING
        if (path / ".git").exists():
            return PathKind.GIT_WORK_TREE
        bare = (path / "HEAD").is_file() and all((path / mark).exists() for mark in _GIT_MARKS)
    except (OSError, ValueError):
        return PathKind.MISSING
    return PathKind.BARE_REPOSITORY if bare else PathKind.FOLDER


async def _fetch(wanted: Target, into: Path, limits: FetchLimits, keeper: Keeper) -> _Found:
    match wanted:
        case FolderTarget():
            return await _folder(wanted, into, limits)
        case ArchiveTarget():
            archive = Path(wanted.path).expanduser().absolute()
            root, sha256 = await _unpacked(archive, into, limits)
            return _Found(
                TargetKind.ARCHIVE,
                root.name if root.name != "content" else _stem(archive),
                root,
                str(archive),
                None,
                sha256,
            )
        case GitTarget():
            return await _repository(wanted, into, limits, keeper)
        case RegistryTarget():
            return await _release(wanted, into, limits, keeper)
        case _:
            assert_never(wanted)


async def _folder(wanted: FolderTarget, into: Path, limits: FetchLimits) -> _Found:
    source = Path(wanted.path).expanduser().resolve()
    if into.resolve().is_relative_to(source):
        raise NotPermitted(f"{str(into)!r} lies inside the target", do="set a run folder outside of it")
    root = into / (source.name or "root")
    tracked = await git.tracked_files(source, limits) if (source / ".git").exists() else None
    notes = await to_thread.run_sync(copy_folder, source, root, tracked, limits, from_thread.check_cancelled)
    dropped = await to_thread.run_sync(drop_links_out, root)
    commit = None
    if (root / ".git").is_dir():
        commit = await git.head_commit(root, limits)
        await git.forget_links(root, dropped, limits)
    return _Found(
        TargetKind.FOLDER, source.name, root, str(source), commit=commit, notes=(*notes, *_link_notes(dropped))
    )


async def _repository(wanted: GitTarget, into: Path, limits: FetchLimits, keeper: Keeper) -> _Found:
    local = Path(wanted.url).expanduser()
    url = str(local.resolve()) if local.exists() else wanted.url
    name = _stem(Path(url.rstrip("/").rpartition("/")[2].rpartition(":")[2]))
    root = into / (name or "repository")
    mirror = None if local.exists() else keeper.mirror(url)
    commit, described = await git.clone(url, wanted.ref, root, limits, mirror)
    dropped = await to_thread.run_sync(drop_links_out, root)
    await git.forget_links(root, dropped, limits)
    notes = _link_notes(dropped)
    if (root / ".gitmodules").is_file():
        notes = (*notes, "submodules are not fetched")
    return _Found(TargetKind.GIT, root.name, root, url, described, commit=commit, notes=notes)


async def _release(wanted: RegistryTarget, into: Path, limits: FetchLimits, keeper: Keeper) -> _Found:
    packed = into / "packed"
    packed.mkdir()
    try:
        if wanted.kind is TargetKind.PYPI:
            return await _python_release(wanted, packed, into, limits, keeper)
        if wanted.kind is TargetKind.NPM:
            return await _node_release(wanted, packed, into, limits, keeper)
        return await _debian_release(wanted, packed, into, limits, keeper)
    finally:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(remove_tree, packed)
            await to_thread.run_sync(remove_tree, into / "apt")


def _names(wanted: RegistryTarget, version: str = "") -> list[str]:
    """The names under which a release is kept: as it was asked for, and with its version."""
    plain = f"{wanted.kind.value}:{wanted.name}"
    asked = f"{plain}=={wanted.version}" if wanted.version else plain
    return [asked, f"{plain}=={version}"] if version else [asked]


async def _restored(keeper: Keeper, wanted: RegistryTarget, into: Path) -> Mapping[str, JsonValue]:
    try:
        return await to_thread.run_sync(keeper.restore, _names(wanted)[0], into)
    except LookupError as error:
        raise NetworkForbidden(str(error.args[0])) from None


async def _node_release(
    wanted: RegistryTarget, packed: Path, into: Path, limits: FetchLimits, keeper: Keeper
) -> _Found:
    try:
        tarball, release = await npm.download(wanted.name, wanted.version, packed, limits)
    except (NetworkForbidden, ClientMissing):
        if limits.network or not keeper.keeps:
            raise
        # npm has a cache of its own, which was asked first.
        facts = await _restored(keeper, wanted, packed)
        release = npm.Release.model_validate(facts)
        tarball = next(packed.glob("*.tgz"))
    else:
        names = _names(wanted, release.version)
        await to_thread.run_sync(keeper.keep, names, release.model_dump(mode="json"), [tarball])
    root, sha256 = await _unpacked(tarball, into, limits)
    untested = await to_thread.run_sync(npm.note_on_tests, root)
    origin = release.dist.tarball
    return _Found(TargetKind.NPM, release.name, root, origin, release.version, sha256, untested=untested)


async def _python_release(
    wanted: RegistryTarget, packed: Path, into: Path, limits: FetchLimits, keeper: Keeper
) -> _Found:
    settings = await python_index.read_index_settings(packed, limits)
    fetched = partial(python_index.download_source, wanted.name, wanted.version, packed, settings, limits)
    try:
        download = await to_thread.run_sync(fetched, from_thread.check_cancelled)
    except NetworkForbidden:
        if not keeper.keeps:
            raise
        facts = await _restored(keeper, wanted, packed)
        download = python_index.download_of(facts, packed)
    else:
        names = _names(wanted, download.version)
        await to_thread.run_sync(keeper.keep, names, python_index.facts_of(download), [download.path])
    root, sha256 = await _unpacked(download.path, into, limits)
    return _Found(
        TargetKind.PYPI,
        download.name,
        root,
        download.origin,
        download.version,
        sha256,
        notes=() if download.checked_by else ("the index gave no hash, so the download could not be checked",),
        untested=await to_thread.run_sync(python_index.note_on_tests, root),
    )


async def _debian_release(
    wanted: RegistryTarget, packed: Path, into: Path, limits: FetchLimits, keeper: Keeper
) -> _Found:
    if limits.network or not keeper.keeps:
        package = await debian.download(wanted.name, wanted.version, packed, into / "apt", limits)
        files = [path for path in packed.iterdir() if path.is_file()]
        await to_thread.run_sync(keeper.keep, _names(wanted, package.version), {}, files)
    else:
        await _restored(keeper, wanted, packed)
        package = await to_thread.run_sync(debian.read_package, packed)
    if package.original is None:
        raise TargetRefused(f"the source package {package.source!r} holds no archive", do="give its git URL instead")
    root, sha256 = await _unpacked(packed / package.original.name, into, limits)
    for component, file in package.components.items():
        part, _ = await _unpacked(packed / file.name, into, limits, folder=f"unpacked-{component}")
        if (root / component).exists():
            raise TargetRefused(
                f"the component {component!r} is in the upstream archive too", do="give its git URL instead"
            )
        part.rename(root / component)
    notes = ("Debian's changes to the upstream source are not applied",) if package.has_debian_changes else ()
    version = upstream_version(package.version) if package.has_debian_changes else package.version
    return _Found(
        TargetKind.DEB, package.source, root, f"deb:{package.source}={package.version}", version, sha256, notes=notes
    )


async def _unpacked(archive: Path, into: Path, limits: FetchLimits, folder: str = "unpacked") -> tuple[Path, str]:
    place = into / folder
    place.mkdir()
    try:
        root = await to_thread.run_sync(unpack, archive, place, limits, from_thread.check_cancelled)
        digest, _ = await to_thread.run_sync(file_sha256, archive)
    except OSError as error:
        raise NotPermitted(f"{str(archive)!r} cannot be read: {error}") from error
    return root, digest.hex()


def _clear(into: Path, *, existed: bool) -> None:
    for path in into.iterdir():
        if path.is_dir() and not path.is_symlink():
            remove_tree(path)
        else:
            path.unlink(missing_ok=True)
    if not existed:
        into.rmdir()


def _link_notes(dropped: list[str]) -> tuple[str, ...]:
    return tuple(f"left out the link {name!r}, which leads outside the target" for name in dropped)


def _stem(path: Path) -> str:
    name = path.name.removesuffix(".git")
    for suffix in (".tar.gz", ".tar.bz2", ".tar.xz", ".tgz", ".tbz2", ".txz", ".tar", ".zip"):
        name = name.removesuffix(suffix)
    return name
