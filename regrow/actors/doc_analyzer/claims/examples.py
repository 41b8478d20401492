"""Code of the documents that shows what comes of it: sessions of Python, code with results in comments or below. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from regrow.actors.doc_analyzer.blocks import Block, BlockKind, Document
from regrow.actors.doc_analyzer.claims.shown import shown_below
from regrow.actors.doc_analyzer.shell_blocks import NODE_LANGUAGES, PYTHON_LANGUAGES, UNDECLARED
from regrow.protocols.plan import DocRef, Example, Shell

__all__ = ["examples_in"]

LIMIT_EXAMPLES = 200
LIMIT_CHARS = 20_000
_SESSION = re.compile(r"^\s*>>> ", re.MULTILINE)
_RESULT = re.compile(
    r"#\s*(?:=>|->|→|⇒|==>|prints?:?|outputs?:?|returns?:?|#)\s*\S|#\s*(?:[\[({'\"\d-]|True\b|False\b|None\b)",
    re.IGNORECASE,
)
_NODE_RESULT = re.compile(r"^\s*console\.log\(.*\);?\s*//\s*(?:=>|->|→)\s*(?P<result>\S.*)$")
_NODE_PRINT = re.compile(r"^\s*console\.(?:log|error|info|dir)\(")
_LOOSELY = re.compile(r"(?i)\b(?:something|similar|for example|sample|looks?|approximately|roughly|pseudo)\b")


def examples_in(documents: Sequence[Document]) -> tuple[Example, ...]:
    """Each block that shows a result, in reading order; what one document includes of another is met once."""
    found: dict[tuple[str, int], Example] = {}
    for document in documents:
        for index, block in enumerate(document.blocks):
            if block.kind is BlockKind.CODE and len(block.text) <= LIMIT_CHARS:
                for each in _of_block(document, index, block):
                    found.setdefault((each.ref.file, each.ref.line), each)
    return tuple(found.values())[:LIMIT_EXAMPLES]


def _of_block(document: Document, index: int, block: Block) -> Iterator[Example]:
    ref = DocRef(file=block.file, line=block.line, end_line=max(block.line, block.end_line), text=block.text[:500])
    lead = document.blocks[index - 1].text if index and document.blocks[index - 1].kind is BlockKind.TEXT else ""
    loosely = bool(_LOOSELY.search(lead[-160:]))
    if _SESSION.search(block.text) and block.language in PYTHON_LANGUAGES | UNDECLARED:
        shows = re.search(r"^\s*>>> .*(?:\n\s*\.\.\. ?.*)*\n(?!\s*>>> |\s*$)", block.text + "\n", re.MULTILINE)
        if shows:
            yield Example(
                language=Shell.PYTHON, code=block.text, session=True, ref=ref, confidence=0.6 if loosely else 0.95
            )
    elif block.language in PYTHON_LANGUAGES - UNDECLARED and _parses(block.text):
        below = shown_below(document.blocks, index) if "print" in block.text else None
        if below is not None or any(map(_RESULT.search, block.text.split("\n"))):
            output = below.text if below is not None else None
            sure = not loosely and not (below is not None and below.partly)
            yield Example(
                language=Shell.PYTHON, code=block.text, output=output, ref=ref, confidence=0.9 if sure else 0.6
            )
    elif block.language in NODE_LANGUAGES:
        yield from _of_node(document, index, block, ref)


def _of_node(document: Document, index: int, block: Block, ref: DocRef) -> Iterator[Example]:
    lines = block.text.split("\n")
    printing = [line for line in lines if _NODE_PRINT.match(line)]
    results = [match["result"] for line in lines if (match := _NODE_RESULT.match(line))]
    below = shown_below(document.blocks, index) if printing else None
    if below is not None:
        output = below.text
    elif printing and len(results) == len(printing):
        output = "\n".join(results)
    else:
        return
    sure = not (below is not None and below.partly) and "require(" in block.text
    yield Example(language=Shell.NODE, code=block.text, output=output, ref=ref, confidence=0.9 if sure else 0.6)


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True
