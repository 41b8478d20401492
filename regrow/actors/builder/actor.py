"""Shell: answers `Build`: makes the plan, carries its setup, install and build steps out in the run's room.

It keeps nothing of its own. What was done stands in the run's ledger and layers, so a builder that was killed goes on
with the step that was under way, and a plan that was amended is done again only from its first new step on.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from regrow.actors.builder.plan_making import make_plan, nothing_said, say_left_out
from regrow.core.actor import Actor
from regrow.core.handlers import handler
from regrow.core.orderly import cancelled_in_order
from regrow.core.progress import ProgressBoard
from regrow.core.project.evidence import gather
from regrow.core.project.folder_tree import open_folder
from regrow.core.redaction import redact
from regrow.core.sandbox import BaseKind
from regrow.core.workshop import StepRun, Workshop, chain_keys, open_workshop
from regrow.core.workshop.phases import error_of, packages_to_unpack, split_plan
from regrow.core.workshop.rooms import Rooms
from regrow.core.workshop.shell_state import wrap
from regrow.core.workshop.step_spans import attributes_of, note_outcome
from regrow.core.workshop.workshop import STATE_FOLDER
from regrow.protocols.documents import Ecosystem
from regrow.protocols.errors import RegrowError
from regrow.protocols.messages import NoState
from regrow.protocols.plan import Plan, PlanStep, StepOutcome
from regrow.protocols.run_messages import Build, BuildResult, RunProgress
from regrow.protocols.status import BuildStatus
from regrow.protocols.verification import BuildError, NetworkPolicy

__all__ = ["BuilderActor"]


class BuilderActor(Actor[NoState]):
    """See the module.

    Args:
        runs_dir: The folder of the runs' folders.
        rooms: The sandbox and its base roots.
        board: Where progress is shown.
    """

    def __init__(self, runs_dir: Path, rooms: Rooms, board: ProgressBoard) -> None:
        self._runs_dir = runs_dir
        self._rooms = rooms
        self._board = board

    @handler
    async def build(self, message: Build) -> BuildResult:
        """Carry the plan out, up to its first test step."""
        plan = message.plan
        if plan is None:
            plan = await self.ctx.world.run_blocking(_make_plan, message)
            if (note := say_left_out(plan)) and not message.room:
                self._show(message, None, "", note)
        try:
            return await cancelled_in_order(partial(self._carry_out, message, plan))
        except RegrowError as error:
            failure = BuildError(code=error.code, message=str(error))
            return BuildResult(run_id=message.run_id, attempt=message.attempt, plan=plan, error=failure)

    async def _carry_out(self, message: Build, plan: Plan) -> BuildResult:
        steps, tests = split_plan(plan)
        if not steps and not tests:
            error = BuildError(code="E1003", message=nothing_said(message.analysis))
            return BuildResult(run_id=message.run_id, attempt=message.attempt, plan=plan, error=error)
        self._show(message, None, "preparing a clean room")
        base = await self._rooms.base(
            _kind(message), offline=message.configuration.network is not NetworkPolicy.INSTALL
        )
        async with open_workshop(
            sandbox=await self._rooms.sandbox(),
            base=base,
            folder=self._runs_dir / message.run_id / message.room,
            source=message.source,
            tools=self._rooms.tools,
            steps=steps,
            actor="builder",
            attempt=message.attempt,
            now=self.ctx.world.wall,
            configuration=message.configuration,
        ) as workshop:
            outcomes = list(workshop.done)
            keys = chain_keys(workshop.first_key, steps)
            for step, key in list(zip(steps, keys, strict=True))[len(outcomes) :]:
                run = StepRun(step, key, wrap(step.command, STATE_FOLDER, step.cwd))
                try:
                    outcome = await self._step(message, workshop, run)
                except RegrowError as error:
                    return _result(message, plan, outcomes, _at(step, error))
                outcomes.append(outcome)
                if not outcome.succeeded:
                    asked = message.configuration.network is not NetworkPolicy.NONE
                    return _result(message, plan, outcomes, error_of(step, outcome, network=asked))
            return _result(message, plan, outcomes, None)

    async def _step(self, message: Build, workshop: Workshop, run: StepRun) -> StepOutcome:
        self._show(message, run.step, "")
        packages = packages_to_unpack(run.step.command)
        with self.ctx.span(f"step {run.step.name}", attributes_of(run.step)) as span:
            if run.step.interpreter:
                outcome = await workshop.provide(run, await self._rooms.host_python(run.step.interpreter))
            elif packages and workshop.base.kind is not BaseKind.HOST:
                outcome = await workshop.install(run, packages)
            else:
                _, outcome = await workshop.run(run, lambda line: self._show(message, run.step, line))
            note_outcome(span, outcome)
        return outcome

    def _show(self, message: Build, step: PlanStep | None, line: str, note: str | None = None) -> None:
        self._board.publish(
            RunProgress(
                run_id=message.run_id,
                status=BuildStatus.BUILDING,
                attempt=message.attempt,
                step_id=step.step_id if step is not None else None,
                step_name=redact(step.name) if step is not None else None,
                last_output_line=line or None,
                note=note,
            )
        )


def _make_plan(message: Build) -> Plan:
    return make_plan(message.analysis, gather(open_folder(Path(message.source.folder))))


def _kind(message: Build) -> Ecosystem:
    return message.analysis.ecosystem


def _at(step: PlanStep, error: RegrowError) -> BuildError:
    where = (step.ref.file, step.ref.line) if step.ref is not None else (None, None)
    return BuildError(code=error.code, message=str(error), step=step.step_id, file=where[0], line=where[1])


def _result(message: Build, plan: Plan, outcomes: list[StepOutcome], error: BuildError | None) -> BuildResult:
    last = next((outcome.layer_id for outcome in reversed(outcomes) if outcome.layer_id is not None), None)
    return BuildResult(
        run_id=message.run_id,
        attempt=message.attempt,
        plan=plan,
        outcomes=tuple(outcomes),
        layer_id=last,
        error=error,
    )
