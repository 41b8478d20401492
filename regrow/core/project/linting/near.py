"""How near two names are: the slips of a hand, and the two ways in which people write one name."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["distance", "nearest", "same_letters"]


def same_letters(one: str, other: str) -> bool:
    """Whether two names differ in case and separators only.

    >>> same_letters("rst-check", "RstCheck"), same_letters("rst-check", "rstchecks")
    (True, False)
    """
    return re.sub(r"[\W_]+", "", one).lower() == re.sub(r"[\W_]+", "", other).lower()


def distance(one: str, other: str, limit: int = 3) -> int:
    """Edits between two words: letters added, dropped, changed, or two neighbours swapped; `limit` when there are more.

    Source: optimal string alignment (Damerau-Levenshtein with adjacent swaps).

    >>> distance("pyhton", "python"), distance("pip", "pipx"), distance("make", "cmake"), distance("a", "bcdef")
    (1, 1, 1, 3)
    """
    if abs(len(one) - len(other)) >= limit:
        return limit
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, right in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return min(row[-1], limit)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that a slip of the hand makes into `word`, None when none is near or `word` is known itself.

    One edit in words of four letters and more, two in words of eight and more: shorter words are too near one another.

    >>> nearest("instal", ["install", "inspect"]), nearest("run", ["rum"]), nearest("django-registrations", ["django-registration"])
    ('install', None, 'django-registration')
    """
    found: tuple[int, str] | None = None
    for candidate in sorted(known):
        if candidate == word:
            return None
        allowed = 2 if min(len(word), len(candidate)) >= 8 else 1 if min(len(word), len(candidate)) >= 4 else 0
        edits = distance(word, candidate, allowed + 1)
        if edits <= allowed and (found is None or edits < found[0]):
            found = (edits, candidate)
    return found[1] if found else None
