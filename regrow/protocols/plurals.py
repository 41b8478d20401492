"""How many of something, in words: the one place that knows when an English noun takes another form. Pure."""

from __future__ import annotations

__all__ = ["counted", "plural"]


def plural(number: int, one: str, many: str = "") -> str:
    """Return the form of a noun that goes with a number; `many` where it is not the word with an "s".

    >>> plural(1, "document"), plural(0, "document"), plural(2, "repository", "repositories")
    ('document', 'documents', 'repositories')
    """
    return one if number == 1 else many or f"{one}s"


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun.

    >>> counted(1, "document"), counted(12, "test"), counted(0, "match", "matches")
    ('1 document', '12 tests', '0 matches')
    """
    return f"{number} {plural(number, one, many)}"
