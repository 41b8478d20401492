"""Names the file that a failing test looked for and that the source does not have (trap 25): an archive left it out. Pure.

Only a file in a folder that the source has is one: what a test was to make itself, or expects somewhere else, is not.
"""

from __future__ import annotations

import posixpath
import re

from regrow.core.project.file_tree import FileTree

__all__ = ["absent_file"]

_NO_PACKAGE = re.compile(r"cannot import name '(?P<name>\w+)' from '(?P<package>[\w.]+)' \(unknown location\)")
_NOT_THERE = re.compile(r"No such file or directory: b?['\"](?P<path>[^'\"]+)['\"]")


def absent_file(tree: FileTree, complaint: str, root: str) -> str:
    """The path, relative to the project's folder, of the file that a complaint is about; empty when there is none.

    Args:
        tree: The source as it came.
        complaint: What a test says of its failure.
        root: The project's folder in the room.

    >>> tree = FileTree.of({"tests/test_a.py": "", "setup.py": ""})
    >>> absent_file(tree, "ImportError: cannot import name 'unittest' from 'tests' (unknown location)", "/c")
    'tests/__init__.py'
    >>> absent_file(tree, "[Errno 2] No such file or directory: '/c/tests/data.ics'", "/c")
    'tests/data.ics'
    """
    for found in _NO_PACKAGE.finditer(complaint):
        folder = found["package"].replace(".", "/")
        if tree.has_folder(folder) and not tree.has(f"{folder}/__init__.py"):
            return f"{folder}/__init__.py"
    for found in _NOT_THERE.finditer(complaint):
        path = posixpath.normpath(found["path"].removeprefix(f"{root}/"))
        folder, name = posixpath.split(path)
        inside = not path.startswith(("/", "../")) and (not folder or tree.has_folder(folder))
        if inside and "." in name and not tree.has(path) and not tree.has_folder(path):
            return path
    return ""
