"""Each row of the causes is right about its own line, and all of them about outputs of real tools."""

from __future__ import annotations

import re

import pytest

from regrow.core.learning.cause_table import CAUSE_RULES, Cause, CauseRule
from regrow.core.learning.classifying import classify
from regrow.core.learning.recognising import recognise
from tests.core.learning.measuring import measure, read_outputs


@pytest.mark.parametrize("rule", CAUSE_RULES, ids=lambda rule: f"{rule.cause}-{rule.example[:30]}")
def test_row_is_right_about_its_own_line(rule: CauseRule) -> None:
    assert re.search(rule.pattern, rule.example)
    assert classify(rule.example).cause is rule.cause


def test_every_cause_has_a_row() -> None:
    assert {rule.cause for rule in CAUSE_RULES} | {Cause.UNKNOWN} == set(Cause)


def test_causes_of_real_outputs_are_told() -> None:
    outputs = read_outputs()
    figures, wrong = measure(outputs)
    assert len(outputs) >= 150
    assert len(wrong) <= 2, [(each.name, each.cause, told) for each, told in wrong]
    assert all(each.recall >= 0.75 and each.precision >= 0.8 for each in figures)


def test_first_cause_of_several_is_told_with_its_lines_and_the_rest_beside_it() -> None:
    found = classify("x\n=== 1 failed in 0.1s ===\nConnectionRefusedError: [Errno 111] Connection refused\n")
    assert (found.cause, found.others) == (Cause.MISSING_SERVICE, (Cause.TEST_FAILURE,))
    assert [(line.line, line.text[:22]) for line in found.lines] == [(3, "ConnectionRefusedError")]


@pytest.mark.parametrize("code", [139, 134, -11])
def test_end_by_a_signal_is_a_crash(code: int) -> None:
    assert classify("nothing\n", exit_code=code).cause is Cause.CRASH


@pytest.mark.parametrize(
    ("code", "cause"), [("E2005", Cause.TIME_OUT), ("E3005", Cause.UNDOCUMENTED_STEP), ("E9999", Cause.UNKNOWN)]
)
def test_code_decides_where_no_line_does(code: str, cause: Cause) -> None:
    assert classify("", code).cause is cause


def test_what_a_build_looks_for_is_no_failure() -> None:
    assert classify("checking for valac... valac: command not found").cause is Cause.UNKNOWN


def test_same_failure_elsewhere_has_the_same_pattern_and_a_vague_one_is_known_by_its_message() -> None:
    one = recognise("/a/b/c.c:1:10: fatal error: zlib.h: No such file or directory", "E2004", "building", "x")
    two = recognise("noise\n/x/y.c:9:1: fatal error: yaml.h: No such file or directory", "E2004", "building", "y")
    assert one.pattern_id == two.pattern_id
    vague = recognise("=== 3 failed in 1s ===", "E3001", "verifying", "3 of 9 tests failed")
    assert vague.normal_form == "<n> of <n> tests failed"
    assert vague.templates == (("=== <n> failed in <n>s ===", 1),)


def test_long_output_is_classified_at_both_ends() -> None:
    noise = "all is well here\n" * 60_000
    assert classify(f"tox: command not found\n{noise}").cause is Cause.MISSING_TOOL
    assert classify(f"{noise}tox: command not found\n").cause is Cause.MISSING_TOOL
