"""Tells a moment of time in what two builds have written, in the spellings that programs use. Pure.

Two texts that are equal but for moments differ by the clock. Numbers count as moments only near the time of the builds.
"""

from __future__ import annotations

import re

__all__ = ["differ_by_time"]

NEAR_S = 4 * 86_400
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_SPELLED = re.compile(
    rf"\d{{4}}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?|\d{{1,2}}:\d\d(?::\d\d(?:\.\d+)?)?|\b\d{{8}}T?\d{{6}}\b|"
    rf"\b\d{{4}}[./]\d\d[./]\d\d\b|(?:{_DAY},? )?(?:{_MONTH} +\d{{1,2}}|\d{{1,2}}[ -]{_MONTH})(?:,? \d{{4}})?|\b{_DAY}\b"
)
_NUMBER = re.compile(r"(?<![\w.])\d{10}(?:\d{3}|\d{6}|\d{9})?(?:\.\d+)?(?![\w.])")
_BYTES = re.compile(r"^(?:at byte \d+: )?([0-9a-f]{8,16})$")


def differ_by_time(first: str, second: str, began_s: float) -> bool:
    """Whether two values differ by moments alone.

    Args:
        first: What one build wrote.
        second: What the other did.
        began_s: Seconds since 1970 at which the builds began, roughly.

    >>> differ_by_time("built 12:00:03", "built 12:00:09", 0), differ_by_time("id 7f3a", "id 99b0", 0)
    (True, False)
    """
    if _near_bytes(first, began_s) and _near_bytes(second, began_s):
        return True

    def masked(text: str) -> str:
        spelled = _SPELLED.sub("\0", text)
        return _NUMBER.sub(lambda found: "\0" if _near(found[0], began_s) else found[0], spelled)

    return first != second and masked(first) == masked(second)


def _near(number: str, began_s: float) -> bool:
    return abs(float(number[:10]) - began_s) < NEAR_S


def _near_bytes(text: str, began_s: float) -> bool:
    """Four bytes somewhere in a piece of binary data that are a number of seconds near the builds."""
    found = _BYTES.match(text)
    if found is None:
        return False
    data = bytes.fromhex(found[1][: len(found[1]) // 2 * 2])
    pieces = [data[at : at + 4] for at in range(len(data) - 3)]
    return any(abs(int.from_bytes(piece, order) - began_s) < NEAR_S for piece in pieces for order in ("little", "big"))
