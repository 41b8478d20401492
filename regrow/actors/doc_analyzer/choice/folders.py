"""Where a reader stands: which `cd` of another block begins at the root of the source again. Pure.

A block goes on where the one before it ended, which is how a shell does. Documents of several packages begin each section at
the root all the same (`cd packages/a` in one, `cd packages/b` in the next): where the folder is not below the one that was
entered, and is below the root, that is what is meant.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Sequence

from regrow.actors.doc_analyzer.mentions import Mention
from regrow.core.project.command_facts import Role
from regrow.core.project.file_tree import FileTree

__all__ = ["enters_checkout", "from_the_root"]

_BUILD_FILES = ("pyproject.toml", "setup.py", "package.json", "CMakeLists.txt", "Makefile", "configure")


def enters_checkout(mentions: Sequence[Mention], index: int, names: Collection[str], tree: FileTree) -> bool:
    """Whether a `cd` that is named like the project means the checkout, though a folder of that name lies in it too: the
    command after it installs what lies there, and only the root holds what can be installed.
    """
    mention, after = mentions[index], mentions[index + 1 : index + 2]
    folder = _entered(mention)
    if not folder or re.sub(r"[-_.]+", "-", folder).lower() not in names or not tree.has_folder(folder):
        return False
    installs = [each for each in after if each.block == mention.block and each.document == mention.document]
    if not installs or installs[0].role is not Role.CHECKOUT:
        return False
    return any(map(tree.has, _BUILD_FILES)) and not any(tree.has(f"{folder}/{name}") for name in _BUILD_FILES)


def from_the_root(mentions: Sequence[Mention], typed: Collection[int], tree: FileTree) -> frozenset[int]:
    """Numbers of the typed commands that enter a folder of the root from another one."""
    found: set[int] = set()
    folder, block = "", (-1, -1)
    for index in sorted(typed):
        mention = mentions[index]
        target = _entered(mention)
        if not target:
            continue
        here = (mention.document, mention.block)
        below = posixpath.normpath(posixpath.join(folder, target))
        if folder and here != block and not tree.has_folder(below) and tree.has_folder(posixpath.normpath(target)):
            found.add(index)
            below = posixpath.normpath(target)
        folder, block = ("" if below == "." else below), here
    return frozenset(found)


def _entered(mention: Mention) -> str:
    """The folder that a line leaves its shell in; empty when it stays, or goes where the source cannot tell."""
    commands = mention.typed.commands
    if not commands or commands[0].program != "cd" or mention.typed.text.startswith("("):
        return ""
    target = commands[0].words[1] if len(commands[0].words) > 1 else ""
    return "" if target.startswith(("/", "~", "$", "-")) else target.rstrip("/")
