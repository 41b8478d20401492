"""Shell: fetches the upstream source of a Debian package with apt-get, as an ordinary user, without dpkg-source.

apt works in a state folder of ours with the host's sources and keys: it checks the signature of the release file, and
by it the index, the `.dsc` and the archives. What is unpacked is the upstream archive, whose documents are the ones to
verify; Debian's changes are for Debian's own way to build and are not applied (a note says so). Rejected: `dpkg-source
-x`, which unpacks without bounds of size and applies patches to what it unpacked.
"""

from __future__ import annotations

import shlex
from pathlib import Path

import anyio.to_thread

from regrow.core.fetch.apt_sources import SourcePackage, parse_dsc, source_lists
from regrow.core.fetch.clients import ClientResult, run_client
from regrow.core.fetch.errors import (
    NetworkDown,
    NetworkForbidden,
    NotPermitted,
    TargetNotFound,
    TargetRefused,
    WrongHash,
)
from regrow.core.fetch.limits import FetchLimits
from regrow.core.fetch.trees import file_sha256
from regrow.core.redaction import redact

_UNREACHABLE = ("failed to fetch", "temporary failure", "could not resolve", "could not connect", "unable to connect")


async def download(name: str, version: str | None, into: Path, state: Path, limits: FetchLimits) -> SourcePackage:
    """Download a source package into the empty folder `into`; `state` keeps apt's indexes and may be used again.

    Raises:
        TargetNotFound: no such source package or version, or the host has no apt sources.
        NetworkDown: the mirror could not be reached.
        WrongHash: a file is not the one that the signed index lists.
    """
    if not limits.network:
        raise NetworkForbidden(f"the source package {name!r} is on apt's mirror")
    options = await _own_apt(state, limits)
    updated = await run_client(["apt-get", *options, "update"], cwd=into, limits=limits)
    if updated.exit_code != 0:
        raise NetworkDown(f"apt-get could not update its list of sources: {updated.last_lines(2)}")
    wanted = f"{name}={version}" if version else name
    fetched = await run_client(
        ["apt-get", *options, "source", "--download-only", "--only-source", wanted], cwd=into, limits=limits
    )
    described = next(iter(into.glob("*.dsc")), None)
    if described is None:
        raise _failure(wanted, updated, fetched)
    package = await anyio.to_thread.run_sync(read_package, into)
    if fetched.exit_code != 0 and not package.is_whole({path.name for path in into.iterdir()}):
        raise _failure(wanted, updated, fetched)
    return package


def read_package(folder: Path) -> SourcePackage:
    """Read what lies in a folder as a source package, and check those of its files that are there. Blocking.

    Raises:
        WrongHash: a file is not the one that the signed index lists.
    """
    described = next(folder.glob("*.dsc"))
    try:
        package = parse_dsc(described.read_text("utf-8", "replace"))
    except ValueError as error:
        raise TargetRefused(f"{described.name} cannot be read: {error}", do="try another mirror") from error
    for file in package.files:
        if not (folder / file.name).exists():
            continue
        digest, _ = file_sha256(folder / file.name)
        if digest.hex() != file.sha256:
            raise WrongHash(file.name, "sha256", expected=file.sha256, got=digest.hex())
    return package


async def _own_apt(state: Path, limits: FetchLimits) -> list[str]:
    """The options that keep apt off the host's state: own lists, cache and sources, no locks, no other user."""
    for folder in ("lists/partial", "cache/archives/partial", "sources"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    status = state / "status"
    status.touch()
    texts = source_lists(await _host_sources(limits, state))
    if not texts:
        raise TargetNotFound(
            "this machine has no apt sources, so it knows no Debian packages", do="give a git URL instead"
        )
    for name, text in texts.items():
        (state / "sources" / name).write_text(text, encoding="utf-8")
    settings = {
        "Dir::State": str(state), "Dir::State::lists": str(state / "lists"), "Dir::State::status": str(status),
        "Dir::Cache": str(state / "cache"), "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": str(state / "sources"), "APT::Sandbox::User": "", "Debug::NoLocking": "1",
    }  # fmt: skip
    return [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]


async def _host_sources(limits: FetchLimits, cwd: Path) -> dict[str, str]:
    asked = await run_client(
        ["apt-config", "shell", "LIST", "Dir::Etc::sourcelist/f", "PARTS", "Dir::Etc::sourceparts/d"],
        cwd=cwd,
        limits=limits,
    )
    places = dict(word.split("=", 1) for word in shlex.split(asked.stdout) if "=" in word)
    files = [Path(places["LIST"])] if places.get("LIST") else []
    if places.get("PARTS") and Path(places["PARTS"]).is_dir():
        files += [path for path in sorted(Path(places["PARTS"]).iterdir()) if path.suffix in {".list", ".sources"}]
    try:
        return {path.name: path.read_text("utf-8", "replace") for path in files if path.is_file()}
    except OSError as error:
        raise NotPermitted(f"apt's sources cannot be read: {error}") from error


def _failure(wanted: str, updated: ClientResult, fetched: ClientResult) -> NetworkDown | TargetNotFound:
    # An update that reached no mirror warns and ends with 0; a package that is then unknown says nothing about its name.
    for result in (fetched, updated):
        said = [line.strip() for line in result.stderr.splitlines()]
        failed = [line for line in said if any(words in line.lower() for words in _UNREACHABLE)]
        if failed:
            return NetworkDown(f"apt-get could not fetch {wanted!r}: {redact(failed[0])}")
    return TargetNotFound(f"apt knows no source package {wanted!r}: {fetched.last_lines(1)}", do="check the spelling")
