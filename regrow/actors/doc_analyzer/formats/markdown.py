"""Markdown to blocks, by markdown-it-py (imported here and nowhere else).

CommonMark with tables. What is not CommonMark but stands in many documents is understood on top of it: tabs of MkDocs
and of pymdown (`=== "Windows"` with an indented body), admonitions (`!!! note`), `<details>` with its summary, `<pre>`
in HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from markdown_it.token import Token

from regrow.actors.doc_analyzer.blocks import Block, BlockKind, InlineCode

__all__ = ["read_markdown"]

_TAB = re.compile(r"^(?:===[!+]?|\?\?\?\+?|!!!)\s*(?:\w+\s*)?(?:\"(?P<quoted>[^\"]*)\")?\s*$")
_SUMMARY = re.compile(r"<summary[^>]*>(.*?)</summary>", re.IGNORECASE | re.DOTALL)
_LIMIT_DEPTH = 4
"""Tabs inside tabs inside tabs: deeper bodies are kept as code, not read again."""


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table")


def read_markdown(text: str, file: str) -> tuple[Block, ...]:
    """The blocks of a Markdown document.

    >>> [(b.kind.value, b.line, b.text) for b in read_markdown("# A\\n\\nRun `x`:\\n\\n```sh\\nmake\\n```\\n", "R.md")]
    [('heading', 1, 'A'), ('text', 3, 'Run x:'), ('code', 6, 'make')]
    """
    return tuple(_Reader(file).read(text, 0, (), ""))


@dataclass
class _Reader:
    """Walks the flat token list; what encloses a token is kept in `headings`, `labels` and `lists`."""

    file: str
    depth: int = 0
    labels: list[str] = field(default_factory=list)

    def read(self, text: str, offset: int, headings: tuple[str, ...], label: str) -> Iterator[Block]:
        # Front matter is data for a site generator; its lines are blanked so that line numbers stay.
        text = re.sub(r"\A---\n.*?\n---\n", lambda m: "\n" * m.group().count("\n"), text, flags=re.DOTALL)
        tokens = _parser().parse(text)
        levels: dict[int, str] = {}
        lists, details, tab = 0, 0, ""
        for index, token in enumerate(tokens):
            where = (token.map or [0, 1])[0] + offset + 1
            current = self.labels[-1] if self.labels else label
            path = headings + tuple(levels[level] for level in sorted(levels))
            if token.type in {"bullet_list_open", "ordered_list_open"}:
                lists += 1
            elif token.type in {"bullet_list_close", "ordered_list_close"}:
                lists -= 1
            elif token.type == "heading_open":
                title = _plain(tokens[index + 1])
                level = int(token.tag[1])
                levels = {above: name for above, name in levels.items() if above < level} | {level: title}
                path = headings + tuple(levels[above] for above in sorted(levels))
                yield Block(BlockKind.HEADING, self.file, where, where, title, path)
                tab = ""
            elif token.type == "inline" and tokens[index - 1].type != "heading_open":
                mark = _TAB.match(token.content.strip())
                tab = (mark.group("quoted") or "-") if mark else ""
                if mark is None:
                    yield self._text(token, offset, path, current, lists)
                elif token.map and (heading := mark.group("quoted")):
                    yield Block(BlockKind.TEXT, self.file, where, where, heading, path, label=heading)
            elif token.type == "code_block" and tab and self.depth < _LIMIT_DEPTH:
                yield from self._tab_body(token, where, path, "" if tab == "-" else tab)
            elif token.type in {"fence", "code_block"}:
                yield self._code(token, where, path, current)
            elif token.type == "html_block":
                opened = _SUMMARY.search(token.content)
                if "<details" in token.content.lower():
                    details += 1
                    self.labels.append(re.sub(r"<[^>]+>|\s+", " ", opened.group(1)).strip() if opened else "")
                yield from self._html(token, where, path, self.labels[-1] if self.labels else label)
                for _ in range(token.content.lower().count("</details")):
                    if details:
                        details -= 1
                        self.labels.pop()
        del self.labels[len(self.labels) - details :]

    def _text(self, token: Token, offset: int, path: tuple[str, ...], label: str, lists: int) -> Block:
        first, last = token.map or [0, 1]
        return Block(
            BlockKind.TEXT,
            self.file,
            first + offset + 1,
            max(last, first + 1) + offset,
            _plain(token),
            path,
            label=label,
            inline=tuple(_inline_code(token.children or [])),
            list_depth=lists,
        )

    def _code(self, token: Token, where: int, path: tuple[str, ...], label: str) -> Block:
        content = token.content.rstrip("\n")
        first = where + (token.type == "fence")
        info = re.match(r"\{?\.?([\w+#-]*)", token.info.strip())
        return Block(
            BlockKind.CODE,
            self.file,
            first,
            first + content.count("\n"),
            content,
            path,
            language=info.group(1).lower() if info else "",
            label=label,
            literal=token.type == "code_block",
        )

    def _tab_body(self, token: Token, where: int, path: tuple[str, ...], label: str) -> Iterator[Block]:
        inner = _Reader(self.file, self.depth + 1)
        for block in inner.read(token.content, where - 1, path, label):
            yield block if block.label else replace(block, label=label)

    def _html(self, token: Token, where: int, path: tuple[str, ...], label: str) -> Iterator[Block]:
        parser = _HtmlText()
        parser.feed(token.content)
        parser.close()
        for line, code, text in parser.found():
            if code:
                last = where + line + text.count("\n")
                yield Block(BlockKind.CODE, self.file, where + line, last, text, path, label=label, literal=True)
            elif text.strip():
                yield Block(
                    BlockKind.TEXT, self.file, where + line, where + line, " ".join(text.split()), path, label=label
                )


def _plain(token: Token) -> str:
    parts: list[str] = []
    for child in token.children or []:
        if child.type in {"text", "code_inline"}:
            parts.append(child.content)
        elif child.type in {"softbreak", "hardbreak"}:
            parts.append(" ")
    return "".join(parts).strip()


def _inline_code(children: Sequence[Token]) -> Iterator[InlineCode]:
    words = [(c.content if c.type in {"text", "code_inline"} else " ", c.type == "code_inline") for c in children]
    for index, (text, is_code) in enumerate(words):
        if is_code:
            before = "".join(part for part, _ in words[max(0, index - 12) : index])
            after = "".join(part for part, _ in words[index + 1 : index + 5])
            yield InlineCode(text.strip(), before[-120:], after[:60])


class _HtmlText(HTMLParser):
    """Text and `<pre>` of a piece of HTML, with the line (from 0) where each begins."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[tuple[int, bool, list[str]]] = []
        self._in_pre = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "pre":
            self._in_pre = True
            self._parts.append((self.getpos()[0] - 1, True, []))

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre":
            self._in_pre = False

    def handle_data(self, data: str) -> None:
        if not self._in_pre and (not self._parts or self._parts[-1][1]):
            self._parts.append((self.getpos()[0] - 1, False, []))
        self._parts[-1][2].append(data)

    def found(self) -> Iterator[tuple[int, bool, str]]:
        """`(line, is code, text)` of each part."""
        for line, code, pieces in self._parts:
            text = "".join(pieces)
            skipped = len(text) - len(text.lstrip("\n"))
            yield line + skipped, code, text.strip("\n")
