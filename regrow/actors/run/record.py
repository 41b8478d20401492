"""What a run remembers: the state of its actor, and so its checkpoint. Everything that a new incarnation needs to go on."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from pydantic import Field

from regrow.actors.run.project_file import Grant, ProjectFile, shortened
from regrow.protocols.build_machine import RunPosition
from regrow.protocols.doc_patch import DocPatch
from regrow.protocols.documents import DocAnalysis
from regrow.protocols.messages import State
from regrow.protocols.patterns import LearnedUse
from regrow.protocols.plan import NO_LIMITS, Deviation, Plan, TestCounts
from regrow.protocols.prevention import PreventionTests
from regrow.protocols.reproducibility import Reproducibility
from regrow.protocols.retests import RepeatedTest
from regrow.protocols.run_messages import BuildResult, ChainLink, PhaseFailure, SourceTree, StartRun, VerifyReport
from regrow.protocols.status import BuildStatus
from regrow.protocols.verification import (
    BuildConfig,
    BuildError,
    BuildPhase,
    BuildResults,
    ComponentUse,
    RecoveryAttempt,
)

__all__ = ["Mended", "PendingRecovery", "Proof", "ProofStage", "RunRecord"]


class PendingRecovery(State):
    """A strategy that was begun and is not yet known to have helped. `phase` is the one whose failure it is about."""

    pattern_id: str
    strategy_id: str
    kind: str = ""
    began_at: dt.datetime
    phase: BuildStatus = BuildStatus.BUILDING


class Mended(State):
    """A recovery of a run as the pattern learner wants to know it, and the commands that it added; `assumed` are among them."""

    link: ChainLink
    commands: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()


class ProofStage(StrEnum):
    """How far the proof of a healed run has come. The first six go by the patched documents, the next two by the plan."""

    WRITE = "write"
    APPLY = "apply"
    ANALYZE = "analyze"
    BUILD = "build"
    VERIFY = "verify"
    PREVENT = "prevent"
    REBUILD = "rebuild"
    REVERIFY = "reverify"
    OVER = "over"


class Proof(State):
    """What is known of a replay of what worked, in rooms of its own.

    Attributes:
        stage: What comes next.
        patch: Of the documents; `why` says why it is not proved, or why there is none.
        proved: Whether a run that follows the patched documents to the letter has passed with the same tests.
        held: Whether a replay gave the same; None when it could not be made.
        prevention: Tests that tell the documents before the patch from those after it.
        plan: The plan that is proved where it is shorter than the one that worked (`distilling`); None for that one.
        next_plans: Further ones that are shorter, which are proved where this does not hold, before the one that worked.
    """

    stage: ProofStage = ProofStage.WRITE
    patch: DocPatch | None = None
    source: SourceTree | None = None
    analysis: DocAnalysis | None = None
    build: BuildResult | None = None
    proved: bool = False
    held: bool | None = None
    why: str = ""
    prevention: PreventionTests | None = None
    plan: Plan | None = None
    next_plans: tuple[Plan, ...] = ()


class RunRecord(State, version=1):
    """One run.

    Attributes:
        request: What was asked for; None before the run was accepted.
        deadline: The one absolute moment at which the run ends, however often it is resumed.
        waited_s: Time that passed while nobody worked on it (between a stop and a resume), which the deadline excludes.
        ended_at: When it was judged.
        retries: How often the present phase was asked again because the actor that served it was restarted.
        tried: Ids of the strategies that were used for the present failure.
        project: What the project's own file says of its verification.
        secrets: Names of the variables that its tests are given.
        uses: What its phases used of regrow's own process.
        failure: The failure that the present recovery is about.
        decisive: The failure that decides the verdict if nothing helps: the last one of a step that the documents say, or of
            a recovery that came further; `decisive_plan`, `decisive_tests` and `decisive_repeated` are those of then.
        attempts: The recoveries since then.
        needs: For steps that recoveries have added, by id, the command that had failed without them.
        assumed: Ids of steps that were added because they always followed elsewhere, before anything here asked for them.
        recoveries: How many were begun in all.
        learned: What each was chosen by; empty with no memory.
        mended: All of them in order, for the pattern learner; `kind` is the kind of project.
        proof: That of what worked, where it deviates from the documents.
        comparing: Whether it has passed, and its build is being repeated.
        reproducibility: What that has shown.
        results: Set once, when the run is over.
    """

    request: StartRun | None = None
    status: BuildStatus = BuildStatus.INITIALIZING
    failed_phase: BuildStatus | None = None
    attempt: int = 0
    started_at: dt.datetime | None = None
    deadline: dt.datetime | None = None
    last_seen_at: dt.datetime | None = None
    waited_s: float = 0.0
    ended_at: dt.datetime | None = None
    retries: int = 0
    source: SourceTree | None = None
    project: ProjectFile | None = None
    secrets: tuple[str, ...] = ()
    uses: tuple[ComponentUse, ...] = ()
    notes: tuple[str, ...] = ()
    analysis: DocAnalysis | None = None
    plan: Plan | None = None
    build: BuildResult | None = None
    report: VerifyReport | None = None
    failure: PhaseFailure | None = None
    tried: tuple[str, ...] = ()
    recovery: PendingRecovery | None = None
    decisive: PhaseFailure | None = None
    decisive_plan: Plan | None = None
    decisive_tests: TestCounts | None = None
    decisive_repeated: tuple[RepeatedTest, ...] = ()
    attempts: tuple[RecoveryAttempt, ...] = ()
    needs: dict[str, str] = Field(default_factory=dict)
    assumed: tuple[str, ...] = ()
    recoveries: int = 0
    learned: tuple[LearnedUse, ...] = ()
    mended: tuple[Mended, ...] = ()
    kind: str = ""
    extra_deviations: tuple[Deviation, ...] = ()
    phases: tuple[BuildPhase, ...] = ()
    errors: tuple[BuildError, ...] = ()
    proof: Proof | None = None
    comparing: bool = False
    reproducibility: Reproducibility | None = None
    results: BuildResults | None = None

    def heed(self, notes: tuple[str, ...], project: ProjectFile | None, granted: Grant | None = None) -> None:
        """Take in what is to be known of the target, and what its own file says: the run may end earlier by it, never later."""
        secrets = granted or Grant()
        self.notes, self.project, self.secrets = (*notes, *secrets.notes), project, secrets.names
        if self.deadline is not None and self.started_at is not None:
            self.deadline = shortened(self.deadline, self.started_at, project)

    @property
    def configuration(self) -> BuildConfig:
        """What was asked for, within what the project's own file says."""
        assert self.request is not None
        limits = self.project.limits if self.project is not None else NO_LIMITS
        changes = {"project_limits": limits, "secrets": self.secrets}
        return self.request.configuration.model_copy(update=changes)

    def took(self, now: dt.datetime) -> dt.timedelta:
        """How long it has been worked on: up to its end, without the time in which nobody did."""
        assert self.started_at is not None
        return max(dt.timedelta(0), (self.ended_at or now) - self.started_at - dt.timedelta(seconds=self.waited_s))

    @property
    def position(self) -> RunPosition:
        """Where the run stands, for the table."""
        return RunPosition(self.status, self.failed_phase, self.attempt)

    def move(self, position: RunPosition) -> None:
        """Stand somewhere else."""
        self.status = position.status
        self.failed_phase = position.failed_phase
        self.attempt = position.attempt
        self.retries = 0
