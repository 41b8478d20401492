"""Finds what a recovery must never do: hide a fault instead of mending it (trap 15). Pure.

Only what a deviation adds counts. Documents that say `pytest -k "not slow"` themselves are followed as they are.
"""

from __future__ import annotations

import re

from regrow.protocols.plan import Deviation, DeviationKind

_IGNORED = "ignores the exit status"
_LEFT_OUT = "leaves tests out"
_SILENCED = "silences warnings that are errors"
_CHANGED = "changes the tests or what they require"
_DROPPED = "leaves a requirement out"

_MASKS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (what, re.compile(pattern))
    for what, pattern in (
        (_IGNORED, r"\|\|\s*(?:true|:|exit 0|echo)|;\s*(?:true|:|exit 0)\s*$|\bset \+e\b"),
        (_IGNORED, r"\bmake\b[^;&|]*\s(?:-\w*[ik]\w*\b|--ignore-errors|--keep-going)"),
        (_IGNORED, r"(?i)--(?:exit-?zero|force-exit-0|pass-?with-?no-?tests|continue-on-error)\b"),
        (_LEFT_OUT, r"--(?:deselect|ignore|ignore-glob|skip|exclude|exclude-regex|grep|invert)(?![\w-])"),
        (_LEFT_OUT, r"\s-k[ =]*[\"']?[^\"'&|;]*\bnot\b|\s-m[ =]*[\"']not\b|\bctest\b.*\s-(?:E|LE)\s"),
        (_LEFT_OUT, r"\bXFAIL_TESTS=|\bTESTS=|\brm\b[^;&|]*\btests?\b|\bmv\b[^;&|]*\btests?[/_\w]*\.\w+"),
        (_SILENCED, r"\s-W\s?[\"']?ignore|\bPYTHONWARNINGS=[\"']?(?:ignore|default)|--disable-warnings"),
        (
            _CHANGED,
            r"\b(?:sed|perl)\b[^;&|]*\s-i[^;&|]*(?:require|setup\.|pyproject|package\.json|tests?[/_.]|Makefile)",
        ),
        (_DROPPED, r"\bgrep -v\b[^;&|]*require|\bpip3? install\b[^;&|]*--no-deps\b"),
    )
)


def masks_in(command: str) -> tuple[str, ...]:
    """What of the forbidden a command does.

    >>> masks_in("pytest || true"), masks_in("pytest -q")
    (('ignores the exit status',), ())
    """
    return tuple(dict.fromkeys(what for what, pattern in _MASKS if pattern.search(command)))


def masks_added(deviation: Deviation, command: str | None = None) -> tuple[str, ...]:
    """What of the forbidden a deviation does that the sentence which it corrects does not.

    Args:
        command: The command of the step that carries it, if one does.
    """
    if deviation.kind is DeviationKind.REMOVED_TESTS:
        return (_LEFT_OUT,)
    said = masks_in(deviation.corrects.text) if deviation.corrects else ()
    done = (*masks_in(deviation.sentence), *(masks_in(command) if command else ()))
    return tuple(dict.fromkeys(what for what in done if what not in said))
