"""A run of the verification and its parts: the specification's `BuildVerificationRun`, `BuildPhase`, `BuildStep`.

The specification names `BuildConfig`, `BuildResults`, `PhaseStatus`, `BuildError`, `Checkpoint` and `PhaseMetrics` and leaves
them open; what they hold here is DESIGN section 9. A `BuildStatus` has no verdict and no "cancelled": `completed` carries
the verdict pass or healed, `failed` carries fail, undecided or cancelled, and `BuildResults` refuses anything else.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from regrow.protocols.build_contents import BuildContents
from regrow.protocols.documents import DocRef, LineNumber
from regrow.protocols.patterns import LearnedUse, ResourceMetrics
from regrow.protocols.plan import NO_LIMITS, Deviation, StepLimits, TestCounts
from regrow.protocols.reproducibility import Artefact, ArtefactKind, Reproducibility
from regrow.protocols.retests import RepeatedTest, Retesting
from regrow.protocols.status import VERDICTS_OF, BuildStatus, PhaseStatus, Verdict
from regrow.protocols.wire import Count, Instant, Millis, NonEmpty, Omittable, Sha256, SpecModel, Uuid4, WireModel

__all__ = [
    "VERDICTS_OF",
    "AcceptedDeviation",
    "Artefact",
    "ArtefactKind",
    "BuildConfig",
    "BuildError",
    "BuildPhase",
    "BuildResults",
    "BuildStatus",
    "BuildStep",
    "BuildVerificationRun",
    "CheckKind",
    "CheckOutcome",
    "Checkpoint",
    "Component",
    "ComponentUse",
    "MemoryUse",
    "NetworkPolicy",
    "PhaseMetrics",
    "PhaseStatus",
    "PreventionTest",
    "RecoveryAttempt",
    "RunMetadata",
    "Verdict",
]


class NetworkPolicy(StrEnum):
    """Which steps reach the package clients' hosts through the filtering proxy: those that install, or none.

    With `offline` those that install get what was downloaded earlier, and no other machine is asked for anything.
    """

    INSTALL = "install"
    OFFLINE = "offline"
    NONE = "none"


class MemoryUse(StrEnum):
    """What a run does with patterns of earlier runs: nothing, read them, or read them and add its own."""

    NONE = "none"
    READ = "read"
    LEARN = "learn"


class BuildConfig(SpecModel):
    """How a run is to be done.

    Attributes:
        target: What was asked for, as typed: a folder, an archive, a git address, `pypi:NAME==VERSION`.
        limits: What each step may use. Where its time is the default, the plan gives building and testing steps more.
        project_limits: What the project's own file lowers them to.
        secrets: Names of variables of the host that steps without network get. Their values are in no message.
        deadline_s: Seconds for the whole run, recoveries included. The run turns it into one absolute moment when it begins.
        network: Which steps may reach package hosts.
        memory: What is done with patterns of earlier runs.
        seed: Of what is drawn where the memory leaves several ways; the same memory and seed give the same run again.
        model: Name of the language model that may propose plans, None for the literal reader alone.
        max_recoveries: How many recoveries a run may begin before it ends with E4003.
        replay: Whether what healed a run is done again in a new room before that is said.
        reproducibility_builds: How many builds are compared; 1 compares nothing.
        retesting: How failing tests are repeated.
        fresh: Whether cached layers are left unused.
        host_interpreters: Whether a recovery may give the room another Python of this machine.
        unsafe_no_sandbox: Whether steps may run without a sandbox where there is none.
        chaos_seed: Seed of the faults that are injected into the run's own actors, None for a calm run.
    """

    target: NonEmpty
    limits: StepLimits = StepLimits()
    project_limits: StepLimits = NO_LIMITS
    secrets: tuple[str, ...] = ()
    deadline_s: Annotated[float, Field(gt=0)] = 600.0
    network: NetworkPolicy = NetworkPolicy.INSTALL
    memory: MemoryUse = MemoryUse.LEARN
    seed: Count = 0
    model: str | None = None
    max_recoveries: Count = 14
    replay: bool = True
    reproducibility_builds: Annotated[int, Field(ge=1)] = 1
    retesting: Retesting = Retesting()
    fresh: bool = False
    host_interpreters: bool = True
    unsafe_no_sandbox: bool = False
    chaos_seed: int | None = None


class BuildError(SpecModel):
    """One error of a run. `code` is a row of `error_codes.py`; `evidence` the lines that show it, redacted."""

    code: Annotated[str, Field(pattern=r"^E\d{4}$")]
    message: NonEmpty
    step: str | None = None
    file: str | None = None
    line: LineNumber | None = None
    evidence: str | None = None


class Checkpoint(SpecModel):
    """A state that a run can go back to: after a step, or at the end of a phase.

    `layer_id` names the frozen layer of the room, None for a checkpoint that has no files. `signature` is the SHA-256 of
    what was saved.
    """

    checkpoint_id: NonEmpty
    timestamp: Instant
    phase: NonEmpty
    step_id: str | None = None
    layer_id: str | None = None
    size_bytes: Count = 0
    signature: Sha256


class PhaseMetrics(ResourceMetrics):
    """What a phase used, and how many steps it took."""

    steps_run: Count = 0
    steps_failed: Count = 0
    retries: Count = 0


class Component(StrEnum):
    """The parts of a run that use something."""

    FETCH = "fetch"
    ANALYSIS = "analysis"
    BUILD = "build"
    VERIFY = "verify"
    RECOVERY = "recovery"
    PROOF = "proof"


class ComponentUse(PhaseMetrics):
    """What a component of a run used, all its phases together: regrow's own work, and the steps that it had done.

    `peak_memory_bytes` is that of its largest step; where it has none, that of regrow's own process, in which other runs may
    be under way. Bytes are those that reached a disk.
    """

    component: Component


class BuildStep(SpecModel):
    """One step as it was done. `command` and `output` are redacted."""

    step_id: NonEmpty
    name: NonEmpty
    command: Omittable[str] = None
    output: Omittable[str] = None
    duration_ms: Millis
    success: bool
    retry_count: Count = 0


class BuildPhase(SpecModel):
    """One phase of a run. A phase that is done again after a recovery is a phase of its own, with its own id."""

    phase_id: NonEmpty
    name: NonEmpty
    start_time: Instant
    end_time: Omittable[Instant] = None
    status: PhaseStatus
    steps: tuple[BuildStep, ...] = ()
    checkpoints: tuple[Checkpoint, ...] = ()
    errors: tuple[BuildError, ...] = ()
    metrics: PhaseMetrics = PhaseMetrics()


class PreventionTest(SpecModel):
    """A test for the project to keep, which would have caught what was healed.

    Attributes:
        framework: What it is written for: pytest, unittest, jest, mocha, tap, node:test, or sh.
        path: Where it goes, relative to the project's root.
        command: What runs it alone.
        prevents: The deviations that it is about, a test each.
    """

    framework: NonEmpty
    path: NonEmpty
    text: NonEmpty
    command: NonEmpty
    prevents: tuple[NonEmpty, ...]


class RecoveryAttempt(SpecModel):
    """One recovery that did not mend the failure that decides: what was changed, how it ended, and what it printed last."""

    strategy_id: NonEmpty
    description: str
    error: BuildError | None = None
    command: str | None = None
    output_tail: str = ""


class AcceptedDeviation(SpecModel):
    """A deviation that the project's own file accepts, which therefore does not cost the pass, and why."""

    deviation: Deviation
    reason: NonEmpty


class CheckKind(StrEnum):
    """What the verifier looks at."""

    TESTS = "tests"
    ENDPOINT = "endpoint"
    OUTPUT = "output"
    EXAMPLE = "example"
    CLAIM = "claim"
    FILE = "file"
    TESTED_COPY = "tested_copy"
    REPRODUCIBILITY = "reproducibility"


class CheckOutcome(WireModel):
    """One check of the verifier. `passed` is None when it could not be judged; `detail` says what was expected and got.

    Attributes:
        ref: The sentence of the documents that it is about.
        expected: What that sentence shows, `got` what there is; both cut.
        code: The error that a failure is; None for that of its kind.
        decides: Whether a failure costs the verdict; one that does not is told.
    """

    kind: CheckKind
    name: NonEmpty
    passed: bool | None
    detail: str = ""
    ref: DocRef | None = None
    expected: str = ""
    got: str = ""
    code: Annotated[str, Field(pattern=r"^E\d{4}$")] | None = None
    decides: bool = True


class BuildResults(SpecModel):
    """What a run found out; all empty while it is under way.

    `reason` says in a sentence why the verdict is what it is. `notes` are what is to be known of the target as it was
    fetched. `attempts` are the recoveries that were tried in vain after the failure that decides. `patch` is a unified
    diff of the documents alone. `contents` is what was installed, of a run that passed;
    `prevention` tests that were seen to fail before the patch and to pass after it. `checks` are what the verifier looked
    at beside the tests. `reproducibility` is what repeated builds have shown, None when none was asked for;
    `repeated` are tests that failed and were run again. `learned` is what each recovery was chosen by, `recoveries`
    how many were begun.
    """

    verdict: Verdict | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()
    tests: TestCounts | None = None
    deviations: tuple[Deviation, ...] = ()
    accepted: tuple[AcceptedDeviation, ...] = ()
    attempts: tuple[RecoveryAttempt, ...] = ()
    learned: tuple[LearnedUse, ...] = ()
    recoveries: Count = 0
    patch: str | None = None
    artefacts: tuple[Artefact, ...] = ()
    components: tuple[ComponentUse, ...] = ()
    contents: BuildContents | None = None
    prevention: tuple[PreventionTest, ...] = ()
    checks: tuple[CheckOutcome, ...] = ()
    reproducibility: Reproducibility | None = None
    repeated: tuple[RepeatedTest, ...] = ()

    @model_validator(mode="after")
    def _verdict_fits_the_evidence(self) -> Self:
        if self.verdict is Verdict.PASS and self.deviations:
            msg = f"a run with {len(self.deviations)} deviations is healed, not pass"
            raise ValueError(msg)
        if self.verdict is Verdict.HEALED and not self.deviations:
            msg = "a healed run names its deviations; there is none"
            raise ValueError(msg)
        return self


class RunMetadata(SpecModel):
    """Who asked for a run, and where. `environment` is dev, staging or prod, or a name of your own."""

    triggered_by: NonEmpty
    environment: str
    git_commit: Omittable[str] = None
    correlation_id: NonEmpty


class BuildVerificationRun(SpecModel):
    """One run: its status, what it was asked to do, its phases in order, and what came out."""

    run_id: Uuid4
    timestamp: Instant
    status: BuildStatus
    configuration: BuildConfig
    phases: tuple[BuildPhase, ...] = ()
    results: BuildResults = BuildResults()
    metadata: RunMetadata

    @model_validator(mode="after")
    def _verdict_fits_the_status(self) -> Self:
        allowed = VERDICTS_OF.get(self.status, frozenset())
        verdict = self.results.verdict
        if (verdict is None) == bool(allowed) or (verdict is not None and verdict not in allowed):
            expected = ", ".join(sorted(allowed)) or "no verdict"
            msg = f"a run that is {self.status.value} carries {expected}, got {verdict.value if verdict else 'none'}"
            raise ValueError(msg)
        return self
