"""What two runs of a project differ in: verdict, tests, steps, deviations, and what the documents promise. Pure.

How long they took is told and is no difference.

Steps are the same when the same command was typed; the first run is what is expected, the second what is there now.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from regrow.cli.report.promises import state_of
from regrow.cli.report.text import duration
from regrow.protocols.report import ReportStep, RunReport
from regrow.protocols.verification import CheckOutcome
from regrow.protocols.wire import Count, WireModel

__all__ = ["Comparison", "PromiseChange", "StepChange", "compare", "comparison_lines"]


class StepChange(WireModel):
    """A step of both runs. `before` and `after` say how it ended: "ok", "exit code 2", "deadline"."""

    command: str
    before: str
    after: str
    before_ms: Count
    after_ms: Count


class PromiseChange(WireModel):
    """Something that the documents promise, and what came of it in each run.

    Attributes:
        kind: endpoint, output, example, claim, or another kind of check.
        place: The sentence, as `file:line`, where it stands now.
        before: "ok", "wrong", "differs", "not checked", or "not there".
        detail: What the second run saw; where it is not there any more, what the first did.
    """

    kind: str
    name: str
    place: str
    before: str
    after: str
    detail: str = ""


class Comparison(WireModel):
    """Two runs. `same` says that nothing differs but times.

    Attributes:
        tests: run, passed, failed, skipped of each, in this order.
        changed: Steps that ended otherwise.
        slower: Steps that ended alike and took more than twice as long, by more than a second; and those that were faster.
    """

    first: str
    second: str
    targets: tuple[str, str]
    same: bool
    verdicts: tuple[str, str]
    tests: tuple[tuple[Count, Count, Count, Count], tuple[Count, Count, Count, Count]]
    failing_new: tuple[str, ...] = ()
    failing_gone: tuple[str, ...] = ()
    steps_gone: tuple[str, ...] = ()
    steps_new: tuple[str, ...] = ()
    changed: tuple[StepChange, ...] = ()
    slower: tuple[StepChange, ...] = ()
    deviations_gone: tuple[str, ...] = ()
    deviations_new: tuple[str, ...] = ()
    promises: tuple[PromiseChange, ...] = ()
    durations_ms: tuple[Count, Count]


def compare(first: RunReport, second: RunReport) -> Comparison:
    """Return what the second run has otherwise than the first."""
    before = {step.command: step for step in first.steps}
    after = {step.command: step for step in second.steps}
    both = [_change(before[command], step) for command, step in after.items() if command in before]
    found = Comparison(
        first=first.run_id,
        second=second.run_id,
        targets=(first.target, second.target),
        same=True,
        verdicts=(first.verdict.value, second.verdict.value),
        tests=(_tests(first), _tests(second)),
        failing_new=_only(second.failing_tests, first.failing_tests),
        failing_gone=_only(first.failing_tests, second.failing_tests),
        steps_gone=_only(tuple(before), tuple(after)),
        steps_new=_only(tuple(after), tuple(before)),
        changed=tuple(each for each in both if each.before != each.after),
        slower=tuple(each for each in both if each.before == each.after and _took_otherwise(each)),
        deviations_gone=_only(_deviations(first), _deviations(second)),
        deviations_new=_only(_deviations(second), _deviations(first)),
        promises=tuple(_promises(first, second)),
        durations_ms=(first.duration_ms, second.duration_ms),
    )
    differs = (
        found.verdicts[0] != found.verdicts[1]
        or found.tests[0] != found.tests[1]
        or any(getattr(found, name) for name in _DIFFERENCES)
    )
    return found.model_copy(update={"same": not differs})


_DIFFERENCES = (
    "failing_new", "failing_gone", "steps_gone", "steps_new", "changed", "deviations_gone", "deviations_new",
    "promises",
)  # fmt: skip


def comparison_lines(found: Comparison) -> Iterator[str]:
    """Say it, a line each: what is only in the first begins with `-`, what is only in the second with `+`."""
    if found.targets[0] != found.targets[1]:
        yield f"target     {found.targets[0]} -> {found.targets[1]}"
    yield f"verdict    {_pair(*found.verdicts)}"
    if any(map(any, found.tests)):
        yield f"tests      {_pair(*map(_tests_text, found.tests))}"
    yield f"took       {' -> '.join(map(duration, found.durations_ms))}"
    for title, mark, rows in (
        ("steps", "-", found.steps_gone),
        ("steps", "+", found.steps_new),
        ("failing", "-", found.failing_gone),
        ("failing", "+", found.failing_new),
        ("deviation", "-", found.deviations_gone),
        ("deviation", "+", found.deviations_new),
    ):
        for row in rows:
            yield f"{title:9} {mark} {' '.join(row.split())}"
    for change in found.changed:
        yield f"step      ! {' '.join(change.command.split())}: {change.before} -> {change.after}"
    for promise in found.promises:
        at = f" ({promise.place})" if promise.place else ""
        why = f"; {' '.join(promise.detail.split())}" if promise.detail else ""
        yield f"{promise.kind:9} ! {' '.join(promise.name.split())}{at}: {promise.before} -> {promise.after}{why}"
    for change in found.slower:
        yield f"time        {' '.join(change.command.split())}: {duration(change.before_ms)} -> {duration(change.after_ms)}"
    if found.same:
        yield "the same but for times"


def _change(before: ReportStep, after: ReportStep) -> StepChange:
    return StepChange(
        command=after.command,
        before=_ended(before),
        after=_ended(after),
        before_ms=before.duration_ms,
        after_ms=after.duration_ms,
    )


def _promises(first: RunReport, second: RunReport) -> Iterator[PromiseChange]:
    """What came out otherwise. A promise is known again by its words, wherever they stand now."""
    before, after = _by_words(first), _by_words(second)
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key), after.get(key)
        states = tuple(state_of(check) if check is not None else "not there" for check in (old, new))
        check = new or old
        assert check is not None
        if states[0] != states[1]:
            yield PromiseChange(
                kind=check.kind.value.replace("_", " "),
                name=check.name,
                place=str(check.ref) if check.ref is not None else "",
                before=states[0],
                after=states[1],
                detail=check.detail,
            )


def _by_words(report: RunReport) -> dict[tuple[str, str, str, int], CheckOutcome]:
    """The checks of a report; of several with the same words, the first is compared with the first."""
    found: dict[tuple[str, str, str, int], CheckOutcome] = {}
    for check in report.checks:
        words = (check.kind.value, check.name, check.ref.file if check.ref is not None else "")
        found[(*words, sum(key[:3] == words for key in found))] = check
    return found


def _ended(step: ReportStep) -> str:
    if step.succeeded:
        return "ok"
    return f"exit code {step.exit_code}" if step.exit_code is not None else step.ended.value


def _took_otherwise(change: StepChange) -> bool:
    low, high = sorted((change.before_ms, change.after_ms))
    return high > 2 * low and high - low > 1000


def _tests(report: RunReport) -> tuple[int, int, int, int]:
    return report.tests_run, report.tests_passed, report.tests_failed, report.tests_skipped


def _tests_text(counts: tuple[int, int, int, int]) -> str:
    return "{} run, {} passed, {} failed, {} skipped".format(*counts)


def _pair(before: str, after: str) -> str:
    return before if before == after else f"{before} -> {after}"


def _deviations(report: RunReport) -> tuple[str, ...]:
    return tuple(deviation.description for deviation in report.deviations)


def _only(these: Sequence[str], not_those: Sequence[str]) -> tuple[str, ...]:
    return tuple(each for each in these if each not in not_those)
