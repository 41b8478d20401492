"""What is added to a document looks as if its author had written it."""

from __future__ import annotations

import pytest

from regrow.actors.doc_analyzer.documents import read_document
from regrow.actors.doc_analyzer.mentions import mentions_in
from regrow.actors.doc_analyzer.patching.style import (
    Style,
    command_lines,
    heading_lines,
    sections_of,
    style_of,
)
from regrow.core.project.file_tree import FileTree
from regrow.protocols.documents import DocFormat

MD, RST, TXT, ADOC = DocFormat.MARKDOWN, DocFormat.RESTRUCTUREDTEXT, DocFormat.TEXT, DocFormat.ASCIIDOC


def style_in(file: str, text: str) -> Style:
    document = read_document(FileTree.of({file: text}), file)
    assert document is not None
    return style_of(document, text.split("\n"), [mention.ref for mention in mentions_in([document])])


@pytest.mark.parametrize(
    ("file", "text", "style"),
    [
        ("README.md", "# x\n\n```bash\npip install x\n```\n", Style(MD, "```bash")),
        ("README.md", "# x\n\n~~~console\n$ pip install x\n~~~\n", Style(MD, "~~~console", "", "$ ")),
        ("README.md", "# x\n\n```sh\n$ pip install x\n$ make\n```\n", Style(MD, "```sh", "", "$ ")),
        ("README.md", "# x\n\n    $ pip install x\n", Style(MD, "", "", "$ ")),
        ("README.md", "# x\n\nsome words\n", Style(MD, "```sh")),
        ("README.adoc", "= x\n\nsome words\n", Style(ADOC, "", "[source,sh]")),
        ("README.adoc", "= x\n\n[source,bash]\n----\n$ make\n----\n", Style(ADOC, "", "[source,bash]", "$ ")),
        ("README.md", "# x\n\n```python\nimport x\n```\n", Style(MD, "```sh")),
        ("README.rst", "x\n=\n\nInstall::\n\n  pip install x\n", Style(RST, "", "", "", "  ")),
        (
            "README.rst",
            "x\n=\n\n.. code-block:: bash\n\n   pip install x\n",
            Style(RST, "", ".. code-block:: bash", "", "    "),
        ),
        ("README", "Type\n\n    make check\n", Style(TXT, "")),
        ("README.md", "# x\n\n```sh\n$ pip install x\n```\n\nRun `pip install y`.\n", Style(MD, "```sh", "", "$ ")),
    ],
)
def test_habits_are_those_of_the_document(file: str, text: str, style: Style) -> None:
    assert style_in(file, text) == style


@pytest.mark.parametrize(
    ("style", "lines"),
    [
        (Style(MD, "```sh"), ["Test with:", "", "```sh", "make", "make check", "```"]),
        (Style(MD, "", "", "$ "), ["Test with:", "", "    $ make", "    $ make check"]),
        (Style(RST, "", "", "", "  "), ["Test with::", "", "  make", "  make check"]),
        (
            Style(RST, "", ".. code-block:: sh"),
            ["Test with:", "", ".. code-block:: sh", "", "    make", "    make check"],
        ),
        (Style(TXT, ""), ["Test with:", "", "    make", "    make check"]),
    ],
)
def test_commands_are_written_in_each_style(style: Style, lines: list[str]) -> None:
    assert command_lines(style, "Test with", ["make", "make check"]) == lines


@pytest.mark.parametrize(
    ("file", "text", "found"),
    [
        (
            "README.md",
            "# One\n\ntext\n\n## Two\n\ntext\n\n### Three\n\n## Four\n",
            [("One", 1, 1, 4, 11), ("Two", 2, 5, 8, 10), ("Three", 3, 9, 10, 10), ("Four", 2, 11, 12, 12)],
        ),
        ("README.md", "One\n===\n\nTwo\n---\n\ntext\n", [("One", 1, 1, 3, 8), ("Two", 2, 4, 8, 8)]),
        ("README.rst", "===\nOne\n===\n\nTwo\n~~~\n\ntext\n", [("One", 1, 1, 4, 9), ("Two", 2, 5, 9, 9)]),
    ],
)
def test_sections_end_before_the_next_heading_of_their_level(
    file: str, text: str, found: list[tuple[str, int, int, int, int]]
) -> None:
    document = read_document(FileTree.of({file: text}), file)
    assert document is not None
    sections = sections_of(document, text.split("\n"))
    got = [(each.title, each.level, each.line, each.own_end, each.end) for each in sections]
    # The last section ends with the document, whose last line is the empty one behind the last line feed.
    assert [one[:4] for one in got] == [one[:4] for one in found]
    assert [one[4] for one in got][1:] == [one[4] for one in found][1:]


def test_a_heading_looks_like_the_others_of_its_level() -> None:
    document = read_document(FileTree.of({"README.rst": "One\n===\n\nTwo\n###\n\ntext\n"}), "README.rst")
    assert document is not None
    sections = sections_of(document, "One\n===\n\nTwo\n###\n\ntext\n".split("\n"))
    assert heading_lines("Tests", sections[1], RST) == ["Tests", "#####"]
