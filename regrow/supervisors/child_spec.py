"""Child specs and supervisor specs: how a tree is described, and what is refused before anything of it starts.

The whole description is checked first, every problem is found at once, and each is named by the path of its child; so a
tree either starts as described or does not start at all. The defaults are OTP's, except that backoff is offered.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from regrow.core.actor import Actor
from regrow.core.checkpoints import CheckpointPolicy
from regrow.core.mailbox import MailboxSpec
from regrow.protocols.actor_errors import SpecError
from regrow.protocols.messages import NoState, State
from regrow.supervisors.backoff import Backoff
from regrow.supervisors.intensity import Intensity
from regrow.supervisors.strategies import (
    AutoShutdown,
    ChildPolicy,
    GroupPolicy,
    Restart,
    Strategy,
    check_policy,
)

__all__ = ["ChildSpec", "Supervisor", "check_tree", "group_policy"]

RestartName = Literal["permanent", "transient", "temporary"]
StrategyName = Literal["one_for_one", "one_for_all", "rest_for_one", "dynamic"]
AutoShutdownName = Literal["never", "any_significant", "all_significant"]


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
    """

    id: str
    actor: type[Actor[Any]]
    args: Mapping[str, object] = field(default_factory=dict)
    state: State | None = None
    restart: RestartName = "permanent"
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

    @property
    def checkpoint_policy(self) -> CheckpointPolicy | None:
        """The policy that `checkpoint` stands for."""
        if self.checkpoint is True:
            return CheckpointPolicy()
        return self.checkpoint or None

    def problems(self) -> Iterator[str]:
        """Say what is wrong with it, a sentence each."""
        yield from _id_problems(self.id)
        if not (isinstance(self.actor, type) and issubclass(self.actor, Actor)):
            yield f"actor must be a subclass of Actor, got {self.actor!r}"
            return
        yield from _limit_problems(self)
        problem = self.mailbox.problem()
        if problem is not None:
            yield problem
        yield from _constructor_problems(self)
        yield from _state_problems(self)
        if self.placement != "task":
            yield f"placement must be 'task', got {self.placement!r}"


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
        start_limit_s, shutdown_limit_s: As a child; None: the limits of its children are limit enough.
    """

    name: str
    strategy: StrategyName = "one_for_one"
    children: Sequence[ChildSpec | Supervisor] = ()
    max_restarts: int = 3
    period_s: float = 5.0
    auto_shutdown: AutoShutdownName = "never"
    max_children: int | None = None
    restart: RestartName = "permanent"
    significant: bool = False
    backoff: Backoff | None = None
    start_limit_s: float | None = None
    shutdown_limit_s: float | None = None

    @property
    def id(self) -> str:
        """Its name among its siblings."""
        return self.name

    def problems(self) -> Iterator[str]:
        """Say what is wrong with this level of it, a sentence each."""
        yield from _id_problems(self.name)
        yield from _limit_problems(self)
        seen: set[str] = set()
        for child in self.children:
            if child.id in seen:
                yield f"two children are named {child.id!r}"
            seen.add(child.id)


def group_policy(spec: Supervisor) -> tuple[GroupPolicy, tuple[ChildPolicy, ...]]:
    """Turn a spec into what the decision step works on."""
    group = GroupPolicy(
        strategy=Strategy(spec.strategy),
        intensity=Intensity(spec.max_restarts, spec.period_s),
        auto_shutdown=AutoShutdown(spec.auto_shutdown),
        max_children=spec.max_children,
    )
    return group, tuple(child_policy(child) for child in spec.children)


def child_policy(spec: ChildSpec | Supervisor) -> ChildPolicy:
    """Turn one child's spec into what the decision step works on."""
    return ChildPolicy(id=spec.id, restart=Restart(spec.restart), significant=spec.significant, backoff=spec.backoff)


def check_tree(spec: ChildSpec | Supervisor, above: str = "") -> None:
    """Check a whole description.

    Raises:
        SpecError: Every problem, each with the path of its child.
    """
    found = list(_all_problems(spec, above))
    if found:
        raise SpecError("; ".join(found))


def _all_problems(spec: ChildSpec | Supervisor, above: str) -> Iterator[str]:
    path = f"{above}/{spec.id}" if above else str(spec.id)
    for problem in spec.problems():
        yield f"{path}: {problem}"
    if not isinstance(spec, Supervisor):
        return
    try:
        group, children = group_policy(spec)
    except ValueError as error:
        yield f"{path}: {error}"
    else:
        for problem in check_policy(group, children):
            yield f"{path}: {problem}"
    for child in spec.children:
        yield from _all_problems(child, path)


def _id_problems(name: object) -> Iterator[str]:
    if not (isinstance(name, str) and name):
        yield f"a child needs a name, got {name!r}"
    elif "/" in name:
        yield f"a name must not contain '/', got {name!r}"


def _limit_problems(spec: ChildSpec | Supervisor) -> Iterator[str]:
    for attribute, least in (
        ("start_limit_s", 0.0),
        ("shutdown_limit_s", -1.0),
        ("handler_deadline_s", 0.0),
        ("kill_grace_s", 0.0),
    ):
        value = getattr(spec, attribute, None)
        if value is not None and not value > least:
            yield f"{attribute} must be {'positive' if least == 0.0 else 'at least 0'} or None, got {value}"


@functools.lru_cache(maxsize=1024)
def _signature(actor: type) -> inspect.Signature:
    """Trees of many actors have few classes."""
    return inspect.signature(actor)


def _constructor_problems(spec: ChildSpec) -> Iterator[str]:
    if spec.actor.__init__ is object.__init__:
        if spec.args:
            yield f"{spec.actor.__qualname__} takes no arguments, got {sorted(spec.args)}"
        return
    try:
        _signature(cast("type", spec.actor)).bind(**spec.args)
    except TypeError as error:
        yield f"args do not fit {spec.actor.__qualname__}: {error}"


def _state_problems(spec: ChildSpec) -> Iterator[str]:
    kind = spec.actor.state_type
    if spec.state is not None:
        if not isinstance(spec.state, kind):
            yield f"state must be a {kind.__qualname__}, got {type(spec.state).__qualname__}"
    else:
        missing = [name for name, info in kind.model_fields.items() if info.is_required()]
        if missing:
            yield f"{kind.__qualname__} has no default for {', '.join(missing)}; give the spec a state"
    if isinstance(spec.checkpoint, CheckpointPolicy):
        problem = spec.checkpoint.problem()
        if problem is not None:
            yield problem
    if spec.checkpoint and kind is NoState:
        yield f"checkpoint asks to save a state, and {spec.actor.__qualname__} declares none (Actor[SomeState])"


def with_id(spec: ChildSpec, child_id: str) -> ChildSpec:
    """Return the same spec under another name, for dynamic children of one kind."""
    return dataclasses.replace(spec, id=child_id)
