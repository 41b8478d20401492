"""Shell: fetches the source of a release through the npm client, running nothing of it.

`npm pack` of a registry specification downloads the tarball as it is; of a folder or a git address it would run
`prepare`. Only registry specifications come here (`target.py` lets no other through). The client runs in an empty
folder with a manifest of its own, so that no `.npmrc` on the way up is read, and the integrity that the registry states
is checked here again.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path, PurePath
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from regrow.core.fetch.clients import ClientResult, run_client
from regrow.core.fetch.errors import NetworkDown, NetworkForbidden, NotPermitted, TargetNotFound, WrongHash
from regrow.core.fetch.limits import FetchLimits

_SETTINGS = {
    "npm_config_ignore_scripts": "true",
    "npm_config_update_notifier": "false",
    "npm_config_loglevel": "error",
    # Its own pauses are 10 and 60 s: a user who is off the network waits for them at every command.
    "npm_config_fetch_retry_mintimeout": "1000",
    "npm_config_fetch_retry_maxtimeout": "3000",
}
_NOT_THERE = {"E404", "ETARGET", "ENOVERSIONS", "EINVALIDPACKAGENAME"}
_TEST_NAMES = frozenset({"test", "tests", "__tests__", "spec", "specs"})
_SCRIPTS = frozenset({".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".jsx", ".tsx", ".coffee"})
_ALGORITHMS = ("sha512", "sha384", "sha256", "sha1")  # Subresource Integrity's, strongest first; sha1 is npm's old one.


class _Dist(BaseModel):
    model_config = ConfigDict(extra="ignore")
    tarball: str
    integrity: str | None = None
    shasum: str | None = None


class Release(BaseModel):
    """A release as its registry states it."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    name: str
    version: str
    dist: _Dist


class _Failure(BaseModel):
    model_config = ConfigDict(extra="ignore")
    code: str = ""
    summary: str = ""


class _FailureReport(BaseModel):
    model_config = ConfigDict(extra="ignore")
    error: _Failure = Field(default_factory=_Failure)


class _Packed(BaseModel):
    model_config = ConfigDict(extra="ignore")
    filename: str


async def download(name: str, version: str | None, into: Path, limits: FetchLimits) -> tuple[Path, Release]:
    """Download a release's tarball into the empty folder `into`.

    Raises:
        TargetNotFound: no such package or version.
        NetworkDown: the registry could not be reached, or may not be, and npm's cache has not what it would say.
        WrongHash: the tarball is not the one that the registry states.
    """
    (into / "package.json").write_text("{}\n", encoding="utf-8")
    env = _SETTINGS if limits.network else {**_SETTINGS, "npm_config_offline": "true"}
    wanted = f"{name}@{version}" if version else name
    viewed = await run_client(
        ["npm", "view", wanted, "name", "version", "dist", "--json"], cwd=into, limits=limits, env=env
    )
    release = newest_release(wanted, viewed)
    exact = f"{release.name}@{release.version}"
    packed = await run_client(
        ["npm", "pack", exact, "--ignore-scripts", "--json", "--pack-destination", str(into)],
        cwd=into, limits=limits, env=env,
    )  # fmt: skip
    if packed.exit_code != 0:
        raise _failure(exact, packed)
    tarball = into / Path(_packed_filename(packed.stdout, exact)).name
    if not tarball.is_file():  # Some releases of npm print `@scope/name-1.0.tgz` and write `scope-name-1.0.tgz`.
        tarball = next(into.glob("*.tgz"))
    check_integrity(tarball.name, tarball.read_bytes(), release)
    return tarball, release


def newest_release(wanted: str, viewed: ClientResult) -> Release:
    """Read what `npm view` prints: one object, or a list (oldest first) where a range was asked for."""
    if viewed.exit_code != 0:
        raise _failure(wanted, viewed)
    if not viewed.stdout.strip():
        raise TargetNotFound(f"the npm registry has no version {wanted!r}", do="leave the version out, or check it")
    try:
        releases = TypeAdapter(list[Release] | Release).validate_json(viewed.stdout)
    except ValidationError as error:
        raise NetworkDown(
            f"the npm registry answered for {wanted!r} with something else: {error.errors()[0]['msg']}"
        ) from None
    return releases[-1] if isinstance(releases, list) else releases


def check_integrity(filename: str, content: bytes, release: Release) -> None:
    """Compare a tarball with the strongest digest that its registry states.

    Raises:
        WrongHash: it is another.
    """
    stated = {}
    for part in (release.dist.integrity or "").split():
        algorithm, _, digest = part.partition("-")
        stated[algorithm] = digest.partition("?")[0]
    if release.dist.shasum:
        stated.setdefault("sha1", base64.b64encode(bytes.fromhex(release.dist.shasum)).decode())
    for algorithm in _ALGORITHMS:
        if algorithm in stated:
            got = base64.b64encode(hashlib.new(algorithm, content, usedforsecurity=False).digest()).decode()
            if got != stated[algorithm]:
                raise WrongHash(filename, algorithm, expected=stated[algorithm], got=got)
            return


def note_on_tests(root: Path) -> str:
    """Say that a release holds no tests, and where its manifest says that its sources are; "" when it holds some.

    What a project publishes is chosen for those who use it: most leave their tests in the repository. Blocking.
    """
    if any(_is_test(path.relative_to(root)) for path in root.rglob("*")):
        return ""
    address = _repository((root / "package.json").read_bytes()) if (root / "package.json").is_file() else ""
    where = f"regrow verify {address}" if address else "regrow verify with the git URL of its repository"
    return f"the archive of this release holds no tests; its repository may: {where}"


def _is_test(path: PurePath) -> bool:
    return path.suffix in _SCRIPTS and (
        not _TEST_NAMES.isdisjoint(path.parts) or not _TEST_NAMES.isdisjoint(path.name.split("."))
    )


def _repository(manifest: bytes) -> str:
    """Return the address of a manifest's repository as git reads it, "" when there is none.

    >>> _repository(b'{"repository": {"type": "git", "url": "git+https://code.example/a/b.git"}}')
    'https://code.example/a/b.git'
    """
    try:
        stated = json.loads(manifest)["repository"]
        url = str(stated["url"] if isinstance(stated, dict) else stated)
    except (ValueError, KeyError, TypeError):
        return ""
    parts = urlsplit(url.removeprefix("git+"))
    if parts.scheme not in {"https", "http", "git", "ssh"} or not parts.hostname:
        return ""
    # Anonymous reading goes by https: git:// and http:// are closed nearly everywhere, ssh:// wants a key.
    return parts._replace(scheme="https", netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()


def _packed_filename(stdout: str, exact: str) -> str:
    try:
        listed = TypeAdapter(list[_Packed] | dict[str, _Packed]).validate_json(stdout)
    except ValidationError:
        raise NotPermitted(f"npm pack {exact!r} did not say what it wrote") from None
    entries = list(listed.values()) if isinstance(listed, dict) else listed
    return entries[0].filename


def _failure(wanted: str, result: ClientResult) -> NetworkDown | NotPermitted | TargetNotFound:
    """Tell "no such package" from "not reached" by the client's own error code, which it prints as JSON."""
    code, summary = "", result.last_lines(2)
    start = result.stdout.find("{")
    if start >= 0:
        try:
            report = _FailureReport.model_validate(json.loads(result.stdout[start:]))
            code, summary = report.error.code, report.error.summary or summary
        except (ValueError, ValidationError):
            pass  # Not JSON after all: the text is shown as it is.
    if code == "ENOTCACHED":
        return NetworkForbidden(f"{wanted!r} is not in npm's cache")
    if code in _NOT_THERE:
        return TargetNotFound(f"the npm registry has no {wanted!r}", do="check the spelling and the version")
    if code in {"EACCES", "EPERM", "EROFS"}:
        return NotPermitted(f"npm could not fetch {wanted!r}: {summary}")
    return NetworkDown(f"npm could not fetch {wanted!r}: {code} {summary}".strip())
