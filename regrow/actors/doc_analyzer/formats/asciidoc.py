"""AsciiDoc to blocks: what a newcomer reads of it, with the lines of the file.

Read are titles, paragraphs, lists, delimited blocks, `[source,…]`, attributes, `include::` inside the tree, conditionals
and the labels of tabs; tables become sentences. asciidoctor itself is not asked: it is a Ruby program that few machines
have, and neither its HTML nor its DocBook says on which line of which file a block stands, which every finding here needs
(docs/adr/0012). What is rare (macros of blocks, nested tables) is passed over.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from regrow.actors.doc_analyzer.blocks import Block, BlockKind, InlineCode
from regrow.core.project.file_tree import inside

__all__ = ["read_asciidoc"]

_LIMIT_INCLUDES = 50
_LIMIT_LINES = 60_000

_TITLE = re.compile(r"^(?P<mark>={1,6}|#{1,6})\s+(?P<title>\S.*?)(?:\s+=+)?$")
_ATTRIBUTE = re.compile(r"^:(?P<off>!?)(?P<name>[\w-]+)(?P<unset>!?):(?:\s+(?P<value>.*))?$")
_REFERENCE = re.compile(r"(?<!\\)\{([\w-]+)\}")
_INCLUDE = re.compile(r"^include::(?P<path>[^\[\]]+)\[[^\]]*\]\s*$")
_CONDITION = re.compile(r"^(?P<kind>ifdef|ifndef|ifeval|endif)::(?P<name>[^\[\]]*)\[(?P<inline>.*)\]\s*$")
_OPTIONS = re.compile(r"^\[(?P<inside>[^\[\]]*)\]\s*$")
_BLOCK_TITLE = re.compile(r"^\.(?P<title>[^\s.].*)$")
_FENCES = re.compile(r"^(?:-{4,}|\.{4,}|={4,}|\*{4,}|_{4,}|\+{4,}|/{4,}|--|`{3,}[\w,-]*|[|,:!]={3,})\s*$")
_ITEM = re.compile(r"^\s*(?:\*{1,5}|-|\.{1,5}|\d+\.|[a-z]\.)\s+(?P<text>\S.*)$")
_TERM = re.compile(r"^(?P<term>\S.*?):{2,4}(?:\s+(?P<text>\S.*))?$")
_CALLOUT = re.compile(r"(?:\s*(?://|#|--|;;)?\s*<(?:\d+|\.)>)+\s*$")
_CODE = re.compile(r"(?<![\w`])`\+?([^`\n]+?)\+?`(?![\w`])|(?<![\w+])\+([^+\s][^+\n]*?)\+(?![\w+])")
_LINKED = re.compile(
    r"(?:link:|xref:|mailto:)?(?P<target>(?:https?|ftp|irc)://[^\s\[\]]+|(?<=link:|xref:)[^\s\[\]]+)\[(?P<text>[^\]]*)\]"
)
_IMAGE = re.compile(r"(?:image|icon|video|kbd|btn|menu)::?[^\s\[\]]*\[[^\]]*\]")
_CROSS = re.compile(r"<<[^,<>]+(?:,\s*(?P<text>[^<>]+))?>>")
_MARKS = re.compile(r"(?<!\w)[*_#]{1,2}(?=\S)([^*_#\n]+?)(?<=\S)[*_#]{1,2}(?!\w)")
_CONSOLE_WORDS = frozenset({"listing", "literal", "source", "subs", "linenums", "options", "indent"})

_Line = tuple[str, str, int]
"""The text of a line, the file that it stands in, and its number there."""


def read_asciidoc(
    text: str, file: str, other: Callable[[str], str | None]
) -> tuple[tuple[Block, ...], tuple[tuple[int, str], ...]]:
    """The blocks of a document, and what the reader could not follow as `(line, sentence)`.

    Args:
        text: The document.
        file: Its path.
        other: The text of another file of the tree, or None where there is none.

    >>> text = "= Name\\n\\nType:\\n\\n[source,bash]\\n----\\nmake\\n----\\n"
    >>> [(b.kind.value, b.line, b.text, b.language) for b in read_asciidoc(text, "R.adoc", lambda path: None)[0]]
    [('heading', 1, 'Name', ''), ('text', 3, 'Type:', ''), ('code', 7, 'make', 'bash')]
    """
    source = _Source(other)
    lines = list(source.lines(text, file, 0))[:_LIMIT_LINES]
    return tuple(_Reader(lines).read()), tuple(source.problems)


@dataclass
class _Source:
    """The lines of a document after includes, conditionals and attributes."""

    other: Callable[[str], str | None]
    attributes: dict[str, str] = field(default_factory=dict)
    problems: list[tuple[int, str]] = field(default_factory=list)
    included: int = 0

    def lines(self, text: str, file: str, depth: int, at: int = 0) -> Iterator[_Line]:
        """Lines with their places. `at` is the line of the outermost document that a problem is told of."""
        hidden: list[bool] = []
        for number, line in enumerate(text.splitlines(), 1):
            place = at or number
            if condition := _CONDITION.match(line):
                yield from self._condition(condition, hidden, file, number)
                continue
            if any(hidden):
                continue
            if include := _INCLUDE.match(line):
                yield from self._include(self._filled(include.group("path")), file, depth, place)
            elif attribute := _ATTRIBUTE.match(line):
                self._set(attribute)
            elif not re.match(r"^//(?!/)", line):
                yield self._filled(line), file, number

    def _condition(self, match: re.Match[str], hidden: list[bool], file: str, number: int) -> Iterator[_Line]:
        kind, names, within = match.group("kind", "name", "inline")
        if kind == "endif":
            if hidden:
                hidden.pop()
            return
        # What a code host shows is what a newcomer reads, so its attribute is set; of `ifeval` the text is kept.
        known = any(name in self.attributes or name == "env-github" for name in re.split(r"[,+]", names))
        hide = kind != "ifeval" and known == (kind == "ifndef")
        if kind != "ifeval" and within:
            if hide or any(hidden):
                return
            if attribute := _ATTRIBUTE.match(within):
                self._set(attribute)
            else:
                yield self._filled(within), file, number
        else:
            hidden.append(hide)

    def _include(self, path: str, file: str, depth: int, place: int) -> Iterator[_Line]:
        whole = None if "://" in path else inside(posixpath.dirname(file), path)
        self.included += 1
        if whole is None:
            self.problems.append((place, f"include of {path} refused: it lies outside the tree"))
        elif depth > 8 or self.included > _LIMIT_INCLUDES:
            self.problems.append((place, f"include of {path} refused: it includes itself or is one of too many"))
        elif (text := self.other(whole)) is None:
            self.problems.append((place, f"include of {path}: no such file in the tree"))
        else:
            yield from self.lines(text, whole, depth + 1, place)

    def _set(self, match: re.Match[str]) -> None:
        if match.group("off") or match.group("unset"):
            self.attributes.pop(match.group("name"), None)
        else:
            self.attributes[match.group("name")] = self._filled(match.group("value") or "")[:500]

    def _filled(self, line: str) -> str:
        return _REFERENCE.sub(lambda m: self.attributes.get(m.group(1), m.group()), line) if "{" in line else line


class _Reader:
    """Walks the lines; what is said of the next block (`[source]`, a title, a tab's label) waits in fields."""

    def __init__(self, lines: list[_Line]) -> None:
        self._lines = lines
        self._headings: dict[int, str] = {}
        self._options = ""
        self._title = ""
        self._label = ""
        self._in_tabs = False

    def read(self) -> Iterator[Block]:
        index = 0
        while index < len(self._lines):
            line = self._lines[index][0]
            if not line.strip() or line.strip() == "+":
                index += 1
            elif _FENCES.match(line):
                end = self._closing(index)
                yield from self._fenced(index, end)
                index = end + 1
            elif options := _OPTIONS.match(line):
                self._options = options.group("inside")
                self._in_tabs = self._in_tabs or self._options.split(",")[0].split("%")[0] == "tabs"
                index += 1
            elif (title := _TITLE.match(line)) and not self._options.startswith("source"):
                yield self._heading(index, title)
                index += 1
            elif title := _BLOCK_TITLE.match(line):
                self._title = title.group("title").strip()
                index += 1
            else:
                end = self._paragraph_end(index)
                yield from self._paragraph(index, end)
                index = end

    def _path(self) -> tuple[str, ...]:
        return tuple(self._headings[level] for level in sorted(self._headings))

    def _heading(self, index: int, match: re.Match[str]) -> Block:
        _, file, number = self._lines[index]
        level, title = len(match.group("mark")), _plain(match.group("title"))
        self._headings = {above: name for above, name in self._headings.items() if above < level} | {level: title}
        self._label = self._title = self._options = ""
        self._in_tabs = False
        return Block(BlockKind.HEADING, file, number, number, title, self._path())

    def _closing(self, index: int) -> int:
        """The line that closes the block which opens at `index`; the last line where none does."""
        opening = self._lines[index][0].rstrip()
        closing = "```" if opening.startswith("```") else opening
        found = (i for i in range(index + 1, len(self._lines)) if self._lines[i][0].rstrip() == closing)
        return next(found, len(self._lines))

    def _fenced(self, index: int, end: int) -> Iterator[Block]:
        mark = self._lines[index][0].rstrip()
        inside_it = self._lines[index + 1 : end]
        if mark[0] in "/+":
            self._options = ""
        elif mark.startswith("----") or mark[0] in ".`":
            declared = mark.strip("`").split(",")[0] if mark[0] == "`" else ""
            yield from self._code(inside_it, declared)
        elif mark[0] in "|,:!" and len(mark) > 1 and mark[1] == "=":
            yield from self._table(inside_it)
        else:
            nested = _Reader(inside_it)
            nested._headings, nested._label, nested._in_tabs = self._headings, self._title or self._label, self._in_tabs
            self._options = self._title = ""
            yield from nested.read()
            if mark.startswith("===="):
                self._in_tabs = False

    def _code(self, lines: list[_Line], declared: str = "", literal: bool = False) -> Iterator[Block]:
        language, label = declared or _language(self._options), self._title or self._label
        self._options = self._title = ""
        filled = [i for i, (text, _, _) in enumerate(lines) if text.strip()]
        if not filled:
            return
        kept = lines[filled[0] : filled[-1] + 1]
        margin = min(len(text) - len(text.lstrip()) for text, _, _ in kept if text.strip())
        text = "\n".join(_CALLOUT.sub("", line[margin:]).rstrip() for line, _, _ in kept)
        _, file, first = kept[0]
        last = kept[-1][2] if kept[-1][1] == file else first
        yield Block(
            BlockKind.CODE, file, first, last, text, self._path(), language=language, label=label, literal=literal
        )

    def _table(self, lines: list[_Line]) -> Iterator[Block]:
        self._options = self._title = ""
        for text, file, number in lines:
            cells = " ".join(part.strip() for part in re.split(r"(?<!\\)[\d.+*<>^asmdehlv]*\|", text)).strip()
            if cells:
                yield self._sentence(cells, file, number, number, 0)

    def _paragraph_end(self, index: int) -> int:
        end = index + 1
        while end < len(self._lines):
            line = self._lines[end][0]
            begins = _ITEM.match(line) or _FENCES.match(line) or _OPTIONS.match(line) or line.strip() == "+"
            if not line.strip() or begins:
                break
            end += 1
        return end

    def _paragraph(self, index: int, end: int) -> Iterator[Block]:
        lines = self._lines[index:end]
        text, file, number = lines[0]
        item = _ITEM.match(text)
        if _language(self._options, strict=True) or self._options.split(",")[0] in {"listing", "literal", "source"}:
            yield from self._code(lines)
            return
        if text[0].isspace() and item is None:
            yield from self._code(lines, literal=True)
            return
        self._options = ""
        if (term := _TERM.match(text)) and item is None:
            if self._in_tabs:
                self._label = _plain(term.group("term"))
            if not term.group("text") and len(lines) == 1:
                if not self._in_tabs:
                    yield self._sentence(term.group("term"), file, number, number, 1)
                return
        self._title = ""
        words = " ".join(line.strip() for line, _, _ in lines)
        if item is not None:
            words = words[len(text.strip()) - len(item.group("text")) :]
        last = lines[-1][2] if lines[-1][1] == file else number
        yield self._sentence(words, file, number, last, 1 if item is not None else 0)

    def _sentence(self, text: str, file: str, line: int, end_line: int, depth: int) -> Block:
        return Block(
            BlockKind.TEXT,
            file,
            line,
            end_line,
            _plain(text),
            self._path(),
            label=self._label,
            inline=tuple(_inline(text)),
            list_depth=depth,
        )


def _language(options: str, strict: bool = False) -> str:
    """The language that `[source,bash,…]` or `[,bash]` declares; `strict`: only where it makes code of a paragraph.

    >>> _language("source,bash,subs=attributes"), _language("NOTE"), _language(",console")
    ('bash', '', 'console')
    """
    parts = [part.strip() for part in options.split(",")]
    style = re.split(r"[#.%]", parts[0])[0]
    if style not in {"", "source", "listing"} or (strict and len(parts) < 2):
        return ""
    named = re.search(r"\blanguage=\"?([\w+#-]+)", options)
    if named:
        return named.group(1).lower()
    second = parts[1].strip("\"'") if len(parts) > 1 else ""
    return second.lower() if re.fullmatch(r"[\w+#-]+", second) and second not in _CONSOLE_WORDS else ""


def _plain(text: str) -> str:
    """A sentence without its markup.

    >>> _plain("Get *it* from https://example.org[the site], then run `make`, see <<later,below>>.")
    'Get it from the site, then run make, see below.'
    """
    text = _LINKED.sub(lambda m: m.group("text").rstrip("^").strip('"') or m.group("target"), text)
    text = _IMAGE.sub("", text)
    text = _CROSS.sub(lambda m: m.group("text") or "", text)
    text = _CODE.sub(lambda m: m.group(1) or m.group(2), text)
    return " ".join(_MARKS.sub(r"\1", text).split())


def _inline(text: str) -> Iterator[InlineCode]:
    for match in _CODE.finditer(text):
        code = match.group(1) or match.group(2)
        before, after = _plain(text[max(0, match.start() - 200) : match.start()]), _plain(text[match.end() :][:120])
        yield InlineCode(code.strip(), f"{before} "[-120:], f" {after}"[:60])
