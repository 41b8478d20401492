"""AsciiDoc: headings, sentences and code with their file and line."""

from __future__ import annotations

import pytest

from regrow.actors.doc_analyzer.analysis import analyze
from regrow.actors.doc_analyzer.blocks import Block, BlockKind
from regrow.actors.doc_analyzer.formats import read_asciidoc
from regrow.core.project.file_tree import FileTree
from regrow.protocols.plan import DocFormat


def read(text: str, **files: str) -> tuple[Block, ...]:
    blocks, problems = read_asciidoc(text, "README.adoc", {f"{k}.adoc": v for k, v in files.items()}.get)
    assert problems == ()
    return blocks


def code(blocks: tuple[Block, ...]) -> list[tuple[int, str, str]]:
    return [(b.line, b.language, b.text) for b in blocks if b.kind is BlockKind.CODE]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("----\nmake\n----\n", [(2, "", "make")]),
        ("[source,bash]\n----\nmake\n\nmake check\n----\n", [(3, "bash", "make\n\nmake check")]),
        ("[,console]\n----\n$ make\n----\n", [(3, "console", "$ make")]),
        ("[source%linenums,ruby]\n----\nputs 1\n----\n", [(3, "ruby", "puts 1")]),
        ('[source,language="sh"]\n----\nmake\n----\n', [(3, "sh", "make")]),
        ("[source,sh]\nmake\nmake check\n\ntext\n", [(2, "sh", "make\nmake check")]),
        ("....\n$ make\n....\n", [(2, "", "$ make")]),
        ("```bash\nmake\n```\n", [(2, "bash", "make")]),
        ("Type:\n\n    make\n    make check\n", [(3, "", "make\nmake check")]),
        ("[source,sh]\n----\nmake # <1>\nmake check <2>\n----\n<1> builds\n", [(3, "sh", "make\nmake check")]),
        ("* first\n+\n[source,sh]\n----\nmake\n----\n", [(5, "sh", "make")]),
        ("====\n[source,sh]\n----\nmake\n----\n====\n", [(4, "sh", "make")]),
        ("--\n----\nmake\n----\n--\n", [(3, "", "make")]),
        ("////\n----\nmake\n----\n////\n", []),
        ("++++\n<pre>make</pre>\n++++\n", []),
        ("----\nmake\n", [(2, "", "make")]),
        (":v: 1.2\n\n----\npip install a=={v}\n----\n", [(4, "", "pip install a==1.2")]),
    ],
)
def test_code_is_found_with_its_line_and_language(text: str, expected: list[tuple[int, str, str]]) -> None:
    assert code(read(text)) == expected


def test_headings_stand_above_what_follows_and_one_of_the_same_level_ends_the_one_before() -> None:
    blocks = read("= Name\n:toc:\n\n== One\n\n=== Below\n\n== Two ==\n\nx\n")
    assert [b.text for b in blocks if b.kind is BlockKind.HEADING] == ["Name", "One", "Below", "Two"]
    assert blocks[-1].headings == ("Name", "Two")


def test_sentences_lose_their_markup_and_keep_their_code() -> None:
    (block,) = read("To *test*, run `make check` of https://example.org/a[the site].\n")
    assert block.text == "To test, run make check of the site."
    assert [(each.text, each.before.strip()) for each in block.inline] == [("make check", "To test, run")]


def test_tabs_and_titles_label_the_code_below_them() -> None:
    text = "[tabs]\n====\nWindows::\n+\n----\nnmake\n----\n\nLinux::\n+\n----\nmake\n----\n====\n\n.On a Mac\n----\nbrew\n----\n"
    labels = [(b.label, b.text) for b in read(text) if b.kind is BlockKind.CODE]
    assert labels == [("Windows", "nmake"), ("Linux", "make"), ("On a Mac", "brew")]


def test_an_include_is_read_with_the_lines_of_its_own_file() -> None:
    blocks = read("= A\n\ninclude::part.adoc[]\n", part="text\n\n----\nmake\n----\n")
    found = [(b.file, b.line) for b in blocks if b.kind is BlockKind.CODE]
    assert found == [("part.adoc", 4)]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/etc/passwd", "outside the tree"),
        ("../../x.adoc", "outside the tree"),
        ("none.adoc", "no such file"),
        ("https://example.org/a.adoc", "outside the tree"),
    ],
)
def test_an_include_that_cannot_be_followed_is_named_with_its_line(path: str, said: str) -> None:
    _, problems = read_asciidoc(f"= A\n\ninclude::{path}[]\n", "docs/a.adoc", lambda path: None)
    ((line, sentence),) = problems
    assert line == 3
    assert said in sentence


def test_a_document_that_includes_itself_ends() -> None:
    text = "x\n\ninclude::a.adoc[]\n"
    _, problems = read_asciidoc(text, "a.adoc", lambda path: text)
    assert "one of too many" in problems[-1][1]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("ifdef::env-github[]\nshown\nendif::[]\n", ["shown"]),
        ("ifndef::env-github[]\nhidden\nendif::[]\n", []),
        ("ifdef::other[]\nhidden\nendif::[]\nafter\n", ["after"]),
        (":other: 1\nifdef::other[]\nshown\nendif::[]\n", ["shown"]),
        ("ifdef::other[hidden]\n", []),
        ("ifdef::env-github[:badges:]\nifdef::badges[]\nshown\nendif::[]\n", ["shown"]),
        ("endif::[]\nshown\n", ["shown"]),
    ],
)
def test_conditionals_hold_for_the_page_that_a_code_host_shows(text: str, kept: list[str]) -> None:
    assert [b.text for b in read(text)] == kept


def test_a_project_documented_in_asciidoc_is_planned() -> None:
    readme = "= Tool\n\n== Testing\n\nRun the tests with:\n\n[source,bash]\n----\n$ make check\n----\n"
    found = analyze(FileTree.of({"README.adoc": readme, "Makefile": "check:\n\ttrue\n", "a.c": ""}))
    assert [(c.text, c.ref.line, c.chosen) for c in found.commands] == [("make check", 9, True)]
    assert [each.format for each in found.documents] == [DocFormat.ASCIIDOC]
