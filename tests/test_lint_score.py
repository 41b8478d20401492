"""The figures of `./run lint-score`: how they are counted, and that our own labelled set keeps them."""

from __future__ import annotations

from pathlib import Path

from tests.lint_score.made_up import write_made_up
from tests.lint_score.runner import score_folder
from tests.lint_score.scoring import Case, Score


def test_a_finding_counts_within_one_line_of_a_change() -> None:
    case = Case(("E1",), ((10, 12),))
    assert [line for line in range(1, 20) if case.covers(line)] == [9, 10, 11, 12, 13]


def test_where_lines_were_only_taken_out_the_seam_counts() -> None:
    case = Case(("E6",), ((5, 4),))
    assert [line for line in range(1, 10) if case.covers(line)] == [4, 5, 6]


def test_a_miss_is_a_miss_and_a_double_error_is_no_recall() -> None:
    score = Score()
    score.add_original([3])
    assert score.add_case(Case(("E1",), ((10, 10),)), [10, 50])
    assert not score.add_case(Case(("E1",), ((10, 10),)), [20])
    score.add_case(Case(("E1", "E2"), ((10, 10),)), [10])
    assert (score.recall, score.false_each, score.outside_each) == (0.5, 1.0, 2 / 3)


def test_our_own_set_keeps_its_figures(tmp_path: Path) -> None:
    cases, trees = write_made_up(tmp_path / "set")
    score = score_folder(cases, trees, tmp_path, network=False, loud=False)
    assert score.cases == 42
    assert score.recall >= 0.8, str(score)
    assert score.false == 0, str(score)
    assert score.outside_each <= 0.1, str(score)
