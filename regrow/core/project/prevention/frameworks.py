"""Where a test goes and how it is run, by the runner that the project uses already. Pure.

A project whose runner takes no file of this kind (make, ctest, go, cargo) gets a shell script that prints TAP: it runs
alone, and automake, Meson and prove take it as a test.
"""

from __future__ import annotations

import json
import posixpath
from collections import Counter
from dataclasses import dataclass
from typing import Final

from regrow.core.project.file_tree import FileTree

__all__ = ["Place", "place_for"]

_PYTHON: Final = ("pytest", "unittest")
_NODE: Final = ("jest", "mocha", "node:test", "tap")
_FOLDERS: Final = frozenset({"tests", "test", "testing", "__tests__", "spec", "t"})
_ENDS: Final = {"python": (".py",), "node": (".js", ".cjs", ".mjs", ".ts", ".tsx"), "sh": ("",)}


@dataclass(frozen=True, slots=True)
class Place:
    """One test file to be.

    Attributes:
        framework: What its tests are written for.
        path: Relative to the project's root.
        command: What runs it alone, from the root.
    """

    framework: str
    path: str
    command: str

    @property
    def depth(self) -> int:
        """How many folders it lies below the root."""
        return self.path.count("/")


def place_for(tree: FileTree, runner: str) -> Place:
    """Return the place for a project.

    Args:
        tree: Its files.
        runner: What its tests were counted of (`TestCounts.runner`); several are joined by a plus sign.
    """
    runners = runner.split("+")
    if "junit" in runners and any(path.endswith(".py") for path in tree.files):
        runners.append("pytest")  # which writes the only file of this kind that is asked for
    # What prints TAP or JUnit may be a program in any language.
    taken = (*_PYTHON, *(_NODE if "package.json" in tree.files else ()))
    framework = next((each for each in taken if each in runners), "sh")
    if framework == "unittest" and any(_is_file(tree, each) for each in ("pytest.ini", "conftest.py")):
        framework = "pytest"
    kind = "python" if framework in _PYTHON else "node" if framework in _NODE else "sh"
    folder = _test_folder(tree, _ENDS[kind])
    path = _free(tree, posixpath.join(folder, _file_name(tree, kind)))
    return Place(framework, path, _command(framework, path))


def _file_name(tree: FileTree, kind: str) -> str:
    if kind == "python":
        return "test_documented_build.py"
    if kind == "node":
        return f"documented-build.test.{'cjs' if _is_module(tree) else 'js'}"
    return "documented-build.test"


def _command(framework: str, path: str) -> str:
    return {
        "pytest": f"python -m pytest -q --no-header -p no:cacheprovider {path}",
        "unittest": f"python -m unittest -v {path}",
        "jest": f"npx --no-install jest --ci --coverage=false --runTestsByPath {path}",
        "mocha": f"npx --no-install mocha --no-config --no-package --reporter spec {path}",
        "node:test": f"node --test {path}",
        "tap": f"node {path}",
        "sh": f"sh {path}",
    }[framework]


def _test_folder(tree: FileTree, ends: tuple[str, ...]) -> str:
    """The folder of tests with most files of this kind; the root where there is none."""
    found = Counter(
        parts[0]
        for path in tree.files
        if path.endswith(ends) and len(parts := path.split("/")) > 1 and parts[0] in _FOLDERS
    )
    return max(found, key=lambda name: (found[name], name), default="")


def _free(tree: FileTree, path: str) -> str:
    stem, dot, end = path.partition(".")
    number = 2
    while path in tree.files:
        path = f"{stem}_{number}{dot}{end}"
        number += 1
    return path


def _is_file(tree: FileTree, path: str) -> bool:
    return path in tree.files


def _is_module(tree: FileTree) -> bool:
    try:
        said = json.loads(tree.read("package.json"))
    except (KeyError, OSError, ValueError):
        return False
    return isinstance(said, dict) and said.get("type") == "module"
