"""What a step gets of the run: its limits, and the secrets that it may see. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from regrow.core.sandbox import SandboxLimits
from regrow.protocols.plan import NO_LIMITS, PlanStep, StepLimits, StepPhase

__all__ = ["limits_of", "sandbox_limits", "secrets_of"]


def limits_of(planned: StepLimits, configured: StepLimits, project: StepLimits = NO_LIMITS) -> StepLimits:
    """Return the limits that are in force for a step.

    Args:
        planned: Of the plan, which knows that building takes longer than looking.
        configured: Of the operator's settings. A time that the operator has set goes before the plan's.
        project: Of the project's own file, which can only lower.

    >>> limits_of(StepLimits(time_s=600.0), StepLimits(time_s=90.0)).time_s
    90.0
    """
    default = StepLimits()
    least: dict[str, float | None] = {}
    for name in StepLimits.model_fields:
        chosen = getattr(configured, name)
        if name in {"time_s", "cpu_s"} and chosen == getattr(default, name):
            chosen = getattr(planned, name)
        bounds = [value for value in (chosen, getattr(project, name)) if value is not None]
        least[name] = min(bounds) if bounds else None
    return StepLimits.model_validate(least)


def secrets_of(step: PlanStep, values: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets that a step sees: it has no network, and tests something or names the variable.

    A step with network gets none: it could carry them away.
    """
    if step.network:
        return {}
    return {
        name: value
        for name, value in values.items()
        if step.phase is StepPhase.TEST or re.search(rf"\b{re.escape(name)}\b", step.command)
    }


def sandbox_limits(limits: StepLimits) -> SandboxLimits:
    """Return the limits of a step as those of a command in a room."""
    return SandboxLimits(
        memory_bytes=limits.memory_bytes,
        cpu_s=limits.cpu_s,
        processes=limits.processes,
        output_bytes=limits.output_bytes,
        disk_bytes=limits.disk_bytes,
        deadline_s=limits.time_s,
    )
