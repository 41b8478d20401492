"""One document as the rules see it: lines as written, blocks, and every command with its place.

The reader's blocks are kept as they are; what is added here is the way back to a line and a column, which a replacement
needs, and commands in sentences, which the rules judge more carefully than commands in blocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from regrow.actors.doc_analyzer.blocks import Block, BlockKind, Document
from regrow.actors.doc_analyzer.lint.model import Edit, Finding
from regrow.actors.doc_analyzer.shell_blocks import (
    PYTHON_LANGUAGES,
    SHELL_LANGUAGES,
    Typed,
    commands_in_block,
    looks_typed,
)
from regrow.core.project.command_facts import CommandFacts
from regrow.core.project.command_lines import describe, unwrapped
from regrow.core.project.placeholders import placeholder_in, usage_line
from regrow.core.project.shell_grammar import SimpleCommand, parse_statements
from regrow.protocols.plan import DocFormat, Shell

__all__ = ["Code", "Command", "Page", "make_page", "text_of_blocks"]

LIMIT_COMMANDS = 2_000
_INLINE = re.compile(r"(?<![`\\])(?P<ticks>`{1,2})(?!`)(?P<text>[^`]+?)(?P=ticks)(?![`_])")
_BARE_PIP = re.compile(
    r"(?<![\w`/-])(?:python3? -m )?pip3? install (?!(?:it|this|that|them|these|those|the|a|an|and|or|from|with|in|"
    r"into|to|as|your|my|our|any|all|packages?|for|directly|will|is|of|on|using|via|by|command|commands|work|works|"
    r"instead)\b)[A-Za-z][\w.\[\],-]*[\w\]](?:==[\d.]+\d)?"
)
_ROLE = re.compile(r":[\w:+-]+:$")
_DENIED = re.compile(
    r"(?i)\b(instead of|rather than|deprecated|no longer|do not|don't|never|avoid|unlike|equivalent (to|of)|"
    r"formerly|not|replaces?|"
    r"wraps?|such as|similar to)\b[^.]{0,60}$"
)
_PROGRAM = re.compile(
    r"^(?:sudo\s+)?(?:pip3?|python3?(?:\.\d+)?|pytest|py\.test|tox|nox|git|npm|yarn|make|cmake|docker|conda|"
    r"apt(?:-get)?|twine|virtualenv|"
    r"uv|poetry|pipx|pre-commit|source|easy_install|django-admin|cd|brew|\./[\w.-]+)\s+\S"
)


@dataclass(frozen=True, slots=True)
class Code:
    """Code inside a sentence: where, and the words of its block before it."""

    text: str
    line: int
    before: str
    after: str
    block: Block
    role: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """One simple command where it stands.

    Attributes:
        typed: The whole line as typed; it may hold several simple commands.
        simple: This one.
        facts: What it does.
        words: Its words without wrappers (`sudo`, `python -m`).
        line: Of its text, from 1; `end_line` of the last continuation.
        block: The block (of code, or the paragraph) that holds it; `place` counts blocks in the document.
        lead: The sentence before the block, or the words before it in its own sentence.
        inline: Whether it stands in a sentence.
    """

    typed: Typed
    simple: SimpleCommand
    facts: CommandFacts
    words: tuple[str, ...]
    line: int
    end_line: int
    block: Block
    place: int
    lead: str
    inline: bool

    @property
    def program(self) -> str:
        """The program that does the work, without its folder."""
        return self.words[0].rpartition("/")[2] if self.words else ""

    @property
    def told(self) -> bool:
        """Whether a reader is to type it: it stands in a block, or in a sentence that does not advise against it."""
        return not self.inline or _DENIED.search(self.lead) is None

    @property
    def section(self) -> tuple[str, ...]:
        """The titles above it."""
        return self.block.headings


@dataclass(frozen=True)
class Page:
    """One document.

    Attributes:
        document: Its blocks, those of other files that it includes left out.
        lines: As written.
        front: Whether it is the README at the root.
    """

    document: Document
    lines: tuple[str, ...]
    front: bool
    blocks: tuple[Block, ...] = field(default=())

    @property
    def file(self) -> str:
        """Its path."""
        return self.document.file

    @property
    def markdown(self) -> bool:
        """Whether it is Markdown."""
        return self.document.format is DocFormat.MARKDOWN

    @cached_property
    def commands(self) -> tuple[Command, ...]:
        """Commands of blocks and sentences in reading order; placeholders and usage lines included."""
        found: list[Command] = []
        for place, block in enumerate(self.blocks):
            if len(found) < LIMIT_COMMANDS:
                found += (
                    self._in_code(block, place) if block.kind is BlockKind.CODE else self._in_sentence(block, place)
                )
        return tuple(found)

    def _in_code(self, block: Block, place: int) -> Iterator[Command]:
        lead = self.lead(place)
        for typed in commands_in_block(block.text, block.language):
            for simple in typed.commands if typed.shell is Shell.POSIX else ():
                words, _ = unwrapped(simple.words)
                yield Command(
                    typed,
                    simple,
                    describe(simple),
                    words,
                    block.line + typed.line,
                    block.line + typed.end_line,
                    block,
                    place,
                    lead,
                    False,
                )

    def _in_sentence(self, block: Block, place: int) -> Iterator[Command]:
        for text, line, before in (*self._typed_in(block), *self._unmarked(block)):
            if not _PROGRAM.match(text) or "\n" in text:
                continue
            for statement in parse_statements(text):
                typed = Typed(text, 0, 0, Shell.POSIX, statement.valid, statement.commands)
                for simple in statement.commands if statement.valid else ():
                    words, _ = unwrapped(simple.words)
                    yield Command(typed, simple, describe(simple), words, line, line, block, place, before, True)

    def _typed_in(self, block: Block) -> Iterator[tuple[str, int, str]]:
        for code in self.codes_of(block):
            yield code.text.removeprefix("$ ").strip(), code.line, code.before

    def _unmarked(self, block: Block) -> Iterator[tuple[str, int, str]]:
        """Commands that no mark sets apart: a paragraph that is one, and `pip install NAME` in a sentence."""
        if block.kind is not BlockKind.TEXT:
            return
        if (
            _PROGRAM.match(block.text)
            and looks_typed(block.text)
            and not re.search(r"[.:;!?]$|\b(the|is|to)\b", block.text)
        ):
            if not any(" ".join(code.text.split()) in block.text for code in self.codes_of(block)):
                yield block.text, block.line, ":"
            return
        for number in range(block.line, min(block.end_line, len(self.lines)) + 1):
            row = re.sub(r"(`+).+?\1", lambda m: " " * len(m.group()), self.lines[number - 1])
            for match in _BARE_PIP.finditer(row):
                yield match.group().rstrip(".,"), number, row[: match.start()]

    @cached_property
    def codes(self) -> tuple[Code, ...]:
        """Code of all sentences."""
        return tuple(code for block in self.blocks if block.kind is not BlockKind.CODE for code in self.codes_of(block))

    def codes_of(self, block: Block) -> Iterator[Code]:
        """Code inside one paragraph, found in its lines as written."""
        raw = "\n".join(self.lines[block.line - 1 : block.end_line])
        for match in _INLINE.finditer(raw):
            text = " ".join(match.group("text").split())
            before = " ".join(raw[max(0, match.start() - 160) : match.start()].split())
            role = _ROLE.search(before)
            after = " ".join(raw[match.end() : match.end() + 80].split())
            line = block.line + raw.count("\n", 0, match.start("text"))
            if text and not text.endswith(">"):
                yield Code(text, line, before, after, block, role.group() if role else "")

    def lead(self, place: int) -> str:
        """The sentence before a block of code: the nearest text of the same section."""
        block = self.blocks[place]
        for earlier in reversed(self.blocks[max(0, place - 3) : place]):
            if earlier.kind is BlockKind.HEADING:
                return earlier.text
            if earlier.kind is BlockKind.TEXT and earlier.headings == block.headings:
                return earlier.text
        return ""

    @cached_property
    def sentences(self) -> tuple[Block, ...]:
        """Paragraphs."""
        return tuple(block for block in self.blocks if block.kind is BlockKind.TEXT)

    @cached_property
    def code_blocks(self) -> tuple[tuple[int, Block], ...]:
        """Blocks of code with their places."""
        return tuple((place, block) for place, block in enumerate(self.blocks) if block.kind is BlockKind.CODE)

    def line_of(self, block: Block, text: str, start: int = 0) -> int:
        """The line of a block that holds `text`, or its words that come first; the block's own line otherwise."""
        first = text.split("\n", maxsplit=1)[0].strip()
        for wanted in (first, " ".join(first.split()[:3]), (first.split() or [""])[0]):
            for number in range(max(block.line, start), block.end_line + 1):
                if wanted and number <= len(self.lines) and wanted in self.lines[number - 1]:
                    return number
        return block.line

    def line_in(self, command: Command, text: str) -> int:
        """The line of a command (one of its continuation lines) that holds `text`."""
        for number in range(command.line, command.end_line + 1):
            if number <= len(self.lines) and text in self.lines[number - 1]:
                return number
        return command.line

    def finding(
        self, rule: str, line: int, message: str, evidence: str = "", swap: tuple[str, str] | None = None
    ) -> Finding:
        """A finding at a line of this document; `swap` is what stands there and what should."""
        return Finding(self.file, line, rule, message, evidence, self._edit(line, swap))

    def _edit(self, line: int, swap: tuple[str, str] | None) -> Edit | None:
        if swap is None or not 0 < line <= len(self.lines):
            return None
        old, new = swap
        pattern = rf"(?<![\w.-]){re.escape(old)}(?![\w-])" if old[:1].isalnum() else re.escape(old)
        match = re.search(pattern, self.lines[line - 1])
        return Edit(line, match.start(), match.end(), new) if match else None


def make_page(document: Document, text: str, front: bool) -> Page:
    """A document with its text."""
    blocks = tuple(block for block in document.blocks if block.file == document.file)
    return Page(document, tuple(text.split("\n")), front, blocks)


def text_of_blocks(document: Document) -> str:
    """The text of a document whose file is written in another language (JSON), each line of it where the file has it."""
    rows = [""] * document.line_count
    for block in document.blocks:
        for number, row in enumerate(block.text.split("\n"), block.line - 1):
            place = min(number, len(rows) - 1)
            rows[place] = f"{rows[place]} {row}".strip()
    return "\n".join(rows)


def is_placeholder(text: str) -> bool:
    """Whether a text stands for something else, or shows how a program is called."""
    return placeholder_in(text) is not None or usage_line(text)


def is_shell(block: Block) -> bool:
    """Whether a block declares a POSIX shell."""
    return block.language in SHELL_LANGUAGES


def is_python(block: Block) -> bool:
    """Whether a block is Python: by declaration, or by how it begins."""
    if block.language in PYTHON_LANGUAGES - {"default", "pytb"}:
        return True
    return (
        block.language in {"", "default"}
        and re.match(r"\s*(?:>>> |from [\w.]+ import |import \w)", block.text) is not None
    )
