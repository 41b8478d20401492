"""Shell: the distribution's list of the files of all packages, fetched with apt on first need and kept as a small database.

It is fetched into a folder of apt's own state as for a clean root, and kept beside the roots under the same kind of name:
made once for each state of the sources, under a lock. Rejected: `apt-file` itself (not installed, and seconds for each
question), and the state that fetches packages for rooms (the list is five times what that needs).
"""

from __future__ import annotations

import hashlib
import platform
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread

from regrow.core.downloads.locks import locked
from regrow.core.sandbox.bases.contents import (
    KEPT_LINES,
    FileRow,
    exact_package,
    fold,
    likely_package,
    rows_of,
    wanted_names,
)
from regrow.core.sandbox.bases.packages import PackageSource, prepare_apt, update_lists
from regrow.core.sandbox.folders import trees
from regrow.core.sandbox.processes import run_program
from regrow.core.sandbox.values import Progress
from regrow.protocols.errors import RegrowError, regrow_error

__all__ = ["PackageIndex", "build_index", "open_index"]

_VERSION: Final = 1
"""Counts changes of what is kept; part of the name."""
_FETCH_DEADLINE_S: Final = 600.0
_READ_DEADLINE_S: Final = 120.0
APT_HELPER: Final = "/usr/lib/apt/apt-helper"
_CONTENTS: Final[Mapping[str, str]] = {
    "own": "$(COMPONENT)/Contents-$(ARCHITECTURE)",
    "all": "$(COMPONENT)/Contents-all",
}
# apt-helper knows how each list was kept (lz4, xz, gz), and grep drops most of 600 MB of text before Python sees it.
_READ = (
    'set -o pipefail; cd "$1"; shopt -s nullglob; for list in $2; do "$5" cat-file "$list"; done '
    '| LC_ALL=C grep -E "$3" > "$4" || test $? = 1'
)
_FIELDS: Final = "^(Package|Provides|Depends):"
_TABLES: Final = """
CREATE TABLE files (name TEXT, path TEXT, package TEXT, section TEXT, PRIMARY KEY (name, path, package)) WITHOUT ROWID;
CREATE TABLE packages (name TEXT PRIMARY KEY, needed_by INTEGER) WITHOUT ROWID;
CREATE TABLE provides (name TEXT, package TEXT, PRIMARY KEY (name, package)) WITHOUT ROWID;
"""


class PackageIndex:
    """What the distribution has. Every method reads the disk for a few milliseconds: to be called in a thread."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def with_file(self, patterns: Iterable[str], *, likely: bool = False) -> str:
        """Return the best package that has a file of the first pattern for which there is one; empty: none has.

        Args:
            patterns: `*/include/zlib.h`, `*/pkgconfig/libffi.pc`, `*/libz.so`, `usr/bin/cmake`, `usr/share/aclocal/pkg.m4`.
            likely: Take files that lie somewhere else too, where it is clear which is meant.
        """
        choose = likely_package if likely else exact_package
        with closing(self._open()) as base:
            found = (choose(pattern, _rows(base, wanted_names(pattern))) for pattern in patterns)
            return next(filter(None, found), "")

    def has(self, package: str) -> bool:
        """Whether the distribution has a package of this name."""
        with closing(self._open()) as base:
            return base.execute("SELECT 1 FROM packages WHERE name = ?", (package,)).fetchone() is not None

    def names(self) -> tuple[str, ...]:
        """Return the names of all packages, sorted."""
        with closing(self._open()) as base:
            return tuple(name for (name,) in base.execute("SELECT name FROM packages ORDER BY name"))

    def providers(self, name: str) -> tuple[str, ...]:
        """Return the packages that stand for one which is only a name, most needed first."""
        ask = (
            "SELECT package FROM provides LEFT JOIN packages ON packages.name = package WHERE provides.name = ? "
            "ORDER BY needed_by DESC, package"
        )
        with closing(self._open()) as base:
            return tuple(package for (package,) in base.execute(ask, (name,)))

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self._path}?mode=ro&immutable=1", uri=True)


def _rows(base: sqlite3.Connection, names: Sequence[str]) -> list[FileRow]:
    ask = (
        "SELECT path, package, section, coalesce(needed_by, 0) FROM files LEFT JOIN packages "
        "ON packages.name = package WHERE files.name = ?"
    )
    return [FileRow(*row) for name in names for row in base.execute(ask, (name,))]


async def open_index(
    source: PackageSource,
    bases: Path,
    *,
    network: bool = True,
    fresh: bool = False,
    on_progress: Callable[[Progress], object] | None = None,
) -> PackageIndex:
    """Return the index, fetched now (half a minute) or earlier.

    Args:
        source: Where packages come from.
        bases: The folder that clean roots are kept in.
        network: Whether it may be fetched.
        fresh: Fetch it again, whatever is kept.
        on_progress: Is told what is being done.

    Raises:
        RegrowError: E5003 it is not here and cannot be fetched, or may not be.
    """
    texts = "\0".join(f"{name}\n{text}" for name, text in sorted(source.sources.items()))
    key = hashlib.sha256(f"{_VERSION}\0{platform.machine()}\0{texts}".encode()).hexdigest()[:16]
    place = bases / f"files-{key}"
    trees.make_folder(bases)
    async with locked(bases / f".{place.name}.lock"):
        if not (place / "index.sqlite").is_file() or (fresh and network):
            if not network:
                raise regrow_error("E5003", "is not here, and this run may ask no other machine", where="package index")
            making = bases / f".{place.name}.making"
            await anyio.to_thread.run_sync(_begin, making)
            try:
                await _make(source, making, on_progress or (lambda _progress: None))
                await anyio.to_thread.run_sync(_put_in_place, making, place)
            finally:
                with anyio.CancelScope(shield=True):
                    await anyio.to_thread.run_sync(trees.discard, making)
    return PackageIndex(place / "index.sqlite")


def _begin(making: Path) -> None:
    trees.discard(making)
    trees.make_folder(making / "apt")


def _put_in_place(making: Path, place: Path) -> None:
    trees.discard(making / "apt")
    trees.discard(place)
    making.rename(place)


async def _make(source: PackageSource, making: Path, tell: Callable[[Progress], object]) -> None:
    options = await anyio.to_thread.run_sync(prepare_apt, source, making / "apt", "")
    tell(Progress("fetching the list of the files of all packages"))
    await update_lists([*options, *_index_targets()], _FETCH_DEADLINE_S)
    tell(Progress("reading the list of the files of all packages"))
    lists = making / "apt/state/lists"
    for pattern, lines, target in (("*Contents-*", KEPT_LINES, "files"), ("*_Packages*", _FIELDS, "packages")):
        read = await run_program(
            ["bash", "-c", _READ, "read", str(lists), pattern, lines, str(making / "apt" / target), APT_HELPER],
            deadline_s=_READ_DEADLINE_S,
        )
        if read.exit_status:
            raise _unreadable(read.last_lines())
    await anyio.to_thread.run_sync(build_index, making / "index.sqlite", making / "apt/files", making / "apt/packages")


def _unreadable(got: str) -> RegrowError:
    return regrow_error("E5003", "cannot be read", where="package index", got=got[-600:])


def _index_targets() -> list[str]:
    """Ask apt for the lists of files too, as apt-file does (apt.conf(5), "Acquire::IndexTargets")."""
    settings = {
        f"Acquire::IndexTargets::deb::regrow-{name}::{key}": value
        for name, place in _CONTENTS.items()
        for key, value in {
            "MetaKey": place,
            "ShortDescription": f"Contents-{name}",
            "Description": "$(RELEASE)/$(COMPONENT) $(ARCHITECTURE) Contents",
            "KeepCompressed": "true",
            "DefaultEnabled": "true",
            "PDiffs": "false",
        }.items()
    }
    return [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]


def build_index(target: Path, files: Path, packages: Path) -> None:
    """Write the database from the kept lines of the lists. Blocking: a few seconds for a whole distribution.

    Args:
        target: The database, not there yet.
        files: Lines of Contents files.
        packages: The lines `Package`, `Provides` and `Depends` of package lists.

    Raises:
        RegrowError: E5003 there is not one package, or not one file, in the lists.
    """
    needed: Counter[str] = Counter()
    provides: set[tuple[str, str]] = set()
    names: set[str] = set()
    for name, field, others in _relations(packages):
        names.add(name)
        if field == "Depends":
            needed.update(others)
        elif field == "Provides":
            provides.update((other, name) for other in others)
    with closing(sqlite3.connect(target)) as base:
        base.executescript(_TABLES)
        base.executemany("INSERT INTO packages VALUES (?, ?)", ((name, needed[name]) for name in sorted(names)))
        base.executemany("INSERT INTO provides VALUES (?, ?)", sorted(provides))
        base.executemany("INSERT OR IGNORE INTO files VALUES (?, ?, ?, ?)", _sorted_files(files))
        base.commit()
        if not names or base.execute("SELECT 1 FROM files LIMIT 1").fetchone() is None:
            raise _unreadable("the lists are empty")


def _relations(packages: Path) -> Iterator[tuple[str, str, set[str]]]:
    """The name of a package with each of its fields. Rust's packages are left out: ten names for each that nobody types."""
    name = ""
    with packages.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            field, _, value = line.rstrip("\n").partition(": ")
            if field == "Package":
                name = "" if value.startswith("librust-") else value
            if name:
                others = re.findall(r"(?:^|[,|]) ?([a-z0-9][a-z0-9.+-]+)", value) if field != "Package" else ()
                yield name, field, set(others)


def _sorted_files(files: Path) -> list[tuple[str, str, str, str]]:
    with files.open(encoding="utf-8", errors="replace") as lines:
        rows = {(fold(row.path), row.path, row.package, row.section) for line in lines for row in rows_of(line)}
    return sorted(rows)
