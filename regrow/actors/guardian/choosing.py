"""Which recovery comes next: the rules' own order, corrected by what earlier runs have seen. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from regrow.core.failure_signatures import failure_signs
from regrow.core.project.recovery.exchanging import with_exchanged
from regrow.core.project.recovery.interpreters import with_interpreter
from regrow.core.project.recovery.model import Failure, FoundPackages, NeedsSystemPackages, Recovery
from regrow.core.project.recovery.rules import with_packages
from regrow.core.project.recovery.system_files import development_package, packages_of
from regrow.protocols.patterns import RecoveryStrategy
from regrow.protocols.plan import Plan

__all__ = ["amended", "expected_success", "from_table", "in_order", "same_cause"]

NEUTRAL = 0.5
"""What is expected of a strategy that was never tried for this pattern."""


def expected_success(strategy: RecoveryStrategy) -> float:
    """Return the success rate to expect (Laplace's rule of succession): between 0 and 1, a half without any record."""
    record = strategy.performance
    return (record.successes + 1) / (record.attempts + 2)


def in_order(
    proposals: Sequence[Recovery], known: Sequence[RecoveryStrategy], plan: Plan | None = None
) -> list[Recovery]:
    """Order proposals by their record for this pattern; those without one keep the rules' order among themselves.

    A record never moves a proposal that exchanges a step of the plan before one that leaves all steps as they are, nor
    the other way round: what is missing is added first whatever other runs have seen, or the verdict would hang on them.
    """
    records = {strategy.strategy_id: expected_success(strategy) for strategy in known}
    exchanging = [_exchanges(proposal, plan) for proposal in proposals]
    ranked = {
        kind: iter(
            sorted(
                (each for each, one in zip(proposals, exchanging, strict=True) if one is kind),
                key=lambda proposal: -records.get(proposal.strategy_id, NEUTRAL),
            )
        )
        for kind in (False, True)
    }
    return [next(ranked[kind]) for kind in exchanging]


def same_cause(now: Failure, before: Failure) -> bool:
    """Whether a failure shows the same thing missing as an earlier one: what was done in between did not help."""
    here, there = (failure_signs(each.output, each.exit_code)[:1] for each in (now, before))
    return bool(here and there and here[0].subject) and (here[0].kind, here[0].subject) == (
        there[0].kind,
        there[0].subject,
    )


def _exchanges(proposal: Recovery, plan: Plan | None) -> bool:
    if plan is None or proposal.plan is None:
        return False
    kept = {step.step_id for step in proposal.plan.steps}
    return any(step.step_id not in kept for step in plan.steps)


def from_table(needs: NeedsSystemPackages, why: str = "") -> FoundPackages:
    """Answer a request without the distribution's index; `why` it cannot be had."""
    libraries = tuple(map(development_package, needs.libraries))
    note = f"by a table, since the package index cannot be had ({why})" if why else ""
    return FoundPackages(needs.names or libraries or packages_of(needs.files), note=note)


def amended(plan: Plan, proposal: Recovery, found: FoundPackages) -> Plan | None:
    """Return the plan with a proposal carried out; None when it asks for what no package is known for.

    Args:
        plan: The plan that failed.
        proposal: What may help.
        found: The answer to `proposal.packages`; empty where nothing is asked for.
    """
    if proposal.packages is None:
        return proposal.plan
    after = proposal.plan or plan
    if found.instead:
        after = with_exchanged(after, proposal, found.instead)
    if found.interpreter:
        return with_interpreter(after, proposal, found.interpreter)
    after = with_packages(after, proposal, found.names) if found.names else after
    if not (found.instead or found.names):
        return None
    return after if after.plan_id != plan.plan_id else None
