"""Where a plan is cut between the builder and the verifier, and what a failed step is called."""

from __future__ import annotations

import re

from regrow.core.failure_signatures import FailureClass, failure_signs
from regrow.core.project.command_facts import Role
from regrow.core.project.plan_steps import roles_of, system_packages_of
from regrow.core.project.refused_hosts import complains_of_refusal, missing_in, refusal_in
from regrow.core.workshop.exit_words import exit_words
from regrow.protocols.plan import Ended, Plan, PlanStep, StepOutcome, StepPhase
from regrow.protocols.verification import BuildError

__all__ = ["error_of", "packages_to_unpack", "split_plan"]

_CODES = {
    Ended.DEADLINE: "E2005",
    Ended.MEMORY: "E5001",
    Ended.DISK: "E5002",
    Ended.OUTPUT: "E2010",
    Ended.PROCESSES: "E2010",
    Ended.CANCELLED: "E6003",
    Ended.REFUSED: "E2009",
}

_ENVIRONMENT = {
    FailureClass.NETWORK: "E5003",
    FailureClass.DISK_FULL: "E5002",
    FailureClass.OUT_OF_MEMORY: "E5001",
}


def split_plan(plan: Plan) -> tuple[tuple[PlanStep, ...], tuple[PlanStep, ...]]:
    """Return the steps of the builder and those of the verifier, which begin with the first test step."""
    for place, step in enumerate(plan.steps):
        if step.phase is StepPhase.TEST:
            return plan.steps[:place], plan.steps[place:]
    return plan.steps, ()


_NO_VERSION_SEEN = re.compile(r"^ERROR: .*\(from versions: none\)$", re.MULTILINE)
"""What pip prints of a package when no index answers and it is told not to try again: the same as of one that nobody has."""


def error_of(step: PlanStep, outcome: StepOutcome, what: str = "build", *, network: bool = True) -> BuildError:
    """Name what went wrong with a step that did not succeed; `network` says whether steps that want it have it."""
    signs = failure_signs(outcome.output_tail, outcome.exit_code)
    code = _CODES.get(outcome.ended) or next(
        (_ENVIRONMENT[sign.kind] for sign in signs if sign.kind in _ENVIRONMENT), None
    )
    missing = missing_in(outcome.output_tail)
    # What an offline run lacks is the cause, whatever its clients make of it ("no matching distribution").
    code = "E5003" if missing and outcome.exit_code is not None else code
    code = code or ("E5003" if complains_of_refusal(outcome.output_tail) else None)
    unasked = None if network or "--no-index" in step.command else _NO_VERSION_SEEN.search(outcome.output_tail)
    if code is None and unasked is not None:
        code = "E5003"
    how = (
        exit_words(outcome.exit_code, outcome.output_tail, "exit code")
        if outcome.exit_code is not None
        else f"was ended: {outcome.ended.value}"
    )
    evidence = signs[0].evidence if signs else _last_line(outcome.output_tail)
    if code == "E5003":
        evidence = missing or refusal_in(outcome.output_tail) or evidence
    return BuildError(
        code=code or "E2004",
        message=f"{what} step `{_short(step.command)}` {how}: {evidence or 'it printed nothing'}",
        step=step.step_id,
        file=step.ref.file if step.ref is not None else None,
        line=step.ref.line if step.ref is not None else None,
        evidence=evidence or None,
    )


def packages_to_unpack(command: str) -> tuple[str, ...]:
    """Return the system packages of a command that does nothing but install them, else nothing.

    >>> packages_to_unpack("apt-get update && apt-get install -y gcc"), packages_to_unpack("apt-get install gcc && make")
    (('gcc',), ())
    """
    return system_packages_of(command) if roles_of(command) <= {Role.SYSTEM} else ()


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


def _short(command: str) -> str:
    line = command.strip().splitlines()[0] if command.strip() else ""
    return line if len(line) <= 80 else line[:77] + "..."
