"""Rules for environments: of a manager that cannot do its work, and one that was to lie where none was made."""

from __future__ import annotations

import re

from regrow.core.project.command_facts import Role
from regrow.core.project.plan_steps import Draft, changed, roles_of
from regrow.core.project.recovery.completing import checkout_draft, requirement_draft
from regrow.core.project.recovery.model import Case, Recovery
from regrow.core.project.recovery.proposing import proposed
from regrow.protocols.plan import Ecosystem

__all__ = ["install_instead", "this_environment", "without_manager"]

_STRATEGY = "without_manager"
_FILLS = re.compile(r"^(?:python\S* -m )?(?P<manager>pdm|poetry|pipenv|uv|rye)\s+(?:install|sync)\b")
_PROGRAMS = re.compile(
    r"python[\d.]*|pip[\d.]*|pytest|py\.test|tox|nox|nosetests|trial|coverage|easy_install|zope-testrunner"
)
"""What lies in an environment of Python, or is put there to test with."""


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


def install_instead(case: Case) -> Recovery | None:
    """Install with pip where `make` or `setup.py install` of a Python project fails, and nothing else mends it: its metadata
    needs neither to be built.
    """
    evidence, step = case.evidence, case.failure.step
    if step is None or evidence.ecosystem is not Ecosystem.PYTHON or evidence.metadata is None:
        return None
    if not re.fullmatch(
        r"make(?: (?:all|build|default))?|python\S* (?:\./)?setup\.py install", case.command
    ) or case.index >= len(case.drafts):
        return None
    old = case.drafts[case.index]
    if any(Role.CHECKOUT in roles_of(draft.command) for draft in case.drafts if draft is not old):
        return None
    install = checkout_draft(evidence, "install_instead", old.documented)
    if install is None:
        return None
    told = f"'{install.command}' instead of '{old.command}', which fails here"
    deviation = changed("install_instead", told, f"To install: `{install.command}`.", old.documented)
    draft = Draft(install.command, install.reason, install.phase, install.ref, deviation)
    return proposed(case, "install_instead", case.replace(draft))


def _unwrapped(draft: Draft, manager: str) -> Draft:
    """`MANAGER run COMMAND` without the manager, whose environment is not made."""
    command = re.sub(rf"(^|&& )(?:python\S* -m )?{manager} run ", r"\1", draft.command)
    if command == draft.command:
        return draft
    deviation = changed(
        _STRATEGY, f"'{command}' instead of '{draft.command}'", f"Without {manager}: `{command}`.", draft.documented
    )
    return Draft(command, draft.reason, draft.phase, draft.ref, deviation, draft.counts_tests)


def this_environment(case: Case) -> Recovery | None:
    """`/tmp/env/bin/pip` and `$VENV/bin/pip` where nobody made that environment: the one that is entered has the same programs."""
    sign = case.sign
    absent = re.fullmatch(r"(?P<folder>/?(?:[\w.+-]+/)*)bin/(?P<program>[\w.+-]+)", sign.subject if sign else "")
    if absent is None or case.evidence.ecosystem is not Ecosystem.PYTHON or not _PROGRAMS.fullmatch(absent["program"]):
        return None
    folders = {re.escape(absent["folder"]), *(r"\$\{?\w+\}?/" if absent["folder"] == "/" else "").split()}
    spelt = re.compile(rf"(^|&& |; )(?:{'|'.join(sorted(folders))})bin/(?=[\w.+-])")
    if not spelt.search(case.command):
        return None
    rest = [_within(draft, spelt) for draft in case.drafts[case.index :]]
    return proposed(case, "this_environment", case.rebuilt([*case.drafts[: case.index], *rest]))


def _within(draft: Draft, spelt: re.Pattern[str]) -> Draft:
    command = spelt.sub(r"\1", draft.command)
    if command == draft.command:
        return draft
    told = f"'{command}' instead of '{draft.command}', whose environment nothing made"
    deviation = changed("this_environment", told, f"In the environment: `{command}`.", draft.documented)
    return Draft(command, draft.reason, draft.phase, draft.ref, deviation, draft.counts_tests)
