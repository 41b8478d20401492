"""Which files of a project a newcomer would read, in which order, and reading them into blocks.

Order: README, INSTALL, CONTRIBUTING and its kin, notes for maintainers, then the folder of documentation. A translation
of the README says the same again and is left out. Everything has a limit; what was cut off is said
(`Document.truncated`).
"""

from __future__ import annotations

import re

from regrow.actors.doc_analyzer.blocks import Block, Document
from regrow.actors.doc_analyzer.formats import (
    read_asciidoc,
    read_markdown,
    read_notebook,
    read_plain_text,
    read_restructured_text,
)
from regrow.core.project.file_tree import FileTree
from regrow.protocols.plan import DocFormat

__all__ = ["LIMIT_DOCUMENT_BYTES", "find_documents", "for_maintainers", "format_of", "read_document"]

LIMIT_DOCUMENT_BYTES = 2_000_000
"""Of a longer document the first part is read. The longest README of the 54 surveyed projects has 41 kB."""
LIMIT_TOTAL_BYTES = 4_000_000
LIMIT_DOCUMENTS = 40

_ENDINGS = {
    ".md": DocFormat.MARKDOWN,
    ".markdown": DocFormat.MARKDOWN,
    ".mkd": DocFormat.MARKDOWN,
    ".mdx": DocFormat.MARKDOWN,
    ".rst": DocFormat.RESTRUCTUREDTEXT,
    ".rest": DocFormat.RESTRUCTUREDTEXT,
    ".txt": DocFormat.TEXT,
    ".adoc": DocFormat.ASCIIDOC,
    ".asciidoc": DocFormat.ASCIIDOC,
    ".asc": DocFormat.ASCIIDOC,
    ".ipynb": DocFormat.NOTEBOOK,
    ".org": DocFormat.TEXT,
    "": DocFormat.TEXT,
}
_STEMS = (
    r"readme",
    r"install(ing|ation)?|building|build|compiling|quick-?start|getting[-_]?started|setup|usage",
    r"contributing|contribute|hacking|develop(ing|ment|er|ers)?|testing|tests?|contribution[-_]?guide",
    r"readme[-_.](dev|devel|develop|developers?|hacking|git|build|unix|linux|tests?|source|contributing)|"
    r"maintain(ing|ers)?|contributors",
)
_DOC_STEMS = (
    r"index|readme|overview|introduction|intro",
    r"(\d+[-_.])?(.*[-_])?(install(ing|ation)?|building|build|compiling|quick-?start|getting[-_]?started|setup)",
    r"(\d+[-_.])?(.*[-_])?(contributing|contribute|hacking|develop(ing|ment|er|ers)?|dev|testing|tests?|dev[-_]guide)",
)
_DOC_FOLDERS = (
    "docs",
    "doc",
    "documentation",
    "docs/source",
    "doc/source",
    "docs/src",
    "docs/en",
    "docs/docs",
    "docs/user",
    "docs/dev",
    "docs/development",
    "docs/contributing",
)
_ORDER = {".md": 0, ".markdown": 0, ".rst": 1, ".adoc": 1, ".txt": 2, "": 3, ".ipynb": 5}
_MAINTAINERS = re.compile(
    r"(?i)readme[-_.](dev|devel|git|hacking|maint)|maintain|(?:^|/)contributors|releas|/ci\b|pypi|publish"
)


def find_documents(tree: FileTree) -> tuple[str, ...]:
    """Paths of the documents in the order in which a newcomer would read them.

    >>> find_documents(FileTree.of({"docs/testing.md": "", "CONTRIBUTING.md": "", "README.rst": "", "readme.py": ""}))
    ('README.rst', 'CONTRIBUTING.md', 'docs/testing.md')
    """
    ranked: list[tuple[int, int, str]] = []
    for path in tree.files:
        rank = _rank(path)
        if rank is not None:
            ranked.append((rank, _ORDER.get(_ending(path), 4), path))
    return tuple(path for _, _, path in sorted(ranked))[:LIMIT_DOCUMENTS]


def _ending(path: str) -> str:
    name = path.rpartition("/")[2]
    stem, dot, last = name.rpartition(".")
    return f".{last.lower()}" if dot and stem and f".{last.lower()}" in _ENDINGS else ""


def _rank(path: str) -> int | None:
    folder, _, name = path.rpartition("/")
    ending = _ending(path)
    stem = name[: len(name) - len(ending)].lower()
    if "." in stem and not re.fullmatch(_STEMS[3], stem):
        return None
    if folder == "":
        return next((rank for rank, pattern in enumerate(_STEMS) if re.fullmatch(pattern, stem)), None)
    if folder == ".github" and stem == "contributing":
        return 2
    if folder.lower() in _DOC_FOLDERS:
        found = next((rank for rank, pattern in enumerate(_DOC_STEMS) if re.fullmatch(pattern, stem)), None)
        return None if found is None or (ending == "" and stem != "readme") else 10 + found
    if folder.lower() in {"test", "tests"} and stem == "readme":
        return 20
    return None


def for_maintainers(path: str) -> bool:
    """Whether a document speaks to those who make releases, not to a newcomer (trap 38)."""
    return _MAINTAINERS.search(path) is not None


def format_of(path: str, text: str) -> DocFormat:
    """The markup of a document, by its ending, and where that says nothing by its look.

    >>> format_of("README", "Name\\n====\\n\\n.. code:: sh\\n\\n   make\\n").value
    'restructuredtext'
    """
    known = _ENDINGS[_ending(path)]
    if known is not DocFormat.TEXT:
        return known
    head = text[:20_000]
    if re.search(r"^(```|#{1,3} \S)", head, re.MULTILINE) and re.search(r"^```|\]\(http", head, re.MULTILINE):
        return DocFormat.MARKDOWN
    underlined = re.search(r"^\S.*\n([=\-~*^])\1{2,}$", head, re.MULTILINE)
    if underlined and re.search(r"^\.\. |::\s*\n\s*\n\s+\S|``\w", head, re.MULTILINE):
        return DocFormat.RESTRUCTUREDTEXT
    return DocFormat.TEXT


def read_document(tree: FileTree, path: str, limit_bytes: int = LIMIT_DOCUMENT_BYTES) -> Document | None:
    """A document as blocks; None when it is missing or binary."""
    text = tree.text(path, limit_bytes)
    if text is None:
        return None
    kind = format_of(path, text)
    problems: tuple[tuple[int, str], ...] = ()
    blocks: tuple[Block, ...]
    if kind is DocFormat.MARKDOWN:
        blocks = read_markdown(text, path)
    elif kind is DocFormat.RESTRUCTUREDTEXT:
        blocks, problems = read_restructured_text(text, path, lambda other: tree.text(other, limit_bytes))
        if not blocks and text.strip():
            blocks = read_plain_text(text, path)
    elif kind is DocFormat.ASCIIDOC:
        blocks, problems = read_asciidoc(text, path, lambda other: tree.text(other, limit_bytes))
    elif kind is DocFormat.NOTEBOOK:
        blocks, problems = read_notebook(text, path)
    else:
        blocks = read_plain_text(text, path)
    size = tree.files[path]
    return Document(path, kind, blocks, size, text.count("\n") + 1, size > limit_bytes, problems)
