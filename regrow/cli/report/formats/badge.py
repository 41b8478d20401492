"""The verdict as a badge: a picture (SVG) that loads nothing, and the JSON that a badge service draws one from. Pure.

The widths of the characters are those of Verdana at 11 pixels, which badges are set in; `textLength` makes a reader with
another font keep to them. Nothing in it has an id: two badges within one page would share it.
"""

from __future__ import annotations

import json
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from regrow.cli.report.formats.escaping import xml_text
from regrow.protocols.plurals import counted
from regrow.protocols.report import RunReport
from regrow.protocols.status import Verdict

__all__ = ["render_badge", "render_shields"]

LABEL: Final = "built from docs"
PADDING, HEIGHT = 6, 20

_COLOURS: Final = {
    Verdict.PASS: ("#2e7d32", "brightgreen"),
    Verdict.HEALED: ("#9a6700", "yellow"),
    Verdict.FAIL: ("#c62828", "red"),
    Verdict.UNDECIDED: ("#6e5494", "lightgrey"),
    Verdict.CANCELLED: ("#57606a", "lightgrey"),
}
"""For the picture: dark enough for white text (4.5 to 1, WCAG 2.1 section 1.4.3); for the service: its names."""

_NARROW, _WIDE = frozenset("iljtfrI.,:;'|!() "), frozenset("mwMW%@")


def render_badge(report: RunReport) -> str:
    """Return the picture."""
    message = _message(report)
    left, right = _width(LABEL), _width(message)
    whole = left + right + 4 * PADDING
    divide = left + 2 * PADDING
    told = f"{LABEL}: {message}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="{HEIGHT}" role="img" aria-label={quoteattr(told)}>'
        f"<title>{escape(told)}</title>"
        f'<path d="M3 0H{divide}V20H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z" fill="#444c56"/>'
        f'<path d="M{divide} 0H{whole - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H{divide}z" fill="{_COLOURS[report.verdict][0]}"/>'
        f'<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="{PADDING}" y="14" textLength="{left}">{escape(LABEL)}</text>'
        f'<text x="{divide + PADDING}" y="14" textLength="{right}">{escape(message)}</text></g></svg>'
    )


def render_shields(report: RunReport) -> str:
    """Return the object of a badge service's endpoint. Source: shields.io, "Endpoint Badge", schema version 1."""
    told: dict[str, object] = {
        "schemaVersion": 1,
        "label": LABEL,
        "message": _message(report),
        "color": _COLOURS[report.verdict][1],
    }
    if report.verdict is Verdict.FAIL:
        told["isError"] = True
    return json.dumps(told, indent=2)


def _message(report: RunReport) -> str:
    if report.verdict is Verdict.PASS and report.tests_passed:
        return f"pass, {counted(report.tests_passed, 'test')}"
    if report.verdict is Verdict.HEALED:
        count = len(report.deviations)
        return f"healed, {counted(count, 'deviation')}"
    return xml_text(report.verdict.value)


def _width(text: str) -> int:
    """Return about how wide a text is, in pixels.

    >>> _width("pass"), _width("iii")
    (27, 12)
    """
    return round(sum(4 if each in _NARROW else 10 if each in _WIDE else 6.8 for each in text))
