"""What a finished run is told as: one object, from which every report (text, JSON, page) is made."""

from __future__ import annotations

from regrow.protocols.plan import Deviation, Ended, LeftOutCommand, StepPhase
from regrow.protocols.status import BuildStatus, Verdict
from regrow.protocols.verification import BuildError, RecoveryAttempt
from regrow.protocols.wire import Count, Instant, NonEmpty, WireModel

__all__ = ["ReportStep", "RunReport"]


class ReportStep(WireModel):
    """One step as it ended last. `file` and `line` are the sentence that says it; None for what no document says."""

    step_id: NonEmpty
    command: str
    phase: StepPhase | None = None
    succeeded: bool
    exit_code: int | None = None
    ended: Ended
    duration_ms: Count
    attempts: Count = 1
    peak_memory_bytes: Count = 0
    reason: str = ""
    file: str | None = None
    line: int | None = None
    deviates: bool = False
    output_tail: str = ""
    log: str | None = None


class RunReport(WireModel):
    """A finished run.

    Attributes:
        tests_source: Where the count comes from: reporter, junit, output or none.
        steps: In the order in which they ended last; a step that was repeated stands once, with its attempts.
        notes: What is to be known of the target as it was fetched (a link that was left out, tests that it does not have).
        attempts: Recoveries that were tried in vain, apart from the steps: those are of the plan that decided.
        left_out: What the documents say besides the steps, with the reason why it is not done.
        folder: The run's folder on this machine, with the logs.
    """

    run_id: NonEmpty
    target: NonEmpty
    notes: tuple[str, ...] = ()
    verdict: Verdict
    status: BuildStatus
    reason: str
    tests_run: Count = 0
    tests_passed: Count = 0
    tests_failed: Count = 0
    tests_skipped: Count = 0
    tests_source: str = "none"
    failing_tests: tuple[str, ...] = ()
    steps: tuple[ReportStep, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    left_out: tuple[LeftOutCommand, ...] = ()
    errors: tuple[BuildError, ...] = ()
    attempts: tuple[RecoveryAttempt, ...] = ()
    duration_ms: Count
    finished_at: Instant
    folder: str
