"""Shell: runs what we did not write, so that it can reach nothing but its room and leaves nothing behind.

`open_sandbox` finds a way that works here; `Sandbox.open_room` opens a room on a base; `Room.run` runs a command.
"""

from regrow.core.sandbox.bases import PackageIndex, instead_of
from regrow.core.sandbox.doctor import facts
from regrow.core.sandbox.errors import NoSandbox, RoomBroken
from regrow.core.sandbox.means import Means
from regrow.core.sandbox.room import Room
from regrow.core.sandbox.sandbox import Sandbox, open_sandbox
from regrow.core.sandbox.values import (
    CHECKOUT,
    ROOM_HOME,
    ROOM_USER,
    BaseKind,
    BaseRoot,
    CommandEnd,
    CommandResult,
    Fact,
    FactState,
    Layer,
    LayerMode,
    NetworkLog,
    Progress,
    SandboxCommand,
    SandboxLimits,
    Way,
)

__all__ = [
    "CHECKOUT",
    "ROOM_HOME",
    "ROOM_USER",
    "BaseKind",
    "BaseRoot",
    "CommandEnd",
    "CommandResult",
    "Fact",
    "FactState",
    "Layer",
    "LayerMode",
    "Means",
    "NetworkLog",
    "NoSandbox",
    "PackageIndex",
    "Progress",
    "Room",
    "RoomBroken",
    "Sandbox",
    "SandboxCommand",
    "SandboxLimits",
    "Way",
    "facts",
    "instead_of",
    "open_sandbox",
]
