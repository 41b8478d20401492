"""Shell: the actor of one run. It asks for one phase after another, and saves what came back before it goes on.

Its state is its checkpoint: killed at any moment, in this process or with it, a new incarnation goes on with the phase
that was under way. A phase may therefore be asked for twice; the actors that serve phases recognise finished steps by
their ids, so that no step is done twice.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar

import anyio

from regrow.actors.run.comparing import REPEATED
from regrow.actors.run.deciding import failed_itself
from regrow.actors.run.judging import judge_record
from regrow.actors.run.lessons import lesson_of
from regrow.actors.run.patched_source import patched_source
from regrow.actors.run.project_file import grant_secrets
from regrow.actors.run.project_reading import read_project
from regrow.actors.run.proving import PATCHED_ROOM, ApplyPatch, is_proving
from regrow.actors.run.record import PendingRecovery, RunRecord
from regrow.actors.run.step import (
    NOT_REPLAYED,
    DeadlinePassed,
    Fact,
    Fetch,
    Finish,
    PhaseLost,
    Settled,
    apply,
    next_command,
    settle,
)
from regrow.actors.run.step import Command as RunCommand
from regrow.actors.run.teaching import teach
from regrow.actors.run.wording import component_of, has_failed, say
from regrow.core.actor import Actor
from regrow.core.fetch import FetchLimits, TargetKind, fetch
from regrow.core.fetch.archives import remove_tree
from regrow.core.handlers import handler
from regrow.core.orderly import cancelled_in_order
from regrow.core.progress import ProgressBoard
from regrow.core.recording import place_of_run
from regrow.core.redaction import redact_model
from regrow.core.tracing import Attribute
from regrow.core.workshop.metering import in_order, metered
from regrow.protocols.actor_errors import ActorRestarting, ActorStopped, AskTimeout
from regrow.protocols.errors import RegrowError
from regrow.protocols.exits import ExitReason
from regrow.protocols.logs import LogEntry, LogLevel
from regrow.protocols.messages import Message, Request
from regrow.protocols.prevention import WritePrevention
from regrow.protocols.run_messages import (
    AnalyzeDocs,
    Build,
    Diagnose,
    ReportOutcome,
    Reproduce,
    RunAccepted,
    RunFinished,
    RunProgress,
    SourceTree,
    StartRun,
    Verify,
    WriteLog,
    WritePatch,
)
from regrow.protocols.verification import BuildError, MemoryUse, NetworkPolicy

__all__ = ["Peers", "RunActor"]

RETRY_DELAY_S = 0.05
"""Before a phase is asked again of an actor that was restarted: long enough for its backoff to have begun."""

PHASES: Mapping[type, str] = {
    Fetch: "fetch",
    AnalyzeDocs: "analyze documents",
    Build: "build",
    Verify: "verify",
    Reproduce: "compare builds",
    WritePatch: "write patch",
    ApplyPatch: "apply patch",
    WritePrevention: "write prevention tests",
    Diagnose: "recover",
}
"""What the span of each phase is called."""

R = TypeVar("R")
PATCH_FILE = "docs.patch"
"""The patch of the documents, in the run's folder: only one that was proved."""

PREVENTION_FOLDER = "prevention"
"""Tests for the project to keep, in the run's folder, as they lie in the project: only those that were proved."""

PLAN_FILE = "plan.json"
"""The plan that decided, in the run's folder: the one that was carried out last, without recoveries that were in vain."""


class Peers:
    """Where the actors that serve the phases live in the tree."""

    def __init__(
        self, workers: str = "root/workers", knowledge: str = "root/knowledge", foundation: str = "root/foundation"
    ) -> None:
        self.doc_analyzer = f"{workers}/doc_analyzer"
        self.builder = f"{workers}/builder"
        self.verifier = f"{workers}/verifier"
        self.guardian = f"{knowledge}/guardian"
        self.pattern_learner = f"{knowledge}/pattern_learner"
        self.logger = f"{foundation}/logger"


class Advance(Message):
    """Do the next thing. Stale ones, of an earlier incarnation, are ignored: each incarnation sends its own."""

    incarnation: int


class RunActor(Actor[RunRecord]):
    """See the module.

    Args:
        runs_dir: Each run has a folder of its own in it, named by its id.
        board: Where progress is shown.
        peers: Where the other actors are.
        downloads: Where what was fetched is kept between runs; None keeps nothing.
    """

    def __init__(self, runs_dir: Path, board: ProgressBoard, peers: Peers, downloads: Path | None = None) -> None:
        self._runs_dir, self._downloads = runs_dir, downloads
        self._board = board
        self._peers = peers

    async def on_start(self) -> None:
        """Go on where the checkpoint stands."""
        if self.state.request is not None:
            self._continue_deadline()
            self._go_on()

    @handler
    async def start_run(self, message: StartRun) -> RunAccepted:
        """Accept the run; when this has been answered, it survives."""
        state = self.state
        now = self.ctx.world.wall()
        if state.request is None:
            state.request = message
            state.plan = message.plan
            state.started_at = now
            state.deadline = now + dt.timedelta(seconds=message.configuration.deadline_s)
            state.last_seen_at = now
            await self.ctx.checkpoint()
            self._log(LogLevel.INFO, f"run accepted: {message.configuration.target}")
            self._go_on()
        assert state.deadline is not None
        return RunAccepted(run_id=message.run_id, deadline=state.deadline)

    @handler
    async def advance(self, message: Advance) -> None:
        """Ask for the next phase, take the reply in, save, and go on."""
        if message.incarnation != self.ctx.incarnation:
            return
        command = next_command(self.state)
        if isinstance(command, Finish):
            await self._finish()
            return
        self._show()
        before, failed, pending = self.state.status, self.state.failed_phase, self.state.recovery
        proving = is_proving(self.state)
        in_vain = failed_itself(self.state)
        fact = await self._obey_in_span(command)
        apply(self.state, fact, self.ctx.world.wall())
        if pending is not None and not is_proving(self.state):
            failure = self.state.failure
            refuted = proving and failure is not None and failure.error.code == NOT_REPLAYED
            self._settle(pending, settle(pending, fact, before, failed, in_vain=in_vain, refuted=refuted))
        if is_proving(self.state) and not proving:
            self._show("what worked is done again in a new room, from the documents as they should be")
        if self.state.comparing:
            self._show(REPEATED)
        self.state.last_seen_at = self.ctx.world.wall()
        await self.ctx.checkpoint()
        if not isinstance(fact, PhaseLost):
            self._log(LogLevel.INFO, f"{before.value} -> {self.state.status.value}: {say(fact)}")
        self._go_on()

    async def on_stop(self, reason: ExitReason) -> None:
        """Remember when the work ceased, so that the pause does not count against the deadline."""
        if self.state.request is not None and self.state.results is None:
            self.state.last_seen_at = self.ctx.world.wall()

    async def _obey_in_span(self, command: RunCommand) -> Fact:
        """All phases of a run are one trace, whoever was killed in between."""
        request = self.state.request
        assert request is not None
        about: dict[str, Attribute] = {"regrow.run": request.run_id, "regrow.attempt": self.state.attempt}
        traceparent = place_of_run(request.run_id).traceparent
        with self.ctx.span(PHASES[type(command)], about, traceparent=traceparent) as span:
            component = component_of(command, proving=is_proving(self.state))
            uses = {use.component: use for use in self.state.uses}
            with metered(component, uses):
                fact = await self._obey(command)
            self.state.uses = in_order(uses.values())
            span.set_attribute("regrow.outcome", say(fact))
            if has_failed(fact):
                span.fail(say(fact))
        return fact

    # -- the phases ------------------------------------------------------------------------------------------------

    async def _obey(self, command: RunCommand) -> Fact:
        try:
            match command:
                case Fetch(target):
                    return await self._fetch(target)
                case AnalyzeDocs() | WritePatch():
                    return await self._ask(self._peers.doc_analyzer, command)
                case ApplyPatch():
                    into = self.folder / PATCHED_ROOM / "source"
                    return await self.ctx.world.run_blocking(patched_source, command.source, command.edits, into)
                case Build():
                    return await self._ask(self._peers.builder, command)
                case Verify() | Reproduce():
                    return await self._ask(self._peers.verifier, command)
                case WritePrevention():
                    return await self._ask(self._peers.verifier, command)
                case Diagnose():
                    plan = await self._ask(self._peers.guardian, command)
                    await self.ctx.world.sleep(min(plan.delay_ms / 1000, self._left_s()))
                    return plan
                case _:
                    msg = f"no phase for {command!r}"
                    raise AssertionError(msg)
        except AskTimeout:
            return DeadlinePassed(self._step_under_way())
        except (ActorRestarting, ActorStopped, LookupError) as error:
            await self.ctx.world.sleep(min(RETRY_DELAY_S, self._left_s()))
            return PhaseLost(str(error))
        except RegrowError as error:
            return BuildError(code=error.code, message=str(error))

    async def _ask(self, path: str, request: Request[R]) -> R:
        return await self.ctx.ref(path, Actor).ask(request, timeout_s=self._left_s())

    async def _fetch(self, target: str) -> SourceTree | BuildError | DeadlinePassed:
        with anyio.move_on_after(self._left_s()) as scope:
            # What an incarnation left that was killed after it had fetched, and before that was saved.
            await self.ctx.world.run_blocking(remove_tree, into := self.folder / "source")
            assert self.state.request is not None
            asking = self.state.request.configuration.network is NetworkPolicy.INSTALL
            fetched = await cancelled_in_order(
                partial(fetch, target, into, limits=FetchLimits(network=asking), downloads=self._downloads)
            )
            for note in fetched.notes:
                self._show(note)
            project, folder = await self.ctx.world.run_blocking(read_project, fetched.root)
            own, asked = fetched.kind is TargetKind.FOLDER, self.state.request.configuration.secrets
            set_here = {name for name, value in os.environ.items() if value}
            self.state.heed(fetched.notes, project, grant_secrets(asked, project, set_here, own=own))
            return SourceTree(
                folder=str(folder),
                digest=fetched.digest,
                name=fetched.name,
                version=fetched.version,
                git_commit=fetched.commit,
                untested=fetched.untested,
            )
        assert scope.cancelled_caught
        return DeadlinePassed(f"fetch {target}")

    def _settle(self, pending: PendingRecovery, settled: Settled) -> None:
        """Tell the pattern learner whether a strategy has helped, once that is known."""
        if settled is Settled.NOT_YET:
            return
        if self.state.recovery is pending:
            self.state.recovery = None
        assert self.state.request is not None
        if settled is Settled.UNKNOWN or self.state.request.configuration.memory is not MemoryUse.LEARN:
            return
        spent = self.ctx.world.wall() - pending.began_at
        self._tell(
            self._peers.pattern_learner,
            ReportOutcome(
                run_id=self.state.request.run_id,
                attempt=self.state.attempt,
                pattern_id=pending.pattern_id,
                strategy_id=pending.strategy_id,
                kind=pending.kind,
                success=settled is Settled.HELPED,
                recovery_time_ms=max(0.0, spent.total_seconds() * 1000),
            ),
        )

    async def _finish(self) -> None:
        state, now = self.state, self.ctx.world.wall()
        assert state.request is not None
        assert state.started_at is not None
        if state.results is None:
            await teach(self.ctx, self._peers.pattern_learner, lesson_of(state))
            state.results = judge_record(state).model_copy(update={"components": state.uses})
            state.ended_at = now
            await self.ctx.checkpoint()
            self._log(LogLevel.INFO, f"finished: {state.results.verdict}: {state.results.reason}")
            plan = state.decisive_plan if state.results.attempts else state.build.plan if state.build else None
            if plan is not None:
                text = redact_model(plan).model_dump_json(by_alias=True)
                await self.ctx.world.run_blocking(_write, self.folder / PLAN_FILE, text)
            if state.results.patch is not None:
                await self.ctx.world.run_blocking(_write, self.folder / PATCH_FILE, state.results.patch)
            for test in state.results.prevention:
                await self.ctx.world.run_blocking(_write, self.folder / PREVENTION_FOLDER / test.path, test.text)
        assert state.results.verdict is not None
        self._board.publish(
            RunFinished(
                run_id=state.request.run_id,
                status=state.status,
                verdict=state.results.verdict,
                results=state.results,
                errors=state.errors,
                duration_ms=int(state.took(now).total_seconds() * 1000),
                ended_at=state.ended_at,
            )
        )
        self.ctx.stop()

    # -- small things ----------------------------------------------------------------------------------------------

    @property
    def folder(self) -> Path:
        """The run's own folder."""
        assert self.state.request is not None
        return self._runs_dir / self.state.request.run_id

    def _go_on(self) -> None:
        self.ctx.self_ref.tell_nowait(Advance(incarnation=self.ctx.incarnation))

    def _left_s(self) -> float:
        assert self.state.deadline is not None
        return max(0.001, (self.state.deadline - self.ctx.world.wall()).total_seconds())

    def _continue_deadline(self) -> None:
        """A run that was stopped and resumed gets the time back in which nobody worked on it."""
        state, now = self.state, self.ctx.world.wall()
        if state.last_seen_at is not None and state.deadline is not None and state.results is None:
            idle = now - state.last_seen_at
            state.deadline += max(dt.timedelta(0), idle)
            state.waited_s += max(0.0, idle.total_seconds())
            state.last_seen_at = now

    def _step_under_way(self) -> str:
        """What the actor of the phase has shown last, since it cannot be asked any more; each phase begins with nothing."""
        assert self.state.request is not None
        last = self._board.last(self.state.request.run_id)
        return (last.step_name or "") if isinstance(last, RunProgress) else ""

    def _show(self, note: str | None = None) -> None:
        state = self.state
        assert state.request is not None
        assert state.started_at is not None
        self._board.publish(
            RunProgress(
                run_id=state.request.run_id,
                status=state.status,
                attempt=state.attempt,
                note=note,
                elapsed_ms=int(state.took(self.ctx.world.wall()).total_seconds() * 1000),
            )
        )

    def _log(self, level: LogLevel, text: str) -> None:
        request = self.state.request
        assert request is not None
        entry = LogEntry(
            timestamp=self.ctx.world.wall(),
            level=level,
            correlation_id=request.metadata.correlation_id,
            component="run",
            phase=self.state.status.value,
            message=text,
            tags=(f"run:{request.run_id}",),
        )
        self._tell(self._peers.logger, WriteLog(entries=(entry,)))

    def _tell(self, path: str, message: Message) -> None:
        """Tell without waiting; a log line or a statistic is not worth failing a run for."""
        try:
            self.ctx.ref(path, Actor).tell_nowait(message)
        except (LookupError, ActorStopped, ActorRestarting):
            return


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
