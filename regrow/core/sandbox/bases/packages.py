"""Shell: downloads the distribution's packages with apt and unpacks them into a folder, as an ordinary user.

apt runs outside the sandbox, with the host's own settings for keys, proxies and certificates, and with a state folder of
its own; it only resolves and downloads. Nothing of a package is run: `dpkg-deb` unpacks its files.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import anyio
import anyio.to_thread

from regrow.core.sandbox.bases.recipe import (
    APT_CONFIG,
    MERGED_FOLDERS,
    apt_options,
    distribution_sources,
    merged_status,
    package_versions,
    status_stanza,
)
from regrow.core.sandbox.folders import trees
from regrow.core.sandbox.processes import ProgramOutput, run_program
from regrow.core.sandbox.values import Progress
from regrow.protocols.errors import RegrowError, regrow_error

__all__ = [
    "KeptPackages",
    "PackageSource",
    "Unpacked",
    "apt_failure",
    "find_package_source",
    "prepare_apt",
    "run_apt",
    "unpack_packages",
    "update_lists",
]

_UPDATE_DEADLINE_S = 180.0
_DOWNLOAD_DEADLINE_S = 900.0
_UNPACK_DEADLINE_S = 300.0
_UNPACKING_AT_ONCE = 2
_STATUS = "var/lib/dpkg/status"
_SCRIPT = (
    'dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink --no-same-owner --delay-directory-restore -C "$2"'
)
_UNPACK = ("bash", "-o", "pipefail", "-c", _SCRIPT, "unpack")
# `dpkg-deb -x` would put a folder in the place of the link /bin -> usr/bin. Two packages may share a folder and are
# unpacked at the same time, which tar stands.


@dataclass(frozen=True, slots=True)
class PackageSource:
    """Where packages come from: the host's own sources of its distribution. Name of a file -> its text."""

    sources: Mapping[str, str]


class KeptPackages(Protocol):
    """What is kept of the distribution between downloads (`kept_packages.py`)."""

    network: bool

    def open_lists(
        self, source: PackageSource, options: Sequence[str]
    ) -> AbstractAsyncContextManager[tuple[Sequence[str], str]]:
        """Bring the lists up to date; yields options that use them, and what `update_lists` says."""

    async def put_back(self, options: Sequence[str], packages: Sequence[str], archives: Path) -> None:
        """Put the packages that are kept where apt looks for them."""

    async def keep_new(self, archives: Path) -> None:
        """Keep those that were downloaded."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What was put into a folder. `packages` are those that are there now, `added` those that were not before."""

    packages: Mapping[str, str]
    added: Mapping[str, str]


def find_package_source(etc: Path = Path("/etc")) -> PackageSource | None:
    """Return where this machine's packages come from; None where that is not apt. Blocking."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return None
    paths = [etc / "apt/sources.list", *sorted((etc / "apt/sources.list.d").glob("*"))]
    texts = {
        path.name: path.read_text("utf-8", "replace")
        for path in paths
        if path.suffix in (".list", ".sources") and path.is_file()
    }
    release = etc / "os-release"
    lines = release.read_text("utf-8").splitlines() if release.is_file() else []
    os_id = next((line[3:].strip("\"'") for line in lines if line.startswith("ID=")), "debian")
    sources = distribution_sources(texts, os_id)
    return PackageSource(sources) if sources else None


async def unpack_packages(
    source: PackageSource,
    packages: Sequence[str],
    target: Path,
    work: Path,
    *,
    status: str = "",
    on_progress: Callable[[Progress], object] | None = None,
    kept: KeptPackages | None = None,
) -> Unpacked:
    """Download packages with all that they depend on, and unpack them into a folder.

    Args:
        source: Where they come from.
        packages: Names, with `=VERSION` if one is wanted.
        target: Gets the files, and dpkg's status file.
        work: An empty folder for apt; the caller discards it.
        status: dpkg's status file of what is there already; those are not downloaded.
        on_progress: Is told what is being done.
        kept: Where lists and packages are kept between downloads; None keeps none.

    Raises:
        RegrowError: E2011 a package that apt does not know; E5003 it cannot be downloaded, or is not kept and may not be.
    """
    tell = on_progress or (lambda _progress: None)
    options = await anyio.to_thread.run_sync(prepare_apt, source, work, status)
    tell(Progress("reading the package lists"))
    await anyio.to_thread.run_sync(begin_tree, target)
    if kept is None:
        await _download(options, packages, await update_lists(options), tell)
    else:
        async with kept.open_lists(source, options) as (options_of_kept, unread):
            await kept.put_back(options_of_kept, packages, work / "cache/archives")
            await _download(options_of_kept, packages, unread, tell, network=kept.network)
        await kept.keep_new(work / "cache/archives")
    archives = sorted((work / "cache/archives").glob("*.deb"))
    stanzas = await _unpack_all(archives, target, tell)
    merged = merged_status(status, stanzas)
    await anyio.to_thread.run_sync(_write_status, target, merged)
    before = package_versions(status)
    now = package_versions(merged)
    return Unpacked(now, {name: version for name, version in now.items() if before.get(name) != version})


async def _download(
    options: Sequence[str],
    packages: Sequence[str],
    unread: str,
    tell: Callable[[Progress], object],
    *,
    network: bool = True,
) -> None:
    tell(Progress("downloading packages"))
    further = [] if network else ["--no-download"]
    arguments = [*options, *further, "install", "--download-only", "--", *packages]
    downloaded = await run_apt(arguments, _DOWNLOAD_DEADLINE_S)
    unknown = "Unable to locate package" in downloaded.text or "no installation candidate" in downloaded.text
    if unknown and unread:
        raise apt_failure("E5003", "package lists", unread)
    _check(downloaded, "E2011" if unknown else "E5003", f"packages {' '.join(packages)}")


async def update_lists(options: Sequence[str], deadline_s: float = _UPDATE_DEADLINE_S) -> str:
    """Fetch the package lists, and return the line that says which could not be; empty: all are here.

    An update that reached no mirror only warns; what apt does not know after it, it may never have heard of.

    Raises:
        RegrowError: E5003 they cannot be fetched.
    """
    updated = await run_apt([*options, "update"], deadline_s)
    _check(updated, "E5003", "package lists")
    return _line_with("Failed to fetch", updated.text)


def prepare_apt(source: PackageSource, work: Path, status: str) -> list[str]:
    """Make the folder that apt keeps to, and return the options for it. Blocking."""
    for name in ("state/lists/partial", "cache/archives/partial", "etc/sources"):
        (work / name).mkdir(parents=True)
    (work / "status").write_text(status, "utf-8")
    (work / "etc/apt.conf").write_text(APT_CONFIG, "utf-8")
    for name, text in source.sources.items():
        (work / "etc/sources" / name).write_text(text, "utf-8")
    return apt_options(work)


async def run_apt(arguments: Sequence[str], deadline_s: float = _UPDATE_DEADLINE_S) -> ProgramOutput:
    """Run apt-get with the host's environment."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    try:
        return await run_program(["apt-get", *arguments], env=environment, deadline_s=deadline_s)
    except TimeoutError:
        return ProgramOutput(-1, f"apt-get did not end within {deadline_s:g} s")


def _check(output: ProgramOutput, code: str, what: str) -> None:
    if output.exit_status:
        raise apt_failure(code, what, output.last_lines())


def _line_with(words: str, text: str) -> str:
    return next((line.strip() for line in text.splitlines() if words in line), "")


def apt_failure(code: str, what: str, got: str) -> RegrowError:
    """Return the error for what apt could not do."""
    return regrow_error(code, "cannot be had with apt", where=what, got=got[-600:])


async def _unpack_all(archives: Sequence[Path], target: Path, tell: Callable[[Progress], object]) -> list[str]:
    stanzas: dict[Path, str] = {}
    slots = anyio.Semaphore(_UNPACKING_AT_ONCE)

    async def unpack(archive: Path) -> None:
        async with slots:
            unpacked = await run_program([*_UNPACK, str(archive), str(target)], deadline_s=_UNPACK_DEADLINE_S)
            _check(unpacked, "E2002", f"package {archive.name}")
            control = await run_program(["dpkg-deb", "-f", str(archive)])
            stanzas[archive] = status_stanza(control.text)
            tell(Progress("unpacking packages", len(stanzas), len(archives)))

    async with anyio.create_task_group() as group:
        for archive in archives:
            group.start_soon(unpack, archive)
    return [stanzas[archive] for archive in archives]


def begin_tree(target: Path) -> None:
    """Make the links into /usr that every package relies on. Blocking."""
    for name in MERGED_FOLDERS:
        (target / "usr" / name).mkdir(parents=True, exist_ok=True)
        if not os.path.lexists(target / name):
            (target / name).symlink_to(f"usr/{name}")


def _write_status(target: Path, text: str) -> None:
    path = target / _STATUS
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    # dpkg itself wants these; a room may call `dpkg -s`.
    for name in ("info", "updates"):
        trees.make_folder(path.parent / name)
