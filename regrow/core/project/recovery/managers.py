"""The rule for a project manager that cannot do its work: pip installs what the manager would have installed."""

from __future__ import annotations

import re

from regrow.core.project.plan_steps import Draft, changed
from regrow.core.project.recovery.completing import checkout_draft, requirement_draft
from regrow.core.project.recovery.model import Case, Recovery
from regrow.core.project.recovery.proposing import proposed
from regrow.protocols.plan import Ecosystem

__all__ = ["without_manager"]

_STRATEGY = "without_manager"
_FILLS = re.compile(r"^(?:python\S* -m )?(?P<manager>pdm|poetry|pipenv|uv|rye)\s+(?:install|sync)\b")


def without_manager(case: Case) -> Recovery | None:
    """Install with pip where poetry, pdm or their like fail over what pip does not need (a lock file, a plugin, themselves)."""
    match = _FILLS.match(case.command)
    if match is None or case.evidence.ecosystem is not Ecosystem.PYTHON or case.index >= len(case.drafts):
        return None
    old, manager = case.drafts[case.index], match["manager"]
    install = checkout_draft(case.evidence, _STRATEGY, old.documented)
    if install is None:
        return None
    told = f"'{install.command}' instead of '{old.command}', which fails here"
    deviation = changed(_STRATEGY, told, f"Or with pip: `{install.command}`.", old.documented)
    new = [Draft(install.command, install.reason, install.phase, install.ref, deviation)]
    needs = requirement_draft(case.evidence, _STRATEGY, "", old.documented)
    if needs is not None:
        new.append(needs)
    rest = [_unwrapped(draft, manager) for draft in case.drafts[case.index + 1 :]]
    return proposed(case, _STRATEGY, case.rebuilt([*case.drafts[: case.index], *new, *rest]))


def _unwrapped(draft: Draft, manager: str) -> Draft:
    """`MANAGER run COMMAND` without the manager, whose environment is not made."""
    command = re.sub(rf"(^|&& )(?:python\S* -m )?{manager} run ", r"\1", draft.command)
    if command == draft.command:
        return draft
    deviation = changed(
        _STRATEGY, f"'{command}' instead of '{draft.command}'", f"Without {manager}: `{command}`.", draft.documented
    )
    return Draft(command, draft.reason, draft.phase, draft.ref, deviation, draft.counts_tests)
