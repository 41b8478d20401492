"""Jupyter notebooks to blocks, with the lines of the `.ipynb` file itself.

A notebook is JSON. Its cells of Markdown are read as Markdown; in its cells of code, `!command`, `%pip install …` and a
cell that begins with `%%bash` are commands of a shell, and the rest is code in the notebook's language. Outputs are not
read: they are what somebody else's machine printed. The layout is that of nbformat 4; older ones keep their cells in
`worksheets` and are read too.

Where a line of a cell stands in the file is found without a second parser: `json.loads` keeps the order of the text, so
the strings of the loaded value and the literals of the text are the same sequence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from json.decoder import scanstring  # type: ignore[attr-defined]  # typeshed does not know it

from regrow.actors.doc_analyzer.blocks import Block, BlockKind
from regrow.actors.doc_analyzer.formats.markdown import read_markdown

__all__ = ["read_notebook"]

LIMIT_CELLS = 2_000
_SHELL_CELL = re.compile(r"%%(?:bash|sh|shell|script\s+(?:bash|sh))\b[^\n]*")
_OTHER_CELL = re.compile(r"%%(\w+)")
_TYPED = re.compile(r"^\s*(?:!\s*(?P<shell>[^!\s].*)|%(?P<magic>(?:pip|conda|mamba|uv|cd)\s+\S.*))$")
_OWN_PYTHON = re.compile(r"\{sys\.executable\}")
"""How a notebook names the Python that runs it, inside a command of a shell."""


class _UnknownLinesError(Exception):
    """The literals of the text are not the strings of the value: an object has one key twice."""


@dataclass(frozen=True, slots=True)
class _Text:
    """A string of the file and the line on which its literal begins."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class _Cell:
    """One cell: its kind, its text, and for each line of the text the line of the file."""

    kind: str
    text: str
    lines: tuple[int, ...]
    level: int = 1

    def place(self, line: int) -> int:
        """The line of the file that holds line `line` of the cell, counted from 1."""
        return self.lines[min(max(line, 1), len(self.lines)) - 1]


def read_notebook(text: str, file: str) -> tuple[tuple[Block, ...], tuple[tuple[int, str], ...]]:
    """The blocks of a notebook, and what could not be read of it as `(line, sentence)`.

    >>> cell = '{"cells": [{"cell_type": "code", "source": ["!make check\\\\n", "print(1)"]}]}'
    >>> [(block.language, block.line, block.text) for block in read_notebook(cell, "a.ipynb")[0]]
    [('sh', 1, 'make check'), ('python', 1, 'print(1)')]
    """
    try:
        value = json.loads(text)
        located = _located(value, _literals(text)) if isinstance(value, dict) else None
    except json.JSONDecodeError as error:
        return (), ((error.lineno, f"is no JSON, so no notebook: {error.msg}"),)
    except RecursionError:
        return (), ((1, "is nested too deep for a notebook"),)
    except _UnknownLinesError:
        return (), ((1, "has a key twice in one object, so its lines are not known"),)
    if located is None:
        return (), ((1, "is JSON, but no notebook: an object with `cells` is expected"),)
    cells = tuple(_cells(located))[:LIMIT_CELLS]
    language = _language(located)
    headings: tuple[str, ...] = ()
    blocks: list[Block] = []
    for cell in cells:
        if cell.kind == "code":
            blocks += [replace(block, headings=headings) for block in _code(cell, file, language)]
        elif cell.kind == "heading":
            headings = (*headings[: cell.level - 1], cell.text.strip())
            blocks.append(Block(BlockKind.HEADING, file, cell.place(1), cell.place(1), cell.text.strip(), headings))
        elif cell.kind == "markdown":
            read, headings = _markdown(cell, file, headings)
            blocks += read
    return tuple(blocks), ()


def _literals(text: str) -> Iterator[_Text]:
    """Every string literal of a JSON text in order, keys too. Outside of literals JSON has no quotation marks."""
    position = line = 0
    while (start := text.find('"', position)) >= 0:
        line += text.count("\n", position, start)
        found, position = scanstring(text, start + 1)
        yield _Text(found, line + 1)


def _located(value: object, literals: Iterator[_Text]) -> object:
    """The same value with each string as a `_Text`; keys stay strings."""
    if isinstance(value, str):
        return _next(literals, value)
    if isinstance(value, list):
        return [_located(each, literals) for each in value]
    if isinstance(value, dict):
        found: dict[str, object] = {}
        for key, each in value.items():
            _next(literals, key)
            found[key] = _located(each, literals)
        return found
    return value


def _next(literals: Iterator[_Text], expected: str) -> _Text:
    literal = next(literals, None)
    if literal is None or literal.text != expected:
        raise _UnknownLinesError
    return literal


def _cells(notebook: object) -> Iterator[_Cell]:
    sheets = [notebook, *_list(notebook, "worksheets")]
    for sheet in sheets:
        for cell in _list(sheet, "cells"):
            kind = _get(cell, "cell_type")
            source = _get(cell, "source") or _get(cell, "input")
            pieces = source if isinstance(source, list) else [source]
            texts = [piece for piece in pieces if isinstance(piece, _Text)]
            if not isinstance(kind, _Text) or not texts:
                continue
            text = "".join(piece.text for piece in texts)
            lines = tuple(piece.line for piece in texts for _ in _lines(piece.text))
            level = _get(cell, "level")
            yield _Cell(kind.text, text, lines, level if isinstance(level, int) and 0 < level < 7 else 1)


def _lines(text: str) -> list[str]:
    """Lines as a file has them; `splitlines` would end one at a form feed and at U+2028 too."""
    return text.removesuffix("\n").split("\n")


def _list(value: object, key: str) -> list[object]:
    found = _get(value, key)
    return found if isinstance(found, list) else []


def _get(value: object, key: str) -> object:
    return value.get(key) if isinstance(value, dict) else None


def _language(notebook: object) -> str:
    metadata = _get(notebook, "metadata")
    for section, key in (("language_info", "name"), ("kernelspec", "language"), ("kernelspec", "name")):
        found = _get(_get(metadata, section), key)
        if isinstance(found, _Text) and found.text:
            return re.sub(r"\d+$", "", found.text.lower())
    return "python"


def _markdown(cell: _Cell, file: str, above: tuple[str, ...]) -> tuple[list[Block], tuple[str, ...]]:
    """The blocks of a cell below the headings of earlier cells, and the headings that hold after it.

    A heading replaces those of its level and below; the level is counted by the number of `#`, which a block does not
    keep, so a cell's own first heading decides: `#` begins anew, anything deeper goes below what stands above.
    """
    blocks = read_markdown(cell.text, file)
    opening = re.search(r"^(#{1,6})\s", cell.text, re.MULTILINE)
    kept = above[: len(opening.group(1)) - 1] if opening else above
    placed = [
        replace(
            block,
            line=cell.place(block.line),
            end_line=cell.place(block.end_line),
            headings=kept + block.headings,
        )
        for block in blocks
    ]
    last = next((block.headings for block in reversed(placed) if block.kind is BlockKind.HEADING), None)
    return placed, last if last is not None else above


def _code(cell: _Cell, file: str, language: str) -> Iterator[Block]:
    lines = _lines(cell.text)
    if _SHELL_CELL.match(lines[0]):
        if any(line.strip() for line in lines[1:]):
            yield _block(cell, file, 2, lines[1:], "sh")
        return
    if other := _OTHER_CELL.match(lines[0]):
        yield _block(cell, file, 2, lines[1:], other.group(1))
        return
    start = 0
    while start < len(lines):
        typed = _TYPED.match(lines[start])
        end = start + 1
        if typed:
            command = [_OWN_PYTHON.sub("python", typed.group("shell") or typed.group("magic"))]
            while command[-1].endswith("\\") and end < len(lines):
                command.append(lines[end])
                end += 1
            yield _block(cell, file, start + 1, command, "sh")
        else:
            while end < len(lines) and not _TYPED.match(lines[end]):
                end += 1
            if any(line.strip() for line in lines[start:end]):
                yield _block(cell, file, start + 1, lines[start:end], language)
        start = end


def _block(cell: _Cell, file: str, line: int, lines: list[str], language: str) -> Block:
    return Block(
        BlockKind.CODE,
        file,
        cell.place(line),
        cell.place(line + max(len(lines) - 1, 0)),
        "\n".join(lines),
        language=language,
    )
