"""Calls of an address as they are typed: the options of curl, HTTPie and wget that say what is sent. Pure.

Source of the options: the manual of curl 8 (those that take a value, and what each adds to the request).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

__all__ = ["Call", "parse_call"]

_ADDRESS = re.compile(
    r"^(?:https?://)?(?:(?P<user>[^/@\s:]+:[^/@\s]*)@)?(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])"
    r"(?::(?P<port>\d{1,5}))?(?P<path>[/?][^\s#]*)?(?:#.*)?$"
)
_WITH_VALUE = frozenset("XHduFbcoAemTxwEyYzCDKPQrtU")
_LONG: dict[str, str] = {
    **dict.fromkeys(("data-ascii", "data-raw", "data-binary", "data-urlencode"), "d"),
    "request": "X",
    "header": "H",
    "data": "d",
    "user": "u",
    "form": "F",
    "cookie": "b",
    "cookie-jar": "c",
    "output": "o",
    "user-agent": "A",
    "referer": "e",
    "max-time": "m",
    "upload-file": "T",
    "proxy": "x",
    "write-out": "w",
    "config": "K",
    "json": "json",
    "oauth2-bearer": "bearer",
    "url": "url",
    **dict.fromkeys(
        ("connect-timeout", "retry", "retry-delay", "cacert", "cert", "key", "resolve", "limit-rate", "interface"), "?"
    ),
}
_FORM = "Content-Type: application/x-www-form-urlencoded"
_JSON = ("Content-Type: application/json", "Accept: application/json")
_CANNOT_REPEAT = frozenset("FTKxbc")
"""Files and proxies of the reader's own."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call.

    Attributes:
        headers: As `Name: value`; what a client adds by itself only where it changes the meaning.
        shows: What of the answer is printed: "body", "status" (by `-w`), "head" (`-I`), "all" (`-i`), "" for none.
        whole: All of the request is known, so that it can be repeated.
    """

    method: str
    path: str
    port: int | None = None
    headers: tuple[str, ...] = ()
    user: str | None = None
    body: str | None = None
    shows: str = "body"
    whole: bool = True

    @property
    def authenticated(self) -> bool:
        """Whether it says who calls."""
        named = re.compile(r"(?i)(?:authorization|x-api-key|api-key|x-auth-token|x-token)\s*:")
        return self.user is not None or any(named.match(header) for header in self.headers)


def parse_call(words: Sequence[str]) -> Call | None:
    """The call of a local address that a command makes; None when it makes none.

    >>> parse_call(["curl", "-sX", "POST", "localhost:8000/a", "-d", "x=1"])
    ... # doctest: +NORMALIZE_WHITESPACE
    Call(method='POST', path='/a', port=8000, headers=('Content-Type: application/x-www-form-urlencoded',), user=None,
         body='x=1', shows='body', whole=True)
    >>> parse_call(["curl", "https://example.org/"]) is None
    True
    """
    match words[:1]:
        case ["curl"]:
            return _curl(words[1:])
        case ["http" | "https" | "xh"]:
            return _httpie(words[1:])
        case ["wget"]:
            found = [call for call in map(_at, words[1:]) if call is not None]
            return found[0] if found else None
        case _:
            return None


def _at(address: str) -> Call | None:
    match = _ADDRESS.match(address)
    if match is None:
        return None
    port = int(match["port"]) if match["port"] else None
    path = match["path"] or "/"
    path = path if path.startswith("/") else f"/{path}"
    return Call("GET", path, port if port is None or 1 <= port <= 65535 else None, user=match["user"])


def _curl(words: Sequence[str]) -> Call | None:
    call: Call | None = None
    method, get, headers, bodies, user = "", False, list[str](), list[str](), None
    shows, whole = "body", True
    for name, value in _options(words):
        match name:
            case "url":
                call = call or _at(value)
            case "X":
                method = value.upper()
            case "H":
                headers.append(value)
            case "bearer":
                headers.append(f"Authorization: Bearer {value}")
            case "u":
                user = value
            case "d" | "json":
                whole = whole and not value.startswith("@")
                bodies.append(value)
                headers.extend(_JSON if name == "json" else ())
            case "A":
                headers.append(f"User-Agent: {value}")
            case "G":
                get = True
            case "I":
                method, shows = method or "HEAD", "head"
            case "i" | "v":
                shows = "all"
            case "w":
                shows = "status" if re.fullmatch(r"(?:\\n)?%\{(?:http|response)_code\}(?:\\n)?", value) else ""
            case "o" | "O":
                shows = shows if shows == "status" else ""
            case _:
                whole = whole and name not in _CANNOT_REPEAT
    if call is None:
        return None
    body = "&".join(bodies) if bodies else None
    path = call.path
    if get and body is not None:
        path, body = f"{path}{'&' if '?' in path else '?'}{body}", None
    if body is not None and not any(header.lower().startswith("content-type") for header in headers):
        headers.append(_FORM)
    method = method or ("POST" if body is not None or not _only_reads(words) else "GET")
    return replace(
        call,
        method=method,
        path=path,
        headers=tuple(headers),
        user=user or call.user,
        body=body,
        shows=shows,
        whole=whole,
    )


def _only_reads(words: Sequence[str]) -> bool:
    return not any(word in {"-F", "--form"} for word in words)


def _options(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each option by its short name with its value; `url` for what is none."""
    rest = iter(words)
    for word in rest:
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            short = _LONG.get(name, {"get": "G", "head": "I", "include": "i", "verbose": "v"}.get(name, ""))
            takes = name in _LONG
            yield short, value if equals else next(rest, "") if takes else ""
        elif word.startswith("-") and len(word) > 1:
            letters = word[1:]
            while letters:
                letter, letters = letters[0], letters[1:]
                if letter in _WITH_VALUE:
                    yield letter, letters or next(rest, "")
                    break
                yield letter, ""
        else:
            yield "url", word


def _httpie(words: Sequence[str]) -> Call | None:
    plain: list[str] = []
    user: str | None = None
    headers: list[str] = []
    whole = True
    rest = iter(words)
    for word in rest:
        if word in {"-a", "--auth"}:
            user = next(rest, "")
        elif word.startswith("-"):
            whole = whole and word in {"-v", "-b", "-h", "--json", "-j", "--body", "--verbose"}
        else:
            plain.append(word)
    method = plain.pop(0) if plain and re.fullmatch(r"[A-Z]{3,7}", plain[0]) else ""
    if not plain:
        return None
    address = re.sub(r"^:(?=\d|/|$)", "localhost:", plain[0]).replace("localhost:/", "localhost/")
    call = _at(address)
    if call is None:
        return None
    fields: dict[str, object] = {}
    for item in plain[1:]:
        if match := re.match(r"^([\w-]+):=(.*)$", item):
            try:
                fields[match[1]] = json.loads(match[2])
            except ValueError:
                whole = False
        elif match := re.match(r"^([\w-]+)=(?!=)(.*)$", item):
            fields[match[1]] = match[2]
        elif match := re.match(r"^([\w-]+):(.+)$", item):
            headers.append(f"{match[1]}: {match[2]}")
        else:
            whole = False
    body = json.dumps(fields) if fields else None
    headers.extend(_JSON if body is not None else ())
    method = method or ("POST" if body is not None else "GET")
    return replace(call, method=method, headers=tuple(headers), user=user, body=body, shows="all", whole=whole)
