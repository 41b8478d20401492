"""The documentation score as every report words it: the number, and what a newcomer lacks. Pure."""

from __future__ import annotations

from regrow.protocols.plan import DocumentationScore

__all__ = ["score_text"]


def score_text(score: DocumentationScore | None) -> str:
    """Return a sentence without its full stop; "" where no document was read.

    >>> score_text(DocumentationScore(total=80, lacks=("tests (20)",)))
    'documentation score 80 of 100; a newcomer lacks: tests (20)'
    >>> score_text(DocumentationScore(total=100)), score_text(None)
    ('documentation score 100 of 100', '')
    """
    if score is None:
        return ""
    lacks = f"; a newcomer lacks: {', '.join(score.lacks)}" if score.lacks else ""
    return f"documentation score {score.total} of 100{lacks}"
