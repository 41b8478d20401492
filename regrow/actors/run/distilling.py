"""A healed plan without what only an abandoned attempt had needed. Pure.

When a test command is exchanged, what the one before had needed stays in the plan: `make` for a target that is no longer
asked for, `tox` where its own command is typed now. Such a step is left out before the proof, which tells whether the
shorter plan holds; where it does not, the whole plan is proved. So a guess here costs one more proof at most, and can make
no verdict wrong.

What was added because it always was needed elsewhere, before anything here asked for it, has no reason either until it is
tried without: no deviation, and no line of a patch, may stand there because of what this machine learned. Where it was needed,
that proof ends at the step that fails without it, which is mostly early.

A server that was made and started by hand is tried once in the wrapper that its own packages have for that.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from regrow.core.project.plan_steps import assemble, draft_of, system_packages_of
from regrow.core.project.recovery.services import in_a_wrapper
from regrow.core.project.shell_grammar import commands_of
from regrow.protocols.plan import DeviationKind, Plan, PlanStep, StepPhase

__all__ = ["needs_of", "shorter_plans"]

_RUNS_OTHERS = frozenset("tox nox uv hatch poetry pdm pipenv rye pipx nose nose2 invoke virtualenv".split())
"""Programs that nothing but a command is known to need: no test imports them."""


def needs_of(before: Plan | None, after: Plan, failed: PlanStep | None) -> dict[str, str]:
    """For each step that a recovery adds, the command that failed without it."""
    known = {step.step_id for step in before.steps} if before is not None else set()
    if failed is None:
        return {}
    return {step.step_id: failed.command for step in after.steps if step.step_id not in known and _is_added(step)}


def shorter_plans(plan: Plan, needs: Mapping[str, str], assumed: Collection[str] = ()) -> tuple[Plan, ...]:
    """What is to be proved before the plan itself, the shortest first; at most three, and empty where each step has a reason.

    Args:
        plan: What worked.
        needs: For added steps, by id, the command that had failed without them.
        assumed: Ids of steps that were added before anything asked for them.
    """
    seen = [step for step in plan.steps if step.step_id not in assumed or not _may_go(step)]
    found = [_distilled(plan, seen, needs), _distilled(plan, list(plan.steps), needs)]
    if (wrapped := in_a_wrapper(found[0])) is not None:
        found.insert(0, wrapped)
    return tuple({each.plan_id: each for each in found if each.plan_id != plan.plan_id}.values())


def _distilled(plan: Plan, kept: list[PlanStep], needs: Mapping[str, str]) -> Plan:
    """These steps of the plan without those that its own commands give no reason for."""
    # A step that goes may be the only one that another was for, so it is looked at again; each time one goes.
    while (idle := next((step for step in kept if _is_idle(step, kept, needs)), None)) is not None:
        kept.remove(idle)
    if len(kept) == len(plan.steps):
        return plan
    commands = {step.step_id: step.command for step in kept}
    others = [(commands[c.replaces], draft_of(c.step)) for c in plan.candidates if c.replaces in commands]
    return assemble([draft_of(step) for step in kept], others, plan.deviations, plan.left_out)


def _is_added(step: PlanStep) -> bool:
    return step.deviation is not None and step.deviation.kind is DeviationKind.ADDED_STEP


def _may_go(step: PlanStep) -> bool:
    return _is_added(step) and step.phase is not StepPhase.TEST


def _is_idle(step: PlanStep, kept: list[PlanStep], needs: Mapping[str, str]) -> bool:
    if not _may_go(step):
        return False
    others = [each for each in kept if each is not step]
    tools = _tools_of(step)
    if tools:
        return not any(re.search(rf"(?<![\w-]){re.escape(tool)}(?![\w-])", o.command) for tool in tools for o in others)
    packages = system_packages_of(step.command)
    failed = needs.get(step.step_id, "")
    # What starts a service stands before the command itself, which needs what it needed.
    if not packages or not failed or any(f" {each.command}".endswith(f" {failed}") for each in others):
        return False
    return not any(package in _programs(each) for package in packages for each in others)


def _tools_of(step: PlanStep) -> frozenset[str]:
    """What a step installs with pip, when that is nothing but programs that run others."""
    words = [word for simple in commands_of(step.command) for word in _installed(simple.words)]
    return frozenset(words) if words and set(words) <= _RUNS_OTHERS else frozenset()


def _installed(words: tuple[str, ...]) -> list[str]:
    at = next((i for i, word in enumerate(words[:-1]) if word == "install" and "pip" in words[i - 1]), None)
    return [] if at is None else [word for word in words[at + 1 :] if not word.startswith("-")]


def _programs(step: PlanStep) -> set[str]:
    return {simple.words[0].rpartition("/")[2] for simple in commands_of(step.command) if simple.words}
