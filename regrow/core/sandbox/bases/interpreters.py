"""Shell: the Pythons of this machine that a room may be given: found by looking, never by running them.

A room is Debian's, which has one Python. What another way brought to this machine (pyenv, uv, a build below /opt or
/usr/local) can stand in for one that a project needs and the distribution lacks. Of its prefix a room gets a copy of the
program, its own library, headers and modules, and nothing that was installed into it: no package of the host's is seen.

Not offered: the distribution's own below /usr, whose files are mixed with the system's, and what cannot make an
environment (no ensurepip).
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from regrow.core.sandbox.folders import trees

__all__ = ["HostPython", "copy_interpreter", "find_host_pythons"]

_NAME = re.compile(r"python(?P<version>3\.\d{1,2})")
_MANAGED = (
    ".pyenv/versions/*/bin",
    ".local/share/uv/python/*/bin",
    ".asdf/installs/python/*/bin",
    ".local/share/mise/installs/python/*/bin",
)
_ELSEWHERE = ("usr/local/bin", "opt/bin", "opt/*/bin", "opt/python/*/bin")
_SYSTEM = frozenset({Path("/usr"), Path("/")})
_NOT_COPIED = frozenset({"site-packages", "dist-packages", "idlelib", "turtledemo", "lib2to3"})
_OF_TESTS = frozenset({"__init__.py", "support", "libregrtest"})
"""Of the language's own tests that much: the tests of others import it."""


@dataclass(frozen=True, slots=True)
class HostPython:
    """A Python of this machine.

    Attributes:
        version: Its series, `3.13`.
        release: The whole version where its headers tell, `3.13.0`; else the series.
        prefix: Where it lies.
        program: Its file, links followed.
    """

    version: str
    release: str
    prefix: Path
    program: Path

    @property
    def series(self) -> tuple[int, int]:
        """The series as numbers."""
        major, minor = self.version.split(".")
        return int(major), int(minor)


def find_host_pythons(environ: Mapping[str, str], root: Path = Path("/")) -> tuple[HostPython, ...]:
    """Return one Python for each series, the newest series first; of two of one series the first that is found. Blocking.

    Args:
        environ: Of this process: `PATH`, `HOME`, and where pyenv and uv keep theirs.
        root: Where the file system begins.
    """
    found: dict[str, HostPython] = {}
    for folder in _folders(environ, root):
        for path in sorted(folder.glob("python3.*")):
            match = _NAME.fullmatch(path.name)
            if match and match["version"] not in found and (one := _python_at(path, match["version"])):
                found[one.version] = one
    return tuple(sorted(found.values(), key=lambda one: one.series, reverse=True))


def _folders(environ: Mapping[str, str], root: Path) -> Iterator[Path]:
    for entry in environ.get("PATH", "").split(os.pathsep):
        if not entry.startswith("/"):
            continue
        folder = Path(entry)
        # pyenv's shims are scripts that choose among its versions.
        yield from sorted(folder.parent.glob("versions/*/bin")) if folder.name == "shims" else [folder]
    for variable, below in (("PYENV_ROOT", "versions/*/bin"), ("UV_PYTHON_INSTALL_DIR", "*/bin")):
        if environ.get(variable, "").startswith("/"):
            yield from sorted(Path(environ[variable]).glob(below))
    if environ.get("HOME", "").startswith("/"):
        for pattern in _MANAGED:
            yield from sorted(Path(environ["HOME"]).glob(pattern))
    for pattern in _ELSEWHERE:
        yield from sorted(root.glob(pattern))


def _python_at(path: Path, version: str) -> HostPython | None:
    try:
        program = path.resolve(strict=True)
        with program.open("rb") as file:
            binary = file.read(4) == b"\x7fELF"
    except OSError:
        return None
    prefix = program.parent.parent
    library = prefix / "lib" / f"python{version}"
    usable = (library / "os.py").is_file() and (library / "ensurepip" / "_bundled").is_dir()
    if not binary or prefix in _SYSTEM or program.name != path.name or not usable:
        return None
    return HostPython(version, _release(prefix, version), prefix, program)


def _release(prefix: Path, version: str) -> str:
    header = prefix / "include" / f"python{version}" / "patchlevel.h"
    try:
        match = re.search(r'#define\s+PY_VERSION\s+"([\w.+]+)"', header.read_text("utf-8", "replace"))
    except OSError:
        return version
    return match.group(1) if match else version


def copy_interpreter(python: HostPython, into: Path) -> None:
    """Copy a Python to where a room has it, below `into`. Blocking; takes about a second.

    Its shared library goes where the loader looks by itself: the paths in the program are those of this machine.
    """
    name = f"python{python.version}"
    local = into / "usr" / "local"
    (local / "bin").mkdir(parents=True)
    shutil.copy2(python.program, local / "bin" / name)
    shutil.copytree(python.prefix / "lib" / name, local / "lib" / name, symlinks=True, ignore=_left_behind)
    (local / "lib" / name / "site-packages").mkdir(exist_ok=True)
    headers = python.prefix / "include" / name
    if headers.is_dir():
        shutil.copytree(headers, local / "include" / name, symlinks=True)
    for library in sorted((python.prefix / "lib").glob(f"lib{name}*.so*")):
        target = into / "usr" / "lib" / library.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(library, target, follow_symlinks=False)
    trees.give_to(into, os.geteuid(), os.getegid())


def _left_behind(folder: str, names: list[str]) -> set[str]:
    if Path(folder).name == "test" and Path(folder).parent.name.startswith("python3"):
        return set(names) - _OF_TESTS
    return {name for name in names if name in _NOT_COPIED or name.endswith(".a")}
