"""The state machine of a recovery, as a table, with the gaps of the specification closed.

The specification has no way on from ANALYZING when no pattern matches, and none from VALIDATING when the validation fails.
Here (DESIGN section 9): without a pattern the default strategy is tried; a strategy that fails, or whose validation is
refuted, goes back to ANALYZING, which picks another.

One rule does not fit the table: attempts are bounded. One is counted with each entry to RECOVERING; an arrow back to
ANALYZING ends in FAILED instead when they are spent (E4003). A failure after a confirmed recovery is a new one, with
all attempts; how many recoveries a run may have is the run's own limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from regrow.protocols.state_tables import Edge, edges_of, look_up

__all__ = [
    "DEFAULT_MAX_ATTEMPTS",
    "RECOVERY_TABLE",
    "RecoveryEvent",
    "RecoveryPosition",
    "RecoveryStatus",
    "recovery_edges",
    "step",
]

DEFAULT_MAX_ATTEMPTS: Final = 14
"""Rounds of repair that healed 18 of 20 public projects in the survey of verification, section 2."""


class RecoveryStatus(StrEnum):
    """Where a recovery stands."""

    HEALTHY = "healthy"
    ANALYZING = "analyzing"
    RECOVERING = "recovering"
    VALIDATING = "validating"
    FAILED = "failed"


class RecoveryEvent(StrEnum):
    """What may happen to a recovery."""

    FAILURE_DETECTED = "failure_detected"
    PATTERN_MATCHED = "pattern_matched"
    PATTERN_UNKNOWN = "pattern_unknown"
    NOTHING_LEFT = "nothing_left"
    STRATEGY_DONE = "strategy_done"
    STRATEGY_FAILED = "strategy_failed"
    VALIDATION_CONFIRMED = "validation_confirmed"
    VALIDATION_REFUTED = "validation_refuted"
    ABANDONED = "abandoned"


_S = RecoveryStatus
_E = RecoveryEvent

RECOVERY_TABLE: Final[Mapping[tuple[RecoveryStatus, RecoveryEvent], RecoveryStatus]] = MappingProxyType(
    {
        (_S.HEALTHY, _E.FAILURE_DETECTED): _S.ANALYZING,
        (_S.ANALYZING, _E.PATTERN_MATCHED): _S.RECOVERING,
        (_S.ANALYZING, _E.PATTERN_UNKNOWN): _S.RECOVERING,
        (_S.ANALYZING, _E.NOTHING_LEFT): _S.FAILED,
        (_S.RECOVERING, _E.STRATEGY_DONE): _S.VALIDATING,
        (_S.RECOVERING, _E.STRATEGY_FAILED): _S.ANALYZING,
        (_S.VALIDATING, _E.VALIDATION_CONFIRMED): _S.HEALTHY,
        (_S.VALIDATING, _E.VALIDATION_REFUTED): _S.ANALYZING,
        (_S.ANALYZING, _E.ABANDONED): _S.FAILED,
        (_S.RECOVERING, _E.ABANDONED): _S.FAILED,
        (_S.VALIDATING, _E.ABANDONED): _S.FAILED,
    }
)

_NEEDS_ANOTHER_ATTEMPT: Final = frozenset({_E.STRATEGY_FAILED, _E.VALIDATION_REFUTED})
"""Events whose arrow, back to ANALYZING, makes sense only while an attempt is left."""


@dataclass(frozen=True, slots=True)
class RecoveryPosition:
    """Where a recovery stands.

    `attempts` counts the strategies that were begun for the present failure, at most `max_attempts`. `uses_default` says
    that the present one is the default strategy, because no pattern matched.
    """

    status: RecoveryStatus = RecoveryStatus.HEALTHY
    attempts: int = 0
    max_attempts: int = DEFAULT_MAX_ATTEMPTS
    uses_default: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.attempts <= self.max_attempts or self.max_attempts < 1:
            msg = f"attempts lie between 0 and max_attempts (at least 1), got {self.attempts} of {self.max_attempts}"
            raise ValueError(msg)
        if self.status is RecoveryStatus.ANALYZING and self.attempts == self.max_attempts:
            msg = f"a recovery that is analyzing has an attempt left, got {self.attempts} of {self.max_attempts}"
            raise ValueError(msg)

    @property
    def is_final(self) -> bool:
        """Whether it has failed for good."""
        return self.status is RecoveryStatus.FAILED


def step(position: RecoveryPosition, event: RecoveryEvent) -> RecoveryPosition:
    """Return where the recovery stands after an event.

    Raises:
        IllegalTransition: The event is not allowed here; nothing has changed.

    >>> last = RecoveryPosition(RecoveryStatus.VALIDATING, attempts=3, max_attempts=3)
    >>> step(last, RecoveryEvent.VALIDATION_REFUTED).status.value
    'failed'
    """
    status = look_up("recovery machine", RECOVERY_TABLE, position.status, event)
    if event in _NEEDS_ANOTHER_ATTEMPT and position.attempts == position.max_attempts:
        status = RecoveryStatus.FAILED
    match status:
        case RecoveryStatus.HEALTHY:
            return RecoveryPosition(max_attempts=position.max_attempts)
        case RecoveryStatus.RECOVERING:
            uses_default = event is RecoveryEvent.PATTERN_UNKNOWN
            return replace(position, status=status, attempts=position.attempts + 1, uses_default=uses_default)
        case RecoveryStatus.ANALYZING | RecoveryStatus.FAILED:
            return replace(position, status=status, uses_default=False)
        case RecoveryStatus.VALIDATING:
            return replace(position, status=status)


def recovery_edges() -> tuple[Edge, ...]:
    """Return the arrows of the diagram: those of the table, and those that the bound on attempts makes."""
    spent = (
        Edge(state.value, event.value, RecoveryStatus.FAILED.value, "attempts spent")
        for state, event in RECOVERY_TABLE
        if event in _NEEDS_ANOTHER_ATTEMPT
    )
    return (*edges_of(RECOVERY_TABLE), *spent)
