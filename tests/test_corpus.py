"""What the corpus says of a verdict, and its figures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.corpus.learning import SMALL, Attempted, compare
from tests.corpus.made_up import MADE_UP
from tests.corpus.runner import PUBLIC, Expected, Found, problem_of, read_list, summary_of


def test_the_public_list_has_twenty_targets_each_once() -> None:
    targets = [each.target for each in read_list(PUBLIC)]
    assert len(targets) == len(set(targets)) == 20


@pytest.mark.parametrize(
    ("expected", "found", "problem"),
    [
        (Expected("x"), Found("x", "healed", 5, 5), ""),
        (Expected("x", ("pass",)), Found("x", "healed", 5, 5), "expected pass"),
        (Expected("x", tests=6), Found("x", "pass", 5, 5), "expected 6 tests"),
        (Expected("x", ("fail",), names=("zlib.h",)), Found("x", "fail", text="no ZLIB.H here"), ""),
        (Expected("x", ("fail",), names=("zlib.h",)), Found("x", "fail", text="it broke"), "does not name zlib.h"),
    ],
)
def test_a_verdict_is_right_by_its_word_its_tests_and_its_cause(expected: Expected, found: Found, problem: str) -> None:
    assert problem_of(expected, found) == problem


def test_figures_are_those_of_all_targets() -> None:
    found = [
        Found("a", "pass", 5, 5, 10),
        Found("b", "healed", 5, 5, 30, 2, patched=True),
        Found("c", "fail", 0, 0, 20),
    ]
    assert summary_of([(Expected(each.target), each) for each in found]) == {
        "targets": 3,
        "right": 2,
        "passOrHealedWithTests": 2,
        "healed": 1,
        "healedWithProvedPatch": 1,
        "medianS": 20,
        "nineInTenS": 30,
    }


def test_a_list_of_bare_targets_expects_nothing_of_them(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text(json.dumps(["pypi:x"]))
    (only,) = read_list(tmp_path / "list.json")
    assert problem_of(only, Found("pypi:x", "undecided")) == ""
    assert problem_of(only, Found("pypi:x", "none")) != ""
    (tmp_path / "list.json").write_text(json.dumps([{"name": "x"}]))
    with pytest.raises(ValueError, match="an entry has target"):
        read_list(tmp_path / "list.json")


def attempted(target: str, recoveries: int, verdict: str = "healed", deviations: tuple[str, ...] = ("a",)) -> Attempted:
    return Attempted(target, verdict, recoveries, 0, 3, deviations, 1.0)


def test_attempts_are_compared_over_what_the_control_heals() -> None:
    order = ["a", "b", "c", "d", "e", "f"]
    control = {each: attempted(each, 3) for each in order} | {"c": attempted("c", 9, "fail")}
    learned = {each: attempted(each, 3 if each in "ab" else 1) for each in order} | {
        "c": attempted("c", 2, "fail"),
        "f": attempted("f", 1, deviations=("a", "b")),
    }
    found = compare(order, control, learned)
    assert found["firstThird"] == {"healed": 2, "attemptsControl": 6, "attemptsMemory": 6, "fewer": 0.0}
    assert found["rest"] == {"healed": 3, "attemptsControl": 9, "attemptsMemory": 3, "fewer": 0.667}
    assert found["all"] == {"healed": 5, "attemptsControl": 15, "attemptsMemory": 9, "fewer": 0.4}
    assert (found["otherVerdict"], found["otherTests"], found["otherDeviations"]) == ([], [], ["f"])
    assert compare(order, control, learned | {"a": attempted("a", 1, "fail")})["otherVerdict"] == ["a"]


def test_list_of_learning_names_made_up_projects_or_targets() -> None:
    names = json.loads(Path("tests/corpus/learning.json").read_text("utf-8"))
    assert all(name in MADE_UP or ":" in name for name in (*names, *SMALL))
    assert len(names) == len(set(names))
