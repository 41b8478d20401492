"""Shell: what this machine makes rooms with, as it was found by trying."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from regrow.core.sandbox.arguments import HOST_ID_OF_GUEST, Identity
from regrow.core.sandbox.values import LayerMode, Way

__all__ = ["Means"]


@dataclass(frozen=True, slots=True)
class Means:
    """What this machine makes rooms with, found by trying.

    Attributes:
        way: How steps are kept apart.
        program: bubblewrap; None without a sandbox.
        identity: Which host ids stand behind a room's.
        mode: How layers are kept apart.
        note: What a report must say about it; "" when nothing.
    """

    way: Way
    program: Path | None
    identity: Identity
    mode: LayerMode
    note: str = ""

    @property
    def owner(self) -> tuple[int, int]:
        """Host user and group of the room's user."""
        if self.identity is Identity.SUBORDINATE:
            return HOST_ID_OF_GUEST, HOST_ID_OF_GUEST
        return os.geteuid(), os.getegid()
