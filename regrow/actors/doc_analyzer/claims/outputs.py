"""What the documents show that a command prints: below its prompt, in the block after it, or behind it in its sentence. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise

from regrow.actors.doc_analyzer.blocks import Document
from regrow.actors.doc_analyzer.claims.curl import parse_call
from regrow.actors.doc_analyzer.claims.shown import shown_below
from regrow.actors.doc_analyzer.mentions import Mention
from regrow.protocols.plan import DocRef, ExpectedOutput

__all__ = ["outputs_in"]

LIMIT_OUTPUTS = 200
LIMIT_CHARS = 4_000
_PRINTS = re.compile(r"(?i)\b(?:prints?|outputs?|displays?|prints out|writes)\s*[:\"'(]*$")
_LOOSELY = re.compile(
    r"(?i)\b(?:something|similar|like|e\.?g|for example|sample|looks?|approximately|roughly|part of|excerpt|might|may)\b"
)


def outputs_in(documents: Sequence[Document], mentions: Iterable[Mention]) -> tuple[ExpectedOutput, ...]:
    """Each shown output with its command, in reading order."""
    found: list[ExpectedOutput] = []
    for (number, block), group in groupby(mentions, key=lambda mention: (mention.document, mention.block)):
        found.extend(_of_block(documents[number], block, list(group)))
    return tuple(found[:LIMIT_OUTPUTS])


def _of_block(document: Document, block: int, mentions: Sequence[Mention]) -> Iterator[ExpectedOutput]:
    typed = [mention for mention in mentions if not mention.inline]
    if not typed:
        yield from (each for mention in mentions for each in _in_sentence(document, block, mention))
        return
    shown = shown_below(document.blocks, block)
    for index, mention in enumerate(typed):
        last = index == len(typed) - 1
        text, partly, confidence = mention.typed.output, bool(_LOOSELY.search(mention.lead)), 0.95
        if (
            index + 1 < len(typed)
            and typed[index + 1].typed.output == text
            and mention.ref.line == typed[index + 1].ref.line
        ):
            continue  # Several commands on one line: the output is that of all, and stands with the last.
        if not text.strip() and last and shown is not None:
            text, partly, confidence = shown.text, shown.partly, 0.9
        if (
            not text.strip()
            or not mention.typed.valid
            or any(parse_call(each.words) for each in mention.typed.commands)
        ):
            continue  # What an address answers is `endpoints`.
        yield ExpectedOutput(
            command=mention.typed.text,
            text=text[:LIMIT_CHARS],
            before=tuple(each.typed.text for each in typed[:index]),
            partly=partly or len(text) > LIMIT_CHARS,
            ref=mention.ref,
            confidence=confidence,
        )


def _in_sentence(document: Document, block: int, mention: Mention) -> Iterator[ExpectedOutput]:
    codes = document.blocks[block].inline
    for code, after in pairwise(codes):
        between = after.before[len(code.before) + len(code.text) :] if len(after.before) > len(code.before) else ""
        if code.text == mention.typed.text and _PRINTS.search(after.before) and len(between) < 40:
            ref = DocRef(
                file=mention.ref.file, line=mention.ref.line, end_line=mention.ref.end_line, text=mention.ref.text
            )
            loosely = bool(_LOOSELY.search(between))
            yield ExpectedOutput(command=code.text, text=after.text, partly=loosely, ref=ref, confidence=0.9)
