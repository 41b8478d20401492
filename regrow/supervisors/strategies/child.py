"""What a supervisor knows of one child.

`Child`, like `GroupState`, is a named tuple and no frozen dataclass: a step replaces each of them once or twice, and
`dataclasses.replace` alone took two thirds of a step (23 microseconds with it, 9 without, measured at ten children).
The moves that every start and stop makes build a `Child` by position with `new`, at a fifth of the price of `_replace`.
"""

from __future__ import annotations

import enum
from typing import NamedTuple

from regrow.supervisors.strategies.policies import ChildPolicy

__all__ = ["After", "Asked", "Change", "Child", "Phase", "new"]

new = tuple.__new__
"""`new(Child, fields)` makes a named tuple without the Python function that a call of its class goes through."""


class Phase(enum.Enum):
    """Where a child is in its life."""

    WAITING = "waiting"
    """To be started when its turn comes. Nothing of it runs."""
    BACKOFF = "backoff"
    """To be started after a delay. Nothing of it runs."""
    STARTING = "starting"
    UP = "up"
    STOPPING = "stopping"
    DOWN = "down"
    """It ended for good, or was stopped by hand. A restart of the group starts it again, as in OTP."""
    UNSTOPPED = "unstopped"
    """It was told to stop and still runs."""


class After(enum.Enum):
    """What follows when a child that was told to stop is gone."""

    DOWN = "down"
    """Nothing; a temporary or dynamic child is forgotten."""
    WAIT = "wait"
    """It starts again when its turn comes: a group restart."""
    START = "start"
    """It starts again at once: it was replaced."""


class Change(enum.Enum):
    """A live change that somebody waits for."""

    ADD = "add"
    RESTART = "restart"
    REPLACE = "replace"
    STOP = "stop"


class Asked(NamedTuple):
    """One request about a child that is not answered yet."""

    change: Change
    request: int


class Child(NamedTuple):
    """One child, alive or not.

    `place` orders siblings and is never used again; `incarnation` is the number of its present or last life, 0 before
    the first. `lived` says whether it was ever up; `failures` counts those since it was last stable,
    which makes `delay_s`, the delay due before its next start. `after` matters in `STOPPING` alone. `up_since_s` is on
    the supervisor's clock.
    """

    policy: ChildPolicy
    place: int
    phase: Phase = Phase.WAITING
    incarnation: int = 0
    after: After = After.DOWN
    lived: bool = False
    failures: int = 0
    delay_s: float = 0.0
    up_since_s: float = 0.0
    asked: tuple[Asked, ...] = ()

    @property
    def id(self) -> str:
        """Its name among its siblings."""
        return self.policy.id

    @property
    def temporary(self) -> bool:
        """Whether it has only one life."""
        return self.policy.restart == "temporary"
