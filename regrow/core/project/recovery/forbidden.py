"""What no recovery may do: make a failure look like a success, or leave out what the project asks for (trap 15). Pure.

Every amended plan passes here, whoever proposed it: a rule, several at once, or a model. What is refused is told in a
sentence. A command that the documents say is theirs to answer for: only what was added or changed is looked at.
"""

from __future__ import annotations

import re
import shlex
from typing import Final

from regrow.core.project.recovery.model import hides_fault
from regrow.protocols.plan import DeviationKind, Plan, PlanStep, StepPhase

__all__ = ["forbidden_edit"]

_INSTALLS: Final = re.compile(r"\b(?:pip[\d.]*|npm|apt-get|apt) (?:install|ci|add)\b|\bnpm i\b")
_HIDES_MORE: Final = (
    (re.compile(r"(?:^|\s)(?:-k|-m) ['\"]?not\b"), "leaves tests out by name"),
    (re.compile(r"--(?:deselect|ignore(?:-glob)?|no-fail-on-\w+|pass-?[wW]ith-?[nN]o-?[tT]ests)(?![\w-])"), "leaves tests out"),
    (re.compile(r"--maxfail[= ]?0\b|--suppress-no-test-exit-code|--exit-?zero\b"), "changes what a failure is"),
    (re.compile(r"-W ?(?:ignore|error::?$)|-p no:warnings|PYTHONWARNINGS=ignore|--disable-warnings"), "hides warnings"),
    (re.compile(r"\|\|\s*(?:true|:|exit 0|echo)\b|;\s*(?:true|exit 0)\s*$|set \+e\b|^!|"
                r"\bmake\b.* (?:-i|-k|--ignore-errors|--keep-going)\b"),
     "goes on after a failure"),
    (re.compile(r"\s--(?:no-deps|force|skip-dependency-check|no-verify)\b(?!-)"), "drops what is required"),
    (re.compile(r"\b(?:rm|mv|git rm|sed -i|truncate)\b.*"
                r"\b(?:tests?/|test_\w+|conftest|requirements|pyproject|setup\.(?:py|cfg)|package\.json)"),
     "changes the project's own tests or requirements"),
    (re.compile(r"unittest\.skip|pytest\.mark\.skip|xfail"), "skips tests"),
)  # fmt: skip
"""Each pattern over one command, with what it does."""


def forbidden_edit(before: Plan, after: Plan) -> str:
    """Say why a plan may not take the place of another; "" when it may.

    Args:
        before: The plan that failed.
        after: What is proposed.
    """
    known = {step.command for step in before.steps} | {each.step.command for each in before.candidates}
    for step in after.steps:
        if step.command in known or step.deviation is None:
            continue
        if why := _hides(step.command):
            return f"`{step.command}` {why}"
    return _dropped_tests(before, after) or _dropped_requirement(before, after)


def _hides(command: str) -> str:
    told = next((why for pattern, why in _HIDES_MORE if pattern.search(command)), "")
    return told or ("makes a failure look like a success" if hides_fault(command) else "")


def _dropped_tests(before: Plan, after: Plan) -> str:
    """A plan that tests is not exchanged for one that does not."""
    had, has = (any(step.phase is StepPhase.TEST for step in plan.steps) for plan in (before, after))
    return "the plan that tests would become one that does not" if had and not has else ""


def _dropped_requirement(before: Plan, after: Plan) -> str:
    """A step that installs several things may not become one that installs some of them, nor go without a word."""
    kept = {step.command for step in after.steps}
    added = [step for step in after.steps if step.command not in {each.command for each in before.steps}]
    told = {
        each.corrects
        for each in after.all_deviations
        if each.kind in (DeviationKind.SKIPPED_STEP, DeviationKind.CHANGED_COMMAND) or each.corrects is not None
    }
    for step in before.steps:
        asked = _asked(step)
        if step.command in kept or not asked:
            continue
        for other in added:
            instead = _asked(other)
            lost = _lost(asked, instead, _tool(step))
            if instead and instead < asked and _tool(step) == _tool(other) and lost:
                return f"`{other.command}` drops {', '.join(sorted(lost))}"
        if step.ref is not None and step.deviation is None and step.ref not in told:
            return f"`{step.command}` would be left out without a word"
    return ""


def _lost(asked: frozenset[str], instead: frozenset[str], tool: str) -> frozenset[str]:
    """What is named no more, but for a system package of which another generation is named still.

    >>> sorted(_lost(frozenset({"python-dev", "python3-dev", "libz-dev"}), frozenset({"python3-dev"}), "apt-get"))
    ['libz-dev']
    """
    lost = asked - instead
    if not tool.startswith("apt"):
        return lost
    kept = {re.sub(r"[\d.]+", "", name) for name in instead}
    return frozenset(name for name in lost if re.sub(r"[\d.]+", "", name) not in kept)


def _asked(step: PlanStep) -> frozenset[str]:
    """What an install command names."""
    if not _INSTALLS.search(step.command):
        return frozenset()
    try:
        words = shlex.split(step.command)
    except ValueError:
        return frozenset()
    verb = next((place for place, word in enumerate(words) if word in ("install", "add", "i", "ci")), len(words))
    return frozenset(word for word in words[verb + 1 :] if not word.startswith("-"))


def _tool(step: PlanStep) -> str:
    found = _INSTALLS.search(step.command)
    return found.group(0).split()[0].rstrip("0123456789.") if found else ""
