"""Findings of the documentation linter as values."""

from __future__ import annotations

from dataclasses import dataclass

from regrow.actors.doc_analyzer.lint.rule_table import RULES
from regrow.protocols.documents import Severity

__all__ = ["Edit", "Finding", "LintResult", "Part"]


@dataclass(frozen=True, slots=True)
class Edit:
    """What stands in a line from column `start` up to `end` (from 0) becomes `text`."""

    line: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong or missing at one place.

    Attributes:
        file: Path in the tree; the README that should hold it when something is missing.
        line: From 1.
        rule: A name of `RULES`.
        message: What is wrong, in words without a full stop.
        evidence: What it was compared with.
        edit: What would mend it, where that is certain enough to propose.
    """

    file: str
    line: int
    rule: str
    message: str
    evidence: str = ""
    edit: Edit | None = None

    @property
    def severity(self) -> Severity:
        """That of its rule."""
        return RULES[self.rule].severity


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the documentation score: what a newcomer looks for, and the points that it counts."""

    name: str
    points: int
    present: bool
    where: str = ""


@dataclass(frozen=True, slots=True)
class LintResult:
    """All that the linter has to say of a tree.

    Attributes:
        documents: The files that were read, in the order of a newcomer.
        findings: What is wrong.
        missing: What a newcomer lacks.
        suppressed: Findings that a document or the settings say to leave, each with the reason given.
        parts: The documentation score by its parts.
    """

    documents: tuple[str, ...]
    findings: tuple[Finding, ...]
    missing: tuple[Finding, ...]
    suppressed: tuple[tuple[Finding, str], ...]
    parts: tuple[Part, ...]

    @property
    def score(self) -> int:
        """0 to 100."""
        return sum(part.points for part in self.parts if part.present)
