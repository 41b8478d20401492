"""Child specs and supervisor specs: how a tree is described. `spec_checks` refuses what cannot work before it starts.

The defaults are OTP's, except that backoff is offered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from regrow.core.actor import Actor
from regrow.core.checkpoints import CheckpointPolicy
from regrow.core.mailbox import MailboxSpec
from regrow.protocols.messages import State
from regrow.supervisors.backoff import Backoff
from regrow.supervisors.intensity import Intensity
from regrow.supervisors.strategies import AutoShutdown, GroupPolicy, Restart, Strategy

__all__ = ["ChildSpec", "Supervisor", "group_policy"]

StrategyName = Literal["one_for_one", "one_for_all", "rest_for_one", "dynamic"]
AutoShutdownName = Literal["never", "any_significant", "all_significant"]


_NO_ARGS: Mapping[str, object] = MappingProxyType({})
"""Shared: an empty mapping for each of many specs would be a twentieth of an idle actor's memory."""


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """How one actor is started, stopped and restarted.

    Args:
        id: Its name among its siblings; with the supervisor's path it is its place in the tree. No slash.
        actor: The class.
        args: Keyword arguments for its constructor, the same for every incarnation.
        state: What every first incarnation begins with (copied); None makes the state type's default.
        restart: `permanent` always, `transient` after a crash, `temporary` never.
        significant: Its orderly end may end the supervisor (see `auto_shutdown`); not for a permanent child.
        start_limit_s: How long `on_start`, with the load of a checkpoint, may take. None: no limit.
        shutdown_limit_s: How long an orderly stop may take before it is cancelled. None: no limit; 0: at once.
        kill_grace_s: How long it may take to end after it was cancelled; then it is reported unstopped.
        backoff: Delay before restarts; None restarts at once.
        checkpoint: True for the default policy, a `CheckpointPolicy`, or False for none.
        mailbox: Its bound and what happens beyond it.
        handler_deadline_s: A handler that takes longer is reported as stuck. None: no deadline.
        on_stuck: What is done about a stuck handler: `report` it, or `restart` the actor.
        name: Also known by this in the whole tree.
        placement: `task` runs it on this event loop.
        dispatch: `task` gives it a task of its own once it has mail; `shared` lets one task of the tree handle the mail of
            all such actors: several times faster where most messages wake an actor. Every handler must be a plain function.
    """

    id: str
    actor: type[Actor[Any]]
    args: Mapping[str, object] = field(default_factory=lambda: _NO_ARGS)
    state: State | None = None
    restart: Restart = "permanent"
    significant: bool = False
    start_limit_s: float | None = 5.0
    shutdown_limit_s: float | None = 5.0
    kill_grace_s: float = 0.03
    backoff: Backoff | None = None
    checkpoint: bool | CheckpointPolicy = False
    mailbox: MailboxSpec = MailboxSpec()  # noqa: RUF009
    handler_deadline_s: float | None = None
    on_stuck: Literal["report", "restart"] = "report"
    name: str | None = None
    placement: Literal["task"] = "task"
    dispatch: Literal["task", "shared"] = "task"

    @property
    def checkpoint_policy(self) -> CheckpointPolicy | None:
        """The policy that `checkpoint` stands for."""
        if self.checkpoint is True:
            return CheckpointPolicy()
        return self.checkpoint or None


@dataclass(frozen=True, slots=True)
class Supervisor:
    """A supervisor and its children, which may be supervisors again.

    Args:
        name: Its place: the first part of the path of everything below it.
        strategy: Who else restarts when a child does. `dynamic` children are added while it runs, in no order.
        children: In start order; stopped in reverse.
        max_restarts: More restarts than this within `period_s` end the supervisor (a sliding window).
        auto_shutdown: Whether the end of significant children ends the supervisor.
        max_children: For `dynamic`: how many at once. None: no limit.
        restart, significant, backoff: As a child of another supervisor.
        start_limit_s: How long the start of all its children may take together; beyond it those that have started are
            stopped, and it has failed to start. None: the limits of its children are limit enough.
        shutdown_limit_s: How long all of them may take to stop; what is left is cancelled. None: as above; 0: at once.
    """

    name: str
    strategy: StrategyName = "one_for_one"
    children: Sequence[ChildSpec | Supervisor] = ()
    max_restarts: int = 3
    period_s: float = 5.0
    auto_shutdown: AutoShutdownName = "never"
    max_children: int | None = None
    restart: Restart = "permanent"
    significant: bool = False
    backoff: Backoff | None = None
    start_limit_s: float | None = None
    shutdown_limit_s: float | None = None

    @property
    def id(self) -> str:
        """Its name among its siblings."""
        return self.name


def group_policy(spec: Supervisor) -> GroupPolicy:
    """Turn a supervisor's own part of its spec into what the decision step works on."""
    return GroupPolicy(
        strategy=Strategy(spec.strategy),
        intensity=Intensity(spec.max_restarts, spec.period_s),
        auto_shutdown=AutoShutdown(spec.auto_shutdown),
        max_children=spec.max_children,
    )
