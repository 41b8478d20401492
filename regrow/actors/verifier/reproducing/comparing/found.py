"""What a comparison finds, and the bounds within which it looks. Pure.

The files were written by code that nobody vouches for: an archive may hold gigabytes of zeros, or itself. What lies beyond
a bound is compared as bytes and not looked into.
"""

from __future__ import annotations

from dataclasses import dataclass

from regrow.protocols.reproducibility import PartKind

__all__ = ["LIMIT_DEPTH", "LIMIT_FOUND", "LIMIT_MEMBERS", "LIMIT_UNPACKED_BYTES", "Found", "shortened"]

LIMIT_MEMBERS = 20_000
LIMIT_UNPACKED_BYTES = 256 * 1024 * 1024
LIMIT_DEPTH = 3
LIMIT_FOUND = 2_000
LIMIT_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Found:
    """One difference. `part` is what of the file ("" for all of it), `detail` what it was and is."""

    part: str
    kind: PartKind
    detail: str = ""
    first: str = ""
    second: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same difference in other builds, whatever the values."""
        return self.part, self.kind.value

    def below(self, name: str) -> Found:
        """The same, of a member of an archive."""
        return Found(f"{name}: {self.part}" if self.part else name, self.kind, self.detail, self.first, self.second)


def differing(part: str, kind: PartKind, first: str, second: str) -> Found:
    """A difference of two values that can be shown."""
    return Found(part, kind, f"{shortened(first, second)} / {shortened(second, first)}", first[:4000], second[:4000])


def shortened(text: str, other: str = "") -> str:
    """A value as it is shown: the part of a long one in which it differs from the other.

    >>> shortened("a" * 200 + "x" + "b" * 300, "a" * 200 + "y" + "b" * 300).count("x")
    1
    """
    if len(text) > LIMIT_SHOWN:
        same = next((at for at, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), 0)
        begin = max(0, same - LIMIT_SHOWN // 3)
        text = ("…" if begin else "") + text[begin : begin + LIMIT_SHOWN] + "…"
    return text.replace("\n", "\\n").replace("\r", "\\r").replace("\0", "\\0")
