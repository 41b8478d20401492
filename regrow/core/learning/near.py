"""Whether two patterns are nearly the same: by rapidfuzz (extra `learn`), else by Drain's own measure.

Pure. The one module that imports rapidfuzz.
"""

from __future__ import annotations

from collections.abc import Mapping

from regrow.core.learning.drain import likeness
from regrow.core.learning.masking import tokens

__all__ = ["LIKE", "MAX_CANDIDATES", "nearest"]

LIKE = 90.0
"""Of 100: below it "cannot find <quoted>" and "cannot open <quoted>" would be one."""

MAX_CANDIDATES = 64
"""How many of a group are compared, however many it has: a look-up stays below a millisecond."""


def nearest(normal_form: str, candidates: Mapping[str, str]) -> str | None:
    """Return the key of the candidate that is most like a normal form; None when none is like enough.

    Args:
        candidates: Key -> normal form. No more than `MAX_CANDIDATES` are looked at.

    >>> nearest("bash: line <n>: tox: command not found", {"a": "sh: line <n>: tox: command not found", "b": "killed"})
    'a'
    """
    some = dict(list(candidates.items())[:MAX_CANDIDATES])
    try:
        from rapidfuzz import fuzz, process
    except ImportError:
        scored = [(_likeness(normal_form, text), key) for key, text in some.items()]
        best, key = max(scored, default=(0.0, ""))
        return key if best >= LIKE else None
    found = process.extractOne(normal_form, some, scorer=fuzz.ratio, score_cutoff=LIKE)
    return str(found[2]) if found is not None else None


def _likeness(one: str, other: str) -> float:
    return 100 * likeness(tokens(one), tokens(other))
