"""Which virtual environment a command makes and which it enters: an activation is possible only where it was made. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from regrow.actors.doc_analyzer.mentions import Mention
from regrow.core.project.file_tree import FileTree
from regrow.core.project.shell_grammar import SimpleCommand

__all__ = ["lacking_makers"]

_ACTIVATE = re.compile(r"(?:\./)?(?P<folder>.+?)/(?:bin|Scripts)/activate(?:\.\w+)?")
_PLAIN = ".venv"
"""Where uv and pdm make a project's environment, and `uv venv` one without a name. Source: their manuals."""
_MAKES_PLAIN = {"uv": frozenset({"sync", "run"}), "pdm": frozenset({"install", "sync", "run"})}


def lacking_makers(mentions: Sequence[Mention], chosen: Collection[int], tree: FileTree) -> dict[int, int]:
    """Chosen commands that enter an environment which is not made, each with the command that would make it.

    One that no command of its document makes is none of them: that it is not there is a fault of the documents.

    Args:
        chosen: Numbers of the mentions that are typed.
    """
    made = {folder for index in chosen for folder in _all_made(mentions[index])}
    found: dict[int, int] = {}
    for index in chosen:
        mention = mentions[index]
        lacking = {folder for folder in _all_entered(mention) - made if not tree.has_folder(folder)}
        makers = [
            other
            for other, each in enumerate(mentions)
            if other not in chosen and each.document == mention.document and _all_made(each) & lacking
        ]
        if makers:
            found[index] = min(makers, key=lambda other: abs(other - index))
    return found


def _all_entered(mention: Mention) -> frozenset[str]:
    return frozenset(filter(None, map(_entered, mention.typed.commands)))


def _all_made(mention: Mention) -> frozenset[str]:
    return frozenset(folder for command in mention.typed.commands for folder in _made(command))


def _entered(command: SimpleCommand) -> str:
    """The folder of the environment, as it is written, without `./`."""
    if command.program not in {".", "source"} or len(command.words) < 2:
        return ""
    match = _ACTIVATE.fullmatch(command.words[1])
    return match["folder"] if match else ""


def _made(command: SimpleCommand) -> tuple[str, ...]:
    words = command.words
    program = command.program.rpartition("/")[2]
    if program == "uv" and words[1:2] == ("venv",):
        return _named(words[2:])[-1:] or (_PLAIN,)
    if program in _MAKES_PLAIN and _MAKES_PLAIN[program] & set(words[1:2]):
        return (_PLAIN,)
    if program == "virtualenv":
        return _named(words[1:])[-1:]
    if program.startswith("python") and words[1:2] == ("-m",) and words[2:3] in {("venv",), ("virtualenv",)}:
        return _named(words[3:])[-1:]
    return ()


def _named(words: tuple[str, ...]) -> tuple[str, ...]:
    """Folders among the arguments. That of an option (`-p python3`) may be one of them, the folder comes last."""
    return tuple(word.removeprefix("./").rstrip("/") for word in words if not word.startswith("-"))
