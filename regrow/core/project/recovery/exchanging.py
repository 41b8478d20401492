"""The rule for system packages that the distribution does not have: a documented command names what it has instead."""

from __future__ import annotations

import re
from collections.abc import Sequence

from regrow.core.project.evidence import Evidence
from regrow.core.project.plan_steps import system_packages_of
from regrow.core.project.recovery.model import Case, Failure, NeedsSystemPackages, Recovery
from regrow.core.project.recovery.proposing import changed_step
from regrow.protocols.plan import DeviationKind, Plan

__all__ = ["exchange_packages", "with_exchanged"]

_UNKNOWN = re.compile(
    r"Unable to locate package ([\w.+-]+)|Package '?([\w.+-]+)'? has no installation candidate|any package by \w+ '([^']+)'"
)


def exchange_packages(case: Case) -> Recovery | None:
    """What the distribution has in the place of documented packages that it does not have."""
    sign, step = case.sign, case.failure.step
    if sign is None or step is None or (step.deviation and step.deviation.kind is DeviationKind.ADDED_STEP):
        return None
    said = {name for match in _UNKNOWN.finditer(case.failure.output) for name in match.groups() if name}
    unknown = tuple(name for name in dict.fromkeys(map(_unversioned, system_packages_of(step.command))) if name in said)
    if sign.subject not in unknown:
        return None
    needs = NeedsSystemPackages(instead_of=unknown)
    return Recovery(f"exchange_packages:{sign.subject}", sign.evidence, None, needs, before=step.step_id)


def with_exchanged(plan: Plan, recovery: Recovery, instead: Sequence[tuple[str, str]]) -> Plan:
    """The plan with other packages in the place of those that a step names; a step that names both names one."""
    step = next((each for each in plan.steps if each.step_id == recovery.before), None)
    if step is None:
        return plan
    command = step.command
    for old, new in instead:
        there = new in map(_unversioned, system_packages_of(command))
        command = re.sub(
            rf"(?<![\w.+-]){re.escape(old)}(?:=\S+)?(?![\w.+-]){' ?' * there}", "" if there else new, command
        )
    told = ", ".join(f"{new} in the place of {old}" for old, new in instead)
    sentence = f"Current releases have {told}: `{command.strip()}`."
    changed = changed_step(Case(plan, Failure(step), Evidence()), recovery.strategy_id, command.strip(), sentence)
    return changed or plan


def _unversioned(package: str) -> str:
    return package.partition("=")[0]
