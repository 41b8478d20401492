"""What a report has to say about lines of documents, for machines that show it there: SARIF and workflow commands. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from regrow.cli.report.promises import code_of, promises_of
from regrow.cli.report.verdict import errors_that_count
from regrow.protocols.documents import Severity
from regrow.protocols.error_codes import ErrorCode
from regrow.protocols.error_table import ERRORS
from regrow.protocols.report import ReadFinding, RunReport
from regrow.protocols.status import Verdict

__all__ = ["Finding", "Replacement", "findings_of", "replacements_of"]

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@")


@dataclass(frozen=True, slots=True)
class Replacement:
    """Whole lines of a document that are to be replaced: `line` and `count` of the old ones, 0 for an insertion before it."""

    file: str
    line: int
    count: int
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Attributes:
        rule: An error's code, `deviation/KIND`, or `lint/RULE` of what reading alone has found.
        about: What the rule is, for a reader of the rule.
        level: "error", "warning" or "note".
        file: Relative to the project, None where no line is to blame.
        quote: What stands there.
    """

    rule: str
    about: str
    level: str
    message: str
    file: str | None = None
    line: int = 1
    end_line: int = 1
    quote: str = ""
    fixes: tuple[Replacement, ...] = ()


def findings_of(report: RunReport) -> tuple[Finding, ...]:
    """Return the errors of a run that does not pass, then its deviations, then what reading alone has found.

    What both the run and reading say of one line is one finding: the run's, with what reading says of it.
    """
    fixes = replacements_of(report.docs_patch)
    errors = () if report.verdict in (Verdict.PASS, Verdict.HEALED) else _errors(report)
    shown = (*errors, *_promises(report), *_deviations(report, fixes), *_accepted(report))
    told = {read for finding in shown for read in report.read_findings if _same_place(finding, read)}
    joined = tuple(_with_reading(finding, report.read_findings) for finding in shown)
    return (*joined, *(_by_reading(read) for read in report.read_findings if read not in told))


def _promises(report: RunReport) -> Iterator[Finding]:
    """What is not as the documents say; the first that costs the verdict stands among the errors already."""
    told = {(error.code, error.file, error.line) for error in errors_that_count(report)}
    for promise in promises_of(report):
        check, code = promise.check, code_of(promise.check)
        ref = check.ref
        if check.passed is not False or ref is None or (code, ref.file, ref.line) in told:
            continue
        level = "error" if promise.state == "wrong" else "note"
        about = ERRORS[ErrorCode(code)].condition
        yield Finding(code, about, level, f"{check.name}: {check.detail}", ref.file, ref.line, ref.end_line, ref.text)


def _same_place(finding: Finding, read: ReadFinding) -> bool:
    return finding.file == read.file and finding.line <= read.line <= finding.end_line


def _with_reading(finding: Finding, found: Sequence[ReadFinding]) -> Finding:
    said = [
        f"{read.message} ({read.rule}: {read.evidence or read.about})" for read in found if _same_place(finding, read)
    ]
    return replace(finding, message=f"{finding.message}; found by reading too: {'; '.join(said)}") if said else finding


def _by_reading(read: ReadFinding) -> Finding:
    """A finding of the linter: never an error, as the verdict does not rest on it."""
    level = "note" if read.severity is Severity.NOTE else "warning"
    evidence = f" ({read.evidence})" if read.evidence else ""
    shown = f"; {'; '.join(read.shown)}" if read.shown else ""
    fixes = (Replacement(read.file, read.line, 1, f"{read.replacement}\n"),) if read.replacement is not None else ()
    message = f"found by reading: {read.message}{evidence}{shown}"
    return Finding(f"lint/{read.rule}", read.about, level, message, read.file, read.line, read.line, read.says, fixes)


def _errors(report: RunReport) -> Iterator[Finding]:
    level = "error" if report.verdict is Verdict.FAIL else "warning"
    steps = {step.step_id: step for step in report.steps}
    for error in errors_that_count(report):
        step = steps.get(error.step or "")
        file, line = error.file, error.line
        if file is None and step is not None:
            file, line = step.file, step.line
        row = ERRORS[ErrorCode(error.code)]
        message = error.message.removeprefix(error.code).lstrip()
        quote = step.says or step.command if step is not None and step.file == file else ""
        yield Finding(error.code, row.condition, level, message, file, line or 1, line or 1, quote)


def _deviations(report: RunReport, fixes: tuple[Replacement, ...]) -> Iterator[Finding]:
    for deviation in report.deviations:
        rule = f"deviation/{deviation.kind.value}"
        about = f"what was done that the documents do not say ({deviation.kind.value.replace('_', ' ')})"
        should = f"; the document should say: {deviation.sentence}" if deviation.sentence else ""
        message = f"{deviation.description}{should}"
        ref = deviation.corrects
        if ref is None:  # nothing stands there that is wrong: the place is where the patch says it
            known = tuple(each for each in fixes if _says(each, deviation.sentence))
            file, line = (known[0].file, known[0].line) if known else (None, 1)
            yield Finding(rule, about, "warning", message, file, line, line, fixes=known)
            continue
        known = tuple(each for each in fixes if each.file == ref.file and _touches(each, ref.line, ref.end_line))
        yield Finding(rule, about, "warning", message, ref.file, ref.line, ref.end_line, ref.text, known)


def _accepted(report: RunReport) -> Iterator[Finding]:
    for each in report.accepted:
        ref = each.deviation.corrects
        place = (ref.file, ref.line, ref.end_line, ref.text) if ref is not None else (None, 1, 1, "")
        message = f"{each.deviation.description}; accepted: {each.reason}"
        yield Finding("deviation/accepted", "a deviation that the project's own file accepts", "note", message, *place)


def _says(fix: Replacement, sentence: str) -> bool:
    return any(code in fix.text for code in re.findall(r"`([^`]+)`", sentence))


def _touches(fix: Replacement, first: int, last: int) -> bool:
    return fix.line <= last + 1 and fix.line + fix.count >= first


def replacements_of(patch: str) -> tuple[Replacement, ...]:
    """Return what a unified diff replaces, one for each run of changed lines; what is no diff replaces nothing.

    >>> replacements_of("--- a/README.md\\n+++ b/README.md\\n@@ -3,2 +3,2 @@\\n keep\\n-old\\n+new\\n")
    (Replacement(file='README.md', line=4, count=1, text='new\\n'),)
    """
    found: list[Replacement] = []
    file, line, removed, new = "", 0, 0, ""
    old_left = new_left = 0
    for text in [*patch.splitlines(keepends=True), "@@ end"]:
        kind = text[:1]
        if file and kind == "-" and old_left:
            removed, old_left = removed + 1, old_left - 1
            continue
        if file and kind == "+" and new_left:
            new, new_left = new + text[1:], new_left - 1
            continue
        if removed or new:
            found.append(Replacement(file, line, removed, new))
            line, removed, new = line + removed, 0, ""
        if hunk := _HUNK.match(text):
            old_left, new_left = int(hunk[2] or 1), int(hunk[3] or 1)
            # An empty old side names the line after which the new ones stand.
            line = int(hunk[1]) + (old_left == 0)
        elif kind == " ":
            line, old_left, new_left = line + 1, old_left - 1, new_left - 1
        elif text.startswith("+++ "):
            file = text[4:].split("\t")[0].strip().removeprefix("b/")
    return tuple(found)
