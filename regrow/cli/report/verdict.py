"""The verdict as a person understands it: what came of it, the sentence that is broken, the cause, what worked. Pure.

Every report tells the same, so the words are made here, once. They are plain text: each format escapes them as it must.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from regrow.cli.report.promises import promises_of
from regrow.core.workshop.exit_words import exit_words
from regrow.protocols.error_codes import ErrorCode
from regrow.protocols.error_table import ERRORS
from regrow.protocols.plurals import counted
from regrow.protocols.report import ReportStep, RunReport
from regrow.protocols.status import Verdict
from regrow.protocols.verification import BuildError

__all__ = ["Broken", "Explanation", "errors_that_count", "explain"]

QUOTES: Final = 20


@dataclass(frozen=True, slots=True)
class Broken:
    """A sentence of the documents that is not enough.

    Attributes:
        file: The document, "" where the documents say nothing of it.
        text: What stands there.
        wrong: Why that is not enough.
        should_say: What to write instead, "" where nobody knows.
    """

    file: str
    line: int
    text: str
    wrong: str
    should_say: str = ""

    @property
    def place(self) -> str:
        """Where it stands, as editors write it."""
        return f"{self.file}:{self.line}" if self.file else "the documents"


@dataclass(frozen=True, slots=True)
class Explanation:
    """See the module.

    Attributes:
        headline: One sentence, for whoever reads nothing else.
        broken: The sentences that are not enough, the one that decides first.
        cause: What went wrong there; "" for a pass.
        worked: What did work, and how far.
        advice: What to do; "" where nothing is to be done.
    """

    headline: str
    broken: tuple[Broken, ...]
    cause: str
    worked: str
    advice: str = ""


def explain(report: RunReport) -> Explanation:
    """Return the verdict of a run in words."""
    match report.verdict:
        case Verdict.PASS:
            return Explanation(_passed(report), (), "", _worked(report))
        case Verdict.HEALED:
            return _healed(report)
        case Verdict.FAIL | Verdict.UNDECIDED | Verdict.CANCELLED:
            return _failed(report)


def errors_that_count(report: RunReport) -> tuple[BuildError, ...]:
    """Return the errors of the documented way, each once: those of recoveries in vain stand with them.

    That no recovery is left is no error beside the one that it is about: it says what to do.
    """
    in_vain = {attempt.error for attempt in report.attempts}
    found = tuple(dict.fromkeys(error for error in report.errors if error not in in_vain))
    return tuple(error for error in found if error.code != ErrorCode.RECOVERY_MAX_RETRIES) or found


def _passed(report: RunReport) -> str:
    count = len(report.accepted)
    known = f", but for {counted(count, 'deviation')} that the project accepts" if count else " alone"
    return f"Builds from its documentation{known}{_and_tests(report)}."


def _healed(report: RunReport) -> Explanation:
    count = len(report.deviations)
    things = "one thing" if count == 1 else f"{count} things"
    return Explanation(
        f"The tests pass, but only with {things} that the documentation does not say.",
        _quotes(report),
        _first_sentence(errors_that_count(report), report),
        f"{_joined([each.description for each in report.deviations])}{_then_tests(report)}",
        "write what is missing into the documents" if report.docs_patch == "" else "apply the patch to the documents",
    )


def _failed(report: RunReport) -> Explanation:
    step = next((each for each in reversed(report.steps) if not each.succeeded), None)
    wrong = [each for each in promises_of(report) if each.state == "wrong"]
    quotes = _quotes(report)
    if report.verdict is Verdict.CANCELLED:
        headline = "The run was stopped before it could judge the project."
    elif report.verdict is Verdict.UNDECIDED:
        headline = "This run could not judge the project."
    elif report.tests_failed:
        headline = f"Builds from its documentation, but {_failing(report)}."
    elif wrong and step is None:
        headline = f"Builds from its documentation{_and_tests(report)}, but {quotes[0].place} says what is not so."
    elif quotes and quotes[0].file:
        headline = f"Doing what {quotes[0].place} says fails."
    elif step is not None:
        headline = f"Does not build: `{_one_line(step.command)}` fails."
    else:
        headline = "Does not build from its documentation."
    errors = errors_that_count(report)
    if wrong and step is None:
        errors = errors[::-1]  # What failed on the way was mended; the sentence that is not so came last.
    return Explanation(headline, quotes, _first_sentence(errors, report), _worked(report), _advice(report, errors))


def _advice(report: RunReport, errors: tuple[BuildError, ...]) -> str:
    """What the guardian has said at last, else what the table says of the error."""
    spent = [error for error in report.errors if error.code == ErrorCode.RECOVERY_MAX_RETRIES]
    if spent:
        return _without_code(spent[-1])
    if not errors or "; " in errors[0].message:  # an error that was raised says its own remedy, which is nearer
        return ""
    return ERRORS[ErrorCode(errors[0].code)].remedy


def _without_code(error: BuildError) -> str:
    return error.message.removeprefix(error.code).lstrip()


def _quotes(report: RunReport) -> tuple[Broken, ...]:
    """The step that failed first, then what deviations correct."""
    found: list[Broken] = []
    for step in report.steps:
        if not step.succeeded and step.file is not None and step.line is not None:
            found.append(Broken(step.file, step.line, step.says or step.command, _how_it_ended(step)))
    for promise in promises_of(report):
        if promise.state == "wrong" and (ref := promise.check.ref) is not None:
            found.append(Broken(ref.file, ref.line, ref.text.strip(), f"{promise.check.name}: {promise.check.detail}"))
    for deviation in report.deviations:
        ref = deviation.corrects
        place = (ref.file, ref.line, ref.text.strip()) if ref is not None else ("", 0, "")
        found.append(Broken(*place, deviation.description, deviation.sentence))
    return tuple(found[:QUOTES])


def _how_it_ended(step: ReportStep) -> str:
    if step.exit_code is not None:
        return exit_words(step.exit_code, step.output_tail, "exit code")
    return f"was ended: {step.ended.value}"


def _first_sentence(errors: tuple[BuildError, ...], report: RunReport) -> str:
    if errors:
        return _without_code(errors[0])
    return "" if report.verdict in (Verdict.PASS, Verdict.HEALED) else report.reason


def _worked(report: RunReport) -> str:
    good = [step for step in report.steps if step.succeeded]
    if not report.steps:
        return ""
    if len(good) == len(report.steps):
        return f"{'its one step' if len(good) == 1 else f'all {len(good)} steps'}{_then_tests(report)}"
    if not good:
        return f"none of {counted(len(report.steps), 'step')}"
    last = good[-1]
    return f"{len(good)} of {counted(len(report.steps), 'step')}, the last of them `{_one_line(last.command)}`"


def _failing(report: RunReport) -> str:
    if report.tests_run == 1:
        return "its one test fails"
    return f"{report.tests_failed} of its {report.tests_run} tests {'fails' if report.tests_failed == 1 else 'fail'}"


def _and_tests(report: RunReport) -> str:
    if not report.tests_run:
        return ", and its tests pass"
    return f", and its {report.tests_run} tests pass" if report.tests_run > 1 else ", and its one test passes"


def _then_tests(report: RunReport) -> str:
    return f"; then {report.tests_passed} of {counted(report.tests_run, 'test')} passed" if report.tests_run else ""


def _joined(parts: list[str]) -> str:
    return "; ".join(parts)


def _one_line(command: str, limit: int = 80) -> str:
    first = (command.strip().splitlines() or [""])[0]
    return first if len(first) <= limit else first[: limit - 1] + "…"
