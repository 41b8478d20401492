"""Rules for npm: what installs the checkout, and the scripts around its tests."""

from __future__ import annotations

import re

from regrow.core.project.recovery.model import Case, Recovery
from regrow.core.project.recovery.proposing import changed_step, proposed

__all__ = ["legacy_peers", "without_lifecycle"]


def legacy_peers(case: Case) -> Recovery | None:
    """Let npm take requirements that exclude one another."""
    command = "npm install --legacy-peer-deps"
    return (
        proposed(case, "legacy_peers", changed_step(case, "legacy_peers", command, f"To install: `{command}`."))
        if "npm" in case.command
        else None
    )


def without_lifecycle(case: Case) -> Recovery | None:
    """A style check or an audit that npm runs before or after the tests failed, not the tests."""
    if not re.match(r"npm (?:run )?(?:test|t)\b", case.command) or "--ignore-scripts" in case.command:
        return None
    command = case.command + " --ignore-scripts"
    name = case.sign.subject if case.sign else "the script"
    return proposed(
        case,
        "without_lifecycle",
        changed_step(case, "without_lifecycle", command, f"`{name}` is not part of the tests: `{command}`."),
    )
