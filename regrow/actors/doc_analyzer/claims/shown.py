"""What stands below a command as its result: the block after it, when the words between say so. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from regrow.actors.doc_analyzer.blocks import Block, BlockKind
from regrow.actors.doc_analyzer.shell_blocks import NODE_LANGUAGES, PYTHON_LANGUAGES, SHELL_LANGUAGES, UNDECLARED

__all__ = ["Shown", "shown_below"]

SAYS_SO = re.compile(
    r"(?i)\b(?:prints?|outputs?|printed|returns?|responds?(?: with)?|response|answers?|displays?|shows?|yields?|gives?|"
    r"produces?|results? (?:in|is|will)|the results?|you(?: should| will|'ll)? (?:see|get)|which is)\b[^.!?]{0,60}[:.]?\s*$"
)
_PARTLY = re.compile(
    r"(?i)\b(?:something|similar|like|e\.?g|example|sample|looks?|approximately|roughly|part of|excerpt)\b"
)
_NOT_THIS = re.compile(r"(?i)\b(?:error|if |unless|otherwise|when |without|file|on windows|older|instead)\b")
_CODE = (PYTHON_LANGUAGES | NODE_LANGUAGES) - UNDECLARED
_PROGRAMS = SHELL_LANGUAGES - {"console", "terminal", "session", "shell-session", "bash-session", "sh-session"}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a block shows. `partly` says that the words before it do not promise the exact text."""

    text: str
    line: int
    end_line: int
    partly: bool
    lead: str


def shown_below(blocks: Sequence[Block], index: int) -> Shown | None:
    """What the block after number `index` shows as the result of that one.

    A sentence stands between both, and says that this is what comes of it.
    """
    after = index + 1
    lead = ""
    while after < len(blocks) and blocks[after].kind is BlockKind.TEXT and after - index <= 2:
        lead = f"{lead} {blocks[after].text}".strip()
        after += 1
    if after >= len(blocks) or blocks[after].kind is not BlockKind.CODE or blocks[after].file != blocks[index].file:
        return None
    block = blocks[after]
    if not lead or not SAYS_SO.search(lead) or len(lead) > 200 or _NOT_THIS.search(lead):
        return None
    if (
        block.language in _CODE
        or block.language in _PROGRAMS
        or re.search(r"^\s*(?:[$%] |>>> )", block.text, re.MULTILINE)
    ):
        return None
    return Shown(block.text, block.line, block.end_line, bool(_PARTLY.search(lead)), lead)
