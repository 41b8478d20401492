"""What a cell shows and sees: where it is in its life, the child spec that it follows, whoever is told of it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from regrow.core.actor import Actor
    from regrow.core.cell import Cell
    from regrow.core.checkpoints import CheckpointPolicy
    from regrow.core.mailbox import MailboxSpec
    from regrow.protocols.exits import ExitReason
    from regrow.protocols.messages import State

__all__ = ["ActorSpec", "CellStatus", "Parent"]


class CellStatus(enum.Enum):
    """Where a cell is in its life."""

    NEW = "new"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    ENDED = "ended"
    """The incarnation is over; the supervisor has not decided, or waits out a backoff."""
    STOPPED = "stopped"
    UNSTOPPED = "unstopped"


class ActorSpec(Protocol):
    """What a cell must know of its child spec (`regrow.supervisors.ChildSpec`)."""

    @property
    def id(self) -> str: ...
    @property
    def actor(self) -> type[Actor[Any]]: ...
    @property
    def args(self) -> Mapping[str, object]: ...
    @property
    def state(self) -> State | None: ...
    @property
    def start_limit_s(self) -> float | None: ...
    @property
    def shutdown_limit_s(self) -> float | None: ...
    @property
    def kill_grace_s(self) -> float: ...
    @property
    def mailbox(self) -> MailboxSpec: ...
    @property
    def handler_deadline_s(self) -> float | None: ...
    @property
    def checkpoint(self) -> object: ...
    @property
    def checkpoint_policy(self) -> CheckpointPolicy | None: ...
    @property
    def name(self) -> str | None: ...
    @property
    def on_stuck(self) -> str: ...
    @property
    def dispatch(self) -> str: ...


class Parent(Protocol):
    """Whoever is told the facts of a cell: a supervisor."""

    def child_started(self, child: Cell) -> None: ...
    def child_start_failed(self, child: Cell, reason: ExitReason) -> None: ...
    def child_exited(self, child: Cell, reason: ExitReason) -> None: ...
    def child_unstopped(self, child: Cell) -> None: ...
