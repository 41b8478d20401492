"""What the files of a room say is installed in it: Python's metadata, npm's package.json, dpkg's status file. Pure.

Each package says itself what it is called; how it was installed (pip, uv, conda's pip, npm, yarn, pnpm, apt) does not
matter. What an installer keeps beside it (PEP 610, npm's hidden lock file) says where it came from.
"""

from __future__ import annotations

import json
import posixpath
import re
from email.parser import HeaderParser
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from regrow.protocols.build_contents import InstalledPackage, PackageKind

__all__ = [
    "DIST_INFO",
    "HIDDEN_LOCK",
    "NODE_PACKAGE",
    "debian_packages",
    "installed_files",
    "integrities",
    "node_package",
    "origin_of",
    "python_package",
]

DIST_INFO: Final = re.compile(r"(?:^|/)(?:site|dist)-packages/[^/]+\.(?:dist-info/METADATA|egg-info(?:/PKG-INFO)?)$")
"""Paths of files in which an installed Python package says what it is."""

NODE_PACKAGE: Final = re.compile(r"(?:^|/)node_modules/(?:@[^/]+/)?[^/@.][^/]*/package\.json$")
"""Paths of files in which an installed Node package says what it is; not of one that lies deeper inside a package."""

HIDDEN_LOCK: Final = re.compile(r"(?:^|/)node_modules/\.package-lock\.json$")

LICENCE_CHARS: Final = 200
"""Longer ones are whole texts."""


def python_package(text: str, place: str, *, origin: str = "", own: bool = False) -> InstalledPackage | None:
    """Read METADATA or PKG-INFO; None when it names nothing.

    >>> python_package("Metadata-Version: 2.1\\nName: Six.X\\nVersion: 1.16\\nLicense: MIT\\n", "/x").name
    'six-x'
    """
    said = HeaderParser().parsestr(text)
    name, version = (str(said.get(key, "")).strip() for key in ("Name", "Version"))
    if not name or not version:
        return None
    licence = str(said.get("License-Expression", "") or said.get("License", "")).strip()
    return InstalledPackage(
        kind=PackageKind.PYTHON,
        name=re.sub(r"[-_.]+", "-", name).lower(),
        version=version,
        place=place,
        licence=_short(licence),
        origin=origin,
        own=own,
    )


def origin_of(direct_url: str) -> tuple[str, bool]:
    """Read `direct_url.json`: where a package came from, without credentials, and whether that was a folder (PEP 610).

    >>> origin_of('{"url": "https://me:secret@host/x.git", "vcs_info": {"vcs": "git", "commit_id": "c0ffee"}}')
    ('git+https://host/x.git@c0ffee', False)
    >>> origin_of('{"url": "file:///build/checkout", "dir_info": {"editable": true}}')
    ('file:///build/checkout', True)
    """
    try:
        said = json.loads(direct_url)
        parts = urlsplit(str(said["url"]))
        versions = said.get("vcs_info") or {}
        commit = str(versions.get("commit_id") or "")
    except (ValueError, TypeError, KeyError, AttributeError):
        return "", False
    plain = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))
    vcs = str(versions.get("vcs") or "")
    return (f"{vcs}+" if vcs else "") + plain + (f"@{commit}" if commit else ""), "dir_info" in said


def installed_files(record: str, metadata: str) -> list[str]:
    """The absolute paths of a RECORD's files; `metadata` is the path of the METADATA beside it.

    >>> installed_files("a/x.so,sha256=q,9\\n../../../bin/tool,,\\n", "/usr/lib/python3/site-packages/a-1.dist-info/METADATA")
    ['/usr/lib/python3/site-packages/a/x.so', '/usr/bin/tool']
    """
    folder = posixpath.dirname(posixpath.dirname(metadata))
    names = [line.rsplit(",", 2)[0].strip('"') for line in record.splitlines() if line.count(",") > 1]
    return [posixpath.normpath(posixpath.join(folder, name)) for name in names]


def node_package(text: str, place: str, integrity: str = "") -> InstalledPackage | None:
    """Read a package.json; None when it names nothing (a folder of a test, a type marker)."""
    said = _object(text)
    name, version = said.get("name"), said.get("version")
    if not isinstance(name, str) or not isinstance(version, str) or not name or not version:
        return None
    licence = said.get("license")
    if isinstance(licence, dict):
        licence = licence.get("type")
    return InstalledPackage(
        kind=PackageKind.NODE,
        name=name,
        version=version,
        place=place,
        licence=_short(licence) if isinstance(licence, str) else "",
        integrity=integrity,
    )


def integrities(hidden_lock: str) -> dict[str, str]:
    """What npm checked of each download: path of the package (`node_modules/x`) -> digest.

    >>> integrities('{"packages": {"node_modules/x": {"version": "1.0.0", "integrity": "sha512-q"}}}')
    {'node_modules/x': 'sha512-q'}
    """
    packages = _object(hidden_lock).get("packages")
    entries = packages.items() if isinstance(packages, dict) else ()
    return {
        path: entry["integrity"]
        for path, entry in entries
        if isinstance(entry, dict) and isinstance(entry.get("integrity"), str)
    }


def debian_packages(status: str, in_base: dict[str, str], place: str) -> list[InstalledPackage]:
    """Read dpkg's status file. `in_base` is name -> version of what was there before."""
    found = []
    for stanza in re.split(r"\n\s*\n", status):
        said = HeaderParser().parsestr(stanza.lstrip("\n"))
        name, version = (str(said.get(key, "")).strip() for key in ("Package", "Version"))
        if name and version:
            found.append(
                InstalledPackage(
                    kind=PackageKind.DEBIAN,
                    name=name,
                    version=version,
                    place=place,
                    architecture=str(said.get("Architecture", "")).strip(),
                    in_base=in_base.get(name) == version,
                )
            )
    return found


def _object(text: str) -> dict[str, object]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _short(licence: str) -> str:
    first = licence.strip().partition("\n")[0].strip()
    return first if len(first) <= LICENCE_CHARS and first.upper() != "UNKNOWN" else ""
