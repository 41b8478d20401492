"""What the name of an actor may hold."""

from __future__ import annotations

import re

__all__ = ["is_printable"]

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def is_printable(name: str) -> bool:
    """Whether a name is text that keys of a store, logs and terminals take as it is.

    A NUL ends a text for SQLite's prefixes, `\\x1f` ends the path in the key of a checkpoint, a line break forges a line of a
    log, and half of a surrogate pair cannot be encoded.

    >>> is_printable("Zoë 2"), is_printable("a\\x00b")
    (True, False)
    """
    return name.isprintable() or _CONTROLS.search(name) is None
