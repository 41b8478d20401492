"""The verdict: pass, healed, fail, undecided or cancelled, each with its causes. Pure.

The rules are asked in an order in which a later one may trust the earlier: was it stopped; does a deviation hide a
fault; could the run be judged at all (room, network, time, disk); did each step end well; were tests counted; did they
all pass; do the sources of the count agree; do the checks hold; was a part silently missing. Only what is left is a
pass, and with a deviation it is healed. One wrong pass costs more than ten undecided (survey, section 5).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from regrow.actors.verifier.flaky.wording import all_by_chance, say_repeated
from regrow.actors.verifier.masking import masks_added
from regrow.actors.verifier.signs import (
    DISK_FULL,
    MISSING_PART,
    NO_NETWORK,
    NO_TESTS,
    NOTHING_RAN,
    all_need_network,
    nothing_to_make,
)
from regrow.actors.verifier.wording import how_it_ended, last_lines, line_with, names, reasons, shown
from regrow.core.project.evidence import MissingModule
from regrow.core.project.refused_hosts import complains_of_refusal, missing_in, refusal_in
from regrow.protocols.error_codes import ErrorCode
from regrow.protocols.error_table import ERRORS
from regrow.protocols.plan import (
    CountSource,
    Deviation,
    Ended,
    Plan,
    PlanStep,
    StepOutcome,
    StepPhase,
    TestCounts,
)
from regrow.protocols.plurals import counted
from regrow.protocols.retests import RepeatedTest
from regrow.protocols.run_messages import CheckKind, CheckOutcome
from regrow.protocols.status import Verdict
from regrow.protocols.verification import BuildError

MISSING_PART_SHARE = 0.1
"""More than this share of the tests skipped for a missing part is never a pass (trap 35)."""

_ROOM_CODES = {
    Ended.DEADLINE: ("E2005", "exceeded its deadline"),
    Ended.MEMORY: ("E5001", "was ended at its memory limit"),
    Ended.DISK: ("E5002", "wrote more than its limit"),
    Ended.OUTPUT: ("E2010", "printed more than its limit"),
    Ended.PROCESSES: ("E2010", "started more processes than its limit"),
    Ended.CANCELLED: ("E6003", "was cancelled"),
    Ended.REFUSED: ("E2009", "was refused by the policy"),
}
_CHECK_CODES = {
    CheckKind.TESTS: "E3001",
    CheckKind.ENDPOINT: "E3002",
    CheckKind.OUTPUT: "E3006",
    CheckKind.EXAMPLE: "E3006",
    CheckKind.CLAIM: "E3004",
    CheckKind.FILE: "E3010",
    CheckKind.TESTED_COPY: "E3007",
    CheckKind.REPRODUCIBILITY: "E3008",
}


@dataclass(frozen=True, slots=True)
class Expectations:
    """What the verdict needs beside outcomes, counts and deviations.

    Attributes:
        plan: For the phase, network grant and command of each step; None when no plan could be made.
        checks: What the verifier looked at.
        errors: Of phases that could not be done at all, oldest first.
        printed: The count of the runner's own output, to be compared with the reporter's.
        count_is_complete: The reporter's sessions all ended and no line is missing.
        cancelled: Somebody stopped the run.
        removed_tests: Tests that the deviations left out of the count.
        missing: Modules that the test step could not import, by its output.
        failures: Failing test -> its complaint, as far as our reporter has seen them.
        absent: Files that failing tests looked for and the source has not, if that is what each of them failed for.
        repeated: What repetitions of the failing tests have shown, of each of them or of none.
        doubt: Why a summary that the test step printed is not believed; empty when it is, or there is none.
        sessions: How many sessions the reporter saw; of several, the runner's last summary tells only one.
        fell_back: Findings of a build that made less than it could (a pure wheel of a project with extensions).
    """

    plan: Plan | None = None
    checks: tuple[CheckOutcome, ...] = ()
    errors: tuple[BuildError, ...] = ()
    printed: TestCounts | None = None
    count_is_complete: bool = True
    cancelled: bool = False
    removed_tests: int = 0
    missing: tuple[MissingModule, ...] = ()
    failures: tuple[tuple[str, str], ...] = ()
    absent: tuple[str, ...] = ()
    repeated: tuple[RepeatedTest, ...] = ()
    doubt: str = ""
    sessions: int = 1
    fell_back: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and what it rests on.

    Attributes:
        causes: Why it is not a pass, the first the weightiest; empty for pass and healed.
        notes: What a reader should know all the same.
    """

    verdict: Verdict
    causes: tuple[BuildError, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def reason(self) -> str:
        """Why, in a sentence."""
        if self.causes:
            return self.causes[0].message
        if self.verdict is Verdict.HEALED:
            return "passes only with the deviations that are named"
        return "built from the documents alone, and its tests ran and passed"


def judge(
    outcomes: Sequence[StepOutcome],
    counts: TestCounts | None,
    deviations: Sequence[Deviation],
    expectations: Expectations | None = None,
) -> Judgement:
    """Judge a run by the outcomes of its last attempt.

    Args:
        outcomes: Of the steps of the plan that was carried out last; a step that was repeated stands here once.
        counts: The tests that were counted, from the best source there is.
        deviations: All of the plan's.
    """
    known = expectations or Expectations()
    steps = {step.step_id: step for step in known.plan.steps} if known.plan else {}
    if known.cancelled or any(outcome.ended is Ended.CANCELLED for outcome in outcomes):
        return Judgement(Verdict.CANCELLED, (_cause("E6003", "the run was stopped before it could be judged"),))
    notes = _notes(counts, known)
    for found in (
        _hidden_faults(deviations, steps, known),
        _surroundings(outcomes, steps, known),
        [error for error in known.errors if _verdict_of(error) is Verdict.FAIL],
        _failed_steps(outcomes, steps),
        _uncounted(outcomes, counts, known, steps),
        _failed_tests(outcomes, counts, known, steps),
        _ended_badly(outcomes, counts, steps),
        _disagreement(counts, known),
        _failed_checks(known.checks),
        _missing_parts(counts, known),
    ):
        if found:
            return Judgement(_worst(found), tuple(found), notes)
    return Judgement(Verdict.HEALED if deviations else Verdict.PASS, (), notes)


# --- the rules, in the order in which they are asked ---------------------------------------------------------------


def _hidden_faults(
    deviations: Sequence[Deviation], steps: dict[str, PlanStep], known: Expectations
) -> list[BuildError]:
    commands = {id(step.deviation): step.command for step in steps.values() if step.deviation}
    found = [
        _cause("E4005", f"the deviation {deviation.description!r} {what}", evidence=deviation.sentence or None)
        for deviation in deviations
        for what in masks_added(deviation, commands.get(id(deviation)))
    ]
    if known.removed_tests > 0:
        found.append(_cause("E4005", f"the deviations leave {known.removed_tests} tests out of the count"))
    return found


def _surroundings(outcomes: Sequence[StepOutcome], steps: dict[str, PlanStep], known: Expectations) -> list[BuildError]:
    found = [error for error in known.errors if _verdict_of(error) is Verdict.UNDECIDED]
    for outcome in outcomes:
        step = steps.get(outcome.step_id)
        if outcome.ended in _ROOM_CODES:
            code, what = _ROOM_CODES[outcome.ended]
            found.append(_cause(code, f"step {shown(outcome, step)} {what}", outcome, step))
        elif not outcome.succeeded and (line := line_with(DISK_FULL, outcome)):
            found.append(_cause("E5002", f"step {shown(outcome, step)} found the disk full", outcome, step, line))
        elif not outcome.succeeded and step is not None and step.network and (line := _unreached(outcome)):
            found.append(_cause("E5003", f"step {shown(outcome, step)} could not reach a host", outcome, step, line))
    return found


def _unreached(outcome: StepOutcome) -> str | None:
    if missing := missing_in(outcome.output_tail):
        return missing
    refused = refusal_in(outcome.output_tail) if complains_of_refusal(outcome.output_tail) else ""
    return refused or line_with(NO_NETWORK, outcome)


def _failed_steps(outcomes: Sequence[StepOutcome], steps: dict[str, PlanStep]) -> list[BuildError]:
    found = []
    for outcome in outcomes:
        step = steps.get(outcome.step_id)
        if outcome.succeeded or _counts_tests(outcome, step):
            continue
        code = "E2004" if step is not None and step.phase in {StepPhase.BUILD, StepPhase.TEST} else "E2012"
        found.append(_cause(code, f"step {shown(outcome, step)} {how_it_ended(outcome)}", outcome, step))
    return found


def _uncounted(
    outcomes: Sequence[StepOutcome], counts: TestCounts | None, known: Expectations, steps: dict[str, PlanStep]
) -> list[BuildError]:
    tests = [outcome for outcome in outcomes if _counts_tests(outcome, steps.get(outcome.step_id))]
    if not tests:
        return [_cause("E3005", "no step ran the tests")]
    each_count = [outcome.tests for outcome in tests] if len(tests) > 1 else [counts]
    found = [
        _uncounted_step(outcome, own, known, steps.get(outcome.step_id))
        for outcome, own in zip(tests, each_count, strict=True)
        # One of several that ended well and prints no count is told in the notes of the report: the others are counted.
        if not (outcome.succeeded and not _is_counted(own) and _is_counted(counts))
    ]
    return [cause for causes in found for cause in causes]


def _is_counted(counts: TestCounts | None) -> bool:
    return counts is not None and counts.source is not CountSource.NONE


def _uncounted_step(
    last: StepOutcome, counts: TestCounts | None, known: Expectations, step: PlanStep | None
) -> list[BuildError]:
    if counts is None or counts.source is CountSource.NONE:
        idle = nothing_to_make(last.output_tail) if last.succeeded else ""
        if line := idle or line_with(NOTHING_RAN if last.succeeded else NO_TESTS, last):
            return [_cause("E3005", f"step {shown(last, step)} found no tests in this source: {line}", last, step)]
        how = f"step {shown(last, step)} {how_it_ended(last)}, and its tests cannot be counted"
        if not last.succeeded and known.missing:
            return [_not_imported(known.missing[0], how, last, step)]
        if not last.succeeded and (line := line_with(NO_NETWORK, last)):
            return [_cause("E5003", f"{how}: it needs the network, which tests do not have", last, step, line)]
        how += f": {known.doubt}" if known.doubt else ""
        return [_cause("E3011" if last.succeeded else "E3001", how, last, step)]
    if counts.run == 0 and counts.skipped:
        return [
            _cause("E3005", f"no test was executed: all {counts.skipped} were skipped{reasons(counts)}", last, step)
        ]
    if counts.run == 0:
        return [_cause("E3005", f"step {shown(last, step)} {how_it_ended(last)} and ran no test", last, step)]
    return []


def _failed_tests(
    outcomes: Sequence[StepOutcome], counts: TestCounts | None, known: Expectations, steps: dict[str, PlanStep]
) -> list[BuildError]:
    tests = [outcome for outcome in outcomes if _counts_tests(outcome, steps.get(outcome.step_id))]
    failed = [outcome for outcome in tests if outcome.tests is not None and not outcome.tests.all_passed]
    # What it printed says more than the names of the tests.
    last = next(reversed(failed or tests), None)
    step = steps.get(last.step_id) if last is not None else None
    for each in (counts, known.printed):
        if each is not None and each.failed + each.errors:
            bad, share = each.failed + each.errors, 100 * each.passed / each.run
            passed = f"{min(share, 99.99):.4g} % pass"
            text = f"{bad} of {counted(each.run, 'test')} failed ({passed}){names(each.failing)}"
            if known.missing and last is not None and (each.errors or _TRACED.search(last.output_tail)):
                return [_not_imported(known.missing[0], text, last, step)]
            if last is not None and (reason := all_need_network(known.failures, bad)):
                return [_cause("E5003", f"{text}: each needs the network, which tests do not have", last, step, reason)]
            if known.absent:
                what = f"{known.absent[0]} is opened or imported by a test and is not in the source"
                return [_cause("E3010", f"{what}: {text}", last, step, evidence="")]
            said = say_repeated(known.repeated)
            if all_by_chance(known.repeated):
                return [_cause("E3009", "; ".join([*said, text]), last, step, evidence="")]
            return [_cause("E3001", "; ".join([text, *said]), last, step, evidence="")]
    return []


_TRACED = re.compile(r"^E +(?:ModuleNotFoundError|ImportError)|Cannot find (?:module|package) '", re.MULTILINE)
"""How pytest and Node's runners show what a failed test could not import; a test that passed shows nothing."""


def _not_imported(missing: MissingModule, consequence: str, outcome: StepOutcome, step: PlanStep | None) -> BuildError:
    """The import that failed is the cause, what the runner makes of it (a test called `_FailedTest`) its consequence."""
    said = f"No module named '{missing.name}'"
    return _cause("E3001", f"{missing.complaint}: {consequence}", outcome, step, evidence=said)


def _ended_badly(
    outcomes: Sequence[StepOutcome], counts: TestCounts | None, steps: dict[str, PlanStep]
) -> list[BuildError]:
    """A test step that ends with an error though each counted test passed: coverage limits, linters, late crashes."""
    return [
        _cause(
            "E3001",
            f"step {shown(outcome, steps.get(outcome.step_id))} {how_it_ended(outcome)}, though all "
            f"{counts.passed if counts else 0} counted tests passed",
            outcome,
            steps.get(outcome.step_id),
        )
        for outcome in outcomes
        if not outcome.succeeded
    ]


def _disagreement(counts: TestCounts | None, known: Expectations) -> list[BuildError]:
    if counts is None:
        return []
    if not known.count_is_complete:
        return [_cause("E3014", "the test session did not end, or lines of its report are missing")]
    if counts.run != counts.passed + counts.failed + counts.errors:
        got = f"{counts.passed} passed + {counts.failed} failed + {counts.errors} errors"
        return [_cause("E3014", f"test counts do not add up (expected {counts.run} run, got {got})")]
    told = known.printed if known.sessions <= 1 and counts.source is CountSource.REPORTER else None
    if told is not None and told.run < counts.run:
        text = f"the reporter counted {counted(counts.run, 'test')}, the runner printed {told.run}: fewer"
        return [_cause("E3014", text)]
    return []


def _failed_checks(checks: Iterable[CheckOutcome]) -> list[BuildError]:
    """Those that end a run: a difference between two builds does not (its row has no verdict) and is a note."""
    failed = [(check, code_of(check)) for check in checks if check.passed is False and check.decides]
    return [
        _cause(code, f"{check.name}: {check.detail}" if check.detail else f"check {check.name!r} failed", check=check)
        for check, code in failed
        if ERRORS[ErrorCode(code)].verdict is not None
    ]


def code_of(check: CheckOutcome) -> str:
    """The error that a failure of a check is."""
    return check.code or _CHECK_CODES[check.kind]


def _missing_parts(counts: TestCounts | None, known: Expectations) -> list[BuildError]:
    if counts is None:
        return []
    missing = [each for each in counts.skipped_reasons if MISSING_PART.search(each.reason)]
    skipped, total = sum(each.count for each in missing), counts.run + counts.skipped
    found = []
    if skipped > MISSING_PART_SHARE * total:
        text = f"{skipped} of {counted(total, 'test')} skipped for a missing part: {missing[0].reason}"
        found.append(_cause("E2011", text))
    found.extend(_cause("E2011", f"the build made less than it could: {finding}") for finding in known.fell_back)
    return found


# --- words ---------------------------------------------------------------------------------------------------------


def _notes(counts: TestCounts | None, known: Expectations) -> tuple[str, ...]:
    notes = [
        f"{check.name}: could not be judged. {check.detail}".strip()
        for check in known.checks
        if check.passed is None and check.ref is None  # a sentence's own stands in the report, with its reason
    ]
    notes += [
        f"{check.name}: {check.detail}"
        for check in known.checks
        if check.passed is False and ERRORS[ErrorCode(code_of(check))].verdict is None
    ]
    if counts is not None and counts.source is CountSource.OUTPUT:
        notes.append(f"the tests were counted from what {counts.runner} printed")
    if counts is not None and counts.skipped:
        notes.append(f"{counts.skipped} tests were skipped{reasons(counts)}")
    return tuple(notes)


def _cause(
    code: str,
    message: str,
    outcome: StepOutcome | None = None,
    step: PlanStep | None = None,
    evidence: str | None = None,
    check: CheckOutcome | None = None,
) -> BuildError:
    ref = check.ref if check is not None else step.ref if step is not None else None
    if check is not None and (check.expected or check.got):
        evidence = f"shown: {check.expected}\ngot: {check.got}"
    lines = evidence if evidence is not None or outcome is None else last_lines(outcome.output_tail)
    return BuildError(
        code=code,
        message=message,
        step=outcome.step_id if outcome is not None else None,
        file=ref.file if ref else None,
        line=ref.line if ref else None,
        evidence=lines or None,
    )


def _verdict_of(error: BuildError) -> Verdict | None:
    try:
        return ERRORS[ErrorCode(error.code)].verdict
    except ValueError:
        return Verdict.UNDECIDED


def _worst(causes: Sequence[BuildError]) -> Verdict:
    """The verdict of the first cause's row; what has none (a note that came this far) leaves the run undecided."""
    verdict = _verdict_of(causes[0])
    return verdict if verdict in {Verdict.FAIL, Verdict.UNDECIDED, Verdict.CANCELLED} else Verdict.UNDECIDED


def _counts_tests(outcome: StepOutcome, step: PlanStep | None) -> bool:
    return step.counts_tests if step is not None else outcome.tests is not None
