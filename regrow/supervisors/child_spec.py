"""Child specs and supervisor specs: how a tree is described, and what is refused before anything of it starts.

The whole description is checked first, every problem is found at once, and each is named by the path of its child; so a
tree either starts as described or does not start at all. The defaults are OTP's, except that backoff is offered.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
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


_RESTARTS: Mapping[str, Restart] = {restart.value: restart for restart in Restart}

# As tuples: `int | float` makes a type each time that it is looked at, and these are looked at for every child.
_NUMBERS = (int, float)
_CHECKPOINTS = (bool, CheckpointPolicy)

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
    dispatch: Literal["task", "shared"] = "task"

    @property
    def checkpoint_policy(self) -> CheckpointPolicy | None:
        """The policy that `checkpoint` stands for."""
        if self.checkpoint is True:
            return CheckpointPolicy()
        return self.checkpoint or None

    def problems(self) -> list[str]:
        """Say what is wrong with it, a sentence each. Not a generator: it is asked of every child of a big tree."""
        found = list(_id_problems(self.id))
        if not (isinstance(self.actor, type) and issubclass(self.actor, Actor)):
            return [*found, f"actor must be a subclass of Actor, got {self.actor!r}"]
        wrong = _field_problems(self)
        if wrong:
            return [*found, *wrong]
        kind = self.actor.state_type
        if self.state is not None and not isinstance(self.state, kind):
            found.append(f"state must be a {kind.__qualname__}, got {type(self.state).__qualname__}")
        found += _kind_problems(
            cast("Hashable", self.actor),
            tuple(self.args),
            (self.start_limit_s, self.shutdown_limit_s, self.handler_deadline_s, self.kill_grace_s),
            self.mailbox,
            self.checkpoint,
            self.placement,
            self.dispatch,
            self.state is not None,
        )
        return found


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
        yield from _limit_problems(self.start_limit_s, self.shutdown_limit_s)
        seen: set[str] = set()
        for child in _known(self.children):
            if child.id in seen:
                yield f"two children are named {child.id!r}"
            seen.add(child.id)


def group_policy(spec: Supervisor) -> GroupPolicy:
    """Turn a supervisor's own part of its spec into what the decision step works on."""
    return GroupPolicy(
        strategy=Strategy(spec.strategy),
        intensity=Intensity(spec.max_restarts, spec.period_s),
        auto_shutdown=AutoShutdown(spec.auto_shutdown),
        max_children=spec.max_children,
    )


def child_policy(spec: ChildSpec | Supervisor) -> ChildPolicy:
    """Turn one child's spec into what the decision step works on.

    Raises:
        ValueError: There is no such restart type.
    """
    restart = _RESTARTS.get(spec.restart)
    if restart is None:
        raise ValueError(f"restart must be {', '.join(_RESTARTS)}, got {spec.restart!r}")
    return ChildPolicy(spec.id, restart, spec.significant, spec.backoff)


def check_tree(spec: ChildSpec | Supervisor, above: str = "") -> None:
    """Check a whole description.

    Raises:
        SpecError: Every problem, each with the path of its child.
    """
    found: list[str] = []
    _collect_problems(spec, above, found)
    if found:
        raise SpecError("; ".join(found))


def _collect_problems(spec: ChildSpec | Supervisor, above: str, found: list[str]) -> None:
    if not isinstance(spec, ChildSpec | Supervisor):
        found.append(f"{above}: a child must be a ChildSpec or a Supervisor, got {spec!r}")
        return
    path = f"{above}/{spec.id}" if above else str(spec.id)
    for problem in spec.problems():
        found.append(f"{path}: {problem}")
    if not isinstance(spec, Supervisor):
        return
    children: list[ChildPolicy] = []
    for child in _known(spec.children):
        try:
            children.append(child_policy(child))
        except ValueError as error:
            found.append(f"{path}/{child.id}: {error}")
    try:
        found += [f"{path}: {problem}" for problem in check_policy(group_policy(spec), children)]
    except ValueError as error:
        found.append(f"{path}: {error}")
    for child in spec.children:
        _collect_problems(child, path, found)


def _known(children: Sequence[ChildSpec | Supervisor]) -> list[ChildSpec | Supervisor]:
    """Return those that are specs at all; what else stands there is reported at its own place."""
    return [child for child in children if isinstance(child, ChildSpec | Supervisor)]


def _field_problems(spec: ChildSpec) -> list[str]:
    """Check the types of what is looked into below."""
    found: list[str] = []
    if not isinstance(spec.args, Mapping):
        found.append(f"args must be a mapping of keyword arguments, got {spec.args!r}")
    if not isinstance(spec.mailbox, MailboxSpec):
        found.append(f"mailbox must be a MailboxSpec, got {spec.mailbox!r}")
    if not isinstance(spec.checkpoint, _CHECKPOINTS):
        found.append(f"checkpoint must be True, False or a CheckpointPolicy, got {spec.checkpoint!r}")
    for name, value in (
        ("start_limit_s", spec.start_limit_s),
        ("shutdown_limit_s", spec.shutdown_limit_s),
        ("handler_deadline_s", spec.handler_deadline_s),
        ("kill_grace_s", spec.kill_grace_s),
    ):
        if value is not None and not isinstance(value, _NUMBERS):
            found.append(f"{name} must be a number of seconds or None, got {value!r}")
    return found


def _id_problems(name: object) -> Sequence[str]:
    if not (isinstance(name, str) and name):
        return (f"a child needs a name, got {name!r}",)
    if "/" in name:
        return (f"a name must not contain '/', got {name!r}",)
    return ()


@functools.lru_cache(maxsize=256)
def _kind_problems(
    actor_class: Hashable,
    args: tuple[str, ...],
    limits: tuple[float | None, ...],
    mailbox: MailboxSpec,
    checkpoint: bool | CheckpointPolicy,
    placement: str,
    dispatch: str,
    has_state: bool,
) -> tuple[str, ...]:
    """Check what many children of one kind have in common, once: trees of many actors have few kinds."""
    actor = cast("type[Actor[Any]]", actor_class)
    found = list(_limit_problems(*limits))
    problem = mailbox.problem()
    if problem is not None:
        found.append(problem)
    found += _constructor_problems(actor, args)
    found += _state_problems(actor, checkpoint, has_state)
    if placement != "task":
        found.append(f"placement must be 'task', got {placement!r}")
    if dispatch == "shared":
        found += _sharing_problems(actor, limits, bool(checkpoint))
    elif dispatch != "task":
        found.append(f"dispatch must be 'task' or 'shared', got {dispatch!r}")
    return tuple(found)


def _limit_problems(
    start_limit_s: float | None,
    shutdown_limit_s: float | None,
    handler_deadline_s: float | None = None,
    kill_grace_s: float | None = None,
) -> Iterator[str]:
    for attribute, value, least in (
        ("start_limit_s", start_limit_s, 0.0),
        ("shutdown_limit_s", shutdown_limit_s, -1.0),
        ("handler_deadline_s", handler_deadline_s, 0.0),
        ("kill_grace_s", kill_grace_s, 0.0),
    ):
        if value is not None and not value > least:
            yield f"{attribute} must be {'positive' if least == 0.0 else 'at least 0'} or None, got {value}"


def _constructor_problems(actor: type[Actor[Any]], args: tuple[str, ...]) -> Iterator[str]:
    if actor.__init__ is object.__init__:
        if args:
            yield f"{actor.__qualname__} takes no arguments, got {sorted(args)}"
        return
    try:
        inspect.signature(cast("type", actor)).bind(**dict.fromkeys(args))
    except TypeError as error:
        yield f"args do not fit {actor.__qualname__}: {error}"


def _sharing_problems(actor: type[Actor[Any]], limits: tuple[float | None, ...], checkpoint: bool) -> Iterator[str]:
    waiting = sorted({one.__name__ for one in actor.__handlers__.values() if inspect.iscoroutinefunction(one)})
    if waiting:
        yield f"dispatch='shared' needs handlers that are plain functions; {', '.join(waiting)} may wait (async def)"
    if checkpoint:
        yield "dispatch='shared' cannot save checkpoints, which have to be waited for; use dispatch='task'"
    if limits[2] is not None:
        yield "handler_deadline_s has no use with dispatch='shared': a handler that never waits is never seen half done"


def _state_problems(actor: type[Actor[Any]], checkpoint: bool | CheckpointPolicy, has_state: bool) -> Iterator[str]:
    kind = actor.state_type
    missing = [name for name, info in kind.model_fields.items() if info.is_required()]
    if missing and not has_state:
        yield f"{kind.__qualname__} has no default for {', '.join(missing)}; give the spec a state"
    if isinstance(checkpoint, CheckpointPolicy):
        problem = checkpoint.problem()
        if problem is not None:
            yield problem
    if checkpoint and kind is NoState:
        yield f"checkpoint asks to save a state, and {actor.__qualname__} declares none (Actor[SomeState])"


def with_id(spec: ChildSpec, child_id: str) -> ChildSpec:
    """Return the same spec under another name, for dynamic children of one kind."""
    return dataclasses.replace(spec, id=child_id)
