"""The state machine of a run: which status follows which, as a table, with the gaps of the specification closed.

The specification draws no edge into RECOVERING and none out of it but to FAILED. Here (DESIGN section 6): a phase that fails
goes to RECOVERING; from there the run goes back to the phase that failed, or to FAILED. A run that cannot begin fails at once,
and any state but the last two fails at the deadline or when it is cancelled.

One rule does not fit the table: a recovery may resume at the phase that failed or at one before it (a test runner that is
missing is installed while building), never at one after it, which would skip the failure.

Every run ends: `attempt` counts the recoveries, and the guardian answers the one too many with `recovery_spent`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from regrow.protocols.state_tables import Edge, IllegalTransition, edges_of, look_up
from regrow.protocols.status import BuildStatus

__all__ = [
    "BUILD_TABLE",
    "FINAL_STATUSES",
    "PHASES",
    "BuildEvent",
    "RunPosition",
    "allowed_events",
    "build_edges",
    "resume_event",
    "step",
]


class BuildEvent(StrEnum):
    """What may happen to a run."""

    SOURCE_READY = "source_ready"
    BEGIN_FAILED = "begin_failed"
    DOCS_ANALYZED = "docs_analyzed"
    BUILT = "built"
    VERIFIED = "verified"
    PHASE_FAILED = "phase_failed"
    RESUME_ANALYZING = "resume_analyzing"
    RESUME_BUILDING = "resume_building"
    RESUME_VERIFYING = "resume_verifying"
    RECOVERY_SPENT = "recovery_spent"
    DEADLINE_PASSED = "deadline_passed"
    CANCELLED = "cancelled"


_S = BuildStatus
_E = BuildEvent

PHASES: Final = (_S.ANALYZING_DOCS, _S.BUILDING, _S.VERIFYING)
"""The phases that can fail and be resumed, in their order."""

FINAL_STATUSES: Final = (_S.COMPLETED, _S.FAILED)
"""Nothing follows these."""

BUILD_TABLE: Final[Mapping[tuple[BuildStatus, BuildEvent], BuildStatus]] = MappingProxyType(
    {
        (_S.INITIALIZING, _E.SOURCE_READY): _S.ANALYZING_DOCS,
        (_S.INITIALIZING, _E.BEGIN_FAILED): _S.FAILED,
        (_S.ANALYZING_DOCS, _E.DOCS_ANALYZED): _S.BUILDING,
        (_S.ANALYZING_DOCS, _E.PHASE_FAILED): _S.RECOVERING,
        (_S.BUILDING, _E.BUILT): _S.VERIFYING,
        (_S.BUILDING, _E.PHASE_FAILED): _S.RECOVERING,
        (_S.VERIFYING, _E.VERIFIED): _S.COMPLETED,
        (_S.VERIFYING, _E.PHASE_FAILED): _S.RECOVERING,
        (_S.RECOVERING, _E.RESUME_ANALYZING): _S.ANALYZING_DOCS,
        (_S.RECOVERING, _E.RESUME_BUILDING): _S.BUILDING,
        (_S.RECOVERING, _E.RESUME_VERIFYING): _S.VERIFYING,
        (_S.RECOVERING, _E.RECOVERY_SPENT): _S.FAILED,
    }
    | {
        (status, event): _S.FAILED
        for status in BuildStatus
        if status not in FINAL_STATUSES
        for event in (_E.DEADLINE_PASSED, _E.CANCELLED)
    }
)

_RESUME_EVENTS: Final[Mapping[BuildStatus, BuildEvent]] = {
    _S.ANALYZING_DOCS: _E.RESUME_ANALYZING,
    _S.BUILDING: _E.RESUME_BUILDING,
    _S.VERIFYING: _E.RESUME_VERIFYING,
}


@dataclass(frozen=True, slots=True)
class RunPosition:
    """Where a run stands.

    `failed_phase` is the phase that a recovery is about, None unless the status is RECOVERING. `attempt` is 0 until the
    first recovery begins and one more with each; messages of a phase carry it, so that an old reply is recognised.
    """

    status: BuildStatus = BuildStatus.INITIALIZING
    failed_phase: BuildStatus | None = None
    attempt: int = 0

    def __post_init__(self) -> None:
        recovering = self.status is BuildStatus.RECOVERING
        if recovering != (self.failed_phase is not None) or (recovering and self.failed_phase not in PHASES):
            failed = self.failed_phase.value if self.failed_phase else "none"
            msg = f"only a run that is recovering has a phase that failed, got {self.status.value} and {failed}"
            raise ValueError(msg)

    @property
    def is_final(self) -> bool:
        """Whether the run has ended."""
        return self.status in FINAL_STATUSES


def step(position: RunPosition, event: BuildEvent) -> RunPosition:
    """Return where the run stands after an event.

    Raises:
        IllegalTransition: The event is not allowed here; nothing has changed.

    >>> step(RunPosition(BuildStatus.BUILDING), BuildEvent.PHASE_FAILED).status.value
    'recovering'
    """
    status = look_up("build machine", BUILD_TABLE, position.status, event)
    if event not in allowed_events(position):
        raise IllegalTransition("build machine", position.status.value, event.value, allowed_events(position))
    if status is BuildStatus.RECOVERING:
        return RunPosition(status, position.status, position.attempt + 1)
    return replace(position, status=status, failed_phase=None)


def allowed_events(position: RunPosition) -> frozenset[BuildEvent]:
    """Return the events that `step` takes here; none at the end."""
    events = {event for status, event in BUILD_TABLE if status is position.status}
    if position.status is BuildStatus.RECOVERING:
        events -= {resume_event(phase) for phase in PHASES if not _may_resume(position.failed_phase, phase)}
    return frozenset(events)


def resume_event(phase: BuildStatus) -> BuildEvent:
    """Return the event that goes from RECOVERING back to a phase.

    Raises:
        IllegalTransition: It is not one of the `PHASES`.
    """
    try:
        return _RESUME_EVENTS[phase]
    except KeyError:
        allowed = [known.value for known in PHASES]
        raise IllegalTransition(
            "build machine", BuildStatus.RECOVERING.value, f"resume {phase.value}", allowed
        ) from None


def build_edges() -> tuple[Edge, ...]:
    """Return the arrows of the diagram."""
    return tuple(
        replace(edge, note="if it, or a later phase, failed") if edge.event.startswith("resume_") else edge
        for edge in edges_of(BUILD_TABLE)
    )


def _may_resume(failed_phase: BuildStatus | None, phase: BuildStatus) -> bool:
    assert failed_phase is not None, "RunPosition refuses a recovery of nothing"
    return PHASES.index(phase) <= PHASES.index(failed_phase)
