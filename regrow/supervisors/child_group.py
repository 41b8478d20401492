"""The child actors of an actor: a supervisor of its own for each incarnation that spawns any.

The children are restarted one for one by their own specs. When they crash too often, the actor that spawned them
crashes too, and its own supervisor decides; when it ends, they are stopped first.
"""

from __future__ import annotations

from typing import Any, cast

from regrow.core.cell import Cell
from regrow.core.cell_roles import ActorSpec, CellStatus
from regrow.core.receive import LinkedExit
from regrow.core.ref import Ref
from regrow.protocols.exits import ExitKind, ExitReason
from regrow.supervisors.child_spec import ChildSpec, Supervisor
from regrow.supervisors.handle import SupervisorHandle
from regrow.supervisors.supervisor import Child, SupervisorNode

__all__ = ["ActorChildren", "make_group"]


class ActorChildren:
    """See the module."""

    def __init__(self, cell: Cell) -> None:
        self._cell = cell
        spec = Supervisor(cell.spec.id, strategy="one_for_one")
        self.node = SupervisorNode(cell.runtime, cell.path, spec, self)
        self._handle = SupervisorHandle(self.node)
        self._abandoned = False
        self.node.start(1)

    async def start_child(self, spec: ActorSpec) -> Ref[Any]:
        """Start one child and wait until it is ready."""
        return await self._handle.start_child(cast("ChildSpec", spec))

    async def stop_child(self, child_id: str) -> None:
        """Stop one child, forget it, and wait until it has stopped."""
        await self._handle.stop_child(child_id)
        await self._handle.remove_child(child_id)

    async def stop_all(self) -> None:
        """Stop every child and wait."""
        self.node.stop()
        await self.node.wait_down()
        self.node.retire()

    def stop_now(self) -> None:
        """Begin to stop every child without waiting: their actor is gone already."""
        self._abandoned = True
        self.node.stop()
        self.node.kill()
        if self.node.status is CellStatus.ENDED:
            self.node.retire()

    # The group reports to the actor.

    def child_started(self, child: Child) -> None:
        """The group is up: nothing to tell."""

    def child_start_failed(self, child: Child, reason: ExitReason) -> None:
        """A group starts empty and cannot fail."""

    def child_exited(self, child: Child, reason: ExitReason) -> None:
        """The children crashed too often, or one could not be stopped: their actor fails with them."""
        if reason.kind not in (ExitKind.SHUTDOWN, ExitKind.NORMAL) and self._cell.ready:
            self._cell.mailbox.put_system(LinkedExit(f"{self._cell.path}/*", str(reason)))
        if self._abandoned:
            self.node.retire()

    def child_unstopped(self, child: Child) -> None:
        """Told by the group itself."""

    def starts_again(self, child: Child, kind: ExitKind) -> bool:
        """A group belongs to one incarnation of its actor."""
        return False


def make_group(cell: Cell) -> ActorChildren:
    """Make the group of one incarnation."""
    return ActorChildren(cell)
