"""A child's policy and nothing else: what decisions are tested with instead of a whole spec."""

from __future__ import annotations

from dataclasses import dataclass

from regrow.supervisors.backoff import Backoff
from regrow.supervisors.strategies import Restart

__all__ = ["PlainPolicy"]


@dataclass(frozen=True, slots=True)
class PlainPolicy:
    """See `regrow.supervisors.strategies.ChildPolicy`. The defaults are those of a spec."""

    id: str
    restart: Restart = "permanent"
    significant: bool = False
    backoff: Backoff | None = None
