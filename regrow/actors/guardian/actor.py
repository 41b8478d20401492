"""Shell: the guardian: asks the pattern learner what is known of a failure, and picks the recovery to try next."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from regrow.actors.guardian.anticipating import (
    MAX_ASSUMED,
    effect_of,
    explores,
    failure_of,
    likely_next,
    only_adds,
)
from regrow.actors.guardian.choosing import Memory, Ranked, amended, from_table, in_order, same_cause
from regrow.actors.guardian.modelling import ask_model
from regrow.core.actor import Actor
from regrow.core.handlers import handler
from regrow.core.learning.kinds import project_kind
from regrow.core.learning.records import rule_of
from regrow.core.model import ModelDesk
from regrow.core.project.evidence import gather, missing_modules, with_missing
from regrow.core.project.folder_tree import open_folder
from regrow.core.project.recovery.causes import advice_for
from regrow.core.project.recovery.forbidden import forbidden_edit
from regrow.core.project.recovery.model import Failure, FoundPackages, PackageFinder, Recovery
from regrow.core.project.recovery.rules import recoveries
from regrow.core.project.refused_hosts import missing_in
from regrow.protocols.actor_errors import AskTimeout
from regrow.protocols.documents import Ecosystem
from regrow.protocols.error_codes import ErrorCode
from regrow.protocols.error_table import ERRORS
from regrow.protocols.errors import RegrowError
from regrow.protocols.messages import NoState
from regrow.protocols.patterns import (
    FollowUp,
    LearnedUse,
    RecoveryStrategy,
    StrategyImplementation,
    StrategyPerformance,
    StrategyType,
)
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
        phase = message.failure.phase
        failure, kind = await self.ctx.world.run_blocking(_seen, message)
        learned = await self._learn(message, message.failure, failure, kind)
        if message.plan is None or phase is BuildStatus.ANALYZING_DOCS:
            return _nothing(learned, phase, advice_for(failure), kind)
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
            known = learned if failed is message.failure else await self._learn(message, failed, problem, kind)
            proposals = await self.ctx.world.run_blocking(_propose, message, plan, problem)
            for choice in in_order(proposals, self._memory(message, known, kind), plan):
                taken = await self._take(message, plan, choice.proposal)
                if taken is None:
                    continue
                said, better = taken
                parts = await self._assumed(message, known, said, better, kind) if message.memory_allowed else []
                return _plan(message, known, failed.phase, replace(choice, proposal=said), plan, better, parts, kind)
        plan, failed, problem = tries[-1]
        note = ""
        if problem.code not in _NO_STEP_MENDS:
            asked, note = await ask_model(self._models, message, plan, problem, self.ctx.world)
            if asked is not None and asked.plan is not None and not forbidden_edit(plan, asked.plan):
                by = learned if failed is message.failure else known
                choice = Ranked(asked, why=f"proposed by the model {message.model}, since no rule knows anything more")
                return _plan(message, by, failed.phase, choice, plan, asked.plan, (), kind)
        advice = await self.ctx.world.run_blocking(_advice, message, problem)
        return _nothing(learned, phase, f"{advice}; {note}" if note else advice, kind)

    def _memory(self, message: Diagnose, known: LearnedPattern, kind: str) -> Memory | None:
        if not message.memory_allowed:
            return None
        seed = (message.seed, message.source.digest, known.pattern_id, message.attempt)
        return Memory(kind, known.records, self.ctx.world.wall(), near=known.near is not None, seed=seed)

    async def _take(self, message: Diagnose, plan: Plan, proposal: Recovery) -> tuple[Recovery, Plan] | None:
        """The plan with a proposal carried out; None when that cannot be done, or may not."""
        found = await self._found(message, proposal)
        said = replace(proposal, reason=f"{proposal.reason} ({found.note})") if found.note else proposal
        better = amended(plan, said, found)
        if better is None or forbidden_edit(plan, better):
            return None
        return said, better

    async def _assumed(
        self, message: Diagnose, known: LearnedPattern, first: Recovery, plan: Plan, kind: str
    ) -> list[tuple[Recovery, Plan]]:
        """What is carried out with a recovery, because it always was needed after it; each with the plan that it makes."""
        if any(each.startswith(f"{first.strategy_id}+") for each in message.tried):
            return []  # It was tried so before, and did not do: now it is seen step by step.
        if explores(message.seed, message.source.digest, known.pattern_id):
            return []
        found: list[tuple[Recovery, Plan]] = []
        pattern_id: str | None = known.pattern_id
        rule = rule_of(first.strategy_id)
        while pattern_id is not None and len(found) < MAX_ASSUMED:
            seen = likely_next(known.follow_ups.get(pattern_id, ()), rule, self.ctx.world.wall())
            taken = await self._next(message, plan, seen) if seen is not None else None
            if seen is None or taken is None or taken[1].plan_id == plan.plan_id:
                break
            found.append(taken)
            plan, pattern_id, rule = taken[1], seen.next_pattern, seen.rule
        return found

    async def _next(self, message: Diagnose, plan: Plan, seen: FollowUp) -> tuple[Recovery, Plan] | None:
        """What the rule that helped then proposes now, for this project."""
        proposals = await self.ctx.world.run_blocking(_propose, message, plan, failure_of(plan, seen))
        for proposal in proposals:
            if rule_of(proposal.strategy_id) == seen.rule:
                taken = await self._take(message, plan, proposal)
                if taken is not None and only_adds(plan, taken[1]):
                    return taken
        return None

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

    async def _learn(self, message: Diagnose, failed: PhaseFailure, failure: Failure, kind: str) -> LearnedPattern:
        """What is known of a failure; only the present one is recorded, the decisive one was when it came."""
        request = LearnError(
            run_id=message.run_id,
            component="builder" if failed.phase is BuildStatus.BUILDING else "verifier",
            phase=failed.phase.value,
            error=failed.error,
            command=failed.step.command if failed.step is not None else None,
            output_tail=failure.output,
            exit_code=failure.exit_code,
            ecosystem=message.analysis.ecosystem if message.analysis is not None else Ecosystem.UNKNOWN,
            kind=kind,
            learn=message.learning_allowed and failed is message.failure,
        )
        learner = self.ctx.ref(self._pattern_learner, Actor)
        try:
            learned: LearnedPattern = await learner.ask(request, timeout_s=LEARN_LIMIT_S)
        except AskTimeout:
            return _unanswered(failed)
        forgotten = learned.model_copy(update={"strategies": (), "records": (), "near": None, "follow_ups": {}})
        return learned if message.memory_allowed else forgotten


def _seen(message: Diagnose) -> tuple[Failure, str]:
    """The failure as the rules see it, and the kind of project that it is in."""
    return _failure(message.failure), project_kind(gather(open_folder(Path(message.source.folder))))


_ABOUT_SENTENCES = frozenset(
    {
        ErrorCode.VERIFY_ENDPOINT_MISSING,
        ErrorCode.VERIFY_AUTH_FAILED,
        ErrorCode.VERIFY_MATH_INCONSISTENT,
        ErrorCode.VERIFY_OUTPUT_DIFFERS,
    }
)
"""What was built and tested is as it should be, and a sentence about it is not: no other step mends that."""

_NO_STEP_MENDS = _ABOUT_SENTENCES | {ErrorCode.VERIFY_FLAKY}
"""Of a flaky test any recovery, and none, would let it pass some of the time."""


def _unanswered(failure: PhaseFailure) -> LearnedPattern:
    """What is known without the pattern learner: nothing, under an id that no record has."""
    error = failure.error
    digest = hashlib.sha256(f"unanswered\0{error.code}\0{error.evidence or error.message}".encode()).hexdigest()
    return LearnedPattern(pattern_id=digest, is_new=True, frequency=0)


def _failure(failed: PhaseFailure) -> Failure:
    outcome = failed.outcome
    # Why tests are skipped stands in the reporter's account, not in what the step printed.
    said = failed.error.message if failed.error.code == ErrorCode.BUILD_PREREQUISITE_MISSING else ""
    if outcome is None:
        return Failure(step=failed.step, output=said, code=failed.error.code)
    return Failure(
        step=failed.step,
        output="\n".join(filter(None, (_printed(outcome), said))),
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
    if failure.code in _NO_STEP_MENDS:
        return ERRORS[ErrorCode(failure.code)].remedy
    tree = open_folder(Path(message.source.folder))
    return advice_for(failure, missing_modules(tree, gather(tree), failure.output))


def _propose(message: Diagnose, plan: Plan, failure: Failure) -> tuple[Recovery, ...]:
    if failure.code in _NO_STEP_MENDS:
        return ()
    if missing_in(failure.output):
        return ()  # Nothing was learned about the project, so there is nothing to mend.
    tree = open_folder(Path(message.source.folder))
    evidence = with_missing(tree, gather(tree), failure.output)
    return recoveries(plan, failure, evidence, message.tried)


def _plan(
    message: Diagnose,
    learned: LearnedPattern,
    phase: BuildStatus,
    choice: Ranked,
    before: Plan,
    plan: Plan,
    parts: Sequence[tuple[Recovery, Plan]],
    kind: str,
) -> RecoveryPlan:
    proposal = choice.proposal
    rule = rule_of(proposal.strategy_id)
    retries = plan == proposal.plan and proposal.delay_s > 0
    assumed = tuple(part.strategy_id for part, _ in parts)
    known = {strategy.strategy_id: strategy for strategy in learned.strategies}
    strategy = RecoveryStrategy(
        strategy_id="+".join((proposal.strategy_id, *assumed)),
        name=rule,
        description=proposal.reason,
        applicable_errors=(learned.pattern_id,),
        implementation=StrategyImplementation(
            type=StrategyType.RETRY if retries else StrategyType.CUSTOM,
            config={"rule": rule, "delayS": proposal.delay_s, "assumed": list(assumed)},
        ),
        performance=known[rule].performance if rule in known else StrategyPerformance(),
    )
    together = f", and with it {', '.join(assumed)}, which followed before" if assumed else ""
    used = LearnedUse(
        pattern_id=learned.pattern_id,
        near=learned.near,
        kind=kind,
        strategy_id=strategy.strategy_id,
        why=choice.why + together,
        expected=choice.expected,
        drawn=choice.drawn,
        seed=message.seed,
        assumed=assumed,
    )
    return RecoveryPlan(
        pattern_id=learned.pattern_id,
        pattern_known=not learned.is_new,
        strategy=strategy,
        resume_at=BuildStatus.BUILDING,
        about=phase,
        plan=parts[-1][1] if parts else plan,
        delay_ms=proposal.delay_s * 1000,
        reason=f"{proposal.strategy_id}: {proposal.reason}{together}",
        kind=kind,
        effect=effect_of(before, plan, rule),
        evidence=learned.evidence[0] if learned.evidence else "",
        used=used if message.memory_allowed else None,
        assumed_steps=_new_steps(plan, parts[-1][1]) if parts else (),
    )


def _new_steps(before: Plan, after: Plan) -> tuple[str, ...]:
    known = {step.step_id for step in before.steps}
    return tuple(step.step_id for step in after.steps if step.step_id not in known)


def _nothing(learned: LearnedPattern, phase: BuildStatus, reason: str, kind: str) -> RecoveryPlan:
    return RecoveryPlan(
        pattern_id=learned.pattern_id, pattern_known=not learned.is_new, resume_at=phase, reason=reason, kind=kind
    )
