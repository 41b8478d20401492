"""What may stand behind `pypi:`, `npm:` and `deb:`: names and versions that their registries can hold, and nothing else.

They become arguments of package clients. An npm "version" such as `file:..` or `git+ssh:..` would make its client run code of
the target (trap 16), a name that begins with `-` would be an option, and a version that a client's library cannot read is
an accident in the middle of a run. So they are refused here, before anything is started, each with what is meant.

Sources: PEP 508 (names), PEP 440 (versions); npm's package.json (names; capitals stand in old ones), semantic versioning 2.0
(a tag such as `next` is a version to npm too); Debian policy 5.6.1 (names) and 5.6.12 (versions).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from regrow.core.fetch.errors import TargetNotUnderstood

__all__ = ["FORMS", "guesses", "name_and_version"]

_PEP_440 = r"""
    v? (?:\d+!)? \d+(?:\.\d+)*                                   # epoch, release
    (?: [._-]? (?:a|b|c|rc|alpha|beta|pre|preview) [._-]? \d* )? # preview
    (?: -\d+ | [._-]? (?:post|rev|r) [._-]? \d* )?               # after the release
    (?: [._-]? dev [._-]? \d* )?                                 # under way
    (?: \+ [a-z\d]+ (?:[._-][a-z\d]+)* )?                        # a local build
"""
_OTHER_OPERATOR = re.compile(r"(?P<name>.+?)\s*(?:===|~=|[=<>!]=|[=<>@])\s*(?P<version>[^\s=<>@~!].*)")


@dataclass(frozen=True, slots=True)
class _Registry:
    """How one registry names its releases.

    Attributes:
        operator: Stands between name and version.
        said: What a reader is told of names, and of versions.
    """

    operator: str
    name: re.Pattern[str]
    version: re.Pattern[str]
    said: tuple[str, str]


_REGISTRIES: Final = MappingProxyType(
    {
        "pypi": _Registry(
            "==",
            re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"),
            re.compile(_PEP_440, re.VERBOSE | re.IGNORECASE | re.ASCII),
            ("letters, digits, '.', '_' and '-'", "a version of PEP 440, such as 4.15.0 or 2.0rc1"),
        ),
        "npm": _Registry(
            "@",
            re.compile(r"(?:@[A-Za-z0-9~_][A-Za-z0-9._~-]*/)?[A-Za-z0-9~_][A-Za-z0-9._~-]{0,213}"),
            re.compile(r"[\^~]?[A-Za-z0-9][A-Za-z0-9.+_-]*"),
            (
                "name or @scope/name, of letters, digits, '.', '_', '~' and '-'",
                "a version or tag, such as 1.2.3 or next",
            ),
        ),
        "deb": _Registry(
            "=",
            re.compile(r"[a-z0-9][a-z0-9+.-]+"),
            re.compile(r"(?:\d+:)?\d[A-Za-z0-9.+:~-]*"),
            ("small letters, digits, '+', '.' and '-', at least two", "a version of Debian, such as 2.10-3"),
        ),
    }
)

FORMS: Final = MappingProxyType(
    {prefix: f"{prefix}:NAME[{registry.operator}VERSION]" for prefix, registry in _REGISTRIES.items()}
)
"""Prefix -> how a target of that registry is written."""


def guesses(text: str) -> tuple[str, ...]:
    """Return the targets that a text without a prefix may stand for."""
    return tuple(f"{prefix}:{text}" for prefix in _REGISTRIES if _fault(prefix, *_split(prefix, text)) is None)


def name_and_version(prefix: str, rest: str) -> tuple[str, str | None]:
    """Return what stands behind a prefix of `FORMS`; the version is None where none is asked for.

    Raises:
        TargetNotUnderstood: The registry can hold no such name, or no such version.

    >>> name_and_version("npm", "@scope/name@1.2.3")
    ('@scope/name', '1.2.3')
    """
    name, version = _split(prefix, rest)
    fault = _fault(prefix, name, version)
    if fault is not None:
        raise fault
    return name, version


def _split(prefix: str, rest: str) -> tuple[str, str | None]:
    # An "@" at the very beginning is that of npm's scope.
    at = rest.find(_REGISTRIES[prefix].operator, 1)
    return (rest, None) if at < 0 else (rest[:at], rest[at + len(_REGISTRIES[prefix].operator) :])


def _fault(prefix: str, name: str, version: str | None) -> TargetNotUnderstood | None:
    registry = _REGISTRIES[prefix]
    text = f"{prefix}:{name}" + ("" if version is None else f"{registry.operator}{version}")
    forms = f"{FORMS[prefix]}, NAME being {registry.said[0]}"
    if registry.name.fullmatch(name) is None:
        do = _correction(prefix, name, version) or f"write {FORMS[prefix]}"
        return TargetNotUnderstood(
            "holds a name that no package there can have", where=repr(text), expected=forms, got=repr(name), do=do
        )
    if version is not None and registry.version.fullmatch(version) is None:
        do = f"give a released version, or {prefix}:{name} for the newest one"
        return TargetNotUnderstood(
            "asks for a version that no release there can have",
            where=repr(text),
            expected=registry.said[1],
            got=repr(version),
            do=do,
        )
    return None


def _correction(prefix: str, name: str, version: str | None) -> str:
    """Say how a name with another registry's operator is to be written; "" where that is not what is wrong."""
    found = _OTHER_OPERATOR.fullmatch(name) if version is None else None
    if found is None:
        return ""
    registry = _REGISTRIES[prefix]
    if registry.name.fullmatch(found["name"]) is None or registry.version.fullmatch(found["version"]) is None:
        return ""
    return f"write {prefix}:{found['name']}{registry.operator}{found['version']}"
