"""What the actors of a run say to one another: one message a phase, its reply, and the facts that are told.

`actors/run/` owns the order; it alone sends the requests, and no other actor knows the next. Every request names the run
and the attempt (0 for the first, one more after each recovery), so that a repeated request is recognised; steps keep their
ids, so that what is done is not done again. The deadline, correlation id and trace travel in the envelope, not here.

    StartRun -> RunAccepted      AnalyzeDocs -> DocAnalysis     Build -> BuildResult      Verify -> VerifyReport
    WritePatch -> DocPatch       Reproduce -> Reproducibility
    Diagnose -> RecoveryPlan     LearnError -> LearnedPattern   LearnChain -> Learned
    told: ReportOutcome, WriteLog, RunProgress, RunFinished

A phase that fails in a way that recovery may mend replies with an `error` in its result. A phase that cannot be done at all
raises a `RegrowError`, which reaches the asker as the failure of its ask.
"""

from __future__ import annotations

from pydantic import Field

from regrow.protocols.build_contents import BuildContents
from regrow.protocols.doc_patch import DocPatch
from regrow.protocols.documents import DocAnalysis, Ecosystem
from regrow.protocols.logs import LogEntry
from regrow.protocols.messages import Message, Request
from regrow.protocols.patterns import FollowUp, LearnedUse, RecoveryStrategy, StrategyRecord
from regrow.protocols.plan import Plan, PlanStep, StepOutcome, TestCounts
from regrow.protocols.reproducibility import Reproducibility
from regrow.protocols.retests import RepeatedTest
from regrow.protocols.status import BuildStatus, Verdict
from regrow.protocols.verification import (
    Artefact,
    BuildConfig,
    BuildError,
    BuildResults,
    CheckKind,
    CheckOutcome,
    RunMetadata,
)
from regrow.protocols.wire import Count, Instant, Millis, NonEmpty, Sha256, WireModel

__all__ = [
    "AnalyzeDocs",
    "Build",
    "BuildResult",
    "ChainLink",
    "CheckKind",
    "CheckOutcome",
    "Diagnose",
    "LearnChain",
    "LearnError",
    "Learned",
    "LearnedPattern",
    "PhaseFailure",
    "RecoveryPlan",
    "ReportOutcome",
    "Reproduce",
    "RunAccepted",
    "RunFinished",
    "RunProgress",
    "SourceTree",
    "StartRun",
    "Verify",
    "VerifyReport",
    "WriteLog",
    "WritePatch",
]


class SourceTree(WireModel):
    """The project's files, fetched and unpacked: never written, steps work on a copy.

    `folder` is an absolute path on this machine. `digest` is the SHA-256 over the sorted paths and contents. `git_commit`
    is known only for a git target. `untested` says of a release that holds no tests where they may be; "" for all others.
    """

    folder: NonEmpty
    digest: Sha256
    name: str
    version: str | None = None
    git_commit: str | None = None
    untested: str = ""


class RunAccepted(WireModel):
    """The run is recorded and survives from here on. `deadline` is when it ends at the latest."""

    run_id: NonEmpty
    deadline: Instant


class StartRun(WireModel, Request[RunAccepted]):
    """Begin a run, or go on with the one of that id when `resume` is set. `plan` is carried out instead of the literal one."""

    run_id: NonEmpty
    configuration: BuildConfig
    metadata: RunMetadata
    resume: bool = False
    plan: Plan | None = None


class AnalyzeDocs(WireModel, Request[DocAnalysis]):
    """Read the documents of a source tree. `documents` limits the reading to these files; empty reads all."""

    run_id: NonEmpty
    attempt: Count = 0
    source: SourceTree
    documents: tuple[str, ...] = ()


class BuildResult(WireModel):
    """How far the build came.

    `layer_id` is the last good layer: where verification, or the next attempt, goes on. `error` is None exactly when every
    step of the setup, install and build phases succeeded.
    """

    run_id: NonEmpty
    attempt: Count
    plan: Plan
    outcomes: tuple[StepOutcome, ...] = ()
    layer_id: str | None = None
    error: BuildError | None = None


class Build(WireModel, Request[BuildResult]):
    """Carry the plan out in a clean room; without one, make it from the analysis first.

    `done` are the outcomes of an earlier attempt whose layers still stand: their steps are not done again. `room` names
    another room than the run's own, with a ledger and layers of its own: what worked is replayed there.
    """

    run_id: NonEmpty
    attempt: Count = 0
    source: SourceTree
    analysis: DocAnalysis
    configuration: BuildConfig
    plan: Plan | None = None
    done: tuple[StepOutcome, ...] = ()
    room: str = ""


class VerifyReport(WireModel):
    """What the verifier saw. `error` is None exactly when tests were counted and all checks that could be judged passed.

    `repeated` are tests that failed and were run again.
    """

    run_id: NonEmpty
    attempt: Count
    outcomes: tuple[StepOutcome, ...] = ()
    checks: tuple[CheckOutcome, ...] = ()
    tests: TestCounts | None = None
    repeated: tuple[RepeatedTest, ...] = ()
    artefacts: tuple[Artefact, ...] = ()
    contents: BuildContents | None = None
    layer_id: str | None = None
    error: BuildError | None = None


class Verify(WireModel, Request[VerifyReport]):
    """Run the plan's test steps on what was built, and check what the documents promise.

    `done` are outcomes of test steps of an earlier attempt on the same layer. `room` is that of the build.
    """

    run_id: NonEmpty
    attempt: Count = 0
    source: SourceTree
    analysis: DocAnalysis
    configuration: BuildConfig
    plan: Plan
    layer_id: str | None = None
    done: tuple[StepOutcome, ...] = ()
    room: str = ""


class Reproduce(WireModel, Request[Reproducibility]):
    """Repeat the build of a plan that worked, and compare what comes out. No build is begun that would end after `deadline`."""

    run_id: NonEmpty
    attempt: Count = 0
    source: SourceTree
    analysis: DocAnalysis
    configuration: BuildConfig
    plan: Plan
    deadline: Instant


class WritePatch(WireModel, Request[DocPatch]):
    """Say how the documents of a source tree should be changed so that they say the plan, which worked."""

    run_id: NonEmpty
    attempt: Count = 0
    source: SourceTree
    analysis: DocAnalysis
    plan: Plan


class PhaseFailure(WireModel):
    """What went wrong in which phase, with the step and its outcome where there is one."""

    phase: BuildStatus
    error: BuildError
    step: PlanStep | None = None
    outcome: StepOutcome | None = None


class RecoveryPlan(WireModel):
    """What to do about a failure.

    Attributes:
        pattern_id: The pattern that the error belongs to.
        pattern_known: Whether it was known before; when not, the strategy is the default one.
        strategy: What to do, None when nothing is left: the run ends with E4003.
        resume_at: The phase to go back to.
        about: The phase whose failure it is for; None for that which was asked about. It is an earlier one when that was a
            recovery's own, which is given up.
        plan: The amended plan, None to go on with the old one. Steps whose inputs did not change keep their ids.
        delay_ms: How long to wait before (backoff).
        reason: Why this one, in a sentence.
        kind: The kind of project, as records are kept by it.
        effect: What it changes, in words that are the same for the same change in another project.
        evidence: The line that shows the failure.
        used: What of earlier runs it was chosen by; None with no memory.
        assumed_steps: Ids of the plan's steps that no failure has asked for yet: what always followed elsewhere.
    """

    pattern_id: Sha256
    pattern_known: bool
    strategy: RecoveryStrategy | None = None
    resume_at: BuildStatus
    about: BuildStatus | None = None
    plan: Plan | None = None
    delay_ms: Millis = 0.0
    reason: str
    kind: str = ""
    effect: str = ""
    evidence: str = ""
    used: LearnedUse | None = None
    assumed_steps: tuple[str, ...] = ()


class Diagnose(WireModel, Request[RecoveryPlan]):
    """Say what to do about a failure. `tried` are the ids of strategies that this run has used for it already.

    `decisive` is the failure of the documented way that recoveries are about, with the plan of then: where to go back to
    when a recovery itself has failed and nothing helps it.

    `memory_allowed` lets records of earlier runs decide the order, `learning_allowed` lets this run add its own.
    `network_allowed` lets what is needed to find a recovery (the index of packages) be fetched, `interpreters_allowed` lets a
    room be given another Python of this machine. `seed` is that of draws.
    `model` is the language model that is asked when no rule knows anything more; None for none.
    """

    run_id: NonEmpty
    attempt: Count
    failure: PhaseFailure
    source: SourceTree
    analysis: DocAnalysis | None = None
    plan: Plan | None = None
    decisive: PhaseFailure | None = None
    decisive_plan: Plan | None = None
    tried: tuple[str, ...] = ()
    memory_allowed: bool = True
    learning_allowed: bool = True
    network_allowed: bool = True
    interpreters_allowed: bool = True
    seed: Count = 0
    model: str | None = None


class ReportOutcome(WireModel, Message):
    """Tell the pattern learner what became of a strategy. `recovery_time_ms` is from the failure to the validation."""

    run_id: NonEmpty
    attempt: Count
    pattern_id: Sha256
    strategy_id: NonEmpty
    kind: str = ""
    success: bool
    recovery_time_ms: Millis


class ChainLink(WireModel):
    """One recovery of a run that was healed: the failure that it was for, its rule, and what it changed.

    `assumed` says that further recoveries were carried out with it, so that what would have come next was not seen.
    """

    pattern_id: Sha256
    rule: NonEmpty
    effect: str
    code: str
    phase: str
    evidence: str
    exit_code: int | None = None
    assumed: bool = False


class Learned(WireModel):
    """What was learned is kept: it survives from here on. `new` is False when it was known from an earlier telling."""

    new: bool


class LearnChain(WireModel, Request[Learned]):
    """Learn in which order recoveries healed a run. Told again for the same run, it is learned once."""

    run_id: NonEmpty
    kind: str
    links: tuple[ChainLink, ...]


class LearnedPattern(WireModel):
    """The pattern that an error belongs to, and the strategies for it, best record first.

    Attributes:
        cause: Why it failed, by the rules of causes; `evidence` the lines that show it.
        records: Of this pattern in all kinds of project; where it has none, those of `near`, which is nearly the same.
        follow_ups: What came next in this kind of project, and after that: of this pattern and of those that follow, by id.
    """

    pattern_id: Sha256
    is_new: bool
    frequency: Count
    strategies: tuple[RecoveryStrategy, ...] = ()
    prevention_available: bool = False
    cause: str = "unknown"
    evidence: tuple[str, ...] = ()
    records: tuple[StrategyRecord, ...] = ()
    near: Sha256 | None = None
    follow_ups: dict[str, tuple[FollowUp, ...]] = Field(default_factory=dict)


class LearnError(WireModel, Request[LearnedPattern]):
    """Record an error and say what is known about it.

    `command` is the step's command; `output_tail` the end of what it printed. Both are redacted before they are sent.
    """

    run_id: NonEmpty
    component: NonEmpty
    phase: NonEmpty
    error: BuildError
    command: str | None = None
    output_tail: str = ""
    exit_code: int | None = None
    ecosystem: Ecosystem = Ecosystem.UNKNOWN
    kind: str = ""
    learn: bool = True


class WriteLog(WireModel, Message):
    """Keep these entries. Told, never waited for."""

    entries: tuple[LogEntry, ...]


class RunProgress(WireModel, Message):
    """What a watcher of a run sees: its status, the step that runs, its last line of output (redacted).

    `note` is a sentence to be kept in sight, told with one piece of news and not again.
    """

    run_id: NonEmpty
    status: BuildStatus
    attempt: Count = 0
    step_id: str | None = None
    step_name: str | None = None
    last_output_line: str | None = None
    note: str | None = None
    elapsed_ms: Count = 0


class RunFinished(WireModel, Message):
    """A run has ended, told to whoever watches it.

    `duration_ms` is how long it was worked on, without pauses; `ended_at` when it was judged, None where it was not.
    """

    run_id: NonEmpty
    status: BuildStatus
    verdict: Verdict
    results: BuildResults
    errors: tuple[BuildError, ...] = ()
    duration_ms: Count
    ended_at: Instant | None = None
