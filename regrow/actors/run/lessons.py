"""What a run has to tell the pattern learner when it is over: which recoveries healed it, in their order. Pure.

One that was given up, or whose steps are not in the plan that passed, is not told.
"""

from __future__ import annotations

from regrow.actors.run.record import Mended, RunRecord
from regrow.protocols.patterns import LearnedUse
from regrow.protocols.plan import Plan
from regrow.protocols.run_messages import ChainLink, LearnChain, RecoveryPlan
from regrow.protocols.status import BuildStatus
from regrow.protocols.verification import MemoryUse

__all__ = ["doubt", "lesson_of", "note"]


def note(record: RunRecord, plan: RecoveryPlan) -> None:
    """Write down a recovery that begins, before its plan takes the place of the one that failed."""
    assert plan.strategy is not None
    failure = record.failure
    outcome = failure.outcome if failure is not None else None
    assumed = plan.used is not None and bool(plan.used.assumed)
    link = ChainLink(
        pattern_id=plan.pattern_id,
        rule=plan.strategy.strategy_id.partition(":")[0],
        effect=plan.effect,
        code=failure.error.code if failure is not None else "",
        phase=failure.phase.value if failure is not None else "",
        evidence=plan.evidence,
        exit_code=outcome.exit_code if outcome is not None else None,
        assumed=assumed,
    )
    record.recoveries += 1
    record.kind = plan.kind
    steps = plan.plan.steps if plan.plan is not None else ()
    guessed = tuple(step.command for step in steps if step.step_id in plan.assumed_steps)
    record.mended = (*record.mended, Mended(link=link, commands=_new(record.plan, plan.plan), assumed=guessed))
    used: tuple[LearnedUse, ...] = (plan.used,) if plan.used is not None else ()
    record.learned = (*record.learned, *used)


def doubt(record: RunRecord, shorter: Plan) -> None:
    """Take back what was assumed and proved needless: a recovery that was followed by nothing teaches that."""
    kept = {step.command for step in shorter.steps}
    mended = []
    for each in record.mended:
        left = tuple(command for command in each.commands if command in kept or command not in each.assumed)
        gone = bool(each.assumed) and not set(each.assumed) & kept
        link = each.link.model_copy(update={"assumed": False}) if gone else each.link
        mended.append(each.model_copy(update={"commands": left, "link": link}))
    record.mended = tuple(mended)


def lesson_of(record: RunRecord) -> LearnChain | None:
    """Return what is to be learned of a run that is over; None when that is nothing, or may not be."""
    request, build = record.request, record.build
    assert request is not None
    if request.configuration.memory is not MemoryUse.LEARN or record.status is not BuildStatus.COMPLETED:
        return None
    done = {step.command for step in build.plan.steps} if build is not None else set()
    links = tuple(each.link for each in record.mended if each.commands and set(each.commands) <= done)
    return LearnChain(run_id=request.run_id, kind=record.kind, links=links) if links else None


def _new(before: Plan | None, after: Plan | None) -> tuple[str, ...]:
    known = {step.command for step in before.steps} if before is not None else set()
    return tuple(step.command for step in after.steps if step.command not in known) if after is not None else ()
