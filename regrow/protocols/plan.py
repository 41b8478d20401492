"""A plan and what became of its steps: what is typed, why, under which limits, and how each step ended.

A plan is literal when the documents say every step of it; a step that they do not say carries a `Deviation`, which names
the sentence that it corrects. Candidates are kept beside the chosen plan: half of the failures on unseen projects need no
new knowledge, only the second candidate (survey of verification, section 7).

What the documents say is in `documents.py`, re-exported here because no plan is read without it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from regrow.protocols.documents import (
    Claim,
    ClaimKind,
    CommandKind,
    DocAnalysis,
    DocCommand,
    DocFinding,
    DocFormat,
    DocRef,
    DocumentSummary,
    Ecosystem,
    Endpoint,
    Example,
    ExpectedFile,
    ExpectedOutput,
    LeftOutReason,
    Prerequisite,
    PrerequisiteKind,
    Server,
    Severity,
    Shell,
)
from regrow.protocols.wire import Count, NonEmpty, WireModel

__all__ = [
    "NO_LIMITS",
    "Candidate",
    "Claim",
    "ClaimKind",
    "CommandKind",
    "CountSource",
    "Deviation",
    "DeviationKind",
    "DocAnalysis",
    "DocCommand",
    "DocFinding",
    "DocFormat",
    "DocRef",
    "DocumentSummary",
    "DocumentationScore",
    "Ecosystem",
    "Ended",
    "Endpoint",
    "Example",
    "ExpectedFile",
    "ExpectedOutput",
    "LeftOutCommand",
    "LeftOutReason",
    "Plan",
    "PlanStep",
    "PlannedTarget",
    "Prerequisite",
    "PrerequisiteKind",
    "Server",
    "Severity",
    "Shell",
    "SkippedTests",
    "StepLimits",
    "StepOutcome",
    "StepPhase",
    "TestCounts",
]

_MIB = 1024 * 1024


class StepLimits(WireModel):
    """What one step may use. None means no limit of its own; the run's deadline always holds.

    The defaults are those of the specification's builder: 2 GB of memory, 2 cores for 300 seconds.
    """

    time_s: Annotated[float, Field(gt=0)] | None = 300.0
    cpu_s: Annotated[float, Field(gt=0)] | None = 600.0
    memory_bytes: Annotated[int, Field(gt=0)] | None = 2048 * _MIB
    processes: Annotated[int, Field(gt=0)] | None = 512
    output_bytes: Annotated[int, Field(gt=0)] | None = 64 * _MIB
    disk_bytes: Annotated[int, Field(gt=0)] | None = 4096 * _MIB


NO_LIMITS: Final = StepLimits(
    time_s=None, cpu_s=None, memory_bytes=None, processes=None, output_bytes=None, disk_bytes=None
)
"""For what sets none of its own."""


class DeviationKind(StrEnum):
    """What a deviation does to the documented way."""

    ADDED_STEP = "added_step"
    CHANGED_COMMAND = "changed_command"
    SKIPPED_STEP = "skipped_step"
    REORDERED = "reordered"
    OTHER_FOLDER = "other_folder"
    ENVIRONMENT = "environment"
    OTHER_VERSION = "other_version"
    CHOSEN_PLACEHOLDER = "chosen_placeholder"
    REMOVED_TESTS = "removed_tests"
    UNSAFE = "unsafe"
    STALE_ACCEPTANCE = "stale_acceptance"


class Deviation(WireModel):
    """What was done that the documents do not say.

    `corrects` is the sentence that is wrong, None when one is missing. `sentence` is what the documents should say, ready
    to be put into them. `strategy_id` is the recovery strategy, or the rule of the planner, that made it.
    """

    strategy_id: NonEmpty
    kind: DeviationKind
    description: NonEmpty
    corrects: DocRef | None = None
    sentence: str


class StepPhase(StrEnum):
    """The part of the plan that a step belongs to, in the order in which they run."""

    SETUP = "setup"
    INSTALL = "install"
    BUILD = "build"
    TEST = "test"


class PlanStep(WireModel):
    """One command, to be typed into one bash that every step of the plan shares in spirit: `cd` and `export` carry over.

    `step_id` is stable across repetitions and resumption: the same step of the same plan has the same id, and a step that
    is done is not done again. `cwd` is relative to the project's root, `.` for the root itself. `network` grants the
    filtering proxy, nothing else. `counts_tests` marks the step whose tests decide the verdict. `service` marks a server: it
    is started before each step after it, awaited until it listens (on `port`, if that is known), and stopped after it.
    `interpreter` is the series (`3.13`) of a Python of the verifying machine that this step puts into the room, read-only;
    empty for none.
    """

    step_id: NonEmpty
    name: NonEmpty
    command: NonEmpty
    cwd: str = "."
    network: bool = False
    phase: StepPhase
    reason: str
    ref: DocRef | None = None
    deviation: Deviation | None = None
    limits: StepLimits = StepLimits()
    counts_tests: bool = False
    service: bool = False
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    interpreter: str = ""


class Candidate(WireModel):
    """Another way to do one step, tried in order when the chosen one fails. `replaces` is the id of that step."""

    replaces: NonEmpty
    step: PlanStep


class LeftOutCommand(WireModel):
    """A documented command that the plan does not do.

    `reason` is the word for it, `detail` the sentence. `in_path` says that it stands where the documents tell how to build,
    install or test. `required` says that it could not be done as written though it stands on the way: the plan carries a
    deviation for it.
    """

    text: NonEmpty
    ref: DocRef
    reason: LeftOutReason
    detail: str
    in_path: bool = False
    required: bool = False


class Plan(WireModel):
    """The steps in the order in which they are typed.

    `literal` says that the documents hold every step; it is refused when a step deviates. `deviations` are those that no
    step carries (a step left out, an order changed). `left_out` are all other commands of the documents that the plan
    follows, in their order.
    """

    plan_id: NonEmpty
    steps: tuple[PlanStep, ...]
    literal: bool
    candidates: tuple[Candidate, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    left_out: tuple[LeftOutCommand, ...] = ()

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        ids = [step.step_id for step in self.steps]
        repeated = sorted({step_id for step_id in ids if ids.count(step_id) > 1})
        if repeated:
            msg = f"plan {self.plan_id}: step ids must differ, repeated: {', '.join(repeated)}"
            raise ValueError(msg)
        if self.literal and self.all_deviations:
            msg = f"plan {self.plan_id} is called literal but deviates: {self.all_deviations[0].description}"
            raise ValueError(msg)
        return self

    @property
    def all_deviations(self) -> tuple[Deviation, ...]:
        """Those of the plan, then those of its steps in order."""
        return self.deviations + tuple(step.deviation for step in self.steps if step.deviation is not None)


class DocumentationScore(WireModel):
    """How much of what a newcomer looks for the documents have: 0 to 100, and the parts that are missing with their points.

    The parts are those of `regrow lint-docs`.
    """

    total: Annotated[int, Field(ge=0, le=100)]
    lacks: tuple[str, ...] = ()


class PlannedTarget(WireModel):
    """The answer of `regrow plan`. `notes` are what is to be known of the target as it was fetched."""

    target: NonEmpty
    name: str
    version: str | None = None
    notes: tuple[str, ...] = ()
    analysis: DocAnalysis
    plan: Plan
    documentation: DocumentationScore | None = None


class Ended(StrEnum):
    """How a step ended. All but `exited` and `signalled` are the room's doing, or the caller's."""

    EXITED = "exited"
    SIGNALLED = "signalled"
    DEADLINE = "deadline"
    MEMORY = "memory"
    OUTPUT = "output"
    DISK = "disk"
    PROCESSES = "processes"
    CANCELLED = "cancelled"
    REFUSED = "refused"


class CountSource(StrEnum):
    """Where a count of tests comes from, best first: our reporter in the runner, a JUnit file, its printed summary."""

    REPORTER = "reporter"
    JUNIT = "junit"
    OUTPUT = "output"
    NONE = "none"


UNNAMED = "no reason given"
"""The reason of a test that was skipped without one."""
EXPECTED_TO_FAIL = "expected to fail"
TODO = "to do"
"""Reasons of tests that count as skipped though they may have been run."""


class SkippedTests(WireModel):
    """How many tests were skipped for one reason."""

    reason: str
    count: Count


class TestCounts(WireModel):
    """How many tests ran and how they ended.

    `run` counts those that were executed (passed, failed and errors), not the skipped. `failing` names the tests that failed
    or had an error, in the runner's own spelling; it may be shorter than their number. `deselected` are those that options
    or the project's settings left out as a whole: they are part of no other number. With source `none` nothing was
    counted, which is never a pass.
    """

    __test__ = False  # pytest would collect a class of this name

    run: Count
    passed: Count
    failed: Count = 0
    skipped: Count = 0
    errors: Count = 0
    deselected: Count = 0
    source: CountSource
    runner: str
    failing: tuple[str, ...] = ()
    skipped_reasons: tuple[SkippedTests, ...] = ()

    @property
    def all_passed(self) -> bool:
        """Whether at least one test was counted and none failed: the only thing that may be called a pass."""
        return self.source is not CountSource.NONE and self.passed > 0 and not self.failed and not self.errors


class StepOutcome(WireModel):
    """How one step ended and what it used.

    `exit_code` is None unless it exited by itself. `output_tail` is the end of what it printed, redacted; `output_path` the
    file in the run folder that holds all that was kept. `layer_id` is the frozen layer with what it wrote, None when the
    layer was dropped.
    """

    step_id: NonEmpty
    exit_code: int | None = None
    ended: Ended
    output_tail: str = ""
    output_path: str | None = None
    duration_ms: Count
    cpu_ms: Count = 0
    peak_memory_bytes: Count = 0
    bytes_read: Count = 0
    bytes_written: Count = 0
    layer_id: str | None = None
    tests: TestCounts | None = None

    @model_validator(mode="after")
    def _has_a_code_exactly_when_it_exited(self) -> Self:
        if (self.exit_code is not None) != (self.ended is Ended.EXITED):
            msg = (
                f"step {self.step_id} ended by {self.ended.value} with exit code {self.exit_code}; only an exit has one"
            )
            raise ValueError(msg)
        return self

    @property
    def succeeded(self) -> bool:
        """Whether it exited by itself with status 0."""
        return self.ended is Ended.EXITED and self.exit_code == 0
