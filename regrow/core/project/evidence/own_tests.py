"""The tests themselves: where they lie, what runs them, what they import."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable

from regrow.core.project.evidence.model import OwnTests, place_of
from regrow.core.project.file_tree import FileTree

__all__ = ["import_names", "read_tests"]

_FOLDER = re.compile(r"(?i)^(tests?|testing|unit_?tests?|testsuite)$")
_FILE = re.compile(r"(^test_.*|.*_tests?|^tests?|^test[A-Z]\w*|.*Tests?)\.py$")
_ASIDE = re.compile(r"(?i)bench|perf|fuzz|speed|stress|example|/data/|fixtures|docs?/|vendor|third_?party")
_LIMIT_FILES = 300
_LIMIT_BYTES = 400_000


def import_names(tree: FileTree) -> tuple[str, ...]:
    """Top-level modules and packages that the project ships, at its root or below `src` and `lib`."""
    found: set[str] = set()
    for path in tree.files:
        parts = path.split("/")
        if parts[0] in {"src", "lib", "python"} and len(parts) > 1:
            parts = parts[1:]
        if len(parts) == 2 and parts[1] in {"__init__.py", "__init__.pyi"}:
            found.add(parts[0])
        elif (
            len(parts) == 1
            and parts[0].endswith(".py")
            and parts[0] not in {"setup.py", "conftest.py", "noxfile.py", "conf.py"}
        ):
            found.add(parts[0][:-3])
    return tuple(sorted(name for name in found if not _FOLDER.match(name) and not _FILE.match(name + ".py")))


def read_tests(tree: FileTree, own: Iterable[str]) -> OwnTests:
    """Folders, files, runner and foreign imports of the Python tests."""
    files = [path for path in sorted(tree.files) if path.endswith(".py") and (_is_test(path) or _within(tree, path))]
    if not files:
        return OwnTests()
    folders = _outermost({_folder_of(path) for path in files} - {""})
    sources = [(path, tree.text(path, _LIMIT_BYTES) or "") for path in files[:_LIMIT_FILES]]
    sources += [(path, tree.text(path) or "") for path in tree.files if path.endswith("conftest.py")]
    local = {path.rpartition("/")[2].removesuffix(".py") for path in tree.files if path.endswith(".py")}
    local |= {part for path in files for part in path.split("/")[:-1]} | set(own)
    imported = sorted({name for _, text in sources for name in _imports(text)} - local - sys.stdlib_module_names)
    imported = sorted({*imported, *_plugins(tree)})
    runner, marker, shown = "unittest", "unittest", sources[0]
    for path, text in sources:
        if re.search(
            r"^\s*(import pytest|from pytest)|^(async )?def test_|conftest", text, re.MULTILINE
        ) or path.endswith("conftest.py"):
            runner, shown = "pytest", (path, text)
            marker = "pytest" if "pytest" in text else "def test_"
            break
    return OwnTests(tuple(sorted(folders)), tuple(files), runner, tuple(imported), place_of(shown[0], shown[1], marker))


def _plugins(tree: FileTree) -> set[str]:
    """Modules that the project's settings tell pytest to load (`addopts = -p pytest_cov`)."""
    found: set[str] = set()
    for file in ("pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg"):
        found |= set(re.findall(r"(?:^|[\s\"'=])-p[ =]?((?!no:)pytest_\w+)", tree.text(file) or ""))
    return found


def _is_test(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    if _ASIDE.search(path):
        return False
    in_folder = any(_FOLDER.match(part) for part in folder.split("/"))
    return bool(_FILE.match(name)) and (in_folder or folder == "" or name.startswith("test_"))


def _within(tree: FileTree, path: str) -> bool:
    """Whether a package has its tests beside its modules, in a file that says so by its name and by what it holds."""
    if not re.search(r"^(?:src/|lib/)?(?:[^/]+/){1,2}tests?\.py$", path) or _ASIDE.search(path):
        return False
    return re.search(r"\bTestCase\b|^def test_", tree.text(path, _LIMIT_BYTES) or "", re.MULTILINE) is not None


def _folder_of(path: str) -> str:
    parts = path.split("/")[:-1]
    cut = next((index for index, part in enumerate(parts) if _FOLDER.match(part)), None)
    return "/".join(parts[: cut + 1]) if cut is not None else "/".join(parts)


def _outermost(folders: set[str]) -> set[str]:
    return {folder for folder in folders if not any(folder.startswith(other + "/") for other in folders)}


def _imports(text: str) -> set[str]:
    """Top-level modules imported outside of `try`, so that what is optional is not required."""
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return set()
    found: set[str] = set()
    for node in module.body:
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return found
