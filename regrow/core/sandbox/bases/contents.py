"""Which package has a file that a build asked for, by the distribution's own list of files: lines, and ranking. Pure.

Debian publishes the list as Contents files, one line for a path with all packages that have it. Kept of it is what a
build asks for: headers, `.pc` files, shared libraries, programs and autoconf's macros, one line in twenty.

Rules to hold in mind: the file decides and not the package's name, as long as it lies exactly where the build looks for
it. A file that lies one folder deeper, or is spelled in capitals, may be another of the same name (`config.h`, CMake's
`ZLIB`); it counts only where the package's name says that it is meant. A program of a language's
own packages (`tox`, `yarn`) is no system package: the language's package manager has the one that the project means.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

__all__ = ["KEPT_LINES", "FileRow", "candidates", "exact_package", "fold", "likely_package", "rows_of", "wanted_names"]

KEPT_LINES: Final = (
    r"^(usr/include/[^ ]|(usr/)?s?bin/[^/ ]+ |usr/(lib|share)/([^/ ]+/)?pkgconfig/[^/ ]+\.pc |"
    r"(usr/)?lib/([a-z0-9_]+-linux-gnu[a-z0-9]*/)?lib[^/ ]+\.so(\.[0-9.]+)? |usr/share/aclocal[^/ ]*/[^/ ]+\.m4 )"
)
"""An extended regular expression (grep -E) for the lines that are kept."""

MOST_LIKELY: Final = 8
"""With more packages than this a file's name says nothing: `config.h`, `utils.h`."""

_TRIPLET = re.compile(r"[a-z0-9_]+-linux-gnu[a-z0-9]*/")
_ODD = re.compile(
    r"-(?:dbg|dbgsym|doc|docs|source|examples|tests|cross|udeb)$|-cross-|mingw|^android-|-static$|klibc|dietlibc|musl"
)
_OF_A_LANGUAGE: Final = frozenset(
    {"games", "haskell", "javascript", "ocaml", "perl", "php", "python", "ruby", "rust", "web"}
)
_KEPT_ALL_THE_SAME: Final = frozenset({"perl", "php", "ruby", "nodejs", "npm", "ocaml", "rustc", "cargo"})


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file of one package. `section` begins with the area where that is not main; `needed_by` counts packages."""

    path: str
    package: str
    section: str = ""
    needed_by: int = 0


def rows_of(line: str) -> Iterator[FileRow]:
    """Read a line of a Contents file.

    >>> [(row.package, row.section) for row in rows_of("usr/bin/flex     devel/flex,non-free/devel/flex-old")]
    [('flex', 'devel'), ('flex-old', 'non-free/devel')]
    """
    path, _, owners = line.rstrip().rpartition(" ")
    for owner in owners.split(",") if path else ():
        section, _, package = owner.rpartition("/")
        yield FileRow(path.rstrip(), package, section)


def fold(path: str) -> str:
    """The key under which a file is kept: its name in small letters.

    >>> fold("usr/include/X11/Xlib.h")
    'xlib.h'
    """
    return path.rpartition("/")[2].lower()


def wanted_names(pattern: str) -> tuple[str, ...]:
    """The keys under which files of a pattern are kept, or may be under another spelling.

    >>> wanted_names("*/libZLIB.so"), wanted_names("usr/bin/cmake")
    (('libzlib.so', 'zlib.pc', 'libzlib.pc'), ('cmake',))
    """
    name = fold(pattern)
    library = re.fullmatch(r"(?:lib)+(.+)\.so", name)
    if library is None:
        return (name,)
    return tuple(dict.fromkeys((f"lib{library[1]}.so", name, f"{library[1]}.pc", f"lib{library[1]}.pc")))


def candidates(pattern: str, rows: Iterable[FileRow]) -> list[FileRow]:
    """The files that lie exactly where a pattern says, the best package first."""
    below = pattern.removeprefix("*/")
    kind = _kind(pattern)
    if kind == "header" and pattern.startswith("*/include/*/"):
        return []
    fitting = [row for row in rows if _plain(row.path, kind) == _plain(below, kind) and _may_be(row, kind)]
    return sorted(fitting, key=lambda row: _rank(row, kind, below))


def exact_package(pattern: str, rows: Iterable[FileRow]) -> str:
    """The best package with a file exactly where a pattern says; empty when there is none, or it is a chance hit.

    >>> exact_package("*/include/zlib.h", [FileRow("usr/include/zlib.h", "zlib1g-dev", "libdevel")])
    'zlib1g-dev'
    >>> exact_package("*/include/zlib.h", [FileRow("usr/include/Poco/zlib.h", "libpoco-dev", "libdevel")])
    ''
    """
    found = candidates(pattern, rows)
    if _kind(pattern) in ("program", "header"):
        # Nobody needs it and its name is another: `yarn` is also a program of a tool for testing commands, `common.h` a
        # header that a library forgot to put into a folder.
        found = [row for row in found if row.needed_by or _named_like(pattern, row.package)]
    return found[0].package if found else ""


def likely_package(pattern: str, rows: Iterable[FileRow]) -> str:
    """The one package that a pattern can mean where no file lies exactly there; empty when it is not clear.

    >>> rows = [FileRow("usr/include/libusb-1.0/libusb.h", "libusb-1.0-0-dev", "libdevel")]
    >>> likely_package("*/include/*/libusb.h", [*rows, FileRow("usr/include/osmocom/usb/libusb.h", "libosmocore-dev", "libdevel")])
    'libusb-1.0-0-dev'
    >>> likely_package("*/include/*/config.h", [FileRow(f"usr/include/{n}/config.h", f"lib{n}-dev") for n in "ab"])
    ''
    """
    kind = _kind(pattern)
    if kind in ("program", "soname"):
        return ""
    fitting = [row for row in rows if _may_be(row, kind) and (kind != "header" or row.path.endswith(_tail(pattern)))]
    fitting.sort(key=lambda row: _rank(row, kind, pattern))
    packages = list(dict.fromkeys(row.package for row in fitting))
    if len(packages) > MOST_LIKELY:
        return ""
    related = [package for package in packages if _named_like(pattern, package)]
    alone = packages if len(packages) == 1 and kind != "header" else []
    return (related or alone or [""])[0]


def _named_like(pattern: str, package: str) -> bool:
    """Whether a package is named like the file, or like a folder that the build names with it (`Eigen/Dense`)."""
    parts = _tail(pattern).split("/") if _kind(pattern) == "header" else [pattern.rpartition("/")[2]]
    return any(_related(_stem(part.lower()), package) for part in parts)


def _tail(pattern: str) -> str:
    return "/" + pattern.removeprefix("*/").removeprefix("include/").removeprefix("*/")


def _kind(pattern: str) -> str:
    if "/include/" in pattern:
        return "header"
    if pattern.endswith(".pc"):
        return "pc"
    if pattern.endswith(".m4"):
        return "macro"
    if pattern.endswith(".so"):
        return "library"
    return "soname" if ".so." in pattern else "program"


def _plain(path: str, kind: str) -> str:
    """A path without the parts that are the same place: merged folders, the processor's folder, `lib` and `share`."""
    path = _TRIPLET.sub("", path.removeprefix("usr/"), count=1)
    return (
        path if kind == "header" else path.rpartition("/")[2] if kind != "program" else re.sub(r"^sbin/", "bin/", path)
    )


def _may_be(row: FileRow, kind: str) -> bool:
    if _ODD.search(row.package):
        return False
    language = row.section.rpartition("/")[2] in _OF_A_LANGUAGE
    return kind != "program" or not language or row.package in _KEPT_ALL_THE_SAME


def _rank(row: FileRow, kind: str, wanted: str) -> tuple[bool | int | str, ...]:
    """The smallest is the best: what the package is, its area, whether it is named like it, and how many need it."""
    name = fold(wanted)
    development = row.package.endswith("-dev")
    library = row.section.rpartition("/")[2] == "libdevel"
    odd = {
        # What tells a build how to use a library comes with that library's headers.
        "program": (row.package != name, development is not name.endswith("config")),
        "soname": (False, development),
        "macro": (False, False),
    }.get(kind, (not development, not library))
    stranger = not _related(_stem(name), row.package)
    named_first = kind != "program"  # programs have names of their own (`dot` of graphviz)
    fit = (stranger, -row.needed_by) if named_first else (-row.needed_by, stranger)
    return (odd[0], _area(row.section), odd[1], *fit, row.path.count("/"), len(row.path), len(row.package), row.package)


def _area(section: str) -> int:
    areas = ("contrib", "non-free-firmware", "non-free")
    return next((place for place, area in enumerate(areas, 1) if section.startswith(f"{area}/")), 0)


def _stem(name: str) -> str:
    return re.sub(r"\.(?:h\w*|pc|m4|so[\d.]*)$", "", name)


def _related(name: str, package: str) -> bool:
    """Whether one name is in the other, digits and signs apart.

    >>> _related("lz4", "liblz4-dev"), _related("ninja", "ninja-build"), _related("yarn", "cmdtest")
    (True, True, False)
    """
    mine, other = (re.sub(r"[^a-z]", "", part.lower()) for part in (name, re.sub(r"-dev$", "", package)))
    mine = mine.removeprefix("lib") or mine
    other = other.removeprefix("lib") or other
    return len(mine) > 1 and len(other) > 1 and (mine in other or other in mine)
