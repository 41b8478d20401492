"""The verdict: one row, one case."""

import pytest

from regrow.actors.verifier import Expectations, count_output, judge, masks_in
from regrow.actors.verifier.counting.several import added_up
from regrow.core.project.evidence import MissingModule, Origin
from regrow.protocols.plan import CountSource, Deviation, DeviationKind, DocRef, Ended, StepOutcome, TestCounts
from regrow.protocols.status import Verdict

PASSED = "Ran 5 tests in 0.001s\n\nOK\n"
HEAL = Deviation(strategy_id="s", kind=DeviationKind.ADDED_STEP, description="install", sentence="pip install pytest")
MASK = Deviation(strategy_id="s", kind=DeviationKind.CHANGED_COMMAND, description="mask", sentence="pytest || true")


def outcome(output: str, exit_code: int | None = 0, ended: Ended = Ended.EXITED) -> StepOutcome:
    none = TestCounts(run=0, passed=0, source=CountSource.NONE, runner="none")
    tests = count_output(output) or none
    return StepOutcome(step_id="test", exit_code=exit_code, ended=ended, output_tail=output, duration_ms=1, tests=tests)


@pytest.mark.parametrize(
    ("output", "exit_code", "ended", "deviations", "verdict", "code"),
    [
        (PASSED, 0, Ended.EXITED, (), Verdict.PASS, None),
        (PASSED, 0, Ended.EXITED, (HEAL,), Verdict.HEALED, None),
        (PASSED, 0, Ended.EXITED, (MASK,), Verdict.FAIL, "E4005"),
        (PASSED, 1, Ended.EXITED, (), Verdict.FAIL, "E3001"),
        ("Ran 0 tests in 0.000s\n\nOK\n", 0, Ended.EXITED, (), Verdict.FAIL, "E3005"),
        ("Ran 3 tests in 0.1s\n\nOK (skipped=3)\n", 0, Ended.EXITED, (), Verdict.FAIL, "E3005"),
        ("===== 1 failed, 999 passed in 2.00s =====\n", 1, Ended.EXITED, (), Verdict.FAIL, "E3001"),
        ("ok\n", 0, Ended.EXITED, (), Verdict.UNDECIDED, "E3011"),
        (
            "make[1]: Entering directory /b\nmake[1]: Nothing to be done for 'check'.\n",
            0,
            Ended.EXITED,
            (),
            Verdict.FAIL,
            "E3005",
        ),
        ("", None, Ended.DEADLINE, (), Verdict.UNDECIDED, "E2005"),
        ("OSError: No space left on device", 1, Ended.EXITED, (), Verdict.UNDECIDED, "E5002"),
        ("", None, Ended.CANCELLED, (), Verdict.CANCELLED, "E6003"),
    ],
)
def test_verdict_follows_from_the_evidence(
    output: str,
    exit_code: int | None,
    ended: Ended,
    deviations: tuple[Deviation, ...],
    verdict: Verdict,
    code: str | None,
) -> None:
    last = outcome(output, exit_code, ended)
    judged = judge([last], last.tests, deviations, Expectations())
    assert judged.verdict is verdict
    assert (judged.causes[0].code if judged.causes else None) == code


@pytest.mark.parametrize(
    "command",
    ["make check || true", "pytest --deselect a", "pytest -k 'not slow'", "pytest -W ignore", "make -k check"],
)
def test_command_that_hides_a_fault_is_recognised(command: str) -> None:
    assert masks_in(command)
    assert not masks_in("python -m pytest -q tests")


@pytest.mark.parametrize("command", ["npm test --ignore-scripts", "tox --skip-missing-interpreters"])
def test_option_whose_name_only_begins_like_one_that_leaves_tests_out_hides_nothing(command: str) -> None:
    assert not masks_in(command)


@pytest.mark.parametrize(
    "output",
    [
        "Warning: Could not find any test files matching pattern: test\nNo test files found\n",
        'Error: No test files found: "test"\n',
        "No tests found, exiting with code 1\nRun with `--passWithNoTests` to exit with code 0\n",
        "No test files found, exiting with code 1\n",
        "Could not find '/build/checkout/test/*.js'\n",
        'npm ERR! Missing script: "test"\n',
        "Error: no test specified\n",
        "ERROR: file or directory not found: tests\n",
        "make: *** No rule to make target 'check'.  Stop.\n",
        "TAP version 13\nnot ok 1 - no tests specified\n  ---\n  at:\n  ...\n\n1..1\n# failed 1 test\n# time=31.029ms\n",
        "TAP version 14\nError: No valid test files found matching []\n",
    ],
)
def test_a_checkout_without_tests_is_told_from_one_whose_tests_fail(output: str) -> None:
    last = outcome(output, exit_code=1)
    judged = judge([last], last.tests, (), Expectations())
    assert [cause.code for cause in judged.causes] == ["E3005"]
    assert "found no tests" in judged.reason


def test_a_failed_test_beside_the_words_for_no_tests_is_a_failure() -> None:
    last = outcome("TAP version 13\nok 1 - a\nnot ok 2 - no tests specified\n1..2\n# failed 1 test\n", exit_code=1)
    assert [cause.code for cause in judge([last], last.tests, (), Expectations()).causes] == ["E3001"]


def test_tests_that_ran_and_failed_beside_a_missing_file_are_failures() -> None:
    last = outcome("No test files found\n===== 1 failed, 9 passed in 2.00s =====\n", exit_code=1)
    assert [cause.code for cause in judge([last], last.tests, (), Expectations()).causes] == ["E3001"]


IDNA = MissingModule(
    "idna", Origin.FOREIGN, "idna", DocRef(file="demo/core.py", line=3, end_line=3, text="import idna")
)
LOADED = (
    "E\nERROR: test_demo (unittest.loader._FailedTest.test_demo)\nModuleNotFoundError: No module named 'idna'\n\n"
    "Ran 1 test in 0.0s\n\nFAILED (errors=1)\n"
)
COLLECTED = "E   ModuleNotFoundError: No module named 'idna'\n===== 1 error in 0.05s =====\n"
IN_A_TEST = "E   ModuleNotFoundError: No module named 'idna'\n===== 1 failed, 4 passed in 0.05s =====\n"
NODE_DIED = "Error: Cannot find module 'idna'\nRequire stack:\n- /build/checkout/index.js\n"


@pytest.mark.parametrize("output", [LOADED, COLLECTED, IN_A_TEST, NODE_DIED])
def test_module_that_is_missing_is_the_cause_and_the_failed_test_its_consequence(output: str) -> None:
    seen = outcome(output, 1)
    (cause,) = judge([seen], seen.tests, (), Expectations(missing=(IDNA,))).causes
    assert cause.message.startswith("the module 'idna' is missing, which demo/core.py:3 imports: ")
    assert (cause.code, cause.evidence) == ("E3001", "No module named 'idna'")


def test_module_that_a_passed_test_prints_is_no_cause_of_another_failure() -> None:
    output = "ModuleNotFoundError: No module named 'idna'\n===== 1 failed, 4 passed in 0.05s =====\n"
    seen = outcome(output, 1)
    (cause,) = judge([seen], seen.tests, (), Expectations(missing=(IDNA,))).causes
    assert "idna" not in cause.message


def test_module_of_the_project_itself_is_called_so() -> None:
    own = MissingModule("helpers", Origin.OWN, "", None)
    seen = outcome(LOADED, 1)
    (cause,) = judge([seen], seen.tests, (), Expectations(missing=(own,))).causes
    assert cause.message.startswith("the project's own module 'helpers' cannot be found: ")


FAILED = "Ran 5 tests in 0.001s\n\nFAILED (failures=1)\n"
NONE_RAN = "Ran 0 tests in 0.000s\n\nOK\n"


@pytest.mark.parametrize(
    ("first", "second", "exit_code", "verdict", "code"),
    [
        (PASSED, PASSED, 0, Verdict.PASS, None),
        (PASSED, FAILED, 1, Verdict.FAIL, "E3001"),
        (FAILED, PASSED, 0, Verdict.FAIL, "E3001"),
        (PASSED, NONE_RAN, 0, Verdict.FAIL, "E3005"),
        (NONE_RAN, PASSED, 0, Verdict.FAIL, "E3005"),
        (PASSED, "fine\n", 0, Verdict.PASS, None),
        (PASSED, "fine\n", 1, Verdict.FAIL, "E3001"),
        ("fine\n", "fine\n", 0, Verdict.UNDECIDED, "E3011"),
    ],
)
def test_each_of_several_suites_decides(
    first: str, second: str, exit_code: int, verdict: Verdict, code: str | None
) -> None:
    outcomes = [outcome(first), outcome(second, exit_code)]
    judged = judge(outcomes, added_up(each.tests for each in outcomes), (), Expectations())
    assert judged.verdict is verdict
    assert (judged.causes[0].code if judged.causes else None) == code


@pytest.mark.parametrize(
    "output", ["No tests were found!!!\n", "> echo\n\nError: no test specified\n", "No tests defined.\n"]
)
def test_runner_that_is_content_with_nothing_has_run_no_test(output: str) -> None:
    last = outcome(output)
    assert [cause.code for cause in judge([last], None, (), Expectations()).causes] == ["E3005"]


UNRESOLVED = "<urlopen error [Errno -3] Temporary failure in name resolution>"


@pytest.mark.parametrize(
    ("failures", "code"),
    [
        ((("t.test_n", UNRESOLVED),), "E5003"),
        ((("t.test_n", "assert 1 == 2"),), "E3001"),
        ((), "E3001"),
    ],
)
def test_tests_that_all_need_the_network_are_not_judged(failures: tuple[tuple[str, str], ...], code: str) -> None:
    last = outcome("Ran 3 tests in 0.1s\n\nFAILED (errors=1)\n", 1)
    judged = judge([last], last.tests, (), Expectations(failures=failures))
    assert [cause.code for cause in judged.causes] == [code]
    assert ("needs the network" in judged.reason) is (code == "E5003")


def test_test_step_that_ends_for_want_of_the_network_is_not_judged() -> None:
    last = outcome("curl: (6) Could not resolve host: example.com\n", 6)
    assert [cause.code for cause in judge([last], None, (), Expectations()).causes] == ["E5003"]


def test_file_that_the_archive_lacks_is_the_cause_with_the_share_that_passes() -> None:
    last = outcome("Ran 49 tests in 0.1s\n\nFAILED (errors=1)\n", 1)
    (cause,) = judge([last], last.tests, (), Expectations(absent=("test_files/recurrence.ics",))).causes
    assert cause.code == "E3010"
    assert cause.message.startswith(
        "test_files/recurrence.ics is opened or imported by a test and is not in the source"
    )
    assert "97.96 % pass" in cause.message
