"""The report as SARIF 2.1.0 (OASIS): what is wrong, at the line of the document, with the change that mends it.

A change is known where the run has made a patch of the documents; it replaces whole lines, because only those are known.
Files are relative to the project's root, or to `prefix`, where the project lies in its repository.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from regrow import __version__
from regrow.cli.report.findings import Finding, Replacement, findings_of
from regrow.cli.report.formats.escaping import cut_head
from regrow.protocols.report import RunReport
from regrow.protocols.status import Verdict
from regrow.protocols.wire import JsonObject

__all__ = ["render_sarif"]

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
MESSAGE_CHARS: Final = 4_000
QUOTE_CHARS: Final = 1_000


def render_sarif(report: RunReport, prefix: str = "") -> str:
    """Return the log of one run."""
    findings = findings_of(report)
    rules = {finding.rule: finding.about for finding in reversed(findings)}
    driver: JsonObject = {
        "name": "regrow",
        "semanticVersion": __version__,
        "rules": [{"id": rule, "shortDescription": {"text": about}} for rule, about in rules.items()],
    }
    run: JsonObject = {
        "tool": {"driver": driver},
        "invocations": [
            {
                "executionSuccessful": report.verdict not in (Verdict.UNDECIDED, Verdict.CANCELLED),
                "endTimeUtc": report.finished_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        ],
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, list(rules), prefix) for finding in findings],
        "properties": {"verdict": report.verdict.value, "run": report.run_id, "target": report.target},
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _result(finding: Finding, rules: Sequence[str], prefix: str) -> JsonObject:
    named = f"{finding.rule}\0{finding.file}\0{finding.quote or finding.message}"
    found: JsonObject = {
        "ruleId": finding.rule,
        "ruleIndex": rules.index(finding.rule),
        "level": finding.level,
        "message": {"text": cut_head(finding.message, MESSAGE_CHARS)},
        # Of the text and not of the line, so that a sentence that moves is the same finding.
        "partialFingerprints": {"regrow/v1": hashlib.sha256(named.encode("utf-8", "replace")).hexdigest()},
    }
    if finding.file is not None:
        region: JsonObject = {"startLine": finding.line, "endLine": finding.end_line}
        if finding.quote:
            region["snippet"] = {"text": cut_head(finding.quote, QUOTE_CHARS)}
        place: JsonObject = {"artifactLocation": _artifact(finding.file, prefix), "region": region}
        found["locations"] = [{"physicalLocation": place}]
    if finding.fixes:
        found["fixes"] = [
            {
                "description": {"text": "say in the documents what worked"},
                "artifactChanges": [_change(fix, prefix) for fix in finding.fixes],
            }
        ]
    return found


def _artifact(file: str, prefix: str) -> JsonObject:
    return {"uri": quote(f"{prefix}{file}", safe="/", errors="replace")}


def _change(fix: Replacement, prefix: str) -> JsonObject:
    """Whole lines: from the first column of the first to the first column of the line after the last."""
    deleted: JsonObject = {
        "startLine": fix.line,
        "startColumn": 1,
        "endLine": fix.line + fix.count,
        "endColumn": 1,
    }
    return {
        "artifactLocation": _artifact(fix.file, prefix),
        "replacements": [{"deletedRegion": deleted, "insertedContent": {"text": fix.text}}],
    }
