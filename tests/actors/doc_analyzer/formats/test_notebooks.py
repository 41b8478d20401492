"""Notebooks: their cells as blocks, with the lines of the file."""

from __future__ import annotations

import json

import pytest

from regrow.actors.doc_analyzer.analysis import analyze
from regrow.actors.doc_analyzer.blocks import BlockKind
from regrow.actors.doc_analyzer.formats import read_notebook
from regrow.actors.doc_analyzer.lint.linting import lint, open_target
from regrow.core.project.file_tree import FileTree
from regrow.protocols.plan import DocFormat

Cell = tuple[str, list[str]]


def notebook(*cells: Cell, indent: int | None = 1, **more: object) -> str:
    """A notebook as Jupyter writes it: keys in order, an indentation of one."""
    written = [{"cell_type": kind, "metadata": {}, "source": source} for kind, source in cells]
    return json.dumps({"cells": written, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}, indent=indent)


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.split("\n"), 1) if part in line)


def test_cells_are_blocks_on_the_lines_of_the_file() -> None:
    text = notebook(
        ("markdown", ["# Name\n", "\n", "Run `make check`:\n"]), ("code", ["import a\n", "!pip install .\n", "a.run()"])
    )
    blocks, problems = read_notebook(text, "a.ipynb")
    assert problems == ()
    assert [(b.kind.value, b.language, b.text) for b in blocks] == [
        ("heading", "", "Name"),
        ("text", "", "Run make check:"),
        ("code", "python", "import a"),
        ("code", "sh", "pip install ."),
        ("code", "python", "a.run()"),
    ]
    parts = ("# Name", "Run `make", "import a", "!pip", "a.run()")
    assert [b.line for b in blocks] == [line_of(text, part) for part in parts]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (["%%bash\n", "make\n", "make check"], [("sh", "make\nmake check")]),
        (["%%script bash -e\n", "make"], [("sh", "make")]),
        (["%pip install -q numpy"], [("sh", "pip install -q numpy")]),
        (["!{sys.executable} -m pip install ."], [("sh", "python -m pip install .")]),
        (["!pip install a \\\n", "    b\n", "1"], [("sh", "pip install a \\\n    b"), ("python", "1")]),
        (["%%html\n", "<p>"], [("html", "<p>")]),
        (["%matplotlib inline\n", "1"], [("python", "%matplotlib inline\n1")]),
        (["x = !ls\n"], [("python", "x = !ls")]),
        (["%%bash"], []),
        ([""], []),
    ],
)
def test_commands_of_a_shell_are_told_from_code(source: list[str], expected: list[tuple[str, str]]) -> None:
    blocks, _ = read_notebook(notebook(("code", source)), "a.ipynb")
    assert [(b.language, b.text) for b in blocks] == expected


def test_headings_of_earlier_cells_stand_above_later_ones() -> None:
    cells = [("markdown", ["# A"]), ("markdown", ["## B"]), ("code", ["1"]), ("markdown", ["## C"]), ("code", ["2"])]
    blocks, _ = read_notebook(notebook(*cells), "a.ipynb")
    assert [b.headings for b in blocks if b.kind is BlockKind.CODE] == [("A", "B"), ("A", "C")]


def test_the_language_is_that_of_the_kernel() -> None:
    text = notebook(("code", ["1"]), metadata={"kernelspec": {"name": "ir", "language": "R"}})
    assert read_notebook(text, "a.ipynb")[0][0].language == "r"


def test_a_source_that_is_one_string_and_escapes_keep_their_lines() -> None:
    text = notebook(("raw", ['"quoted\\" \u2028 ä']), ("code", ["!make"]), indent=None).replace('["!make"]', '"!make"')
    blocks, problems = read_notebook(f"\n\n{text}", "a.ipynb")
    assert problems == ()
    assert [(b.text, b.line) for b in blocks] == [("make", 3)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[1, 2]", "no notebook"),
        ('{"cells": [], "cells": [{"cell_type": "code", "source": "x"}], "a": "b"}', "twice"),
        ("[" * 100_000, "too deep"),
    ],
)
def test_what_is_no_notebook_is_said_and_read_as_nothing(text: str, said: str) -> None:
    blocks, ((_, sentence),) = read_notebook(text, "a.ipynb")
    assert blocks == ()
    assert said in sentence


def test_a_notebook_in_the_documents_is_planned_from_and_not_linted() -> None:
    page = notebook(("markdown", ["# Testing"]), ("code", ["!pip install .\n", "!pytest"]))
    tree = FileTree.of({"docs/testing.ipynb": page, "setup.py": "", "test_a.py": "def test_a(): pass\n"})
    found = analyze(tree)
    assert [(c.text, c.chosen) for c in found.commands] == [("pip install .", True), ("pytest", True)]
    assert [each.format for each in found.documents] == [DocFormat.NOTEBOOK]
    linted = lint(open_target(tree))
    assert (linted.documents, linted.findings) == (("docs/testing.ipynb",), ())
