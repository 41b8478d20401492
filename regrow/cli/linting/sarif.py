"""Findings as SARIF 2.1.0, for code hosts and editors. Columns count from 1 there, and the end is the one after.

Source: OASIS, Static Analysis Results Interchange Format 2.1.0 (sections 3.14 run, 3.27 result, 3.30 region, 3.55 fix).
"""

from __future__ import annotations

from regrow.actors.doc_analyzer.lint import RULES, Finding, LintResult
from regrow.protocols.documents import Severity

__all__ = ["sarif_log"]

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def sarif_log(result: LintResult, version: str) -> dict[str, object]:
    """The log as a value for `json.dumps`. Suppressed findings are in it, with their reasons."""
    order = {name: number for number, name in enumerate(RULES)}
    results = [_result(finding, order, None) for finding in (*result.findings, *result.missing)]
    results += [_result(finding, order, reason) for finding, reason in result.suppressed]
    driver = {
        "name": "regrow lint-docs",
        "version": version,
        "semanticVersion": version,
        "rules": [
            {
                "id": rule.name,
                "name": "".join(part.title() for part in rule.name.split("-")),
                "shortDescription": {"text": rule.title},
                "fullDescription": {"text": rule.checks},
                "defaultConfiguration": {"level": _LEVELS[rule.severity]},
                "help": {"text": f"{rule.checks} See docs/lint_rules.md#{rule.name}."},
            }
            for rule in RULES.values()
        ],
    }
    return {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }


def _result(finding: Finding, order: dict[str, int], reason: str | None) -> dict[str, object]:
    artifact = {"uri": finding.file, "uriBaseId": "%SRCROOT%"}
    region: dict[str, object] = {"startLine": finding.line}
    edit = finding.edit
    if edit is not None:
        region |= {"startColumn": edit.start + 1, "endLine": edit.line, "endColumn": edit.end + 1}
    text = finding.message + (f" ({finding.evidence})" if finding.evidence else "")
    found: dict[str, object] = {
        "ruleId": finding.rule,
        "ruleIndex": order[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": {"artifactLocation": artifact, "region": region}}],
    }
    if edit is not None:
        change = {"deletedRegion": region, "insertedContent": {"text": edit.text}}
        changes = [{"artifactLocation": artifact, "replacements": [change]}]
        found["fixes"] = [{"description": {"text": f"write '{edit.text}'"}, "artifactChanges": changes}]
    if reason is not None:
        found["suppressions"] = [{"kind": "inSource", "justification": reason}]
    return found
