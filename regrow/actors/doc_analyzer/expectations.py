"""The files that the documents say are there. What they say can be called and is printed is in `claims`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from regrow.actors.doc_analyzer.choice.choosing import Choice
from regrow.core.project.command_facts import Role
from regrow.core.project.file_tree import FileTree, inside
from regrow.core.project.shell_grammar import SimpleCommand
from regrow.protocols.plan import ExpectedFile

__all__ = ["files_in"]

_FILE_OPTIONS = frozenset({"-r", "--requirement", "-c", "--constraint"})
_SCRIPT = re.compile(r"^[\w./-]+\.(py|sh|js|pl|rb|mjs|cjs)$")


def files_in(choices: Iterable[Choice], tree: FileTree) -> tuple[ExpectedFile, ...]:
    """Files that chosen commands read, and whether the tree has them. After a `cd` paths are looked up there."""
    found: dict[str, ExpectedFile] = {}
    folder: str = ""
    made: set[str] = set()
    for choice in choices:
        if not choice.chosen:
            continue
        for command in choice.mention.typed.commands:
            if command.program in {"cd", "pushd"} and len(command.words) > 1:
                folder = inside(folder, command.words[1]) or folder
            made.update(command.writes)
            if command.program in {"cp", "mv", "mkdir"} and len(command.words) > 2:
                made.add(command.words[-1])
            for path in _files_of(command):
                here = inside(folder, path)
                if here is None or here in made or path in made:
                    continue
                produced = choice.mention.role is Role.CONFIGURE or path.startswith(
                    ("build/", "dist/", "venv/", ".venv/", "bin/")
                )
                there = tree.has(here) or tree.has(path)
                found.setdefault(
                    here, ExpectedFile(path=here, ref=choice.mention.ref, produced=produced and not there, exists=there)
                )
    return tuple(found.values())


def _files_of(command: SimpleCommand) -> Iterator[str]:
    words = command.words
    for index, word in enumerate(words):
        attached = re.match(r"^(?:--requirement=|--constraint=|-r)(.+)$", word)
        if word in _FILE_OPTIONS and index + 1 < len(words) and "pip" in " ".join(words[:4]):
            yield words[index + 1]
        elif attached and "pip" in " ".join(words[:4]):
            yield attached.group(1)
    if words and "/" in words[0] and words[0].startswith("./"):
        yield words[0]
    if len(words) > 1 and re.match(r"(python|bash|sh|node|perl|ruby)[\d.]*$", words[0]) and _SCRIPT.match(words[1]):
        yield words[1]
    if command.program == "cp" and len(words) == 3 and not words[1].startswith("-"):
        yield words[1]
