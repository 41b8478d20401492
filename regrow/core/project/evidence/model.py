"""The shape of evidence: each piece with the place that it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from regrow.protocols.documents import DocRef, Ecosystem

__all__ = ["Declared", "Evidence", "OwnTests", "TestCommand", "TestSource", "place_of"]


class TestSource(StrEnum):
    """Where a test command comes from, most trusted first."""

    __test__ = False

    TOX = "tox"
    NOX = "nox"
    PACKAGE_JSON = "package_json"
    HATCH = "hatch"
    MAKEFILE = "makefile"
    CI = "ci"
    BUILD_SYSTEM = "build_system"
    SETTINGS = "settings"
    TESTS = "tests"


@dataclass(frozen=True, slots=True)
class Declared:
    """Something that a file of the project names. `kind` says what of: `extra`, `group`, `file`, `requirements`."""

    kind: str
    name: str
    values: tuple[str, ...]
    ref: DocRef


@dataclass(frozen=True, slots=True)
class TestCommand:
    """A command that runs the tests, by `source`."""

    __test__ = False

    text: str
    source: TestSource
    ref: DocRef


@dataclass(frozen=True, slots=True)
class OwnTests:
    """The tests themselves.

    Attributes:
        folders: Folders that hold tests, outermost only.
        files: Test files at the root and in those folders.
        runner: `pytest`, `unittest`, or empty when there are none.
        imports: Top-level modules that they import and that are neither standard nor the project's own.
        ref: A line that shows the runner.
    """

    folders: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    runner: str = ""
    imports: tuple[str, ...] = ()
    ref: DocRef | None = None


class Origin(StrEnum):
    """Whose a module is: a file of the project, part of the language, or of somebody else."""

    OWN = "own"
    LANGUAGE = "language"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class MissingModule:
    """A module that could not be imported.

    Attributes:
        name: As it is imported, its first part.
        origin: Whose it is.
        distribution: What may be installed to have it; empty when nothing may.
        importer: The line of the project that imports it, None when there is none.
        declared: Whether the project's metadata names that distribution.
    """

    name: str
    origin: Origin
    distribution: str
    importer: DocRef | None
    declared: bool = False

    @property
    def complaint(self) -> str:
        """What is wrong, in words without a full stop."""
        where = f", which {self.importer} imports" if self.importer is not None else ""
        match self.origin:
            case Origin.OWN:
                return (
                    f"the project's own module '{self.name}'{where}, cannot be found"
                    if where
                    else (f"the project's own module '{self.name}' cannot be found")
                )
            case Origin.LANGUAGE:
                return f"the module '{self.name}' of the language is missing{where}"
            case Origin.FOREIGN:
                return f"the module '{self.name}' is missing{where}"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a project from files that are not its documents.

    Attributes:
        ecosystem: The tools it is built with.
        name: Its distribution's name, as written; empty when unknown.
        test_requirements: What it declares that its tests need, most specific first.
        extras: What it offers besides, as extras that are not for testing.
        test_commands: Commands that its own files use to test it, most trusted first.
        extension: A line that shows that compiled modules are built, or None.
        packages: Import names of the project.
        build_requires: Requirements of its build back-end.
        requires: Requirements that it runs with.
        build_recipes: Which of configure, autogen.sh, CMakeLists.txt, meson.build, Makefile, ... lie at its root.
        test_option: The option of CMake or Meson that builds the tests where they are off by default; empty without one.
        macros: Macros of autoconf that its configure.ac uses.
        old_script: Whether it is built by `setup.py` without a declared back-end.
        unused: Requirements for development of a Node project that no file imports and that its tests do not start.
        missing: What a failed step could not import; empty unless it was looked for.
    """

    ecosystem: Ecosystem = Ecosystem.UNKNOWN
    name: str = ""
    version: str | None = None
    metadata: DocRef | None = None
    requires_python: str | None = None
    test_requirements: tuple[Declared, ...] = ()
    extras: tuple[Declared, ...] = ()
    test_commands: tuple[TestCommand, ...] = ()
    tests: OwnTests = OwnTests()
    extension: DocRef | None = None
    packages: tuple[str, ...] = ()
    build_requires: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    build_recipes: tuple[str, ...] = ()
    test_option: str = ""
    macros: tuple[str, ...] = ()
    old_script: bool = False
    unused: tuple[str, ...] = ()
    missing: tuple[MissingModule, ...] = ()


def place_of(file: str, text: str, wanted: str, start: int = 0) -> DocRef:
    """Where `wanted` first stands in a file's text from line `start` (0-based) on; line 1 when it does not."""
    lines = text.split("\n")
    for index in range(start, len(lines)):
        if wanted and wanted in lines[index]:
            return DocRef(file=file, line=index + 1, end_line=index + 1, text=lines[index].strip()[:200])
    return DocRef(file=file, line=1, end_line=1, text=(lines[0] if lines else "").strip()[:200])
