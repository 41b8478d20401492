"""Shell: finds and downloads a source distribution with unearth, which runs nothing of it.

`pip download` would run the build back-end for its metadata (trap 16). The places are those of this machine's pip:
its settings are asked from pip itself, and the index that nobody configured is unearth's own default. unearth passes
over an index that cannot be reached, so the client that it is given remembers what failed: "no such package" and "the
network is down" are two verdicts.
"""

from __future__ import annotations

import ast
import hashlib
import logging
import re
import ssl
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePath
from typing import cast
from urllib.parse import urlsplit

from pydantic import JsonValue
from unearth import Package, PackageFinder
from unearth.fetchers import PyPIClient, Response
from unearth.preparer import HTTPErrors

from regrow.core.fetch.archives import Pause
from regrow.core.fetch.clients import run_client
from regrow.core.fetch.errors import (
    ClientMissing,
    NetworkDown,
    NetworkForbidden,
    TargetNotFound,
    TargetRefused,
    WrongHash,
)
from regrow.core.fetch.limits import FetchLimits

_CHUNK_BYTES = 256 * 1024
logging.getLogger("unearth").addHandler(logging.NullHandler())  # Its warnings are in our errors; stderr is not ours.
_STRONG = ("sha256", "sha512", "sha384")
_TEST_FOLDERS = frozenset({"test", "tests", "testing", "unittests"})
_TEST_FILE = re.compile(r"test_.*\.py|.*_tests?\.py|tests?\.py")
_REPOSITORY_LABELS = frozenset({"source", "sourcecode", "repository", "github", "code"})
_CLIENT_ERROR = 400
_SERVER_ERROR = 500
_NOT_NOW = {407, 408, 425, 429}  # Proxy log-in, time-out, too early, too many requests: nothing about the package.


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """Where this machine's pip looks.

    Attributes:
        index_urls: None stands for the client's own default index.
        certificate_file: A bundle of authorities, None for the system's.
    """

    index_urls: tuple[str, ...] | None = None
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    certificate_file: str | None = None
    no_index: bool = False
    timeout_s: float = 15.0


@dataclass(frozen=True, slots=True)
class Download:
    """A downloaded archive, checked against what its index states.

    Attributes:
        checked_by: Name of the hash that the index gave, None when it gave none.
    """

    path: Path
    name: str
    version: str
    origin: str
    sha256: str
    checked_by: str | None


def facts_of(download: Download) -> dict[str, JsonValue]:
    """Return what is kept of a download besides the archive."""
    facts = asdict(download)
    return {**facts, "path": download.path.name}


def download_of(facts: Mapping[str, JsonValue], folder: Path) -> Download:
    """Return a download of which the archive lies in a folder again."""
    checked_by = facts.get("checked_by")
    texts = {name: str(facts[name]) for name in ("name", "version", "origin", "sha256")}
    path = folder / Path(str(facts["path"])).name
    return Download(path=path, **texts, checked_by=str(checked_by) if checked_by else None)


def index_settings(listing: str) -> IndexSettings:
    """Read what `pip config list` prints. `:env:` goes before the command's section, that before `global`.

    >>> index_settings("global.index-url='file:///srv/simple'\\n:env:.find-links='/a /b'").find_links
    ('/a', '/b')
    """
    values: dict[str, str] = {}
    order = {"global": 0, "site": 0, "user": 0, "download": 1, ":env:": 2}
    rank: dict[str, int] = {}
    for line in listing.splitlines():
        key, equals, quoted = line.partition("=")
        section, _, option = key.rpartition(".")
        if not equals or section not in order or rank.get(option, -1) > order[section]:
            continue
        try:
            value = ast.literal_eval(quoted)
        except (ValueError, SyntaxError):
            continue
        if isinstance(value, str):
            values[option], rank[option] = value, order[section]
    urls = values.get("index-url", "").split()
    return IndexSettings(
        index_urls=tuple(urls) or None,
        extra_index_urls=tuple(values.get("extra-index-url", "").split()),
        find_links=tuple(values.get("find-links", "").split()),
        trusted_hosts=tuple(values.get("trusted-host", "").split()),
        certificate_file=values.get("cert"),
        no_index=values.get("no-index", "").lower() in {"1", "true", "yes", "on"},
        timeout_s=_seconds(values.get("timeout", values.get("default-timeout", ""))),
    )


def without_network(settings: IndexSettings) -> IndexSettings:
    """Keep only the places that are folders of this machine.

    >>> without_network(IndexSettings(find_links=("/wheels", "https://index.example/x"))).find_links
    ('/wheels',)
    """

    def here(places: Iterable[str]) -> tuple[str, ...]:
        return tuple(place for place in places if "://" not in place or place.startswith("file:"))

    # Of the index nothing may be left but an empty tuple: None stands for the default one, which is on another machine.
    return replace(
        settings,
        index_urls=here(settings.index_urls or ()),
        extra_index_urls=here(settings.extra_index_urls),
        find_links=here(settings.find_links),
    )


def _seconds(text: str) -> float:
    try:
        return max(1.0, float(text))
    except ValueError:
        return 15.0  # pip's own default.


async def read_index_settings(cwd: Path, limits: FetchLimits) -> IndexSettings:
    """Ask this machine's pip for its settings; without a pip there are none."""
    for argv in ([sys.executable, "-m", "pip"], ["pip3"], ["pip"]):
        try:
            listed = await run_client([*argv, "config", "list"], cwd=cwd, limits=limits)
        except ClientMissing:
            continue
        if listed.exit_code == 0:
            return index_settings(listed.stdout)
    return IndexSettings()


def download_source(
    name: str, version: str | None, into: Path, settings: IndexSettings, limits: FetchLimits, pause: Pause
) -> Download:
    """Find the newest (or the named) source distribution, download it into `into` and check its hash. Blocks.

    Raises:
        TargetNotFound: no such project or version, or it has no source distribution.
        WrongHash: it is not what the index announced.
        NetworkDown: an index could not be reached, or may not be, so nothing can be said.
    """
    if not limits.network:
        settings = without_network(settings)
    client = PyPIClient(
        trusted_hosts=settings.trusted_hosts,
        verify=_certificates(settings),
        timeout=settings.timeout_s,
        follow_redirects=True,
    )
    with client:
        session = _RememberingClient(client)
        package = _best(_finder(session, settings, [name]), name, version)
        if package is None and not limits.network:
            raise NetworkForbidden(f"{_wanted(name, version)!r} is in no folder of this machine's pip")
        if package is None:
            raise _nothing_found(session, settings, name, version)
        return _download(session, package, into, limits, pause)


def known_releases(
    names: Iterable[str], settings: IndexSettings, limits: FetchLimits
) -> dict[str, tuple[str, ...] | None]:
    """Releases of each project by its name, newest first; None when the index has no such project. Blocks.

    A name is absent when the index could not be reached for it.
    """
    found: dict[str, tuple[str, ...] | None] = {}
    settings = settings if limits.network else without_network(settings)
    with PyPIClient(
        trusted_hosts=settings.trusted_hosts,
        verify=_certificates(settings),
        timeout=min(settings.timeout_s, limits.deadline_s),
        follow_redirects=True,
    ) as client:
        for name in names:
            session = _RememberingClient(client)
            packages = _finder(session, settings, ()).find_all_packages(name)
            versions = tuple(dict.fromkeys(str(package.version) for package in packages))
            if versions or not session.failures:
                found[name] = versions or None
    return found


def note_on_tests(root: Path) -> str:
    """Say that a release holds no tests, and where its metadata say that its sources are; "" when it holds some. Blocking."""
    if any(_is_test(path.relative_to(root)) for path in root.rglob("*.py")):
        return ""
    metadata = root / "PKG-INFO"
    address = repository_of(metadata.read_text("utf-8", "replace")) if metadata.is_file() else ""
    where = f"regrow verify {address}" if address else "regrow verify with the git URL of its repository"
    return f"the archive of this release holds no tests; its repository may: {where}"


def _is_test(path: PurePath) -> bool:
    return not _TEST_FOLDERS.isdisjoint(path.parts[:-1]) or _TEST_FILE.fullmatch(path.name) is not None


def repository_of(metadata: str) -> str:
    """Return the address of the repository that a release's metadata name, "" when they name none.

    A home page counts where another address stands below it as the page of a file or of an issue does.

    Source: core metadata, `Project-URL`; the labels are those of the packaging guide, "Well-known Project URLs".

    >>> repository_of("Project-URL: Source Code, https://code.example/a/b\\n")
    'https://code.example/a/b'
    """
    head = metadata.partition("\n\n")[0]
    lines = [line.partition(":")[2].partition(",") for line in head.splitlines() if line.startswith("Project-URL:")]
    urls = {re.sub(r"[\W_]", "", label).lower(): url.strip().rstrip("/") for label, _, url in lines}
    named = next((url for label, url in urls.items() if label in _REPOSITORY_LABELS), "")
    home = urls.get("homepage", "")
    below = any(re.match(re.escape(home) + r"/(?:-/)?(?:blob|tree|issues)\b", url) for url in urls.values())
    found = named or (home if below else "")
    return found if found.startswith(("https://", "http://")) and "@" not in found else ""


def _best(finder: PackageFinder, name: str, version: str | None) -> Package | None:
    """The version that was asked for, else the newest that is neither withdrawn nor, if there is another, a preview."""
    if version is not None:
        return finder.find_best_match(f"{name}=={version}", allow_yanked=True, allow_prereleases=True).best
    released = finder.find_best_match(name, allow_prereleases=False).best
    return released or finder.find_best_match(name, allow_prereleases=True).best


def _certificates(settings: IndexSettings) -> ssl.SSLContext | bool:
    return ssl.create_default_context(cafile=settings.certificate_file) if settings.certificate_file else True


def _finder(session: _RememberingClient, settings: IndexSettings, no_binary: Iterable[str]) -> PackageFinder:
    default = tuple(source["url"] for source in PackageFinder().sources)
    chosen = default if settings.index_urls is None else settings.index_urls
    indexes = () if settings.no_index else chosen + settings.extra_index_urls
    return PackageFinder(
        session,
        index_urls=indexes,
        find_links=[place for place in settings.find_links if "://" in place or Path(place).exists()],
        trusted_hosts=settings.trusted_hosts,
        no_binary=no_binary,
        ignore_compatibility=True,  # Whether this machine's Python suits the project is for the plan to decide.
    )


def _wanted(name: str, version: str | None) -> str:
    return f"{name}=={version}" if version else name


def _nothing_found(
    session: _RememberingClient, settings: IndexSettings, name: str, version: str | None
) -> NetworkDown | TargetNotFound:
    wanted = _wanted(name, version)
    if session.failures:
        return NetworkDown(
            f"{wanted!r} was not found, but {session.failures[0]}",
            do="check the network and pip's settings, then try again",
        )
    sources = [str(found.version) for found in _finder(session, settings, [name]).find_all_packages(name)]
    if sources:
        known = ", ".join(sources[:5])
        return TargetNotFound(f"{name!r} has no source distribution of version {version}", do=f"choose one of {known}")
    if any(True for _ in _finder(session, settings, ()).find_all_packages(name)):
        return TargetNotFound(f"{name!r} is released as wheels only, without its source", do="give its git URL instead")
    return TargetNotFound(f"no index of this machine's pip knows {wanted!r}", do="check the spelling")


def _download(session: _RememberingClient, package: Package, into: Path, limits: FetchLimits, pause: Pause) -> Download:
    link = package.link
    path = into / Path(link.filename).name
    stated = {key: values[0] for key, values in (link.hash_option or {}).items()}
    digests = {key: hashlib.new(key) for key in {*stated, "sha256"} if key in hashlib.algorithms_available}
    size = 0
    with session.get_stream(link.normalized) as response, path.open("xb") as out:
        if response.status_code >= _CLIENT_ERROR:
            raise NetworkDown(f"{link.filename!r} was answered {response.status_code}", do="try again later")
        for chunk in response.iter_bytes(_CHUNK_BYTES):
            pause()
            size += len(chunk)
            if size > limits.archive_bytes:
                raise TargetRefused(f"{link.filename!r} exceeds {limits.archive_bytes} bytes", do="give its git URL")
            for digest in digests.values():
                digest.update(chunk)
            out.write(chunk)
    for key, expected in stated.items():
        if key in digests and digests[key].hexdigest() != expected.lower():
            raise WrongHash(link.filename, key, expected=expected, got=digests[key].hexdigest())
    strongest = next((key for key in (*_STRONG, *stated) if key in stated and key in digests), None)
    return Download(
        path=path,
        name=re.sub(r"[-_.]+", "-", package.name).lower(),  # PEP 503
        version=str(package.version),
        origin=link.redacted,
        sha256=digests["sha256"].hexdigest(),
        checked_by=strongest,
    )


class _RememberingClient:
    """The client that unearth is given (`unearth.fetchers.Fetcher`); it remembers what could not be reached.

    unearth takes a failed page for an empty one, so a page that cannot be had is answered here with a 503 of our own.
    """

    def __init__(self, client: PyPIClient) -> None:
        self._client = client
        self.failures: list[str] = []

    def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> Response:
        return self._remember(url, "GET", headers)

    def head(self, url: str, *, headers: Mapping[str, str] | None = None) -> Response:
        return self._remember(url, "HEAD", headers)

    @contextmanager
    def get_stream(self, url: str, *, headers: Mapping[str, str] | None = None) -> Iterator[Response]:
        try:
            with self._client.get_stream(url, headers=headers) as response:
                yield cast("Response", response)
        except HTTPErrors as error:
            raise NetworkDown(f"the download from {_host(url)} broke off ({type(error).__name__})") from error

    def iter_secure_origins(self) -> Iterable[tuple[str, str, str]]:
        return self._client.iter_secure_origins()

    def _remember(self, url: str, method: str, headers: Mapping[str, str] | None) -> Response:
        try:
            response = self._client.request(method, url, headers=headers)
        except HTTPErrors as error:
            self.failures.append(f"{_host(url)} could not be reached ({type(error).__name__})")
            return cast("Response", _Unreachable())
        if response.status_code >= _SERVER_ERROR or response.status_code in _NOT_NOW:
            self.failures.append(f"{_host(url)} answered {response.status_code}")
        return cast("Response", response)


class _Unreachable:
    """The answer of a server that gave none (`unearth.fetchers.Response`).

    Both kinds of answer are cast to that protocol: it asks for attributes that can be set, which httpx2's cannot.
    """

    status_code = 503
    encoding = None
    url = None
    content = b""
    reason_phrase = "could not be reached"

    def __init__(self) -> None:
        self.headers: Mapping[str, str] = {}

    def json(self) -> dict[str, object]:
        return {}

    def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
        return iter(())

    def raise_for_status(self) -> None:
        raise NetworkDown(self.reason_phrase)


def _host(url: str) -> str:
    parts = urlsplit(url)
    return parts.hostname or parts.path
