"""What a supervisor was told about itself and its children: the part of their specs that decisions depend on."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol, assert_never, get_args

from regrow.protocols.exits import ExitKind
from regrow.supervisors.backoff import Backoff
from regrow.supervisors.intensity import Intensity

__all__ = ["RESTARTS", "AutoShutdown", "ChildPolicy", "GroupPolicy", "Restart", "Strategy", "check_policy", "restarts"]


Restart = Literal["permanent", "transient", "temporary"]
"""Which exits of a child make it run again; `restarts` is the table."""

RESTARTS: tuple[Restart, ...] = get_args(Restart)


class Strategy(enum.Enum):
    """Who else restarts when one child does."""

    ONE_FOR_ONE = "one_for_one"
    """Nobody."""
    ONE_FOR_ALL = "one_for_all"
    """All."""
    REST_FOR_ONE = "rest_for_one"
    """Those that were added after it, since they may depend on it."""
    DYNAMIC = "dynamic"
    """Nobody; children have no order, are stopped together, and are forgotten as soon as they end for good."""


class AutoShutdown(enum.Enum):
    """Whether the end of significant children ends the supervisor (OTP 24, EEP 56)."""

    NEVER = "never"
    ANY_SIGNIFICANT = "any_significant"
    ALL_SIGNIFICANT = "all_significant"


class ChildPolicy(Protocol):
    """How one child is supervised: what a decision looks at of its spec, which is its own policy.

    `id` is unique among its siblings. A `significant` child that ends for good, of its own accord, may end the
    supervisor. `backoff` None restarts at once.

    Rejected: a copy of these four. It took a twelfth of the memory of an idle actor, and a thirtieth of a start.
    """

    @property
    def id(self) -> str: ...
    @property
    def restart(self) -> Restart: ...
    @property
    def significant(self) -> bool: ...
    @property
    def backoff(self) -> Backoff | None: ...


@dataclass(frozen=True, slots=True)
class GroupPolicy:
    """How a supervisor treats its children as a group. `max_children` None means no limit."""

    strategy: Strategy = Strategy.ONE_FOR_ONE
    intensity: Intensity = field(default_factory=Intensity)
    auto_shutdown: AutoShutdown = AutoShutdown.NEVER
    max_children: int | None = None

    @property
    def alone(self) -> bool:
        """Whether a child restarts without its siblings."""
        return self.strategy is Strategy.ONE_FOR_ONE or self.strategy is Strategy.DYNAMIC


_ORDERLY = (ExitKind.NORMAL, ExitKind.SHUTDOWN)


def restarts(restart: Restart, kind: ExitKind) -> bool:
    """Say whether a child that ended of its own accord runs again.

    | exit          | permanent | transient | temporary |
    | ------------- | --------- | --------- | --------- |
    | normal        | restart   | ends      | ends      |
    | shutdown      | restart   | ends      | ends      |
    | crash         | restart   | restart   | ends      |
    | cancelled     | restart   | restart   | ends      |
    | killed        | restart   | restart   | ends      |
    | start_failed  | restart   | restart   | ends      |
    | start_timeout | restart   | restart   | ends      |
    | unstopped     | escalate  | escalate  | escalate  |

    `cancelled` is a cancellation that nobody here asked for: a fault of the child, so a crash. A child that the
    supervisor stopped did not end of its own accord and is not looked up here. A first start that fails is not a
    restart: it ends the group, or the request that asked for the child. `unstopped` never comes this far, because the
    child still runs and nothing may take its name.

    Source: OTP, "Supervisor Behaviour", child specification, `restart`.
    """
    match restart:
        case "permanent":
            return True
        case "transient":
            return kind not in _ORDERLY
        case "temporary":
            return False
        case _:
            assert_never(restart)


def check_policy(group: GroupPolicy, children: Iterable[ChildPolicy] = ()) -> tuple[str, ...]:
    """Return what is wrong with a supervisor and its first children, a sentence each; empty when they fit together."""
    members = tuple(children)
    problems = [problem for child in members if child.significant for problem in _child_problems(group, child)]
    if len({child.id for child in members}) < len(members):
        problems.append(f"child ids must be unique, got {_repeated(members)}")
    if group.max_children is not None:
        if group.max_children < 1:
            problems.append(f"max_children must be at least 1, or None for no limit, got {group.max_children}")
        elif len(members) > group.max_children:
            problems.append(f"max_children is {group.max_children}, but the spec has {len(members)} children")
    return tuple(problems)


def _child_problems(group: GroupPolicy, child: ChildPolicy) -> Iterator[str]:
    if child.restart == "permanent":
        yield f"child {child.id!r} is significant and permanent: it never ends for good; make it transient or temporary"
    if group.auto_shutdown is AutoShutdown.NEVER:
        yield f"child {child.id!r} is significant, but auto_shutdown is 'never'; set any_significant or all_significant"


def _repeated(members: tuple[ChildPolicy, ...]) -> str:
    ids = [child.id for child in members]
    return ", ".join(sorted({repr(id_) for id_ in ids if ids.count(id_) > 1}))
