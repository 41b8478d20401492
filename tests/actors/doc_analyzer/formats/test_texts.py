"""Three formats, one model: headings, sentences and code with their file and line."""

from __future__ import annotations

from regrow.actors.doc_analyzer.blocks import Block, BlockKind
from regrow.actors.doc_analyzer.formats.markdown import read_markdown
from regrow.actors.doc_analyzer.formats.plain_text import read_plain_text
from regrow.actors.doc_analyzer.formats.restructured_text import read_restructured_text


def code(blocks: tuple[Block, ...]) -> list[tuple[int, str, str]]:
    return [(b.line, b.language, b.text) for b in blocks if b.kind is BlockKind.CODE]


def test_markdown_code_has_its_language_its_line_and_the_headings_above() -> None:
    blocks = read_markdown("# A\n\ntext\n\n## B\n\n```bash\nmake\nmake check\n```\n\n    ls\n", "R.md")
    assert code(blocks) == [(8, "bash", "make\nmake check"), (12, "", "ls")]
    assert blocks[-1].headings == ("A", "B")


def test_markdown_heading_of_the_same_level_ends_the_one_before() -> None:
    blocks = read_markdown("# A\n## B\n### C\n## D\n\nx\n", "R.md")
    assert blocks[-1].headings == ("A", "D")


def test_markdown_tabs_label_their_code() -> None:
    text = '=== "Windows"\n\n    ```bat\n    nmake\n    ```\n\n=== "Linux"\n\n    ```sh\n    make\n    ```\n'
    labels = [(b.label, b.text, b.line) for b in read_markdown(text, "R.md") if b.kind is BlockKind.CODE]
    assert labels == [("Windows", "nmake", 4), ("Linux", "make", 10)]


def test_markdown_details_label_their_code_and_end() -> None:
    text = "<details>\n<summary>Windows</summary>\n\n```\nnmake\n```\n\n</details>\n\n```\nmake\n```\n"
    labels = [(b.label, b.text) for b in read_markdown(text, "R.md") if b.kind is BlockKind.CODE]
    assert labels == [("Windows", "nmake"), ("", "make")]


def test_markdown_pre_of_html_is_code() -> None:
    assert code(read_markdown("<pre>\nmake &amp;&amp; ls\n</pre>\n", "R.md")) == [(2, "", "make && ls")]


def test_markdown_code_in_a_sentence_knows_the_words_before_it() -> None:
    (block,) = read_markdown("To test, run `make check` now.\n", "R.md")
    assert [(c.text, c.before, c.after) for c in block.inline] == [("make check", "To test, run ", " now.")]


def test_restructured_text_code_by_two_colons_and_by_directive() -> None:
    text = "A\n=\n\nRun::\n\n    make\n\n.. code-block:: console\n\n    $ ls\n"
    blocks, problems = read_restructured_text(text, "R.rst", lambda path: None)
    assert code(blocks) == [(6, "", "make"), (10, "console", "$ ls")]
    assert problems == ()


def test_restructured_text_of_sphinx_does_not_stop_the_reader() -> None:
    text = (
        "A\n=\n\n.. toctree::\n   :maxdepth: 2\n\n   b\n\nSee :ref:`x` and :func:`~a.b`.\n\n"
        ".. tab:: Windows\n\n   .. code:: bat\n\n      nmake\n"
    )
    blocks, _ = read_restructured_text(text, "R.rst", lambda path: None)
    assert [(b.label, b.text) for b in blocks if b.kind is BlockKind.CODE] == [("Windows", "nmake")]
    assert any(b.text == "See x and a.b." for b in blocks)


def test_include_inside_the_tree_is_read_with_its_own_file_and_lines() -> None:
    files = {"docs/b.rst": "B\n-\n\n::\n\n  make\n"}
    blocks, _ = read_restructured_text("A\n=\n\n.. include:: b.rst\n", "docs/a.rst", files.get)
    assert [(b.file, b.line) for b in blocks if b.kind is BlockKind.CODE] == [("docs/b.rst", 6)]


def test_include_outside_the_tree_is_refused_and_named() -> None:
    for path in ("/etc/passwd", "../../etc/passwd"):
        blocks, problems = read_restructured_text(f"A\n=\n\n.. include:: {path}\n", "docs/a.rst", lambda p: "secret")
        assert problems == ((4, f"include of {path} refused: it lies outside the tree"),)
        assert not any("secret" in block.text for block in blocks)


def test_include_of_itself_ends() -> None:
    _, problems = read_restructured_text(".. include:: a.rst\n", "a.rst", lambda path: ".. include:: a.rst\n")
    assert "includes itself" in problems[0][1]


def test_raw_and_csv_files_are_not_read() -> None:
    text = "A\n=\n\n.. raw:: html\n   :file: /etc/passwd\n\n.. csv-table::\n   :file: /etc/passwd\n"
    blocks, _ = read_restructured_text(text, "a.rst", lambda path: None)
    assert [b.text for b in blocks] == ["A"]


def test_plain_text_reads_gnu_quotes_and_indented_code() -> None:
    text = (
        "Installing\n==========\n\n   The simplest way is to type `./configure' and then:\n\n     make\n"
        "     make check\n\nThat is all.\n"
    )
    blocks = read_plain_text(text, "INSTALL")
    assert code(blocks) == [(6, "", "make\nmake check")]
    assert [c.text for b in blocks for c in b.inline] == ["./configure"]


def test_plain_text_paragraph_with_an_indented_first_line_is_no_code() -> None:
    blocks = read_plain_text(
        "   If you need to do unusual things to compile the package, please try\nto figure out how.\n", "INSTALL"
    )
    assert [b.kind for b in blocks] == [BlockKind.TEXT]


def test_plain_text_order_after_a_colon_is_code_of_the_sentence() -> None:
    (block,) = read_plain_text("2. Type: make", "INSTALL")
    assert [c.text for c in block.inline] == ["make"]


def test_apostrophe_does_not_open_a_quote() -> None:
    (block,) = read_plain_text("the package's source, type `./configure' now", "INSTALL")
    assert [c.text for c in block.inline] == ["./configure"]
