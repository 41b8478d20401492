"""Durations as people type them: `90s`, `10m`, `1h30m`, or a number of seconds."""

from __future__ import annotations

import re
from typing import Final

from regrow.protocols.errors import regrow_error

__all__ = ["parse_duration"]

_UNIT_S: Final = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhd])")
_WHOLE = re.compile(rf"(?:{_PART.pattern})+")


def parse_duration(text: str, where: str, least_s: float = 1.0) -> float:
    """Return the seconds that a duration says.

    Args:
        text: What was typed.
        where: The option or setting, for the message.
        least_s: What is shorter is refused.

    Raises:
        RegrowError: It is no duration, or too short (E6001).

    >>> [parse_duration(text, "option --time") for text in ("90s", "10m", "1h30m", "45", "2.5")]
    [90.0, 600.0, 5400.0, 45.0, 2.5]
    """
    typed = text.strip().lower()
    seconds = -1.0
    if re.fullmatch(r"\d+(?:\.\d+)?", typed):
        seconds = float(typed)
    elif _WHOLE.fullmatch(typed):
        seconds = sum(float(number) * _UNIT_S[unit] for number, unit in _PART.findall(typed))
    if not least_s <= seconds <= 1e9:
        what = "is no duration" if seconds < 0 else "is out of range"
        raise regrow_error(
            "E6001",
            what,
            where=where,
            expected=f"{least_s:g}s or more, such as 90s, 10m or 1h",
            got=repr(text),
            remedy="write a number and one of s, m, h, d",
        )
    return seconds
