"""Every command that the documents mention, with what stands around it: the section, the sentence before it, the
platform.

A mention is not yet a choice (`choosing`). Code in a sentence counts as a mention when it is a command and the sentence
tells the reader to type it; its confidence is lower than that of a block.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from regrow.actors.doc_analyzer.blocks import Block, BlockKind, Document
from regrow.actors.doc_analyzer.shell_blocks import Typed, commands_in_block, looks_typed
from regrow.core.project.command_facts import CommandFacts, Role
from regrow.core.project.command_lines import describe
from regrow.core.project.shell_grammar import SimpleCommand, parse_statements
from regrow.protocols.plan import DocRef, Shell

__all__ = ["Mention", "mentions_in", "named_platform"]

LIMIT_MENTIONS = 1_000
"""The documents of 54 surveyed projects hold 284 distinct commands together; what comes after this many is not a
direction.
"""

_PLATFORMS = (
    ("windows", r"windows|powershell|cmd\.exe|visual studio|msvc|cygwin|mingw|msys2?|chocolatey|winget|\bwsl\b"),
    ("macos", r"mac ?os|os ?x\b|macports|homebrew|\bdarwin\b|\bmacs?\b"),
    ("fedora", r"fedora|red ?hat|rhel|centos|rocky|\bdnf\b|\byum\b"),
    ("arch", r"arch ?linux|\barch\b|manjaro|pacman"),
    ("alpine", r"alpine"),
    ("suse", r"suse"),
    ("gentoo", r"gentoo"),
    ("freebsd", r"\w*bsd\b"),
    ("nix", r"\bnix(os)?\b|\bguix\b"),
    ("conda", r"\b(ana|mini)?conda\b|\bmamba\b|conda-forge"),
    ("docker", r"\bdocker\b|\bpodman\b|vagrant|devcontainer|kubernetes|codespaces|gitpod"),
    ("pypy", r"\bpypy\b|jython|ironpython"),
    ("mobile", r"android|\bios\b|raspberry|emscripten|wasm|webassembly|pyodide"),
    ("solaris", r"solaris|hp-?ux|\baix\b|\birix\b|haiku|\bvms\b|os/2|amiga|beos"),
)
_OURS = re.compile(r"linux|unix|debian|ubuntu|posix|all platforms|any platform|every platform", re.IGNORECASE)
_TELLS = re.compile(
    r"\b(run|runs|running|type|typing|use|using|execute|executing|invoke|invoking|issue|enter|with|via|call|try|"
    r"do|simply|by|"
    r"ran|launch|through|command|commands|then|and|either|just|also|or|is|perform|be)\b[\s:,\"']*(?:the "
    r")?(?:command )?(?:line )?[\s:,\"'(]*$",
    re.IGNORECASE,
)
_TELLS_FIRMLY = re.compile(
    r"\b(run|running|type|typing|execute|executing|invoke|issue|enter|use|using|with|via|by|through|do|try|simply)\b",
    re.IGNORECASE,
)
_LEADS = re.compile(r"\b(?:tests?|needs?|requires?|install\w*|build)\b[^.:]{0,40}:\s*$", re.IGNORECASE)
"""A purpose and a colon: `unit tests: ...`, `you need pytest: ...`."""
_TESTS_WITH_IT = re.compile(r"(?i)^[\W_]{0,4}(?:will )?(?:runs?|executes?|starts?)\b[^.]{0,80}\btests?\b")
"""A sentence that begins with a command and goes on with what it is for: `make test` runs the tests."""
_DENIES = re.compile(
    r"\b(do not|don't|never|instead of|rather than|equivalent (to|of)|no longer|deprecated|similar to|used to|"
    r"previously|unlike|like|"
    r"same as|as opposed to|avoid|without|wraps?|calls|such as|replaces?|if you run|output of|"
    r"what|supports?|called by|result of|when you run)\b[^.]{0,60}$|\b(before|after|when) running\b[^.,]{0,60}$",
    re.IGNORECASE,
)
_STRENGTH = (
    Role.PUBLISH,
    Role.INTERACTIVE,
    Role.SERVE,
    Role.CONTAINER,
    Role.SYSTEM_WIDE,
    Role.TEST,
    Role.BENCHMARK,
    Role.CHECKOUT,
    Role.REQUIREMENTS,
    Role.RELEASED,
    Role.SYSTEM,
    Role.CONFIGURE,
    Role.COMPILE,
    Role.STYLE,
    Role.DOCUMENTS,
    Role.PACKAGE,
    Role.FETCH,
    Role.SUBMODULE,
    Role.ENVIRONMENT,
    Role.REVISION,
    Role.REMOVE,
    Role.RUN,
    Role.OTHER,
    Role.SHELL,
)
"""Of a chain the command that says most about its purpose; what must never run comes first."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A command where it stands.

    Attributes:
        typed: The command as typed.
        ref: Where.
        document: Number of the document in reading order, from 0.
        block: Number of the block in the document; mentions of one block are typed together.
        headings: Titles above it, outermost first.
        lead: The sentence before it, or the sentence that holds it.
        platform: The system that its surroundings or its program name, `any` when they name none or ours.
        facts: What each of its simple commands does.
        inline: Whether it stands in a sentence.
        confidence: 0 to 1, that this is a command that a reader is meant to type.
        label: What the tab, the folded part or the list entry around it is called, or empty.
        before: The words of the sentence before it, when it stands in one.
    """

    typed: Typed
    ref: DocRef
    document: int
    block: int
    headings: tuple[str, ...]
    lead: str
    platform: str
    facts: tuple[CommandFacts, ...]
    inline: bool
    confidence: float
    label: str = ""
    before: str = ""

    @property
    def main(self) -> CommandFacts:
        """The fact that says most about its purpose."""
        return min(self.facts, key=lambda fact: _STRENGTH.index(fact.role), default=CommandFacts(Role.OTHER))

    @property
    def role(self) -> Role:
        """The role of `main`."""
        return self.main.role


def named_platform(text: str) -> str:
    """The one platform that a text names; `any` when it names none, several, or ours.

    >>> named_platform("On Windows:"), named_platform("Linux and macOS"), named_platform("Install")
    ('windows', 'any', 'any')
    """
    if _OURS.search(text):
        return "any"
    named = [name for name, pattern in _PLATFORMS if re.search(pattern, text, re.IGNORECASE)]
    return named[0] if named else "any"


def mentions_in(documents: Iterable[Document]) -> tuple[Mention, ...]:
    """All commands of the documents in reading order; what one document includes of another is met there."""
    documents = tuple(documents)
    files = {document.file for document in documents}
    found = (
        mention
        for number, document in enumerate(documents)
        for index, block in enumerate(document.blocks)
        if block.file == document.file or block.file not in files
        for mention in _of_block(document, number, index, block)
    )
    return tuple(islice(found, LIMIT_MENTIONS))


def _of_block(document: Document, number: int, index: int, block: Block) -> Iterator[Mention]:
    if block.kind is BlockKind.CODE:
        lead = _lead(document.blocks, index)
        for typed in commands_in_block(block.text, block.language):
            platform = _platform(typed, block, lead)
            yield _mention(
                typed, block, number, index, lead, platform, inline=False, confidence=_block_confidence(typed, block)
            )
    elif block.kind is BlockKind.TEXT and not re.match(
        r"^\s*(changelog|changes)\b", block.headings[-1] if block.headings else "", re.IGNORECASE
    ):
        for code in block.inline:
            confidence = _inline_confidence(code.text, code.before, code.after)
            if confidence <= 0 or not looks_typed(code.text):
                continue
            for statement in parse_statements(code.text):
                if not statement.commands or not statement.commands[0].words:
                    continue
                typed = Typed(statement.text, 0, 0, Shell.POSIX, True, statement.commands)
                platform = named_platform(code.before + " " + block.label)
                if platform == "any":
                    platform = _of_headings(block)
                mention = _mention(
                    typed, block, number, index, block.text, platform, inline=True, confidence=confidence
                )
                yield replace(mention, before=code.before)


def _mention(
    typed: Typed, block: Block, number: int, index: int, lead: str, platform: str, *, inline: bool, confidence: float
) -> Mention:
    facts = tuple(describe(command) for command in typed.commands or _with_names(typed))
    own = next((fact.platform for fact in facts if fact.platform != "any"), "any")
    if own != "any":
        platform = own
    if typed.shell is Shell.WINDOWS:
        platform = "windows"
    line = block.line + typed.line
    end = block.end_line if inline else block.line + typed.end_line
    text = block.text if inline else typed.text
    ref = DocRef(file=block.file, line=line, end_line=max(line, end), text=text[:500])
    return Mention(typed, ref, number, index, block.headings, lead, platform, facts, inline, confidence, block.label)


def _with_names(typed: Typed) -> tuple[SimpleCommand, ...]:
    """The commands of a line that is none because of its `<placeholder>`, which a shell takes for a redirection."""
    if typed.valid or typed.shell is not Shell.POSIX:
        return ()
    statements = parse_statements(re.sub(r"<[^<>\n]+>", "NAME", typed.text))
    return tuple(command for statement in statements if statement.valid for command in statement.commands)


def _lead(blocks: tuple[Block, ...], index: int) -> str:
    """The sentence just before a block, unless a heading stands between."""
    if index == 0 or blocks[index - 1].kind is not BlockKind.TEXT or blocks[index - 1].file != blocks[index].file:
        return ""
    return re.split(r"(?<=[.!?])\s+", blocks[index - 1].text.strip())[-1][-300:]


_OTHERWISE_THERE = re.compile(r"(?i)^\W*(?:on|in|under|for) \w+,? (?:it|this|use|run|type|replace|call)\b")
"""A comment that says how a command is spelt elsewhere (`# on Windows, it may be "x.py"`): here it is as it stands."""


_FOR_EXAMPLE = re.compile(r"(?i)\b(?:for example|for instance|e\.g\.),? (?:on|under|in|with)\b")
"""A sentence that names a system where its commands are typed among others."""


def _platform(typed: Typed, block: Block, lead: str) -> str:
    """From the nearest that names one: the comment, the tab, a short sentence before, the headings."""
    short = lead if len(lead.split()) <= 14 or lead.rstrip().endswith(":") else ""
    is_aside = typed.comment.lower().startswith("or ") or _OTHERWISE_THERE.search(typed.comment) is not None
    comment = typed.comment if len(typed.comment) < 40 and not is_aside else ""
    if _FOR_EXAMPLE.search(short):
        short = ""
    for text in (comment, block.label, short):
        if text and (_OURS.search(text) or named_platform(text) != "any"):
            return named_platform(text)
    return _of_headings(block)


def _of_headings(block: Block) -> str:
    """The platform of the innermost heading that names one; the title of the document does not count."""
    for title in reversed(block.headings[1:] if len(block.headings) > 1 else block.headings):
        if _OURS.search(title):
            return "any"
        if len(title.split()) <= 6 and (platform := named_platform(title)) != "any":
            return platform
    return "any"


def _block_confidence(typed: Typed, block: Block) -> float:
    if typed.prompted:
        return 0.98
    return 0.95 if block.language else 0.85


def _inline_confidence(text: str, before: str, after: str) -> float:
    """That a piece of code in a sentence is meant to be typed.

    A lone word (`make`, `pytest`) is a name more often than an order, so the words before it must tell to run it.
    """
    if _DENIES.search(before) or len(text) > 200:
        return 0.0
    told = _TELLS.search(before) is not None or _LEADS.search(before) is not None
    alone = len(text.split()) == 1 and not text.startswith("./")
    if alone:
        firm = re.search(
            r"\b(run|running|type|typing|execute|executing|invoke|using|use|with|via)\b[\s:\"'(]*(?:the )?$",
            before,
            re.IGNORECASE,
        )
        return (
            0.55
            if firm
            and not re.match(
                r"\s*(function|method|class|module|package|option|library|fixture|file|command[- ]line)", after
            )
            else 0.0
        )
    if told:
        return 0.7
    if _TESTS_WITH_IT.match(after):
        return 0.65
    chained = re.search(r";|&&|^\./\w", text) is not None
    return 0.6 if chained or _TELLS_FIRMLY.search(before[-80:]) else 0.45
