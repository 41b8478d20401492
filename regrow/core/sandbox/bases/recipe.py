"""What a clean root is made of: packages, the links that maintainer scripts would have made, and how apt is asked.

No maintainer script is run, so a root is the sum of its packages' files and of what `skeleton.py` writes. The packages
are the distribution's own: a third party's repository on the host would make the room less clean than the host (and may
clash: another vendor's nodejs has no npm package beside it).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from regrow.core.sandbox.values import BaseKind

__all__ = [
    "ALTERNATIVES",
    "APT_CONFIG",
    "MERGED_FOLDERS",
    "PACKAGES",
    "apt_options",
    "base_key",
    "distribution_sources",
    "merged_status",
    "package_versions",
    "status_stanza",
]

_COMMON: Final = (
    "base-files",
    "base-passwd",
    "bash",
    "bzip2",
    "ca-certificates",
    "coreutils",
    "dash",
    "debianutils",
    "diffutils",
    "file",
    "findutils",
    "git",
    "grep",
    "gzip",
    "hostname",
    "libc-bin",
    "mawk",
    "ncurses-base",
    "openssl",
    "patch",
    "perl-base",
    "procps",
    "python3",
    "sed",
    "tar",
    "tzdata",
    "unzip",
    "util-linux",
    "xz-utils",
)
# python3 in each of them: the forwarder to the proxy and the self-test are Python, and node's own build tool needs it.

_PYTHON: Final = ("python-is-python3", "python3-pip", "python3-venv")

PACKAGES: Final[Mapping[BaseKind, tuple[str, ...]]] = MappingProxyType(
    {
        BaseKind.PYTHON: (*_COMMON, *_PYTHON),
        BaseKind.NODE: (*_COMMON, "nodejs", "npm"),
        BaseKind.C: (*_COMMON, *_PYTHON, "g++", "gcc", "libc6-dev", "make", "pkg-config", "python3-dev"),
    }
)
"""Kind -> what is asked for by name; apt adds what these depend on, and nothing that is only recommended."""

MERGED_FOLDERS: Final = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
"""Links into /usr that stand before the first package is unpacked."""

ALTERNATIVES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "usr/bin/awk": ("gawk", "mawk"),
        "usr/bin/nawk": ("gawk", "mawk"),
        "usr/bin/which": ("which.debianutils",),
        "usr/bin/cc": ("gcc",),
        "usr/bin/c++": ("g++",),
        "usr/bin/pkg-config": ("pkgconf",),
        "usr/bin/yacc": ("bison.yacc", "byacc"),
        "usr/bin/lex": ("flex",),
        "usr/bin/fakeroot": ("fakeroot-sysv",),
        "usr/bin/automake": ("automake-*",),
        "usr/bin/aclocal": ("aclocal-*",),
        "usr/bin/f77": ("gfortran",),
        "usr/bin/f95": ("gfortran",),
        "usr/bin/nc": ("nc.openbsd", "nc.traditional"),
        "usr/bin/lua": ("lua[0-9]*",),
        "usr/bin/luac": ("luac[0-9]*",),
        "usr/bin/java": ("../lib/jvm/*/bin/java",),
        "usr/bin/javac": ("../lib/jvm/*/bin/javac",),
        "usr/bin/jar": ("../lib/jvm/*/bin/jar",),
        "usr/bin/mvn": ("../share/maven/bin/mvn",),
    }
)
"""A link that update-alternatives would have made -> patterns of what it leads to, from its own folder: the first of which
something is there, and of that the last by name."""

APT_CONFIG: Final = """\
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
#clear DPkg::Pre-Install-Pkgs;
"""
"""The host's hooks write to the host's folders; its proxies, certificates and keys stay in force."""

_RECIPE_VERSION: Final = 3
"""Counts changes of what is done with the packages; part of each base's key."""


def base_key(kind: BaseKind, sources: Mapping[str, str], machine: str, identity: str) -> str:
    """Name a base by what it is made from: 16 hexadecimal digits.

    Args:
        kind: Which packages.
        sources: Name -> text of the sources that they come from.
        machine: The processor's name.
        identity: Which ids own the files.
    """
    parts = [str(_RECIPE_VERSION), kind.value, machine, identity, *PACKAGES[kind]]
    parts += [f"{name}\n{text}" for name, text in sorted(sources.items())]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def apt_options(folder: Path) -> list[str]:
    """Return the options with which apt keeps to a folder of its own, as an ordinary user.

    Args:
        folder: Holds `state`, `cache`, `status`, and `etc` with `apt.conf` and the folder `sources`.

    Source: apt.conf(5), "DIRECTORIES".
    """
    settings = {
        "Dir::State": folder / "state",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "Dir::Cache::archives": folder / "cache/archives",
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": folder / "etc/sources",
        "Dir::Log": folder,
        "APT::Sandbox::User": "",
        "APT::Install-Recommends": "false",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
        "Debug::NoLocking": "1",
    }
    pairs = [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
    return ["-q", "-y", "-c", str(folder / "etc/apt.conf"), *pairs]


def distribution_sources(files: Mapping[str, str], os_id: str) -> dict[str, str]:
    """Keep the distribution's own of the host's sources.

    A source is the distribution's when the last parts of its address begin with the distribution's name (`.../debian`,
    `.../debian-security`, `.../ubuntu`), which holds for mirrors too. When none is, all are kept.

    Args:
        files: Name of a file -> its text. `.list` holds one line a source, `.sources` paragraphs (deb822).
        os_id: `ID` of /etc/os-release.

    >>> distribution_sources({"a.list": "deb file:/m/debian x main\\ndeb file:/other x main"}, "debian")
    {'a.list': 'deb file:/m/debian x main\\n'}
    """
    own = re.compile(rf"/{re.escape(os_id)}[a-z-]*/?$")
    kept: dict[str, str] = {}
    everything: dict[str, str] = {}
    for name, text in files.items():
        split = _paragraphs(text) if name.endswith(".sources") else _lines(text)
        end = "\n\n" if name.endswith(".sources") else "\n"
        for target, chosen in ((kept, [part for part in split if _addresses_match(part, own)]), (everything, split)):
            if chosen:
                target[name] = "".join(part + end for part in chosen)
    return kept or everything


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip().startswith("deb ")]


def _paragraphs(text: str) -> list[str]:
    paragraphs = []
    for paragraph in re.split(r"\n\s*\n", text):
        lines = [line for line in paragraph.splitlines() if line.strip() and not line.startswith("#")]
        disabled = any(re.fullmatch(r"enabled:\s*(no|false)\s*", line.lower()) for line in lines)
        if any(re.match(r"types:.*\bdeb\b", line.lower()) for line in lines) and not disabled:
            paragraphs.append("\n".join(lines))
    return paragraphs


def _addresses_match(source: str, own: re.Pattern[str]) -> bool:
    return any(own.search(word) for word in source.split() if ":/" in word)


def status_stanza(control: str) -> str:
    """Return what dpkg's status file says about a package that is there, from its control file.

    >>> status_stanza("Package: a\\nVersion: 1\\n")
    'Package: a\\nStatus: install ok installed\\nVersion: 1\\n'
    """
    first, _, rest = control.strip().partition("\n")
    return f"{first}\nStatus: install ok installed\n{rest}\n"


def merged_status(status: str, stanzas: Sequence[str]) -> str:
    """Add packages to the text of a status file; a later stanza of one name replaces the earlier."""
    by_name: dict[str, str] = {}
    for stanza in [*re.split(r"\n\s*\n", status), *stanzas]:
        name = stanza.strip().partition("\n")[0]
        if name:
            by_name[name] = stanza.strip() + "\n"
    return "\n".join(by_name.values())


def package_versions(status: str) -> dict[str, str]:
    """Return name -> version of what a status file lists."""
    found = {}
    for stanza in re.split(r"\n\s*\n", status):
        name = re.search(r"^Package: (.+)$", stanza, re.MULTILINE)
        version = re.search(r"^Version: (.+)$", stanza, re.MULTILINE)
        if name and version:
            found[name[1]] = version[1]
    return found
