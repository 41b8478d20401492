"""A `./configure` that this source does not have: which line makes it, and whether a line that starts it can be typed. Pure.

An archive is made for those who have the script, a repository for those who make it first (`./bootstrap`, `autoreconf -i`).
Documents tell both, in one block, in two, or in two ways of which one is possible here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from regrow.actors.doc_analyzer.mentions import Mention
from regrow.core.project.command_facts import Role
from regrow.core.project.file_tree import FileTree

__all__ = ["MAKES_CONFIGURE", "lacking_scripts", "script_missing", "together"]

MAKES_CONFIGURE = frozenset(
    {
        "bootstrap",
        "autogen.sh",
        "autoreconf",
        "buildconf",
        "bootstrap.sh",
        "aclocal",
        "libtoolize",
        "autoheader",
        "automake",
        "autoconf",
        "glibtoolize",
        "intltoolize",
    }
)


def together(one: Mention, other: Mention) -> bool:
    """Whether two commands stand in one block, to be typed together."""
    return (one.document, one.block, one.inline) == (other.document, other.block, other.inline)


def script_missing(mentions: Sequence[Mention], index: int, tree: FileTree) -> str | None:
    """Why a `./configure` is not for this source: it is not there, and another way makes it. None when it is to be typed.

    What no line makes is typed as it is written: that it is not there is a fault of the documents.
    """
    mention = mentions[index]
    if mention.role is not Role.CONFIGURE or not _starts(mention) or tree.has("configure"):
        return None
    makers = [each for each in mentions if each.main.manager in MAKES_CONFIGURE and each.document == mention.document]
    made = any(mention.block - each.block in (0, 1, 2) or _only_makes(mentions, each) for each in makers)
    return None if made or not makers else "there is no ./configure in this source"


def lacking_scripts(
    mentions: Sequence[Mention], open_now: Collection[int], typed: Collection[int], tree: FileTree
) -> Iterator[int]:
    """What makes a `./configure` that is typed and not there, when it stands in another section, or below."""
    starts = [mentions[index] for index in typed if _starts(mentions[index])]
    if not starts or tree.has("configure") or any(mentions[index].main.manager in MAKES_CONFIGURE for index in typed):
        return
    for index in sorted(set(open_now) - set(typed)):
        mention = mentions[index]
        maker = mention.document == starts[0].document and mention.main.manager in MAKES_CONFIGURE
        if maker and _only_makes(mentions, mention):
            yield index


def _starts(mention: Mention) -> bool:
    return bool(mention.typed.commands) and mention.typed.commands[0].program == "./configure"


def _only_makes(mentions: Sequence[Mention], maker: Mention) -> bool:
    """Whether a block makes `./configure` and leaves it to another one to start it."""
    return not any(together(maker, each) and _starts(each) for each in mentions)
