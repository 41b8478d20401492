"""What a cell sees of its neighbours: the child spec that it follows, and whoever is told what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from regrow.core.actor import Actor
from regrow.core.checkpoints import CheckpointPolicy
from regrow.core.mailbox import MailboxSpec
from regrow.protocols.exits import ExitReason
from regrow.protocols.messages import State

if TYPE_CHECKING:
    from regrow.core.cell import Cell

__all__ = ["ActorSpec", "Parent"]


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
