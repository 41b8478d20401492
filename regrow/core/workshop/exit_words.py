"""How a process came to its end, in words; what a shell means by 126 and 127 is said, with the command that it names. Pure."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["exit_words"]

_NOT_FOUND: Final = 127
_NOT_RUN: Final = 126
"""Source: POSIX.1-2017, XCU 2.8.2 "Exit Status for Commands"."""

_NAMES: Final = (
    re.compile(r"(?m)^(?:\S*?\b(?:ba|da|z|k)?sh: (?:(?:line )?\d+: )?)(?P<name>[^:\n]{1,80}): (?:command )?not found"),
    re.compile(
        r"(?m)^(?:\S*?\b(?:ba|da|z|k)?sh: (?:(?:line )?\d+: )?)(?P<name>[^:\n]{1,80}): No such file or directory"
    ),
    re.compile(r"(?m)^(?:/usr/bin/)?env: ['‘](?P<name>[^'’\n]{1,80})['’]: No such file or directory"),
    re.compile(r"(?m)^(?P<name>[^:\s]{1,80}): command not found"),
)
_REFUSED: Final = re.compile(r"(?m)^\S*?sh: (?:(?:line )?\d+: )?(?P<name>[^:\n]{1,80}): Permission denied")


def exit_words(exit_code: int, output: str, what: str = "exit status") -> str:
    """Return "ended with exit status N", and behind it what a shell means by that number.

    >>> exit_words(127, "/bin/bash: line 3: pytest: command not found")
    'ended with exit status 127 (command not found: pytest)'
    >>> exit_words(2, "x"), exit_words(127, "")
    ('ended with exit status 2', 'ended with exit status 127 (command not found)')
    """
    told = f"ended with {what} {exit_code}"
    if exit_code == _NOT_FOUND:
        found = next((match for name in _NAMES for match in [*name.finditer(output)][-1:]), None)
        return f"{told} (command not found{_named(found)})"
    if exit_code == _NOT_RUN:
        return f"{told} (command cannot be run{_named(_REFUSED.search(output))})"
    return told


def _named(found: re.Match[str] | None) -> str:
    return f": {found['name'].strip()}" if found is not None else ""
