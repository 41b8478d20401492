"""Finds what a recovery must never do: hide a fault instead of mending it (trap 15). Pure.

Only what a deviation adds counts. Documents that say `pytest -k "not slow"` themselves are followed as they are.
"""

from __future__ import annotations

import re

from regrow.protocols.plan import Deviation, DeviationKind

_MASKS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("ignores the exit status", re.compile(r"\|\|\s*(?:true|:|exit 0|echo)|;\s*(?:true|:|exit 0)\s*$|\bset \+e\b")),
    ("ignores the exit status", re.compile(r"\bmake\b[^;&|]*\s(?:-\w*[ik]\w*\b|--ignore-errors|--keep-going)")),
    ("ignores the exit status", re.compile(r"--(?:exit-?zero|force-exit-0|pass-?with-?no-?tests|continue-on-error)\b", re.IGNORECASE)),  # noqa: E501
    ("leaves tests out", re.compile(r"--(?:deselect|ignore|ignore-glob|skip|exclude|exclude-regex|test-skip-pattern|grep)\b")),
    ("leaves tests out", re.compile(r"\s-k[ =]*[\"']?[^\"'&|;]*\bnot\b|\s-m[ =]*[\"']not\b|\bctest\b.*\s-(?:E|LE)\s|\s--invert\b")),
    ("leaves tests out", re.compile(r"\bXFAIL_TESTS=|\bTESTS=|\brm\b[^;&|]*\btests?\b|\bmv\b[^;&|]*\btests?[/_\w]*\.\w+")),
    ("silences warnings that are errors", re.compile(r"\s-W\s?[\"']?ignore|\bPYTHONWARNINGS=[\"']?(?:ignore|default)|--disable-warnings")),  # noqa: E501
    ("changes the tests or what they require", re.compile(
        r"\b(?:sed|perl)\b[^;&|]*\s-i[^;&|]*(?:require|setup\.|pyproject|package\.json|tests?[/_.]|Makefile)")),
    ("leaves a requirement out", re.compile(r"\bgrep -v\b[^;&|]*require|\bpip3? install\b[^;&|]*--no-deps\b")),
)  # fmt: skip


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
        return ("leaves tests out",)
    said = masks_in(deviation.corrects.text) if deviation.corrects else ()
    done = (*masks_in(deviation.sentence), *(masks_in(command) if command else ()))
    return tuple(dict.fromkeys(what for what in done if what not in said))
