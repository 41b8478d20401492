"""Shell: the guardian: asks the pattern learner what is known of a failure, and picks the recovery to try next."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from regrow.actors.guardian.choosing import amended, from_table, in_order, same_cause
from regrow.actors.guardian.modelling import ask_model
from regrow.core.actor import Actor
from regrow.core.handlers import handler
from regrow.core.model import ModelDesk
from regrow.core.project.evidence import gather, missing_modules, with_missing
from regrow.core.project.folder_tree import open_folder
from regrow.core.project.recovery.causes import advice_for
from regrow.core.project.recovery.model import Failure, FoundPackages, PackageFinder, Recovery
from regrow.core.project.recovery.rules import recoveries
from regrow.protocols.actor_errors import AskTimeout
from regrow.protocols.documents import Ecosystem
from regrow.protocols.error_codes import ErrorCode
from regrow.protocols.error_table import ERRORS
from regrow.protocols.errors import RegrowError
from regrow.protocols.messages import NoState
from regrow.protocols.patterns import RecoveryStrategy, StrategyImplementation, StrategyType
from regrow.protocols.plan import Plan, StepOutcome
from regrow.protocols.run_messages import Diagnose, LearnedPattern, LearnError, PhaseFailure, RecoveryPlan
from regrow.protocols.status import BuildStatus

__all__ = ["GuardianActor"]

LEARN_LIMIT_S = 10.0
"""The pattern learner only looks up a record; without its answer the rules' own order is as good."""

HEAD_BYTES = 60_000
TAIL_BYTES = 120_000
"""What is read of a log: together less than `failure_signatures.LIMIT_BYTES`."""


class GuardianActor(Actor[NoState]):
    """See the module.

    Args:
        pattern_learner: Path of the pattern learner.
        packages: Has the index of packages; None: a table has to do.
        models: Asks the language model that a run may use; None: none is asked.
    """

    def __init__(
        self, pattern_learner: str, packages: PackageFinder | None = None, models: ModelDesk | None = None
    ) -> None:
        self._pattern_learner = pattern_learner
        self._packages = packages
        self._models = models

    @handler
    async def diagnose(self, message: Diagnose) -> RecoveryPlan:
        """Say what to do about a failure."""
        learned = await self._learn(message, message.failure)
        phase = message.failure.phase
        failure = await self.ctx.world.run_blocking(_failure, message.failure)
        if message.plan is None or phase is BuildStatus.ANALYZING_DOCS:
            return _nothing(learned, phase, advice_for(failure))
        tries = [(message.plan, message.failure, failure)]
        if message.decisive is not None and message.decisive_plan is not None:
            # A recovery that fails and cannot be mended itself is given up, not the failure that it was for.
            documented = await self.ctx.world.run_blocking(_failure, message.decisive)
            again = (message.decisive_plan, message.decisive, documented)
            if documented != failure:
                # One after which the same thing is missing as before has not helped, and does not stay in the plan.
                tries = (
                    [again] if await self.ctx.world.run_blocking(same_cause, failure, documented) else [*tries, again]
                )
        known = learned
        for plan, failed, problem in tries:
            # What is tried for the documented failure is credited to its pattern, not to that of the recovery given up.
            known = learned if failed is message.failure else await self._learn(message, failed)
            proposals = await self.ctx.world.run_blocking(_propose, message, plan, problem)
            for proposal in in_order(proposals, known.strategies, plan):
                found = await self._found(message, proposal)
                said = replace(proposal, reason=f"{proposal.reason} ({found.note})") if found.note else proposal
                if (better := amended(plan, said, found)) is not None:
                    return _plan(known, failed.phase, said, better)
        plan, failed, problem = tries[-1]
        asked, note = await ask_model(self._models, message, plan, problem, self.ctx.world)
        if asked is not None and asked.plan is not None:
            return _plan(learned if failed is message.failure else known, failed.phase, asked, asked.plan)
        advice = await self.ctx.world.run_blocking(_advice, message, problem)
        return _nothing(learned, phase, f"{advice}; {note}" if note else advice)

    async def _found(self, message: Diagnose, proposal: Recovery) -> FoundPackages:
        """The packages that a proposal asks for: by the index, or by the table where that cannot be had."""
        needs = proposal.packages
        if needs is not None and needs.interpreter and not message.interpreters_allowed:
            return FoundPackages()
        if needs is None or needs.names:
            return FoundPackages(needs.names if needs is not None else ())
        if self._packages is None:
            return from_table(needs)
        try:
            return await self._packages.find_packages(needs, network=message.network_allowed)
        except RegrowError as error:
            return from_table(needs, str(error))

    async def _learn(self, message: Diagnose, failure: PhaseFailure) -> LearnedPattern:
        """What is known of a failure; only the present one is recorded, the decisive one was when it came."""
        outcome = failure.outcome
        request = LearnError(
            run_id=message.run_id,
            component="builder" if failure.phase is BuildStatus.BUILDING else "verifier",
            phase=failure.phase.value,
            error=failure.error,
            command=failure.step.command if failure.step is not None else None,
            output_tail=outcome.output_tail[-4000:] if outcome is not None else "",
            exit_code=outcome.exit_code if outcome is not None else None,
            ecosystem=message.analysis.ecosystem if message.analysis is not None else Ecosystem.UNKNOWN,
            learn=message.learning_allowed and failure is message.failure,
        )
        learner = self.ctx.ref(self._pattern_learner, Actor)
        try:
            learned: LearnedPattern = await learner.ask(request, timeout_s=LEARN_LIMIT_S)
        except AskTimeout:
            return _unanswered(failure)
        return learned if message.memory_allowed else learned.model_copy(update={"strategies": ()})


_ABOUT_SENTENCES = frozenset(
    {
        ErrorCode.VERIFY_ENDPOINT_MISSING,
        ErrorCode.VERIFY_AUTH_FAILED,
        ErrorCode.VERIFY_MATH_INCONSISTENT,
        ErrorCode.VERIFY_OUTPUT_DIFFERS,
    }
)
"""What was built and tested is as it should be, and a sentence about it is not: no other step mends that."""


def _unanswered(failure: PhaseFailure) -> LearnedPattern:
    """What is known without the pattern learner: nothing, under an id that no record has."""
    error = failure.error
    digest = hashlib.sha256(f"unanswered\0{error.code}\0{error.evidence or error.message}".encode()).hexdigest()
    return LearnedPattern(pattern_id=digest, is_new=True, frequency=0)


def _failure(failed: PhaseFailure) -> Failure:
    outcome = failed.outcome
    if outcome is None:
        return Failure(step=failed.step, code=failed.error.code)
    return Failure(
        step=failed.step,
        output=_printed(outcome),
        exit_code=outcome.exit_code,
        code=failed.error.code,
        tests_passed=outcome.tests.passed if outcome.tests is not None else 0,
    )


def _printed(outcome: StepOutcome) -> str:
    """The beginning and the end of what a step printed: the cause stands at the one, its consequences at the other."""
    path = Path(outcome.output_path) if outcome.output_path is not None else None
    if path is None or not path.is_file():
        return outcome.output_tail
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        file.seek(max(file.tell(), path.stat().st_size - TAIL_BYTES))
        tail = file.read(TAIL_BYTES)
    return head.decode("utf-8", "replace") + tail.decode("utf-8", "replace")


def _advice(message: Diagnose, failure: Failure) -> str:
    if failure.code in _ABOUT_SENTENCES:
        return ERRORS[ErrorCode(failure.code)].remedy
    if failure.code == ErrorCode.VERIFY_FLAKY:
        return ERRORS[ErrorCode.VERIFY_FLAKY].remedy
    tree = open_folder(Path(message.source.folder))
    return advice_for(failure, missing_modules(tree, gather(tree), failure.output))


def _propose(message: Diagnose, plan: Plan, failure: Failure) -> tuple[Recovery, ...]:
    if failure.code in _ABOUT_SENTENCES:
        return ()
    if failure.code == ErrorCode.VERIFY_FLAKY:
        return ()  # Any recovery, and none, would let it pass some of the time.
    tree = open_folder(Path(message.source.folder))
    evidence = with_missing(tree, gather(tree), failure.output)
    return recoveries(plan, failure, evidence, message.tried)


def _plan(learned: LearnedPattern, phase: BuildStatus, proposal: Recovery, plan: Plan) -> RecoveryPlan:
    known = {strategy.strategy_id: strategy for strategy in learned.strategies}
    retries = plan == proposal.plan and proposal.delay_s > 0
    strategy = known.get(proposal.strategy_id) or RecoveryStrategy(
        strategy_id=proposal.strategy_id,
        name=proposal.strategy_id.partition(":")[0],
        description=proposal.reason,
        applicable_errors=(learned.pattern_id,),
        implementation=StrategyImplementation(
            type=StrategyType.RETRY if retries else StrategyType.CUSTOM,
            config={"rule": proposal.strategy_id.partition(":")[0], "delayS": proposal.delay_s},
        ),
    )
    return RecoveryPlan(
        pattern_id=learned.pattern_id,
        pattern_known=not learned.is_new,
        strategy=strategy,
        resume_at=BuildStatus.BUILDING,
        about=phase,
        plan=plan,
        delay_ms=proposal.delay_s * 1000,
        reason=f"{proposal.strategy_id}: {proposal.reason}",
    )


def _nothing(learned: LearnedPattern, phase: BuildStatus, reason: str) -> RecoveryPlan:
    return RecoveryPlan(pattern_id=learned.pattern_id, pattern_known=not learned.is_new, resume_at=phase, reason=reason)
