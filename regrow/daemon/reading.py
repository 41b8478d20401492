"""Shell: what reading alone finds wrong in the documents of a run's project, beside what the run showed of the same lines.

Read when the run is over and its verdict stands, from the files as they were fetched: so no verdict can rest on it, and no
run waits for it. The package index is not asked: a report says the same with and without a network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from regrow.actors.doc_analyzer.lint import Finding, LintResult, lint, open_target
from regrow.actors.doc_analyzer.lint.rule_table import RULES
from regrow.actors.run.project_reading import read_project
from regrow.core.project.file_tree import FileTree
from regrow.core.project.folder_tree import open_folder
from regrow.protocols.errors import RegrowError
from regrow.protocols.plan import Deviation, DocumentationScore
from regrow.protocols.report import ReadFinding, ReportStep
from regrow.protocols.verification import BuildError

__all__ = ["Reading", "join_with_run", "read_documents", "score_of"]

LIMIT_FINDINGS = 100
LIMIT_CHARS = 500
_LIMIT_DEPTH = 5


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading alone says: what is wrong, and how much is there. `score` is None where nothing could be read."""

    findings: tuple[ReadFinding, ...] = ()
    score: DocumentationScore | None = None


def score_of(found: LintResult) -> DocumentationScore:
    """Return the documentation score of what was read."""
    lacks = tuple(f"{part.name} ({part.points})" for part in found.parts if not part.present)
    return DocumentationScore(total=found.score, lacks=lacks)


def read_documents(source: Path) -> Reading:
    """Lint the project that was fetched into a folder. Empty when it is not there any more. Blocks.

    Args:
        source: Where the target was fetched to; an archive's own folder may lie below.
    """
    try:
        root = _root(source)
        if root is None:
            return Reading()
        _, folder = read_project(root)
        tree = open_folder(folder)
        result = lint(open_target(tree))
        findings = tuple(_as_value(finding, tree) for finding in result.findings[:LIMIT_FINDINGS])
        return Reading(findings, score_of(result))
    except (OSError, RegrowError):
        return Reading()  # What cannot be read has been told as the reason of the verdict.


def _root(source: Path) -> Path | None:
    """The project's folder: what was unpacked lies some folders below, each the only thing in the one above."""
    if not source.is_dir():
        return None
    for _ in range(_LIMIT_DEPTH):
        inner = list(source.iterdir())
        if len(inner) != 1 or not inner[0].is_dir() or inner[0].is_symlink():
            break
        source = inner[0]
    return source


def _as_value(finding: Finding, tree: FileTree) -> ReadFinding:
    lines = (tree.text(finding.file) or "").split("\n")
    says = lines[finding.line - 1] if finding.line <= len(lines) else ""
    edit = finding.edit
    return ReadFinding(
        rule=finding.rule,
        about=RULES[finding.rule].title,
        severity=finding.severity,
        file=finding.file,
        line=max(1, finding.line),
        message=finding.message[:LIMIT_CHARS],
        evidence=finding.evidence[:LIMIT_CHARS],
        says=says.strip()[:LIMIT_CHARS],
        replacement=says[: edit.start] + edit.text + says[edit.end :] if edit is not None else None,
    )


def join_with_run(
    found: Sequence[ReadFinding],
    steps: Sequence[ReportStep],
    deviations: Sequence[Deviation],
    errors: Sequence[BuildError],
) -> tuple[ReadFinding, ...]:
    """Each finding with what the run showed of the same line: one finding with both kinds of evidence."""
    shown = [*_shown(steps, deviations, errors)]
    return tuple(
        finding.model_copy(
            update={
                "shown": tuple(
                    dict.fromkeys(
                        text
                        for file, first, last, text in shown
                        if file == finding.file and first <= finding.line <= last
                    )
                )
            }
        )
        for finding in found
    )


def _shown(
    steps: Sequence[ReportStep], deviations: Sequence[Deviation], errors: Sequence[BuildError]
) -> Iterator[tuple[str, int, int, str]]:
    for step in steps:
        if not step.succeeded and step.file is not None and step.line is not None:
            last = step.line + max(0, step.says.count("\n"))
            how = f"exit code {step.exit_code}" if step.exit_code is not None else step.ended.value
            yield step.file, step.line, last, f"'{step.command.strip()[:120]}' failed in the run: {how}"
    for error in errors:
        if error.file is not None and error.line is not None:
            yield error.file, error.line, error.line, f"the run failed here: {error.message[:200]}"
    for deviation in deviations:
        if (ref := deviation.corrects) is not None:
            yield ref.file, ref.line, ref.end_line, f"the run had to deviate: {deviation.description[:200]}"
