"""Puts the evidence of a project together."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from fnmatch import fnmatchcase

from regrow.core.project.evidence.model import Declared, Evidence, OwnTests, TestCommand, TestSource, place_of
from regrow.core.project.evidence.node_project import node_evidence
from regrow.core.project.evidence.own_scripts import script_commands
from regrow.core.project.evidence.own_tests import import_names, read_tests
from regrow.core.project.evidence.python_metadata import PythonMetadata, read_python_metadata
from regrow.core.project.evidence.runners import (
    ci_commands,
    makefile_commands,
    nox_evidence,
    requirement_files,
    tox_evidence,
)
from regrow.core.project.file_tree import FileTree
from regrow.protocols.documents import DocRef, Ecosystem

__all__ = ["gather"]

_FEW_FILES = 5
"""So many are named in a command; more are none that a reader types."""
_RECIPES = (
    "configure",
    "bootstrap",
    "bootstrap.sh",
    "autogen.sh",
    "configure.ac",
    "configure.in",
    "CMakeLists.txt",
    "meson.build",
    "SConstruct",
    "Makefile",
    "GNUmakefile",
    "makefile",
    "Makefile.am",
    "waf",
)


PATTERNS = ("test*.py", "*_test.py", "*_tests.py", "*Test.py", "*Tests.py", "*test*.py")
"""How files of tests are named; the first is what unittest looks for by itself."""


def gather(tree: FileTree) -> Evidence:
    """All evidence of a source tree.

    >>> from regrow.core.project.file_tree import FileTree
    >>> found = gather(FileTree.of({"setup.py": "setup(name='x')", "test_x.py": "import pytest"}))
    >>> found.ecosystem.value, found.name, [command.text for command in found.test_commands]
    ('python', 'x', ['python -m pytest'])
    """
    recipes = tuple(name for name in _RECIPES if tree.has(name))
    if any(tree.has(name) for name in ("pyproject.toml", "setup.py", "setup.cfg")):
        metadata = read_python_metadata(tree)
        if metadata.has_build_system or metadata.has_script or metadata.name:
            return _python(tree, metadata, recipes)
    if tree.has("package.json"):
        return node_evidence(tree, recipes)
    sources = any(path.endswith((".c", ".cc", ".cpp", ".cxx", ".h", ".hpp")) for path in tree.files)
    if recipes and sources:
        return _c(tree, recipes)
    return Evidence(build_recipes=recipes)


def _python(tree: FileTree, metadata: PythonMetadata, recipes: tuple[str, ...]) -> Evidence:
    own = import_names(tree)
    tests = read_tests(tree, own)
    tox_needs, tox_commands = tox_evidence(tree)
    nox_needs, nox_commands = nox_evidence(tree)
    declared = [*metadata.declared, *tox_needs, *requirement_files(tree), *nox_needs]
    commands = [*tox_commands, *nox_commands, *metadata.commands, *ci_commands(tree)]
    if tests.files and tests.ref is not None:
        runner = "pytest" if tests.runner == "pytest" or _uses_pytest(tree, declared) else "unittest"
        text = _pytest_command(tree, tests) if runner == "pytest" else _unittest_command(tree, tests)
        direct = TestCommand(text, TestSource.TESTS, tests.ref)
        # A script comes before unittest, which knows nothing of what the script sets up; pytest has settings of its own.
        scripts = script_commands(tree, tests)
        commands += [direct, *scripts] if runner == "pytest" else [*scripts, direct]
    return Evidence(
        ecosystem=Ecosystem.PYTHON,
        name=metadata.name,
        version=metadata.version,
        metadata=metadata.where,
        requires_python=metadata.requires_python,
        test_requirements=_ranked(declared),
        extras=tuple(metadata.extras),
        test_commands=tuple(commands),
        tests=tests,
        extension=metadata.extension,
        packages=own,
        build_requires=metadata.build_requires,
        requires=metadata.requires,
        build_recipes=recipes,
        old_script=metadata.has_script and not metadata.has_build_system,
    )


def _ranked(declared: list[Declared]) -> tuple[Declared, ...]:
    """Those that name a test runner first, keeping the order otherwise."""
    names = re.compile(
        r"(?i)^(pytest|nose|unittest2|testtools|mock|hypothesis|tox|zope\.testrunner|trial|coverage|green|ward)"
    )
    return tuple(
        sorted(declared, key=lambda each: not (each.values == (each.name,) or any(names.match(v) for v in each.values)))
    )


def _uses_pytest(tree: FileTree, declared: list[Declared]) -> bool:
    settings = (tree.text("pyproject.toml") or "") + (tree.text("setup.cfg") or "") + (tree.text("tox.ini") or "")
    return (
        tree.has("pytest.ini")
        or bool(re.search(r"\[(tool[:.])?pytest", settings))
        or any(value.lower().startswith("pytest") for each in declared for value in each.values)
    )


def _pytest_command(tree: FileTree, tests: OwnTests) -> str:
    """pytest, told the files where it would not find any by their names.

    >>> _pytest_command(FileTree.of({}), OwnTests(("demo",), ("demo/tests.py",), "pytest"))
    'python -m pytest demo/tests.py'
    """
    names = [path.rpartition("/")[2] for path in tests.files]
    found = any(fnmatchcase(name, pattern) for name in names for pattern in ("test_*.py", "*_test.py"))
    settings = "".join(tree.text(name) or "" for name in ("pytest.ini", "pyproject.toml", "setup.cfg", "tox.ini"))
    if found or not 0 < len(names) <= _FEW_FILES or "python_files" in settings:
        return "python -m pytest"
    return f"python -m pytest {' '.join(map(shlex.quote, tests.files))}"


def _unittest_command(tree: FileTree, tests: OwnTests) -> str:
    pattern = _pattern_of([path.rpartition("/")[2] for path in tests.files])
    if len(tests.folders) == 1:
        named = "" if pattern == PATTERNS[0] else f" -p '{pattern}'"
        # With a top folder of its own a start folder must be a package; it has no test of another name then.
        root = next((folder for folder in ("src", "lib") if tests.folders[0].startswith(f"{folder}/")), ".")
        top = f" -t {root}" if tree.has(f"{tests.folders[0]}/__init__.py") else ""
        return f"python -m unittest discover -s {tests.folders[0]}{top}{named}"
    return f"python -m unittest discover -p '{pattern}'"


def _pattern_of(names: Sequence[str]) -> str:
    """The pattern that finds most of the test files, the runner's own first.

    >>> _pattern_of(["ansi_test.py", "winterm_test.py"]), _pattern_of(["test_a.py", "test_b.py"])
    ('*_test.py', 'test*.py')
    """
    return max(PATTERNS, key=lambda pattern: sum(fnmatchcase(name, pattern) for name in names))


def _c(tree: FileTree, recipes: tuple[str, ...]) -> Evidence:
    name, version, where = _c_name(tree)
    commands: list[TestCommand] = []
    commands += makefile_commands(tree)
    cmake = tree.text("CMakeLists.txt")
    if cmake is not None and re.search(r"(?i)enable_testing|include\s*\(\s*CTest|add_test", cmake):
        commands.append(
            TestCommand("ctest --output-on-failure", TestSource.BUILD_SYSTEM, place_of("CMakeLists.txt", cmake, "test"))
        )
    elif cmake is not None and (own := re.search(r"(?i)add_custom_target\s*\(\s*(tests?|check)\b", cmake)):
        text = f"cmake --build build --target {own.group(1)}"
        commands.append(TestCommand(text, TestSource.BUILD_SYSTEM, place_of("CMakeLists.txt", cmake, own.group())))
    meson = tree.text("meson.build")
    if meson is not None:
        commands.append(
            TestCommand("meson test -C build", TestSource.BUILD_SYSTEM, place_of("meson.build", meson, "test"))
        )
    return Evidence(
        ecosystem=Ecosystem.C,
        name=name,
        version=version,
        metadata=where,
        test_commands=tuple(commands + ci_commands(tree)),
        build_recipes=recipes,
        macros=_macros(tree.text("configure.ac") or tree.text("configure.in") or ""),
        test_option=_test_option(cmake, tree.text("meson_options.txt") or tree.text("meson.options")),
    )


def _macros(text: str) -> tuple[str, ...]:
    """The macros of a configure.ac, without those that are commented out.

    >>> _macros("AC_INIT([a])\\ndnl LT_INIT\\nAM_GNU_GETTEXT([external])")
    ('AC_INIT', 'AM_GNU_GETTEXT')
    """
    plain = re.sub(r"(?m)(?:\bdnl\b|^\s*#).*$", "", text)
    return tuple(dict.fromkeys(re.findall(r"\b(?:A[CMX]|LT|LTDL|PKG|GTK|IT|GLIB)_[A-Z0-9_]+", plain)))


def _test_option(cmake: str | None, meson: str | None) -> str:
    """What CMake or Meson is told so that tests are built that are off by default.

    >>> _test_option('option(WITH_TESTS "build tests" OFF)', None)
    '-DWITH_TESTS=ON'
    >>> _test_option(None, "option('tests', type: 'boolean', value: false)")
    '-Dtests=true'
    """
    named = re.search(
        r"(?im)^\s*option\s*\(\s*(\w*TEST(?:S|ING)?)\s+(?:\"[^\"]*\"\s*(?:OFF|FALSE|NO|0)?|OFF)\s*\)|"
        r"^\s*cmake_dependent_option\s*\(\s*(\w*TEST(?:S|ING)?)\s+\"[^\"]*\"\s+OFF\b",
        cmake or "",
    )
    if named and not re.search(r"(?i)\b(?:ON|TRUE)\s*\)$", named.group()):
        return f"-D{named.group(1) or named.group(2)}=ON"
    asked = re.search(r"option\(\s*'([\w-]*tests?)'([^)]*)\)", meson or "")
    if asked is None:
        return ""
    if re.search(r"value\s*:\s*false", asked.group(2)):
        return f"-D{asked.group(1)}=true"
    return f"-D{asked.group(1)}=enabled" if re.search(r"value\s*:\s*'(?:disabled|auto)'", asked.group(2)) else ""


def _c_name(tree: FileTree) -> tuple[str, str | None, DocRef | None]:
    patterns = (
        ("configure.ac", r"AC_INIT\(\s*\[?([^\],)]+)\]?\s*(?:,\s*\[?([\w.]+)\]?)?"),
        ("CMakeLists.txt", r"(?i)project\s*\(\s*\"?([\w.+-]+)\"?(?:[^)]*VERSION\s+([\d.]+))?"),
        ("meson.build", r"project\(\s*'([^']+)'(?:[^)]*version\s*:\s*'([^']+)')?"),
    )
    for file, pattern in patterns:
        text = tree.text(file)
        match = re.search(pattern, text) if text else None
        if text is not None and match:
            version = match.group(2) if match.group(2) and match.group(2)[0].isdigit() else None
            return match.group(1).strip(), version, place_of(file, text, match.group().split("\n")[0])
    return "", None, None
