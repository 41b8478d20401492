"""When an actor's state is saved, and how a new incarnation gets it back: the seam between cells and checkpoints.

What is saved and how it is proved whole is `regrow.core.checkpoints`; where it lies is `regrow.core.store`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from regrow.core.checkpoints import Checkpointer, CheckpointPolicy
from regrow.protocols.messages import State

if TYPE_CHECKING:
    from regrow.core.cell import Cell

__all__ = ["CellCheckpoints", "CheckpointPolicy", "Checkpointing"]
