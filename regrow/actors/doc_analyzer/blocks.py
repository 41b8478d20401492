"""The one model into which every format of document is read: headings, sentences, code, each with file and line.

A reader (`markdown`, `restructured_text`, `plain_text`) turns text into a `Document`; everything after it knows blocks
only. Lines count from 1 and are those of the file that holds the text, also when it was included in another document.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from regrow.protocols.plan import DocFormat

__all__ = ["Block", "BlockKind", "Document", "InlineCode"]


class BlockKind(StrEnum):
    """What a block is."""

    HEADING = "heading"
    TEXT = "text"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class InlineCode:
    """A piece of code in a sentence. `before` and `after` are the words around it."""

    text: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Block:
    """One heading, one paragraph (of a list too), or one block of code.

    Attributes:
        kind: What it is.
        file: Path of the file that holds it.
        line: First line of the content (for fenced code: of the code, not of the fence); `end_line` the last.
        text: The content; markup is removed from sentences, code is as written.
        headings: Titles above it, outermost first; a heading's own title is the last.
        language: The declared language of code in lower case; empty when none is declared.
        label: What the tab, the folded part or the list entry around it is called (`Windows`), or empty.
        literal: For code: set by indentation alone, without a fence or a directive.
        inline: Code inside a sentence.
        list_depth: How many lists are around it.
    """

    kind: BlockKind
    file: str
    line: int
    end_line: int
    text: str
    headings: tuple[str, ...] = ()
    language: str = ""
    label: str = ""
    literal: bool = False
    inline: tuple[InlineCode, ...] = ()
    list_depth: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """One document as blocks, in reading order.

    Attributes:
        problems: What the reader could not follow, as `(line, sentence)`: an include outside the tree, broken markup.
    """

    file: str
    format: DocFormat
    blocks: tuple[Block, ...]
    size_bytes: int
    line_count: int
    truncated: bool = False
    problems: tuple[tuple[int, str], ...] = ()

    @property
    def title(self) -> str:
        """The first heading, or the empty string."""
        return next((block.text for block in self.blocks if block.kind is BlockKind.HEADING), "")
