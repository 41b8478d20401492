"""Tests are counted from what a runner prints: one row, one runner; and nothing is counted that does not add up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regrow.actors.verifier import count_output
from regrow.actors.verifier import tested_copy as judged_copy
from regrow.actors.verifier.counting import read_reporter
from regrow.actors.verifier.counting.junit import count_junit
from regrow.actors.verifier.counting.reporter_lines import TestedModule

JUNIT = (
    '<testsuites><testsuite name="a"><testcase classname="t" name="one"/><testcase classname="t" name="two">'
    '<failure message="no"/></testcase><testcase classname="t" name="three"><skipped message="later"/></testcase>'
    "</testsuite></testsuites>"
)

AUTOMAKE = (
    "=====\nTestsuite summary for demo 1.0\n=====\n"
    "# TOTAL: 5\n# PASS:  4\n# SKIP:  0\n# XFAIL: 0\n# FAIL:  1\n# XPASS: 0\n# ERROR: 0\n"
)


@pytest.mark.parametrize(
    ("output", "counts"),
    [
        ("===== 5 passed in 0.10s =====", (5, 5, 0, 0)),
        ("===== 1 failed, 4 passed, 2 skipped, 1 error in 0.10s =====", (6, 4, 1, 2)),
        (
            "\x1b[31m==== \x1b[32m18 passed\x1b[0m, \x1b[33m49 skipped\x1b[0m\x1b[31m in 26.88s ====\x1b[0m",
            (18, 18, 0, 49),
        ),
        ("Ran 7 tests in 0.010s\n\nFAILED (failures=2, skipped=1)", (6, 4, 2, 1)),
        ("ok 1 - a\nnot ok 2 - b\n1..2", (2, 1, 1, 0)),
        (
            "ok 1 - a # time=755.2ms\nok 2 - b # SKIP no c # time=1ms\nnot ok 3 - c # time=2ms\n1..3\n# time=3ms",
            (2, 1, 1, 1),
        ),
        ("# tests 3\n# suites 0\n# pass 2\n# fail 1\n# cancelled 0\n# skipped 0\n# todo 0\n", (3, 2, 1, 0)),
        ("  4 passing (12ms)\n  1 failing\n", (5, 4, 1, 0)),
        ("Tests:       1 failed, 8 passed, 9 total\n", (9, 8, 1, 0)),
        (
            "test result: FAILED. 3 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.00s\n",
            (4, 3, 1, 2),
        ),
        (
            "ok test/a.js .................................... 3/3\ntotal ............................... 129/130\n",
            (130, 129, 1, 0),
        ),
        ("  total:     6\n  passing:   5\n  failing:   1\n", (6, 5, 1, 0)),
        ("\u2713 OK: 12 assertions (3ms)\n", (12, 12, 0, 0)),
        ("All tests passed (10 assertions in 3 test cases)\n", (3, 3, 0, 0)),
        ("test cases: 5 | 4 passed | 1 failed\nassertions: 9 | 8 passed | 1 failed\n", (5, 4, 1, 0)),
        ("[doctest] test cases:  5 |  5 passed | 0 failed | 0 skipped\n", (5, 5, 0, 0)),
        ("12 Tests 1 Failures 2 Ignored \nFAIL\n", (10, 9, 1, 2)),
        ("OK (5 tests, 5 ran, 10 checks, 0 ignored, 0 filtered out, 3 ms)\n", (5, 5, 0, 0)),
        ("Run: 5   Failure total: 1   Failures: 1   Errors: 0\n", (5, 4, 1, 0)),
        ("               tests     10     10      9      1        0\n", (10, 9, 1, 0)),
        ("[====] Synthesis: Tested: 5 | Passing: 3 | Failing: 1 | Crashing: 1 \n", (5, 3, 1, 0)),
        ("Pass: 10, fail: 0, skip: 1.\n", (10, 10, 0, 1)),
        ("Totals: 5 passed, 0 failed, 1 skipped, 0 blacklisted, 3ms\n", (5, 5, 0, 1)),
        ("[==========] group: 5 test(s) run.\n[  PASSED  ] 4 test(s).\n", (5, 4, 1, 0)),
        ('Running 7 test cases...\n\n*** 2 failures are detected in the test module "x"\n', (7, 5, 2, 0)),
        ("Running 7 test cases...\n\n*** No errors detected\n", (7, 7, 0, 0)),
        ("  16 tests\n  24 passed\n\n  Pass!\n", (24, 24, 0, 0)),
        ("  16 tests\n  22 passed\n  2 failed\n", (24, 22, 2, 0)),
        ("Success: 956 tests passed.\n", (956, 956, 0, 0)),
        ("Disallows deep indents        OK\nAllows literal blocks  OK\n", (2, 2, 0, 0)),
        ("test_a ... OK\ntest_b ... FAILED\ntest_c ... SKIP\n", (2, 1, 1, 1)),
        ("testing case01\n** ok: case01\n?? fail: case01-p1\n", (2, 1, 1, 0)),
        ("PASS: a\nPASS: b\n", (2, 2, 0, 0)),
        ("[OK] a\n[FAIL] b\n", (2, 1, 1, 0)),
        ("10/12 tests passed\n", (12, 10, 2, 0)),
        ("Pass 101, Fail 0\n", (101, 101, 0, 0)),
        ("12 tests passed, 3 failed.\n", (15, 12, 3, 0)),
        ("75% tests passed, 1 tests failed out of 4\n\nTotal Test time (real) =   0.02 sec\n", (4, 3, 1, 0)),
        (
            AUTOMAKE,
            (5, 4, 1, 0),
        ),
        ("JUnit version 4.13.2\n..\nTime: 0.005\n\nOK (2 tests)\n", (2, 2, 0, 0)),
        (
            "There was 1 failure:\n1) adds(tally.TallyTest)\njava.lang.AssertionError\n\nFAILURES!!!\n"
            "Tests run: 2,  Failures: 1\n",
            (2, 1, 1, 0),
        ),
        (
            "[         4 tests found           ]\n[         1 tests skipped         ]\n[         3 tests started         ]\n"
            "[         0 tests aborted         ]\n[         2 tests successful      ]\n[         1 tests failed          ]\n",
            (3, 2, 1, 1),
        ),
        (
            "[INFO] Running a.OneTest\n"
            "[INFO] Tests run: 3, Failures: 0, Errors: 0, Skipped: 1, Time elapsed: 0.05 s - in a.OneTest\n"
            "[INFO] Running a.TwoTest\n"
            "[ERROR] Tests run: 2, Failures: 1, Errors: 0, Skipped: 0, Time elapsed: 0.01 s <<< FAILURE! - in a.TwoTest\n"
            "[INFO] Results:\n[ERROR] Tests run: 5, Failures: 1, Errors: 0, Skipped: 1\n",
            (4, 3, 1, 1),
        ),
        (
            "    [junit] Testsuite: a.OneTest\n"
            "    [junit] Tests run: 3, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.021 sec\n"
            "    [junit] Testsuite: a.TwoTest\n"
            "    [junit] Tests run: 2, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.02 sec\n",
            (5, 5, 0, 0),
        ),
        ("[INFO] Tests run: 4, Failures: 0, Errors: 0, Skipped: 0\n", (4, 4, 0, 0)),
        (
            "===============================================\nSuite\nTotal tests run: 5, Passes: 3, Failures: 1, Skips: 1\n",
            (4, 3, 1, 1),
        ),
        ("> Task :test FAILED\n\n7 tests completed, 2 failed, 1 skipped\n", (6, 4, 2, 1)),
        ("[==========] 4 tests from 1 test suite ran. (0 ms total)\n[  PASSED  ] 4 tests.\n", (4, 4, 0, 0)),
    ],
)
def test_what_a_runner_prints_is_counted(output: str, counts: tuple[int, int, int, int]) -> None:
    found = count_output(output)
    assert found is not None
    assert (found.run, found.passed, found.failed, found.skipped) == counts


@pytest.mark.parametrize(
    "output",
    [
        "",
        "ok\n",
        "all tests passed\n",
        "5 passed the door\n",
        "test_a.py\n",
        "Ran 84 tests.\n",
        "passed 12 bytes\n",
        "All tests passed\n",
        "checked 12 tests\n",
        "test_a ... OK\n",
        "checking for a... ok\nchecking for b... ok\n",
        "Linking a ... OK\nCompiling b ... OK\n",
        "ok 1 - a\nok 2 - b\n",
    ],
)
def test_what_is_no_summary_counts_nothing(output: str) -> None:
    assert count_output(output) is None


@given(st.text(max_size=400) | st.text(alphabet="=0123456789 passedfilkRnts,.\n#:%", max_size=200))
def test_whatever_is_printed_the_count_adds_up_or_there_is_none(output: str) -> None:
    found = count_output(output)
    assert found is None or found.run == found.passed + found.failed + found.errors


def test_report_file_is_counted_and_a_broken_one_is_not() -> None:
    found = count_junit(JUNIT)
    assert found is not None
    assert (found.run, found.passed, found.failed, found.skipped) == (2, 1, 1, 1)
    assert count_junit(JUNIT[:-30]) is None
    assert count_junit("") is None


@given(st.text(max_size=200))
def test_lines_that_are_not_our_reporters_count_nothing(text: str) -> None:
    assert read_reporter(text).counts is None


@pytest.mark.parametrize(
    ("modules", "built", "passed"),
    [
        ((), {}, None),
        ((TestedModule("other", "/x/other.py", None),), {}, False),
        ((TestedModule("demo", "/build/checkout/demo/__init__.py", None),), {}, True),
        ((TestedModule("demo", "/build/checkout/demo/__init__.py", None),), {"/v/_demo.so": "aa"}, False),
        (
            (TestedModule("demo", "/v/demo/__init__.py", None), TestedModule("demo._demo", "/v/demo/_demo.so", "aa")),
            {"/v/_demo.so": "aa"},
            True,
        ),
        (
            (TestedModule("demo", "/v/demo/__init__.py", None), TestedModule("demo._demo", "/v/demo/_demo.so", "bb")),
            {"/v/_demo.so": "aa"},
            False,
        ),
    ],
)
def test_copy_that_was_built_is_the_copy_that_is_tested(
    modules: tuple[TestedModule, ...], built: dict[str, str], passed: bool | None
) -> None:
    check = judged_copy(modules, ["demo"], "/build/checkout", built)
    assert check.passed is passed
    assert check.detail


@pytest.mark.parametrize(
    ("point", "passed", "failed", "skipped"),
    [
        ("ok 1 - adds # time=36.552ms", 1, 0, 0),
        ("not ok 1 - adds # time=36.552ms", 0, 1, 0),
        ("ok 1 - mends #12", 1, 0, 0),
        ("ok 1 - a#b", 1, 0, 0),
        ("ok 1 - adds # SKIP no net", 0, 0, 1),
        ("ok 1 # skip", 0, 0, 1),
        ("not ok 1 - later # TODO", 0, 0, 1),
    ],
)
def test_what_stands_behind_a_point_of_tap_is_a_directive_or_a_remark(
    point: str, passed: int, failed: int, skipped: int
) -> None:
    counts = count_output(f"TAP version 13\n{point}\n1..1\n")
    assert counts is not None
    assert (counts.passed, counts.failed, counts.skipped, counts.errors) == (passed, failed, skipped, 0)


@pytest.mark.parametrize(
    ("output", "counts"),
    [
        ("parses a list ... OK\nparses a map ... OK\nrefuses a tab ... FAILED\n", (3, 2, 1, 0)),
        ("reads: OK\nreads: OK\nparses: OK\n", (2, 2, 0, 0)),
        # What compares check sums tells of files, and a failure may be wanted.
        ("LICENSE: OK\nMakefile: OK\nLICENSE: FAILED\n", None),
        ("a.c: OK\na.h: OK\n" * 3, None),
    ],
)
def test_lines_of_one_test_each_are_counted_once_and_none_where_they_contradict(
    output: str, counts: tuple[int, int, int, int] | None
) -> None:
    found = count_output(output)
    assert (found and (found.run, found.passed, found.failed, found.skipped)) == counts
