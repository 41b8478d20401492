"""What was found, as text for people and as a value for machines."""

from __future__ import annotations

from collections.abc import Iterator

from regrow.actors.doc_analyzer.lint import Finding, LintResult
from regrow.core.project.file_tree import FileTree
from regrow.protocols.plurals import counted

__all__ = ["as_text", "as_value"]


def as_text(result: LintResult, tree: FileTree) -> str:
    """One line for each finding, its replacement below it; then what is missing, and the score with its parts."""
    return "\n".join(_lines(result, tree)) + "\n"


def _lines(result: LintResult, tree: FileTree) -> Iterator[str]:
    for finding in (*result.findings, *result.missing):
        where = f" ({finding.evidence})" if finding.evidence else ""
        yield f"{finding.file}:{finding.line}: {finding.rule}: {finding.message}{where}"
        if (line := _replaced(finding, tree)) is not None:
            yield f"    write: {line.strip()}"
    if result.suppressed:
        yield f"{len(result.suppressed)} suppressed: " + "; ".join(
            f"{finding.file}:{finding.line} {finding.rule} ({reason})" for finding, reason in result.suppressed
        )
    for part in result.parts:
        mark = f"{part.points:3}" if part.present else "  0"
        yield f"  {mark} of {part.points:2}  {part.name}{f'  ({part.where})' if part.where else ''}"
    yield (
        f"{counted(len(result.documents), 'document')}: {counted(len(result.findings), 'finding')}, {len(result.missing)} missing, "
        f"documentation score {result.score} of 100"
    )


def _replaced(finding: Finding, tree: FileTree) -> str | None:
    """The line as it should stand."""
    edit = finding.edit
    lines = (tree.text(finding.file) or "").split("\n") if edit is not None else []
    if edit is None or edit.line > len(lines):
        return None
    line = lines[edit.line - 1]
    return line[: edit.start] + edit.text + line[edit.end :]


def as_value(result: LintResult, tree: FileTree) -> dict[str, object]:
    """The object that `--json` prints."""
    return {
        "documents": list(result.documents),
        "findings": [_finding(finding, tree) for finding in result.findings],
        "missing": [_finding(finding, tree) for finding in result.missing],
        "suppressed": [{**_finding(finding, tree), "reason": reason} for finding, reason in result.suppressed],
        "score": {
            "total": result.score,
            "parts": [
                {"name": part.name, "points": part.points, "present": part.present, "where": part.where}
                for part in result.parts
            ],
        },
    }


def _finding(finding: Finding, tree: FileTree) -> dict[str, object]:
    return {
        "file": finding.file,
        "line": finding.line,
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": finding.message,
        "evidence": finding.evidence,
        "replacement": _replaced(finding, tree),
    }
