"""Where a run and its phases stand, and what a run found out: the words alone, so that every layer can afford them.

Which status may follow which is in `build_machine.py`; the run itself is in `verification.py`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

__all__ = ["VERDICTS_OF", "BuildStatus", "PhaseStatus", "Verdict"]


class BuildStatus(StrEnum):
    """Where a run stands. What may follow what is the table in `build_machine.py`."""

    INITIALIZING = "initializing"
    ANALYZING_DOCS = "analyzing_docs"
    BUILDING = "building"
    VERIFYING = "verifying"
    COMPLETED = "completed"
    FAILED = "failed"
    RECOVERING = "recovering"


class Verdict(StrEnum):
    """What a run found out.

    pass: built from the documents alone, and its tests ran and passed. healed: passes only with deviations, each named.
    fail: does not pass, with the cause. undecided: could not be judged, with the reason. cancelled: somebody stopped it.
    """

    PASS = "pass"
    HEALED = "healed"
    FAIL = "fail"
    UNDECIDED = "undecided"
    CANCELLED = "cancelled"


VERDICTS_OF: Final[dict[BuildStatus, frozenset[Verdict]]] = {
    BuildStatus.COMPLETED: frozenset({Verdict.PASS, Verdict.HEALED}),
    BuildStatus.FAILED: frozenset({Verdict.FAIL, Verdict.UNDECIDED, Verdict.CANCELLED}),
}
"""Final status -> the verdicts that it may carry."""


class PhaseStatus(StrEnum):
    """How one phase stands."""

    PENDING = "pending"
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
