"""What repetitions of failing tests come to: the whole procedure, with tests that pass by a seeded chance."""

import random

import pytest

from regrow.actors.verifier.counting import ReporterFacts
from regrow.actors.verifier.flaky.repeating import begin, go_on, may_repeat, passed_again, repeated, take
from regrow.actors.verifier.flaky.wording import all_by_chance, fails_inside, say_repeated
from regrow.actors.verifier.judging import Expectations, judge
from regrow.protocols.plan import CountSource, Ended, StepOutcome, TestCounts
from regrow.protocols.retests import RepeatedKind, RepeatedTest, Retesting
from regrow.protocols.status import Verdict

K = RepeatedKind
RULES = Retesting()


def counts(*failing: str, run: int = 10, errors: int = 0) -> TestCounts:
    failed = len(failing) - errors
    return TestCounts(
        run=run, passed=run - failed - errors, failed=failed, errors=errors, source=CountSource.REPORTER, runner="pytest",
        failing=failing,
    )  # fmt: skip


def play(rates: dict[str, float], seed: int, rules: Retesting = RULES) -> dict[str, RepeatedTest]:
    """Repeat tests that fail with these rates until it is known what they are."""
    chance = random.Random(seed)
    tallies = begin(counts(*rates, run=100))
    while go_on(tallies, rules):
        tallies = take(tallies, {name: chance.random() >= rate for name, rate in rates.items()})
    return {each.name: each for each in repeated(tallies, rules)}


@pytest.mark.parametrize(
    ("rate", "kinds"),
    [
        (1.0, {K.FAILING}),
        (0.5, {K.FLAKY}),
        (0.1, {K.FLAKY, K.PASSES_ALONE}),
        (0.02, {K.FLAKY, K.PASSES_ALONE}),
        (0.0, {K.PASSES_ALONE}),
    ],
)
def test_kind_of_a_test_that_failed_once_over_200_runs(rate: float, kinds: set[RepeatedKind]) -> None:
    found = [play({"t": rate}, seed)["t"].kind for seed in range(200)]

    assert sum(kind not in kinds for kind in found) <= 0.05 * 200


def test_a_failing_test_beside_a_flaky_one_is_still_failing_and_no_chance() -> None:
    found = play({"bad": 1.0, "coin": 0.5}, 3)

    assert (found["bad"].kind, found["coin"].kind) == (K.FAILING, K.FLAKY)
    assert not all_by_chance(tuple(found.values()))
    assert found["coin"].rate_low <= 0.5 <= found["coin"].rate_high
    assert found["bad"].runs == found["coin"].runs >= 20


def test_too_few_repetitions_decide_nothing() -> None:
    found = play({"t": 1.0}, 1, Retesting(max_runs=3))["t"]

    assert (found.kind, found.runs) == (K.UNDECIDED, 3)
    assert not all_by_chance([found])


@pytest.mark.parametrize(
    ("seen", "may"),
    [
        (counts("a"), True),
        (counts("a", "b", run=2), True),
        (counts(*"abcdefgh"), False),
        (counts(*[f"t{n}" for n in range(51)], run=1000), False),
        (counts("a").model_copy(update={"failed": 2, "run": 11}), False),
        (counts(), False),
        (None, False),
    ],
)
def test_only_few_failing_tests_that_are_known_by_name_are_repeated(seen: TestCounts | None, may: bool) -> None:
    assert may_repeat(ReporterFacts(seen, complete=True)) is may


def test_a_repetition_that_does_not_show_each_test_counts_for_none() -> None:
    assert passed_again(["a", "b"], counts("a", run=1), complete=True) is None
    assert passed_again(["a"], counts(run=1), complete=False) is None
    assert passed_again(["a"], None, complete=True) is None
    assert passed_again(["a", "b"], counts("a", run=2), complete=True) == {"a": False, "b": True}


def outcome(tests: TestCounts) -> StepOutcome:
    return StepOutcome(step_id="t", exit_code=1, ended=Ended.EXITED, duration_ms=1, tests=tests)


@pytest.mark.parametrize(
    ("rates", "verdict", "code"),
    [
        ({"coin": 0.5}, Verdict.UNDECIDED, "E3009"),
        ({"coin": 0.5, "never again": 0.0}, Verdict.UNDECIDED, "E3009"),
        ({"coin": 0.5, "bad": 1.0}, Verdict.FAIL, "E3001"),
        ({"bad": 1.0}, Verdict.FAIL, "E3001"),
        ({}, Verdict.FAIL, "E3001"),
    ],
)
def test_a_flaky_test_is_never_a_pass_and_never_hides_a_failing_one(
    rates: dict[str, float], verdict: Verdict, code: str
) -> None:
    tests = counts(*(rates or {"unknown": 1.0}))
    found = tuple(play(rates, 5).values()) if rates else ()
    judgement = judge([outcome(tests)], tests, (), Expectations(repeated=found))

    assert (judgement.verdict, judgement.causes[0].code) == (verdict, code)
    assert ("coin is flaky: it failed in" in judgement.reason) is ("coin" in rates)
    assert f"{len(tests.failing)} of 10 tests failed ({100 - 10 * len(tests.failing)} % pass)" in judgement.reason


@pytest.mark.parametrize(
    ("complaint", "place"),
    [
        (
            "/usr/lib/python3.11/fileinput.py:300: AttributeError: x",
            "the standard library of Python 3.11.2 (fileinput.py, line 300)",
        ),
        ("/usr/lib/python3.11/json/decoder.py:355: json.decoder.JSONDecodeError: Expecting value", ""),
        ("/usr/lib/python3.11/unittest/case.py:873: AssertionError: 1 != 2", ""),
        ("/usr/lib/python3/dist-packages/x.py:1: TypeError: x", ""),
        ("/home/builder/env/lib/python3.11/site-packages/x.py:1: TypeError: x", ""),
        ("/build/checkout/x.py:1: AttributeError: x", ""),
        ("SystemError: error return without exception set", "the interpreter, Python 3.11.2"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_failure_inside_of_the_standard_library_names_it_and_its_version(complaint: str, place: str) -> None:
    assert fails_inside(complaint, "3.11.2") == place


def test_the_sentences_name_the_surroundings_and_the_place() -> None:
    bad = play({"bad": 1.0}, 1)["bad"].model_copy(update={"passes_when": "the time zone of Tokyo", "inside": "X"})

    assert say_repeated([bad]) == [
        "bad failed in each of 11 repetitions",
        "bad passes with the time zone of Tokyo",
        "bad fails inside of X",
    ]
