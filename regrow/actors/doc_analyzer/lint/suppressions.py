"""What a document or the settings say to leave alone, and why.

`<!-- regrow: ignore RULE reason -->` and `.. regrow: ignore RULE reason` hold for their own line and for the next paragraph or
block, with the block of code that follows a paragraph. `[tool.regrow.lint-docs]` of pyproject.toml and `[lint-docs]` of
.regrow.toml hold for files: `ignore = [{rule = "...", file = "docs/*", reason = "..."}]`. A suppression without a reason
suppresses nothing and is a finding of its own.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from regrow.actors.doc_analyzer.blocks import BlockKind
from regrow.actors.doc_analyzer.lint.model import Finding
from regrow.actors.doc_analyzer.lint.pages import Page
from regrow.actors.doc_analyzer.lint.rule_table import RULES
from regrow.core.project.file_tree import FileTree

__all__ = ["Suppression", "apply", "in_settings", "on_page"]

_COMMENT = re.compile(r"^\s*(?:<!--\s*regrow: ignore\s*(?P<one>.*?)\s*-->|\.\.\s+regrow: ignore\s*(?P<two>.*?)\s*$)")


@dataclass(frozen=True, slots=True)
class Suppression:
    """One rule, the lines or files that it is switched off for, and the reason. Lines count both ends; 0 to 0 is "
    "all.
    """

    rule: str
    pattern: str
    first: int
    last: int
    reason: str

    def covers(self, finding: Finding) -> bool:
        """Whether a finding is to be left."""
        inside = self.last == 0 or self.first <= finding.line <= self.last
        return finding.rule == self.rule and inside and fnmatchcase(finding.file, self.pattern)


def on_page(page: Page) -> tuple[list[Suppression], list[Finding]]:
    """Those in the comments of a document, and what is wrong with them."""
    found: list[Suppression] = []
    wrong: list[Finding] = []
    for number, line in enumerate(page.lines, 1):
        match = _COMMENT.match(line)
        if match is None:
            continue
        rule, _, reason = (match.group("one") or match.group("two") or "").partition(" ")
        problem = _problem(rule, reason)
        if problem is None:
            found.append(Suppression(rule, page.file, number, _end(page, number), reason.strip()))
        else:
            wrong.append(page.finding(problem[0], number, problem[1]))
    return found, wrong


def in_settings(tree: FileTree) -> tuple[list[Suppression], list[Finding]]:
    """Those in pyproject.toml and .regrow.toml, and what is wrong with them."""
    found: list[Suppression] = []
    wrong: list[Finding] = []
    for file, keys in (
        ("pyproject.toml", ("tool", "regrow", "lint-docs")),
        (".regrow.toml", ("lint-docs",)),
        (".regrow.toml", ("tool", "regrow", "lint-docs")),
    ):
        text = tree.text(file)
        for entry in _entries(text, keys) if text else ():
            rule, reason = str(entry.get("rule", "")), str(entry.get("reason", ""))
            problem = _problem(rule, reason)
            if problem is None:
                found.append(Suppression(rule, str(entry.get("file", "*")), 0, 0, reason))
            else:
                line = next((n for n, row in enumerate((text or "").split("\n"), 1) if "lint-docs" in row), 1)
                wrong.append(Finding(file, line, problem[0], problem[1]))
    return found, wrong


def _entries(text: str, keys: Sequence[str]) -> Iterator[dict[str, object]]:
    try:
        table: object = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    entries = table.get("ignore") if isinstance(table, dict) else None
    for entry in entries if isinstance(entries, list) else ():
        yield entry if isinstance(entry, dict) else {"rule": str(entry)}


def _problem(rule: str, reason: str) -> tuple[str, str] | None:
    if rule not in RULES:
        return "suppression-of-unknown-rule", f"there is no rule '{rule}'"
    if not reason.strip():
        return "suppression-without-reason", f"the suppression of {rule} says no reason, so it suppresses nothing"
    return None


def _end(page: Page, number: int) -> int:
    """The last line that a comment holds for."""
    following = [block for block in page.blocks if block.line > number]
    if not following:
        return number
    last = following[0]
    if last.kind is BlockKind.TEXT and len(following) > 1 and following[1].kind is BlockKind.CODE:
        last = following[1]
    return max(number, last.end_line)


def apply(
    findings: Sequence[Finding], suppressions: Sequence[Suppression]
) -> tuple[tuple[Finding, ...], tuple[tuple[Finding, str], ...]]:
    """What is left, and what is suppressed with its reason."""
    kept: list[Finding] = []
    left: list[tuple[Finding, str]] = []
    for finding in findings:
        reason = next((s.reason for s in suppressions if s.covers(finding)), None)
        if reason is None:
            kept.append(finding)
        else:
            left.append((finding, reason))
    return tuple(kept), tuple(left)
