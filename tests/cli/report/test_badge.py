"""The badge: a picture that stands alone, and the object of a badge service."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest

from regrow.cli.report.formats.badge import _COLOURS, render_badge, render_shields
from regrow.protocols.status import Verdict
from tests.cli.report.test_formats import REPORTS, a_report

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    ("verdict", "message", "colour"),
    [
        ("pass", "pass, 3 tests", "brightgreen"),
        ("healed", "healed, 2 deviations", "yellow"),
        ("fail", "fail", "red"),
        ("undecided", "undecided", "lightgrey"),
    ],
)
def test_the_badge_says_the_verdict_in_words_and_colour(verdict: str, message: str, colour: str) -> None:
    root = ET.fromstring(render_badge(REPORTS[verdict]))
    assert [each.text for each in root.iter(f"{SVG}text")] == ["built from docs", message]
    assert root.get("aria-label") == f"built from docs: {message}"
    told = json.loads(render_shields(REPORTS[verdict]))
    assert (told["schemaVersion"], told["message"], told["color"]) == (1, message, colour)
    assert told.get("isError", False) is (verdict == "fail")


def test_the_badge_loads_nothing_and_its_parts_fit() -> None:
    text = render_badge(a_report("pass", tests_run=1, tests_passed=1))
    assert "href" not in text
    assert ">pass, 1 test<" in text
    root = ET.fromstring(text)
    assert all(float(each.get("textLength", "0")) < float(root.get("width", "0")) for each in root.iter(f"{SVG}text"))


def luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("verdict", Verdict)
def test_white_text_can_be_read_on_each_colour(verdict: Verdict) -> None:
    assert 1.05 / (luminance(_COLOURS[verdict][0]) + 0.05) >= 4.5
