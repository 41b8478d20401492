"""How a document writes its commands and headings, so that what is added looks as if its author had written it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from regrow.actors.doc_analyzer.blocks import BlockKind, Document
from regrow.protocols.documents import DocFormat, DocRef

__all__ = ["Section", "Style", "body_end", "command_lines", "heading_lines", "prefix_of", "sections_of", "style_of"]

_FENCE = re.compile(r"^\s*(`{3,}|~{3,})\s*\{?\.?([\w+-]*)")
_DIRECTIVE = re.compile(r"^\s*\.\.\s+(code-block|code|sourcecode)::\s*([\w+-]*)")
_SOURCE = re.compile(r"^(\[source),\s*([\w+-]+)")
_SHELLS = frozenset({"sh", "bash", "shell", "console", "shell-session", "zsh", "shellsession", "terminal"})
_PROMPTED = frozenset({"console", "shell-session", "shellsession"})
_PREFIX = re.compile(r"^\s*(?:(?:\([\w.-]+\)\s*)?[$#%>]\s+)?(?:[*+-]\s+)?")
_MARKED = {DocFormat.MARKDOWN: "#", DocFormat.ASCIIDOC: "="}
"""The formats whose headings begin with a mark, one for each level."""
_CLOSING_LINE = re.compile(
    r"(?i)(?:<(?:sub|sup|p|small)\b[^>]*>)?\W*(?:copyright\b|\(c\)|©)|\[[^\]]+\]:\s|\.\. _[^:]+:\s"
)
_RULE = re.compile(r"(?:-{3,}|\*{3,}|_{3,})$")
_UNDERLINE = re.compile(r"^([=\-`:.'\"~^_*+#])\1{2,}\s*$")


@dataclass(frozen=True, slots=True)
class Style:
    """The habits of one document.

    Attributes:
        fence: What opens a block of commands in Markdown (three backticks and a word); "" sets it by indentation.
        directive: What opens one in reStructuredText, without its indentation (`""` is the `::` at the end of a
            sentence), or the line above one in AsciiDoc.
        prompt: What stands before each command, as `$ `; or nothing.
        indent: How far a block that is set by indentation is indented.
    """

    format: DocFormat
    fence: str = "```sh"
    directive: str = ""
    prompt: str = ""
    indent: str = "    "


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it, up to the next heading of its level or above.

    Attributes:
        line: The first line of the heading (an overline belongs to it).
        own_end: The last line before the next heading of any level.
        end: The last line of the section, what stands below it included.
        mark: `##` in Markdown, `==` in AsciiDoc; in reStructuredText, and for underlined headings, the character of the
            line below.
    """

    title: str
    level: int
    line: int
    own_end: int
    end: int
    mark: str


def style_of(document: Document, lines: Sequence[str], commands: Sequence[DocRef]) -> Style:
    """Return the habits of a document, as far as they show; commands are those that it holds."""
    prompted = sum(bool(re.match(r"\s*\$ ", lines[ref.line - 1])) for ref in commands if ref.line <= len(lines))
    prompt = "$ " if prompted and prompted * 2 >= len(commands) else ""
    match document.format:
        case DocFormat.MARKDOWN:
            fence, word = _most_used(_FENCE, lines)
            if not fence and any(block.literal for block in document.blocks):
                return Style(document.format, "", "", prompt)
            word = word if fence else "sh"
            return Style(document.format, (fence or "```") + word, "", "$ " if word in _PROMPTED else prompt)
        case DocFormat.RESTRUCTUREDTEXT:
            directive, word = _most_used(_DIRECTIVE, lines)
            opened = f".. {directive}:: {word}" if directive else ""
            return Style(document.format, "", opened, "$ " if word in _PROMPTED else prompt, _indent_of(lines))
        case DocFormat.ASCIIDOC:
            _, word = _most_used(_SOURCE, lines)
            return Style(document.format, "", f"[source,{word or 'sh'}]", "$ " if word in _PROMPTED else prompt)
        case DocFormat.TEXT | DocFormat.NOTEBOOK:
            return Style(document.format, "", "", prompt)


def _most_used(pattern: re.Pattern[str], lines: Sequence[str]) -> tuple[str, str]:
    found = Counter(
        (match[1], match[2]) for match in map(pattern.match, lines) if match is not None and match[2].lower() in _SHELLS
    )
    return found.most_common(1)[0][0] if found else ("", "")


def _indent_of(lines: Sequence[str]) -> str:
    """How far the blocks below `::` and directives are indented."""
    found = Counter[int]()
    for number, line in enumerate(lines):
        if line.rstrip().endswith("::"):
            below = next((one for one in lines[number + 1 :] if one.strip() and not one.strip().startswith(":")), "")
            depth = len(below) - len(below.lstrip()) - (len(line) - len(line.lstrip()))
            found[depth] += 1 < depth < 9
    return " " * (found.most_common(1)[0][0] if found and found.most_common(1)[0][1] else 4)


def prefix_of(line: str) -> str:
    """Return what stands before a command in its line: indentation, a prompt.

    >>> prefix_of("    $ make check"), prefix_of("make check")
    ('    $ ', '')
    """
    match = _PREFIX.match(line)
    return match[0] if match is not None else ""


def command_lines(style: Style, sentence: str, commands: Sequence[str]) -> list[str]:
    """Return a sentence that ends with a colon, and a block with the commands below it."""
    typed = [style.prompt + line for command in commands for line in command.split("\n")]
    if style.fence:
        close = re.match(r"`+|~+", style.fence)
        assert close is not None, "a fence begins with backticks or tildes"
        return [f"{sentence}:", "", style.fence, *typed, close[0]]
    if style.format is DocFormat.ASCIIDOC:
        return [f"{sentence}:", "", style.directive, "----", *typed, "----"]
    indented = [style.indent + line for line in typed]
    if style.directive:
        return [f"{sentence}:", "", style.directive, "", *indented]
    mark = "::" if style.format is DocFormat.RESTRUCTUREDTEXT else ":"
    return [f"{sentence}{mark}", "", *indented]


def heading_lines(title: str, like: Section, document_format: DocFormat) -> list[str]:
    """Return a heading as the document writes those of that section's level."""
    if document_format in _MARKED and like.mark.startswith(_MARKED[document_format]):
        return [f"{like.mark} {title}"]
    return [title, like.mark[0] * len(title)]


def sections_of(document: Document, lines: Sequence[str]) -> list[Section]:
    """Return the sections of a document, in their order. Headings that came in from another file are none of its."""
    heads: list[tuple[str, int, int, str]] = []
    order: list[str] = []
    for block in document.blocks:
        if block.kind is not BlockKind.HEADING or block.file != document.file or block.line > len(lines):
            continue
        found = _heading_at(lines, block.line, document.format)
        if found is None:
            continue
        first, mark = found
        if document.format in _MARKED and mark.startswith(_MARKED[document.format]):
            level = len(mark)
        elif document.format is DocFormat.MARKDOWN:
            level = 1 if mark == "=" else 2
        else:
            if mark not in order:
                order.append(mark)
            level = order.index(mark) + 1
        heads.append((block.text, level, first, mark))
    sections: list[Section] = []
    for place, (title, level, first, mark) in enumerate(heads):
        following = heads[place + 1 :]
        own_end = following[0][2] - 1 if following else len(lines)
        end = next((line - 1 for _, other, line, _ in following if other <= level), len(lines))
        sections.append(Section(title, level, first, own_end, end, mark))
    return sections


def body_end(lines: Sequence[str], end: int) -> int:
    """Return the last line of a document's text, without what closes it: a rule, whose copyright it is, targets of links.

    >>> body_end(["Words.", "", "---", "", "<sub>Copyright (c) 2006</sub>", ""], 6)
    2
    """
    last = end
    for number in range(end, 0, -1):
        line = lines[number - 1].strip()
        above = lines[number - 2].strip() if number > 1 else ""
        if line and not (_CLOSING_LINE.match(line) or (_RULE.match(line) and not above)):
            break
        if line:
            last = number - 1
    return last if any(line.strip() for line in lines[:last]) else end


def _heading_at(lines: Sequence[str], line: int, document_format: DocFormat) -> tuple[int, str] | None:
    """Return the first line of the heading whose title stands at `line`, and its mark."""
    marked = re.match(r"^\s{0,3}(#{1,6}|={1,6})\s", lines[line - 1])
    if marked is not None and (marked[1][0] == "#" or document_format is DocFormat.ASCIIDOC):
        return line, marked[1]
    below = _UNDERLINE.match(lines[line]) if line < len(lines) else None
    if below is None:
        return None
    over = line > 1 and _UNDERLINE.match(lines[line - 2]) is not None
    return (line - 1 if over else line), below[1]
