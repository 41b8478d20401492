"""Which clone brings another project: only a clone of the project itself is already there. Pure.

A repository is often called otherwise than the package in it, so that a name that is unknown is no proof: the block has to
show that something else is fetched. It is named by the sentence or the title, it is the program of a later line, or a line
starts a script that this source does not have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from regrow.actors.doc_analyzer.mentions import Mention
from regrow.core.project.command_facts import Role
from regrow.core.project.file_tree import FileTree

__all__ = ["clone_folder", "foreign_lines"]

_AFFIXES = re.compile(
    r"^(?:python|py|lib|node|js|go|c|cpp|rust)-|^lib(?=\w{3})|-(?:python|py|js|c|cpp|lib|master|main|git|src)$"
)
_MADE_LATER = frozenset(("configure", "autogen.sh", "bootstrap", "bootstrap.sh", "buildconf"))
"""Scripts that a repository has and its archives have not."""


def clone_folder(mention: Mention) -> str:
    """The folder that `git clone ADDRESS [FOLDER]` makes; `*` when it cannot be told."""
    named = _named(mention)
    return named[-1].rstrip("/").rpartition("/")[2].removesuffix(".git") if named else "*"


def foreign_lines(mentions: Sequence[Mention], names: frozenset[str], tree: FileTree) -> dict[int, str]:
    """For each line that fetches another project, or works in it: the name of that project."""
    found: dict[int, str] = {}
    for index, mention in enumerate(mentions):
        if mention.role is not Role.FETCH or not _named(mention):
            continue
        block = [
            other
            for other in range(index + 1, len(mentions))
            if (mentions[other].document, mentions[other].block) == (mention.document, mention.block)
        ]
        lines = [mentions[other] for other in block]
        name = _repository(mention)
        if _is_own(name, names, mention.headings[:1]) or not _is_foreign(name, mention, lines, tree):
            continue
        found[index] = name
        entered = any(line.typed.text.strip().rstrip("/") == f"cd {clone_folder(mention)}" for line in lines)
        found.update(dict.fromkeys(block if entered else (), name))
    return found


def _named(mention: Mention) -> list[str]:
    words = next((command.words for command in mention.typed.commands if "clone" in command.words[:4]), ())
    return [word for word in words[2:] if not word.startswith("-") and ("/" in word or ":" in word or word != "clone")]


def _repository(mention: Mention) -> str:
    address = next((word for word in _named(mention) if "/" in word or ":" in word), _named(mention)[0])
    return re.split(r"[/:]", address.rstrip("/"))[-1].removesuffix(".git").lower()


def _bare(name: str) -> str:
    plain = re.sub(r"[-_. ]+", "-", name.lower()).strip("-")
    return _AFFIXES.sub("", _AFFIXES.sub("", plain))


def _is_own(name: str, names: Iterable[str], titles: Iterable[str]) -> bool:
    bare = _bare(name)
    return any(bare == _bare(each) for each in names) or any(
        bare in {_bare(word) for word in re.findall(r"[\w.-]+", title)} or bare == _bare(title) for title in titles
    )


def _is_foreign(name: str, mention: Mention, lines: Sequence[Mention], tree: FileTree) -> bool:
    words = re.compile(rf"(?i)(?<![\w/-]){re.escape(name)}(?![\w/-])")
    titles = mention.headings[1:]
    if words.search(mention.lead) or any(words.search(title) for title in titles):
        return True
    programs = [command.program for line in lines for command in line.typed.commands]
    if any(program.rpartition("/")[2].lower() == name for program in programs):
        return True
    scripts = [program[2:] for program in programs if program.startswith("./")]
    return any(not tree.has(script) and script.rpartition("/")[2] not in _MADE_LATER for script in scripts)
