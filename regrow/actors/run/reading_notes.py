"""What a reader of a verdict should know of how the documents were followed. Pure.

Test commands that were not run or not counted stand at the head of the report, so that no verdict says more than was
tested. What a step that ended well said that it could not do is a deviation: the reader who types the same gets less than
the sentence says. What was left out though it stands on the way may be why tests fail; then the project is not to blame.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from regrow.protocols.plan import (
    EXPECTED_TO_FAIL,
    TODO,
    UNNAMED,
    CountSource,
    Deviation,
    DeviationKind,
    LeftOutCommand,
    LeftOutReason,
    Plan,
    PlanStep,
    StepOutcome,
    TestCounts,
)
from regrow.protocols.plurals import counted, plural

__all__ = ["left_out_before", "notes_on_tests", "overlooked", "still_wanted"]

_LIMIT_NAMED = 3
_NOT_OURS_TO_GIVE = frozenset(
    {
        LeftOutReason.PLACEHOLDER,
        LeftOutReason.ASKS_FOR_INPUT,
        LeftOutReason.NEVER_ENDS,
        LeftOutReason.NEEDS_A_CONTAINER,
    }
)
"""What somebody else has (a key, an answer, a server): without it a failure says nothing of the project."""
_NO_SUCH_EXTRA = re.compile(r"does not provide the extra '(?P<name>[\w.-]+)'")
"""What pip prints, as a warning. Source: pip's resolver, which installs the rest and ends with status 0."""


def notes_on_tests(plan: Plan | None, outcomes: Iterable[StepOutcome]) -> tuple[str, ...]:
    """What of the documented tests was not run, and what ran without being counted."""
    if plan is None:
        return ()
    unrun = [each for each in plan.left_out if each.reason is LeftOutReason.OTHER_TESTS]
    notes = list(_disagreements(plan))
    if unrun and any(step.counts_tests for step in plan.steps):
        named = ", ".join(f"`{_short(each.text)}` ({each.ref})" for each in unrun[:_LIMIT_NAMED])
        more = f" and {len(unrun) - _LIMIT_NAMED} more" if len(unrun) > _LIMIT_NAMED else ""
        notes.append(f"documented test commands that were not run: {named}{more}")
    steps = {step.step_id: step for step in plan.steps if step.counts_tests}
    for outcome in outcomes:
        step = steps.get(outcome.step_id)
        is_counted = outcome.tests is not None and outcome.tests.source is not CountSource.NONE
        if step is not None and outcome.tests is not None and outcome.tests.source is CountSource.OUTPUT:
            notes.append(f"the tests of `{_short(step.command)}` were counted from what {outcome.tests.runner} printed")
        if step is not None and outcome.tests is not None:
            notes += _not_run(step, outcome.tests)
        if step is not None and len(steps) > 1 and outcome.succeeded and not is_counted:
            notes.append(f"the tests of `{_short(step.command)}` cannot be counted; it ended with exit status 0")
    return tuple(notes)


def _not_run(step: PlanStep, tests: TestCounts) -> Iterator[str]:
    """Tests that were there and did not run: skipped by themselves, or left out by options and settings."""
    skipped = [each for each in tests.skipped_reasons if each.reason not in {EXPECTED_TO_FAIL, TODO}]
    if count := sum(each.count for each in skipped):
        said = [f"{each.count} {_short(each.reason)}" for each in skipped if each.reason != UNNAMED][:_LIMIT_NAMED]
        yield f"{_tests_were(count)} skipped" + (f" ({'; '.join(said)})" if said else "")
    if tests.deselected:
        yield f"{_tests_were(tests.deselected)} left out by `{_short(step.command)}` or by the project's settings, and not run"


def _tests_were(count: int) -> str:
    return f"{counted(count, 'test')} {plural(count, 'was', 'were')}"


def _disagreements(plan: Plan) -> Iterator[str]:
    """Tests that two documents tell to run in two ways, of which one was chosen."""
    chosen = {step.step_id: step for step in plan.steps if step.counts_tests and step.ref is not None}
    for each in plan.candidates:
        step, other = chosen.get(each.replaces), each.step.ref
        if step is not None and step.ref is not None and other is not None and other.file != step.ref.file:
            yield (
                f"the documents disagree: {step.ref} says `{_short(step.command)}`, which was run, and {other} says "
                f"`{_short(each.step.command)}`"
            )


def overlooked(plan: Plan | None, outcomes: Iterable[StepOutcome]) -> tuple[Deviation, ...]:
    """A deviation for each documented step that ended well and did less than its sentence says."""
    steps = {step.step_id: step for step in plan.steps} if plan is not None else {}
    found = (
        _without_extra(steps[outcome.step_id], match["name"])
        for outcome in outcomes
        if outcome.step_id in steps and outcome.succeeded
        for match in _NO_SUCH_EXTRA.finditer(outcome.output_tail)
    )
    return tuple({each.description: each for each in found if each is not None}.values())


def left_out_before(plan: Plan | None, failed: PlanStep | None) -> LeftOutCommand | None:
    """What the documents ask for before a step that failed, and only their reader has; None when there is nothing.

    A server on the way may be there to show the project in use: it spoils no pass, and excuses a failure below it.
    """
    left_out = [each for each in plan.left_out if each.reason in _NOT_OURS_TO_GIVE] if plan is not None else []
    wanted = [each for each in left_out if each.required]
    wanted += [each for each in left_out if each.in_path and each.reason is LeftOutReason.NEVER_ENDS]
    return next((each for each in wanted if _comes_first(each, failed)), None)


def still_wanted(deviations: Iterable[Deviation]) -> tuple[Deviation, ...]:
    """The deviations of a run that failed without what was left out: of that nobody may write that it is not needed."""
    return tuple(
        each.model_copy(update={"sentence": f"Say what a reader has to do for `{_short(each.corrects.text)}`."})
        if each.kind is DeviationKind.SKIPPED_STEP and each.corrects is not None
        else each
        for each in deviations
    )


def _comes_first(left_out: LeftOutCommand, failed: PlanStep | None) -> bool:
    ref = failed.ref if failed is not None else None
    return ref is None or ref.file != left_out.ref.file or left_out.ref.line <= ref.line


def _without_extra(step: PlanStep, name: str) -> Deviation | None:
    """None when the step does not ask for the extra itself: a dependency's fault is none of the documents."""
    asked = re.search(r"\[(?P<names>[\w.,\s-]+)\]", step.command)
    names: Sequence[str] = [each.strip() for each in asked["names"].split(",")] if asked is not None else ()
    if asked is None or step.ref is None or name not in names:
        return None
    rest = ",".join(each for each in names if each != name)
    command = step.command.replace(asked.group(), f"[{rest}]" if rest else "", 1)
    return Deviation(
        strategy_id="no_such_extra",
        kind=DeviationKind.CHANGED_COMMAND,
        description=f"'{_short(step.command)}' asks for the extra '{name}', which the package does not have",
        corrects=step.ref,
        sentence=f"To install: `{command}`.",
    )


def _short(command: str) -> str:
    first = command.split("\n", maxsplit=1)[0]
    return first if len(first) <= 80 else first[:77] + "..."
