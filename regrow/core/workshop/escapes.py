"""What programs print for a terminal, as plain text: colours and cursor movements say nothing to a rule or a reader. Pure."""

from __future__ import annotations

import re

__all__ = ["without_escapes"]

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Z0-9]|[@-Z\\^_])")


def without_escapes(text: str) -> str:
    r"""The text without escape sequences (ECMA-48: CSI, OSC, character sets).

    >>> without_escapes("\x1b[1;31mERROR\x1b[m\x1b(B no such file")
    'ERROR no such file'
    """
    return _ANSI.sub("", text) if "\x1b" in text else text
