"""What makes two errors the same: their text without what differs from run to run. Pure."""

from __future__ import annotations

import hashlib
import re

__all__ = ["pattern_id", "template"]

_VARYING = (
    (re.compile(r"0x[0-9a-fA-F]+"), "<address>"),
    (re.compile(r"\b[0-9a-f]{12,64}\b"), "<hash>"),
    (re.compile(r"(?:/[\w.+@-]+){2,}/?"), "<path>"),
    (re.compile(r"\b\d+(?:\.\d+)*\b"), "<n>"),
    (re.compile(r"\s+"), " "),
)


def template(text: str) -> str:
    """Return an error's text with paths, numbers, hashes and addresses left out.

    >>> template("step 12 failed in /tmp/x7/build: 0x7fff: took 12.5 s")
    'step <n> failed in <path>: <address>: took <n> s'
    """
    for pattern, word in _VARYING:
        text = pattern.sub(word, text)
    return text.strip()[:500]


def pattern_id(code: str, phase: str, text: str) -> str:
    """Return the id of an error's pattern: a SHA-256 over its code, its phase and its template."""
    return hashlib.sha256("\0".join((code, phase, template(text))).encode()).hexdigest()
