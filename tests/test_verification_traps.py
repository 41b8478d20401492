"""The list of made-up projects, what is said of a report, and docs/verification_traps.md, which is that list."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.source_tree import ROOT
from tests.verification_traps.listing import Trap, page_of, problem_of, read_traps
from tests.verification_traps.runner import build

TRAPS = read_traps()
ONE = Trap("one", "a trap", (1,), ("undecided",), tests=0, code="E3011", says=("no runner",), not_run=("rm",))
RIGHT: dict[str, object] = {
    "verdict": "undecided",
    "testsRun": 0,
    "reason": "No runner was seen",
    "errors": [{"code": "E3011", "message": "m"}],
    "steps": [{"command": "make"}],
}


def test_there_are_forty_projects_and_ten_that_deceive() -> None:
    assert len(TRAPS) >= 40
    assert sum(each.deceives for each in TRAPS) >= 10
    assert all(0 < number <= 48 for each in TRAPS for number in each.traps)


def test_a_deceiver_passes_only_where_nothing_is_gained_by_it() -> None:
    passing = [each.name for each in TRAPS if each.deceives and "pass" in each.verdict and not each.untouched]
    assert passing == ["include-of-a-system-file"]


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.name)
def test_every_project_can_be_built_and_says_what_it_is(trap: Trap, tmp_path: Path) -> None:
    target = build(trap, tmp_path, tmp_path / "outside", 1)
    assert target.exists()
    assert trap.about
    assert any(re.search(r"(?i)(readme|\.md)", name) for name in trap.files)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({}, ""),
        ({"verdict": "pass"}, "expected undecided, got pass"),
        ({"verdict": None}, "expected undecided, got none"),
        ({"testsRun": 3}, "expected 0 tests, got 3"),
        ({"errors": []}, "expected E3011, got no error"),
        ({"reason": "it broke"}, "does not say 'no runner'"),
        ({"steps": [{"command": "rm -rf x"}]}, "holds 'rm'"),
    ],
)
def test_a_report_is_right_by_all_that_is_expected(change: dict[str, object], problem: str) -> None:
    assert problem_of(ONE, {**RIGHT, **change}) == problem


def test_words_that_must_not_be_said_are_looked_for_everywhere() -> None:
    trap = replace(ONE, not_said=("secret",))
    assert problem_of(trap, {**RIGHT, "timeline": [{"name": "a secret"}]}) == "holds 'secret'"


def test_a_key_that_is_not_known_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('[[project]]\nname = "x"\nabout = "y"\ntraps = [1]\nverdict = ["pass"]\nkey = 1\n')
    with pytest.raises(ValueError, match="x: .*key"):
        read_traps(tmp_path)


def test_the_page_is_the_list() -> None:
    page = (ROOT / "docs/verification_traps.md").read_text("utf-8")
    assert page_of(TRAPS) in page
