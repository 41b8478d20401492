"""A pattern as the bytes of its record: JSON without what is computed again when it is read, deflated. Pure.

Left out are defaults and the strategies' records, which are sums over `records`. What is left of a typical pattern deflates to
some 400 bytes, of one with a long output to 900. That matters more than it seems: SQLite keeps a row of this table in place up
to about 1,000 bytes, and beyond that gives it pages of 4,096 of its own (fileformat2, 1.6, "Cell Payload Overflow Pages").

Records of before are plain JSON; they are read as they are, and written anew when they change.

Rejected: a preset dictionary for zlib. It would save another 200 bytes and could never be changed again.
"""

from __future__ import annotations

import zlib
from typing import Final

from regrow.core.learning.records import strategies_of
from regrow.protocols.patterns import KnownPattern

__all__ = ["MAX_BYTES", "packed", "unpacked"]

MAX_BYTES: Final = 4_000_000
"""Of JSON that is inflated; four times the longest line of an import. More is damage, or somebody's joke."""

_DEFLATED: Final = b"\x01"
"""The first byte; no JSON begins so."""


def packed(known: KnownPattern) -> bytes:
    """Return the bytes of a pattern's record."""
    resolution = known.pattern.resolution.model_copy(update={"strategies": ()})
    bare = known.model_copy(update={"pattern": known.pattern.model_copy(update={"resolution": resolution})})
    text = bare.model_dump_json(by_alias=True, exclude_defaults=True)
    return _DEFLATED + zlib.compress(text.encode(), 6)


def unpacked(data: bytes) -> KnownPattern:
    """Return the pattern of a record.

    Raises:
        ValueError: It is not one.
    """
    if not data.startswith(_DEFLATED):
        return KnownPattern.model_validate_json(data)
    inflating = zlib.decompressobj()
    try:
        text = inflating.decompress(data[1:], MAX_BYTES)
    except zlib.error as error:
        msg = f"a pattern's record cannot be inflated: {error}"
        raise ValueError(msg) from error
    if not inflating.eof:
        msg = f"a pattern's record is cut short, or is more than {MAX_BYTES} bytes"
        raise ValueError(msg)
    known = KnownPattern.model_validate_json(text)
    strategies = strategies_of(known.pattern.pattern_id, known.records)
    resolution = known.pattern.resolution.model_copy(update={"strategies": strategies})
    return known.model_copy(update={"pattern": known.pattern.model_copy(update={"resolution": resolution})})
