"""What this machine's package clients know of log-ins, and which request may carry one. Pure.

A log-in goes to the address that it is for and to what lies below it, and to files that a page of such an address links to on
the same server. It never goes into a room: the cache adds it on its way to the server.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

__all__ = ["LogIn", "LogIns", "basic", "logins_of_npmrc", "logins_of_urls"]

_NPM_LINE: Final = re.compile(r"^\s*(//[^=\s]+?/?):(_authToken|_auth|username|_password)\s*=\s*(.*?)\s*$")
_VARIABLE: Final = re.compile(r"\$\{([^}]+)\}")


@dataclass(frozen=True, slots=True)
class LogIn:
    """What is sent to an address and to all below it.

    Attributes:
        prefix: An address without scheme, ending with a slash: `//host:port/path/`.
        authorization: The value of the header. Never shown.
    """

    prefix: str
    authorization: str = field(repr=False)


def basic(user: str, password: str) -> str:
    """Return the header's value for a name and a password. Source: RFC 7617."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


@dataclass(frozen=True, slots=True)
class LogIns:
    """All log-ins of this machine's package clients."""

    known: Sequence[LogIn] = ()

    def for_url(self, url: str, linked_from: str | None = None) -> str | None:
        """Return what a request carries, None for nothing.

        Args:
            url: Of the request.
            linked_from: The page of an index that links to it.
        """
        found = self._below(url)
        if found is None and linked_from is not None and _origin(url) == _origin(linked_from):
            found = self._below(linked_from)
        return found

    def _below(self, url: str) -> str | None:
        place = _place(url)
        if "/../" in place or "/./" in place:
            return None
        matching = [login for login in self.known if place.startswith(login.prefix)]
        return max(matching, key=lambda login: len(login.prefix)).authorization if matching else None


def _place(url: str) -> str:
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port and parts.port != {"http": 80, "https": 443}.get(parts.scheme) else ""
    return f"//{(parts.hostname or '').lower()}{port}{unquote(parts.path) or '/'}"


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, _place(urlunsplit(parts._replace(path="/", query="", fragment="")))


def logins_of_urls(
    urls: Sequence[str], netrc: Callable[[str], tuple[str, str] | None], keyring: Callable[[str, str], str | None]
) -> tuple[LogIn, ...]:
    """Return the log-ins for indexes of pip, in pip's own order: in the address, of the keyring, of netrc.

    Args:
        urls: Of indexes, as pip's settings have them.
        netrc: Host -> name and password.
        keyring: Address and name -> password.
    """
    found = []
    for url in urls:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            continue
        plain = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        pair: tuple[str, str] | None = None
        if parts.username is not None:
            user = unquote(parts.username)
            password = unquote(parts.password) if parts.password is not None else keyring(plain, user)
            pair = (user, password or "")
        pair = pair or netrc(parts.hostname)
        if pair is not None:
            found.append(LogIn(_place(plain).rstrip("/") + "/", basic(*pair)))
    return tuple(found)


def logins_of_npmrc(texts: Sequence[str], environment: Mapping[str, str]) -> tuple[LogIn, ...]:
    """Return the log-ins of npm's files, the most important first. Source: npmrc(5), "Auth related configuration".

    >>> logins_of_npmrc(["//n.example/:_authToken=${T}"], {"T": "abc"})[0].authorization
    'Bearer abc'
    """
    values: dict[str, dict[str, str]] = {}
    for text in texts:
        for line in text.splitlines():
            match = _NPM_LINE.match(line)
            if match is None:
                continue
            place, key = match[1].rstrip("/").lower() + "/", match[2]
            value = _VARIABLE.sub(lambda name: environment.get(name[1], name[0]), match[3].strip("\"'"))
            values.setdefault(place, {}).setdefault(key, value)
    return tuple(LogIn(place, header) for place, given in values.items() if (header := _npm_header(given)))


def _npm_header(given: Mapping[str, str]) -> str:
    if token := given.get("_authToken"):
        return f"Bearer {token}"
    if pair := given.get("_auth"):
        return f"Basic {pair}"
    if "username" in given and "_password" in given:
        try:
            return basic(given["username"], base64.b64decode(given["_password"]).decode())
        except ValueError:
            return ""
    return ""
