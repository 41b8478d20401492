"""What a supervisor knows of its children as a group, and what the group is doing: one of six plans."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from regrow.supervisors.intensity import Restarts
from regrow.supervisors.strategies.child import Child
from regrow.supervisors.strategies.child_map import ChildMap, Children, OwnedChildren
from regrow.supervisors.strategies.policies import ChildPolicy, GroupPolicy
from regrow.supervisors.strategies.protocol import GiveUpReason

__all__ = [
    "BEGINNING",
    "ENDING",
    "Clearing",
    "Closed",
    "Closing",
    "GroupState",
    "Idle",
    "Plan",
    "Running",
    "Starting",
    "initial",
]


@dataclass(frozen=True, slots=True)
class Idle:
    """Not started yet."""


class Starting(NamedTuple):
    """Children start in order, each after the one before is ready.

    `queue[at]` is the child whose turn it is. `first` says that the group was never up as a whole: a child that cannot
    start then ends the group.
    """

    queue: tuple[str, ...]
    at: int
    first: bool

    def at_place(self, at: int) -> Starting:
        """Return the plan once those before that place in the queue are done."""
        return Starting(self.queue, at, self.first)


@dataclass(frozen=True, slots=True)
class Running:
    """Nothing is under way that concerns more than one child."""


class Clearing(NamedTuple):
    """A group restart stops the children from `from_place` on, newest first, one at a time; then they start."""

    queue: tuple[str, ...]
    at: int
    from_place: int
    first: bool

    def at_place(self, at: int) -> Clearing:
        """Return the plan once those before that place in the queue are done."""
        return Clearing(self.queue, at, self.from_place, self.first)


class Closing(NamedTuple):
    """All children are stopped, newest first, one at a time (dynamic ones together); then the supervisor ends."""

    queue: tuple[str, ...]
    at: int
    reason: GiveUpReason

    def at_place(self, at: int) -> Closing:
        """Return the plan once those before that place in the queue are done."""
        return Closing(self.queue, at, self.reason)


@dataclass(frozen=True, slots=True)
class Closed:
    """The supervisor has ended."""

    reason: GiveUpReason


# As tuples: `A | B` makes a type each time that it is looked at, and a step looks at several.
BEGINNING = (Starting, Clearing)
"""The plans that end with every child up."""
ENDING = (Closing, Closed)
"""The plans after which nothing starts."""

Plan: TypeAlias = Idle | Starting | Running | Clearing | Closing | Closed


class GroupState(NamedTuple):
    """Everything that a decision depends on.

    `restarts` are the times of accepted restarts inside the period, oldest first. `significant` counts the significant
    children that have not ended. `places` is the place of the next child that is added. Every incarnation of a new
    child is above `incarnation_floor`, so that a late fact about a forgotten child never fits its namesake.
    """

    policy: GroupPolicy
    children: Children
    plan: Plan
    restarts: Restarts
    significant: int
    places: int
    incarnation_floor: int


def initial(
    policy: GroupPolicy,
    children: Iterable[ChildPolicy] = (),
    incarnation_floor: int = 0,
    *,
    owned: bool = False,
) -> GroupState:
    """Return the state before `Start`. `check_policy` has accepted the arguments.

    Args:
        policy: How the group is treated.
        children: In start order.
        incarnation_floor: The highest incarnation that any of these ids may have had before.
        owned: Whether whoever steps it forgets each state once it has the next: steps then copy neither the children
            nor the times of restarts.

    """
    members = [Child(child, place, incarnation=incarnation_floor) for place, child in enumerate(children)]
    return GroupState(
        policy,
        OwnedChildren(members) if owned else ChildMap(members),
        Idle(),
        restarts=deque() if owned else (),
        significant=sum(child.policy.significant for child in members),
        places=len(members),
        incarnation_floor=incarnation_floor,
    )
