"""What will fail next, by what followed in projects of the same kind, so that both are mended in one attempt. Pure.

A recovery that nearly always is followed by another failure, and that by the same change, is carried out together with
that change. Nothing is copied from the other project: the rule is asked again, with the failure as it was seen there and
this project's own files, and only what it then proposes is done. It stays a deviation of its own.

Rejected: to store the amended plan and replay it. Commands of one project are wrong in the next.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from regrow.core.learning.posterior import Posterior, decayed, uniform
from regrow.core.project.command_facts import Role
from regrow.core.project.plan_steps import roles_of, system_packages_of
from regrow.core.project.recovery.model import Failure
from regrow.protocols.patterns import FollowUp
from regrow.protocols.plan import Plan, PlanStep, StepPhase
from regrow.protocols.status import BuildStatus

__all__ = ["EXPLORE", "LIKELY", "MAX_ASSUMED", "effect_of", "explores", "failure_of", "likely_next", "only_adds"]

LIKELY: Final = 0.6
"""What must be expected at least: one run alone gives 0.67, two of three 0.6, one of two 0.5. One is enough because the
rule that is asked again looks at this project's own files, and what it proposes may be refuted by the run."""

EXPLORE: Final = 0.1
"""The share of runs that go the plain way all the same, so that it is seen whether it still is so."""

MAX_ASSUMED: Final = 3
"""Failures that are mended before they are seen, in one attempt."""

_NEVER: Final = frozenset({"retry_network", "start_service", "make_account"})
"""Rules that only what was seen may start: they wait, or run a program beside the tests."""


def likely_next(follow_ups: Sequence[FollowUp], after: str, now: dt.datetime) -> FollowUp | None:
    """Return what comes after a rule, when that is likely enough.

    What changes the same counts together: a missing compiler shows in several ways.
    """
    seen = [(one, decayed(one.weight, one.last_seen, now)) for one in follow_ups if one.after == after]
    total = sum(weight for _, weight in seen)
    by_effect: dict[str, float] = {}
    for one, weight in seen:
        by_effect[one.effect] = by_effect.get(one.effect, 0.0) + weight
    effect = max(by_effect, key=lambda each: (by_effect[each], each), default="")
    if not effect or Posterior(by_effect[effect], total - by_effect[effect]).mean < LIKELY:
        return None
    best = max((pair for pair in seen if pair[0].effect == effect), key=lambda pair: (pair[1], pair[0].rule))[0]
    return best if best.rule not in _NEVER else None


def explores(*seed: object) -> bool:
    """Whether this run looks for itself what comes next, whatever is known."""
    return uniform("explore", *seed) < EXPLORE


def failure_of(plan: Plan, seen: FollowUp) -> Failure:
    """Return a failure that was seen in another project as it would be in this plan."""
    return Failure(
        step=_step_of(plan, seen) if seen.exit_code is not None else None,
        output=seen.evidence,
        exit_code=seen.exit_code,
        code=seen.code,
    )


def effect_of(before: Plan, after: Plan, rule: str) -> str:
    """Return what a recovery changes: the system packages that it adds, or else its rule.

    The same words in another project mean the same change there, though its commands may differ.
    """
    known = {step.command for step in before.steps}
    new = [step for step in after.steps if step.command not in known]
    packages = sorted({name for step in new for name in system_packages_of(step.command)})
    return f"packages {' '.join(packages)}" if packages else f"rule {rule}"


def only_adds(before: Plan, after: Plan) -> bool:
    """Whether all steps stay: what is exchanged is never exchanged on a guess."""
    kept = {step.step_id for step in after.steps}
    return all(step.step_id in kept for step in before.steps)


def _step_of(plan: Plan, seen: FollowUp) -> PlanStep | None:
    if seen.phase == BuildStatus.VERIFYING:
        return next((step for step in plan.steps if step.counts_tests), None)
    built = [step for step in plan.steps if step.phase is not StepPhase.TEST]
    own = [step for step in built if roles_of(step.command) & {Role.CHECKOUT, Role.COMPILE, Role.CONFIGURE}]
    return next(iter(own), built[-1] if built else None)
