"""What a finished run is told as: one object, from which every report (text, JSON, page) is made."""

from __future__ import annotations

from pydantic import Field

from regrow.protocols.build_contents import BuildContents
from regrow.protocols.documents import LineNumber, Severity
from regrow.protocols.patterns import LearnedUse
from regrow.protocols.plan import Deviation, DocumentationScore, Ended, LeftOutCommand, StepPhase
from regrow.protocols.reproducibility import Reproducibility
from regrow.protocols.retests import RepeatedTest
from regrow.protocols.status import BuildStatus, Verdict
from regrow.protocols.verification import (
    AcceptedDeviation,
    Artefact,
    BuildError,
    CheckOutcome,
    ComponentUse,
    PreventionTest,
    RecoveryAttempt,
)
from regrow.protocols.wire import Count, Instant, Millis, NonEmpty, WireModel

__all__ = ["ReadFinding", "ReportStep", "RunReport", "TimelineRow"]


class ReportStep(WireModel):
    """One step as it ended last. `file` and `line` are where the documents say it, `says` what stands there; None for what
    no document says.

    `deviates` says that no document holds the command as it was run. One that was only moved is named among the deviations.
    """

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
    says: str = ""
    deviates: bool = False
    output_tail: str = ""
    log: str | None = None


class ReadFinding(WireModel):
    """Something wrong in a document that reading alone has found, by a rule of docs/lint_rules.md. No verdict rests on it.

    Attributes:
        about: The rule in words.
        evidence: What the sentence was compared with.
        says: The line as it stands.
        replacement: The whole line as it should stand, where that is certain enough.
        shown: What the run showed of the same line; empty when it did not come to it, or got past it.
    """

    rule: NonEmpty
    about: NonEmpty
    severity: Severity
    file: NonEmpty
    line: LineNumber
    message: NonEmpty
    evidence: str = ""
    says: str = ""
    replacement: str | None = None
    shown: tuple[str, ...] = ()


class TimelineRow(WireModel):
    """One span of a run where it stands in its waterfall: each below its parent, brothers by their beginning.

    Attributes:
        depth: How far it is indented.
        offset_ms: How long after the run's first span it began.
        links: Spans of other traces that led to it, as `trace-span`: a restart has the handling that crashed.
    """

    name: NonEmpty
    depth: Count
    offset_ms: Millis
    duration_ms: Millis
    failed: bool
    failure: str = ""
    attributes: dict[str, str | int | float | bool] = Field(default_factory=dict)
    started_at: Instant
    trace_id: str
    span_id: str
    parent_id: str | None = None
    links: tuple[str, ...] = ()


class RunReport(WireModel):
    """A finished run.

    Attributes:
        timeline: Where the time went; empty when no spans were kept.
        tests_source: Where the count comes from: reporter, junit, output or none.
        steps: In the order in which they ended last; a step that was repeated stands once, with its attempts.
        notes: What is to be known of the target as it was fetched (a link that was left out, tests that it does not have).
        tests_deselected: Those that the test command or the project's settings left out; they are part of no other number.
        attempts: Recoveries that were tried in vain, apart from the steps: those are of the plan that decided.
        learned: What each recovery was chosen by: pattern, strategy, posterior, seed. Empty with no memory.
        recoveries: How many were begun.
        accepted: Deviations that the project's own file accepts, each with the reason; they do not cost the pass.
        checks: What the verifier looked at beside the tests: endpoints, outputs, examples, claims, and which copy was tested.
        left_out: What the documents say besides the steps, with the reason why it is not done.
        read_findings: What reading the documents alone has found wrong in them, beside what the run showed.
        documentation: The documentation score; None where the documents could not be read.
        docs_patch: A unified diff of the documents, after which a run that followed them to the letter has passed.
        reproducibility: What repeated builds have shown; None when none was asked for.
        repeated_tests: Tests that failed and were run again, with what that has shown.
        environment: What the run stood on, name -> value, in words.
        artefacts: What the build made, of a run that passed.
        components: What each part of the run used, its steps included.
        contents: What the build installed and stood on, of a run that passed.
        prevention: Tests for the project to keep, each seen to fail before the patch of the documents and to pass after it.
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
    tests_deselected: Count = 0
    tests_source: str = "none"
    failing_tests: tuple[str, ...] = ()
    steps: tuple[ReportStep, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    accepted: tuple[AcceptedDeviation, ...] = ()
    checks: tuple[CheckOutcome, ...] = ()
    left_out: tuple[LeftOutCommand, ...] = ()
    errors: tuple[BuildError, ...] = ()
    attempts: tuple[RecoveryAttempt, ...] = ()
    learned: tuple[LearnedUse, ...] = ()
    recoveries: Count = 0
    timeline: tuple[TimelineRow, ...] = ()
    environment: dict[str, str] = Field(default_factory=dict)
    reproducibility: Reproducibility | None = None
    repeated_tests: tuple[RepeatedTest, ...] = ()
    duration_ms: Count
    finished_at: Instant
    docs_patch: str = ""
    artefacts: tuple[Artefact, ...] = ()
    contents: BuildContents | None = None
    components: tuple[ComponentUse, ...] = ()
    prevention: tuple[PreventionTest, ...] = ()
    read_findings: tuple[ReadFinding, ...] = ()
    documentation: DocumentationScore | None = None
    folder: str
