"""The pattern that a failure belongs to: its cause, the line that shows it in its normal form, and the digest of these. Pure.

The digest is over the cause, the error's code, the phase and the normal form of one line, and over nothing that was
learned: the same failure has the same id on every machine, so that what two of them learned can be merged. Templates
that Drain mines are kept beside it, and its groups are where near-duplicates are looked for.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from regrow.core.learning.cause_table import Cause
from regrow.core.learning.classifying import classify
from regrow.core.learning.drain import group_of, mine
from regrow.core.learning.masking import masked

__all__ = ["Recognised", "group_for", "pattern_id", "recognise"]

MAX_TEMPLATES: Final = 8
"""Of an output: the most frequent ones that are kept with a pattern."""

_VAGUE: Final = frozenset({Cause.TEST_FAILURE, Cause.UNKNOWN})
"""Causes whose lines tell nothing that the error's own message does not."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A failure as it is remembered.

    Attributes:
        shown: The line that its normal form was made of, as it was printed.
        lines: All lines that show the cause.
        templates: Of the output, the most frequent first, with their counts.
        group: See `drain.group_of`; of the same cause.
    """

    pattern_id: str
    cause: Cause
    others: tuple[Cause, ...]
    shown: str
    lines: tuple[str, ...]
    normal_form: str
    group: str
    templates: tuple[tuple[str, int], ...]


def recognise(output: str, code: str, phase: str, message: str, exit_code: int | None = None) -> Recognised:
    """Return the pattern of a failure.

    Args:
        output: What the step printed; "" where no step failed.
        code: The error's.
        phase: Of the run.
        message: The error's, or its evidence: what stands for the failure where no line shows its cause.
        exit_code: None when it did not exit by itself.

    >>> one = recognise("bash: line 7: tox: command not found", "E3001", "verifying", "")
    >>> one.cause.value, one.normal_form
    ('missing_tool', 'bash: line <n>: tox: command not found')
    """
    found = classify(output, code, exit_code)
    lines = tuple(line.text for line in found.lines)
    shown = lines[0] if lines and found.cause not in _VAGUE else message
    normal = masked(shown)
    mined = sorted(mine(output.splitlines()), key=lambda each: (-each.count, each.line))[:MAX_TEMPLATES]
    return Recognised(
        pattern_id=pattern_id(found.cause, code, phase, normal),
        cause=found.cause,
        others=found.others,
        shown=shown[:500],
        lines=lines,
        normal_form=normal,
        group=group_for(found.cause, normal),
        templates=tuple((each.text[:300], each.count) for each in mined),
    )


def group_for(cause: str, normal_form: str) -> str:
    """Return the group of a pattern: Drain's, of one cause."""
    return f"{cause} {group_of(normal_form) if normal_form else ''}".strip()[:200]


def pattern_id(cause: str, code: str, phase: str, normal_form: str) -> str:
    """Return the SHA-256 that a pattern is named by."""
    return hashlib.sha256(f"{cause}\0{code}\0{phase}\0{normal_form}".encode()).hexdigest()
