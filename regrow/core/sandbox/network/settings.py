"""What follows from the package clients' own settings: who may be reached, and what a room is told about it.

Passed on into a room: indexes and registries, folders with packages, certificates. Not passed on: credentials (cut out
of addresses), constraints, and whatever else would make a room build something else than a reader's machine (trap 33).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import unquote, urlsplit, urlunsplit

from regrow.core.downloads.credentials import LogIns

__all__ = [
    "CERTIFICATE_NAMES",
    "ROOM_CERTIFICATES",
    "Access",
    "AllowedHost",
    "ClientDefaults",
    "access_of",
    "index_urls",
    "parse_pip_config",
    "without_credentials",
]

_PORTS: Mapping[str, int] = MappingProxyType({"http": 80, "https": 443})
_NPM_QUIET = ("npm_config_update_notifier", "npm_config_audit", "npm_config_fund")
"""Questions that npm asks its registry after an installation. They change nothing that is built, and a registry that does
not answer them (many mirrors) costs minutes. `npm audit` itself still asks."""
ROOM_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
CERTIFICATE_NAMES = (
    "PIP_CERT",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "CARGO_HTTP_CAINFO",
    "NODE_EXTRA_CA_CERTS",
)


@dataclass(frozen=True, slots=True)
class AllowedHost:
    """A host that steps with network may reach.

    Attributes:
        host: Its whole name, lower case.
        operator: The operator's settings name it, so it may stand in a private network.
        why: Whose setting it is.
    """

    host: str
    port: int
    operator: bool
    why: str


@dataclass(frozen=True, slots=True)
class ClientDefaults:
    """What the clients have built in, as they say themselves. None: the client is not there."""

    pip_index: str | None = None
    pip_files_host: str | None = None
    npm_registry: str | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """How a room reaches the registries.

    Attributes:
        allowed: Who may be reached.
        env: What clients in the room are told.
        read_only: Path on the host -> path in the room: folders with packages, certificates.
        asked: Addresses of indexes whose answers name further hosts (see `learning.py`).
        notes: What a report must say: which settings of the host were used.
        logins: What the clients log in with; it stays outside of rooms.
    """

    allowed: tuple[AllowedHost, ...] = ()
    env: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    read_only: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    asked: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    logins: LogIns = field(default_factory=LogIns)


def parse_pip_config(text: str) -> dict[str, str]:
    """Read what `pip config list` prints; the environment goes before the files' sections for commands, those before `global`.

    >>> parse_pip_config("global.timeout='5'\\n:env:.timeout='9'")
    {'timeout': '9'}
    """
    ranked: dict[str, tuple[int, str]] = {}
    for line in text.splitlines():
        name, separator, value = line.partition("=")
        section, _, key = name.strip().rpartition(".")
        rank = {"global": 0, "install": 1, ":env:": 2}.get(section)
        if not separator or rank is None or rank < ranked.get(key, (0, ""))[0]:
            continue
        try:
            ranked[key] = (rank, str(ast.literal_eval(value)))
        except (ValueError, SyntaxError):
            continue
    return {key: value for key, (_, value) in ranked.items()}


def without_credentials(url: str) -> str:
    """Cut user and password out of an address.

    >>> without_credentials("https://me:secret@index.example:8443/simple")
    'https://index.example:8443/simple'
    """
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def access_of(
    defaults: ClientDefaults,
    pip: Mapping[str, str],
    npm: Mapping[str, object],
    certificates: str | None,
    extra_hosts: Iterable[str] = (),
) -> Access:
    """Work out who may be reached and what a room is told.

    Args:
        defaults: What the clients have built in.
        pip: pip's settings, by long name of the option.
        npm: npm's settings as `npm config list --json` prints them.
        certificates: The host's bundle of authorities, None when there is none.
        extra_hosts: Further hosts, reached by https, that the operator's settings allow.
    """
    pip_urls, notes = _pip_urls(defaults, pip)
    local = [unquote(urlsplit(url).path) for url in pip_urls if urlsplit(url).scheme == "file"]
    local += [place for place in pip.get("find-links", "").split() if place.startswith("/")]
    hosts = [_allowed(url, url != defaults.pip_index, "pip's settings") for url in pip_urls]
    if defaults.pip_files_host and defaults.pip_index in pip_urls:
        hosts.append(AllowedHost(defaults.pip_files_host, 443, operator=False, why="pip's own default"))
    registry = str(npm.get("registry") or defaults.npm_registry or "")
    scoped = [str(value) for key, value in npm.items() if key.endswith(":registry")]
    hosts += [
        _allowed(url, url.rstrip("/") != (defaults.npm_registry or "").rstrip("/"), "npm's settings")
        for url in (registry, *scoped)
    ]
    hosts += [AllowedHost(host.lower(), 443, operator=True, why="[builder] further_hosts") for host in extra_hosts]
    allowed = tuple(dict.fromkeys(host for host in hosts if host is not None))
    configured = [url for url in pip_urls if url != defaults.pip_index and urlsplit(url).scheme in _PORTS]
    return Access(
        allowed=allowed,
        env=MappingProxyType(_environment(defaults, pip, registry, certificates)),
        read_only=MappingProxyType(
            {path: path for path in local} | ({certificates: ROOM_CERTIFICATES} if certificates else {})
        ),
        asked=tuple(configured),
        notes=notes,
    )


def index_urls(defaults: ClientDefaults, pip: Mapping[str, str]) -> tuple[str, ...]:
    """Return the addresses of pip's indexes, with the log-ins that stand in them."""
    return tuple(url for url in _pip_urls(defaults, pip)[0] if urlsplit(url).scheme in _PORTS)


def _pip_urls(defaults: ClientDefaults, pip: Mapping[str, str]) -> tuple[list[str], tuple[str, ...]]:
    index = pip.get("index-url", defaults.pip_index or "")
    urls = [index, *pip.get("extra-index-url", "").split()]
    urls += [place for place in pip.get("find-links", "").split() if "://" in place]
    used = [key for key in ("index-url", "extra-index-url", "find-links") if key in pip]
    notes = tuple(f"pip's {key} of this machine was used: {_shown(pip[key])}" for key in used)
    return [url for url in urls if url], notes


def _shown(value: str) -> str:
    return " ".join(without_credentials(word) if "://" in word else word for word in value.split())


def _allowed(url: str, operator: bool, why: str) -> AllowedHost | None:
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        return None
    return AllowedHost(parts.hostname.lower(), parts.port or _PORTS[parts.scheme], operator, why)


def _environment(
    defaults: ClientDefaults, pip: Mapping[str, str], registry: str, certificates: str | None
) -> dict[str, str]:
    env = {"PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", **dict.fromkeys(_NPM_QUIET, "false")}
    for key in ("index-url", "extra-index-url", "find-links", "trusted-host", "timeout", "default-timeout", "retries"):
        if key in pip:
            env["PIP_" + key.upper().replace("-", "_")] = _shown(pip[key])
    if registry and registry != defaults.npm_registry:
        env["npm_config_registry"] = without_credentials(registry)
    if certificates:
        env |= dict.fromkeys(CERTIFICATE_NAMES, ROOM_CERTIFICATES)
    return env
