"""Which recovery comes next: the rules' own order, corrected by what earlier runs have seen. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from regrow.core.project.recovery.model import Recovery
from regrow.core.project.recovery.rules import with_packages
from regrow.core.project.recovery.system_files import packages_of
from regrow.protocols.patterns import RecoveryStrategy
from regrow.protocols.plan import Plan

__all__ = ["amended", "expected_success", "in_order"]

NEUTRAL = 0.5
"""What is expected of a strategy that was never tried for this pattern."""


def expected_success(strategy: RecoveryStrategy) -> float:
    """Return the success rate to expect (Laplace's rule of succession): between 0 and 1, a half without any record."""
    record = strategy.performance
    return (record.successes + 1) / (record.attempts + 2)


def in_order(proposals: Sequence[Recovery], known: Sequence[RecoveryStrategy]) -> list[Recovery]:
    """Order proposals by their record for this pattern; those without one keep the rules' order among themselves."""
    records = {strategy.strategy_id: expected_success(strategy) for strategy in known}
    return sorted(proposals, key=lambda proposal: -records.get(proposal.strategy_id, NEUTRAL))


def amended(plan: Plan, proposal: Recovery) -> Plan | None:
    """Return the plan with a proposal carried out; None when it asks for a file whose package is not known."""
    if proposal.packages is None:
        return proposal.plan
    names = proposal.packages.names or packages_of(proposal.packages.files)
    after = with_packages(proposal.plan or plan, proposal, names) if names else plan
    return after if after.plan_id != plan.plan_id else None
