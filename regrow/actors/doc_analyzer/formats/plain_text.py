"""Plain text to blocks: INSTALL, README without an ending, HACKING.

There is no markup, so its conventions are read: a title is underlined, numbered or in capitals; code is indented
further than the sentence before it; code in a sentence stands in `` `these' ``, `` `these` `` or "these" marks (GNU's
INSTALL), or in doubled ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from regrow.actors.doc_analyzer.blocks import Block, BlockKind, InlineCode
from regrow.core.project.command_tables import known_program

__all__ = ["inline_quotes", "read_plain_text", "reads_as_prose"]

_UNDERLINE = re.compile(r"^\s*([=\-~*^#_])\1{2,}\s*$")
_BANNER = re.compile(r"^[#*=\-]{2,}\s+(\S.*?)\s*[#*=\-]*$")
_QUOTED = re.compile(
    r"``([^`'\n]{2,80})(?:``|'')|`([^`'\n]{2,80})['`]|‘([^’\n]{2,80})’|\"([^\"\n]{2,80})\"|(?<!\w)'([^'\n]{3,80})'|\b(?:[Tt]ype|[Rr]un|"
    r"[Ee]nter|[Ee]xecute): +(\w[^\n]{1,80})$"
)
_COMMON = frozenset(
    "the a an to is of and you your this that with for are be it its if in on or not can will should by as from".split()
)
_LONGEST_STEP = 8
_ITEM = re.compile(r"^\s*(?:[-*+•]|\(?\d+[.)]|[a-z]\))\s+")


def inline_quotes(text: str) -> Iterator[InlineCode]:
    """Quoted pieces of a sentence.

    >>> [code.text for code in inline_quotes("Type `make check' to run the tests.")]
    ['make check']
    """
    for match in _QUOTED.finditer(text):
        group = match.lastindex or 0
        start = match.start(group)
        yield InlineCode(
            " ".join(match.group(group).split()),
            text[max(0, start - 120) : start].rstrip("`\"'‘"),
            text[match.end() :][:60],
        )


def read_plain_text(text: str, file: str) -> tuple[Block, ...]:
    """The blocks of a text without markup.

    >>> text = "Install\\n=======\\n\\nType:\\n\\n    make\\n"
    >>> [(b.kind.value, b.line, b.text) for b in read_plain_text(text, "INSTALL")]
    [('heading', 1, 'Install'), ('text', 4, 'Type:'), ('code', 6, 'make')]
    """
    return tuple(_blocks(text.expandtabs(8).split("\n"), file))


def _blocks(lines: list[str], file: str) -> Iterator[Block]:
    headings: tuple[str, ...] = ()
    index = 0
    while index < len(lines):
        if not lines[index].strip():
            index += 1
            continue
        title, used = _heading(lines, index)
        if title:
            headings = (title,)
            yield Block(BlockKind.HEADING, file, index + 1, index + 1, title, headings)
            index += used
            continue
        end = _paragraph_end(lines, index)
        if end == index + 1 and _is_step(lines, index):
            yield Block(BlockKind.CODE, file, index + 1, end, _step_of(lines[index]), headings, literal=True)
        elif _is_code(lines[index:end]):
            end = _code_end(lines, index)
            yield _code(lines, index, end, file, headings)
        else:
            depth = _indent(lines[index])
            end = next((i for i in range(index + 1, end) if _begins_code(lines, i, depth)), end)
            yield _sentence(lines, index, end, file, headings)
        index = end


def _is_step(lines: list[str], index: int) -> bool:
    """Whether an item of a numbered list is a command as it stands, and so is the one before or after it."""
    beside = (lines[place] for place in (index - 1, index + 1) if 0 <= place < len(lines))
    return bool(_step_of(lines[index])) and any(map(_step_of, beside))


def _step_of(line: str) -> str:
    """The command that an item of a numbered list is; empty when it is a sentence, or anything else.

    >>> _step_of("2. cd build"), _step_of("4. make sure that it works"), _step_of("- make")
    ('cd build', '', '')
    """
    item = re.match(r"^\s*\(?\d+[.)]\s+(?P<command>\S.*?)\s*$", line)
    words = item["command"].split() if item else []
    if (
        item is None
        or not known_program(words[0])
        or len(words) > _LONGEST_STEP
        or re.search(r"[,;:!?]$|\w\.$", words[-1])
    ):
        return ""
    return "" if {word.lower() for word in words} & {*_COMMON, "sure"} else item["command"]


def _is_code(paragraph: list[str]) -> bool:
    """Whether a paragraph is set off as code: indented as a whole, and no sentence."""
    if all(re.match(r"^\s*[$%] \S", line) for line in paragraph):
        return True
    if min(map(_indent, paragraph)) < 2 or _ITEM.match(paragraph[0]):
        return False
    return not reads_as_prose(" ".join(line.strip() for line in paragraph))


def reads_as_prose(text: str) -> bool:
    """Whether a text is a sentence of English rather than something to type.

    >>> reads_as_prose("Type this to make the package."), reads_as_prose("make install prefix=/usr")
    (True, False)
    """
    words = re.findall(r"[A-Za-z']+", text)
    common = sum(word.lower() in _COMMON for word in words)
    if len(words) >= 4 and common >= max(2, len(words) // 8):
        return True
    return len(words) >= 4 and text[:1].isupper() and text.rstrip().endswith((".", ":", "!", "?", ","))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _heading(lines: list[str], index: int) -> tuple[str, int]:
    line = lines[index]
    following = lines[index + 1] if index + 1 < len(lines) else ""
    alone = not following.strip()
    if _UNDERLINE.match(line):
        return ("", 0)
    if _UNDERLINE.match(following) and len(line) < 100:
        return line.strip(), 2
    before_blank = index == 0 or not lines[index - 1].strip()
    if before_blank and alone and (banner := _BANNER.match(line)):
        return banner.group(1), 1
    numbered = (
        re.match(r"^(?:\d+[.)]|[IVX]+\.|#+)\s+\S.{0,60}$", line) and ":" not in line and not line.rstrip().endswith(".")
    )
    capitals = re.match(r"^[A-Z][A-Z0-9 ,/&'-]{3,60}:?$", line)
    if before_blank and alone and (numbered or capitals):
        return line.strip().rstrip(":"), 1
    return ("", 0)


def _paragraph_end(lines: list[str], index: int) -> int:
    end = index + 1
    while end < len(lines) and lines[end].strip() and not _ITEM.match(lines[end]):
        if _UNDERLINE.match(lines[end]):
            end += 1
            break
        end += 1
    return end


def _begins_code(lines: list[str], index: int, depth: int) -> bool:
    """A line that is a command set off inside a paragraph: indented further, after a line that ends with a colon."""
    prompted = re.match(r"^\s*[$%#>] \S", lines[index]) is not None
    return _indent(lines[index]) > depth and (lines[index - 1].rstrip().endswith(":") or prompted)


def _code_end(lines: list[str], index: int) -> int:
    """The end of a run of indented paragraphs; blank lines inside it belong to it."""
    end = index
    while end < len(lines):
        start = next((i for i in range(end, len(lines)) if lines[i].strip()), len(lines))
        if start >= len(lines) or (start > index and not _is_code(lines[start : _paragraph_end(lines, start)])):
            return end
        end = start
        margin = _indent(lines[index])
        while end < len(lines) and lines[end].strip() and (end == index or _indent(lines[end]) >= min(2, margin)):
            end += 1
        if end == start:
            return end
    return end


def _code(lines: list[str], index: int, end: int, file: str, headings: tuple[str, ...]) -> Block:
    body = lines[index:end]
    margin = min(_indent(line) for line in body if line.strip())
    text = "\n".join(line[margin:].rstrip() for line in body)
    return Block(BlockKind.CODE, file, index + 1, end, text, headings, literal=True)


def _sentence(lines: list[str], index: int, end: int, file: str, headings: tuple[str, ...]) -> Block:
    text = " ".join(line.strip() for line in lines[index:end])
    depth = 1 if _ITEM.match(lines[index]) else 0
    return Block(
        BlockKind.TEXT, file, index + 1, end, text, headings, inline=tuple(inline_quotes(text)), list_depth=depth
    )
