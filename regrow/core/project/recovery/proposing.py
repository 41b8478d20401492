"""What every rule makes: a proposal with its reason, from an amended plan."""

from __future__ import annotations

from regrow.core.project.plan_steps import Draft, changed
from regrow.core.project.recovery.model import Case, Recovery
from regrow.protocols.plan import Plan

__all__ = ["changed_step", "proposed"]


def proposed(case: Case, strategy: str, plan: Plan | None) -> Recovery | None:
    """The proposal of a strategy for the sign at hand; None without a plan."""
    if plan is None:
        return None
    about = case.sign.subject if case.sign else case.failure.code
    reason = case.sign.evidence if case.sign else f"{case.failure.code}"
    return Recovery(
        f"{strategy}:{about}" if about else strategy,
        reason,
        plan,
        before=case.failure.step.step_id if case.failure.step else None,
    )


def changed_step(case: Case, strategy: str, command: str, sentence: str) -> Plan | None:
    """The plan with another command in the place of the failed step's; None when that is the same one."""
    old = case.drafts[case.index] if case.index < len(case.drafts) else None
    if old is None:
        return None
    deviation = changed(strategy, f"'{command}' instead of '{old.command}'", sentence, old.documented)
    return case.replace(Draft(command, old.reason, old.phase, old.ref, deviation, old.counts_tests))
