"""The rule for compiled modules that a build made and nothing installed, where the tests import a folder of their name."""

from __future__ import annotations

from regrow.core.project.command_facts import Role
from regrow.core.project.plan_steps import roles_of
from regrow.core.project.recovery.completing import checkout_draft
from regrow.core.project.recovery.model import Case, Recovery
from regrow.core.project.recovery.proposing import proposed
from regrow.protocols.plan import Ecosystem

__all__ = ["install_extension"]


def install_extension(case: Case) -> Recovery | None:
    """Install the checkout before tests to which a module of its own is empty.

    Python takes a folder without `__init__.py` for a module, though only as long as no real one is installed: a folder of
    C sources stands for the module that is made of them.
    """
    evidence, failure, sign = case.evidence, case.failure, case.sign
    if sign is None or evidence.ecosystem is not Ecosystem.PYTHON or evidence.extension is None:
        return None
    if failure.tests_passed or sign.subject in evidence.packages:
        return None  # It is there, and lacks what the tests ask of it.
    if any(Role.CHECKOUT in roles_of(draft.command) for draft in case.drafts):
        return None
    draft = checkout_draft(evidence, "install_extension")
    return proposed(case, "install_extension", case.insert(draft) if draft else None)
