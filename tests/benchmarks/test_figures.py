"""The arithmetic of the benchmarks: medians, ratios, bars, and what is printed of them."""

from __future__ import annotations

import json

import pytest

from benchmarks.figures import COLUMNS, Bar, Better, Figure, percentile, quantity, slope, table


def figure(values: tuple[float, ...], floors: tuple[float, ...], bar: Bar) -> Figure:
    """Return a figure of which only the numbers matter."""
    return Figure("tell", "messages/s", "a queue", values, floors, bar)


@pytest.mark.parametrize(
    ("better", "ratio", "limit", "expected"),
    [
        ("higher", 1.2, 1.2, True),
        ("higher", 1.19, 1.2, False),
        ("higher", 1.3, 1.2, True),
        ("lower", 1.6, 1.6, True),
        ("lower", 1.61, 1.6, False),
        ("lower", 0.1, 1.6, True),
        ("lower", 0.1, None, None),
        ("higher", 9.0, None, None),
    ],
)
def test_a_bar_is_met_on_its_better_side_and_at_its_limit(
    better: Better, ratio: float, limit: float | None, expected: bool | None
) -> None:
    assert Bar(better).meets(ratio, limit) is expected


def test_the_ratio_is_the_median_of_the_rounds_and_not_the_ratio_of_the_medians() -> None:
    # The machine slowed down from round to round; each round on its own says 2, 3 and 4.
    found = figure((200.0, 150.0, 40.0), (100.0, 50.0, 10.0), Bar("higher", 3.0, 3.5))
    assert found.ratio == 3.0
    assert found.value == 150.0
    assert found.floor == 50.0
    assert found.ratios == (2.0, 3.0, 4.0)


def test_one_disturbed_round_does_not_move_the_ratio() -> None:
    found = figure((100.0, 100.0, 1.0, 100.0, 100.0), (50.0,) * 5, Bar("higher", 1.9))
    assert found.ratio == 2.0
    assert found.met is True


def test_a_figure_between_bar_and_stretch_meets_only_the_bar() -> None:
    found = figure((15.0,), (10.0,), Bar("lower", 1.6, 1.25))
    assert found.met is True
    assert found.stretch_met is False


def test_a_figure_without_a_bar_is_neither_met_nor_missed() -> None:
    found = figure((15.0,), (10.0,), Bar("lower"))
    assert found.met is None
    assert found.stretch_met is None
    assert found.cells()[-1] == ""


@pytest.mark.parametrize("floors", [(), (1.0,), (1.0, 2.0, 3.0)])
def test_a_figure_needs_a_floor_for_every_value(floors: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="as many values as floors"):
        figure((1.0, 2.0), floors, Bar("lower"))


@pytest.mark.parametrize("floor", [0.0, -1.0])
def test_a_floor_that_cannot_be_divided_by_is_refused(floor: float) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        figure((1.0,), (floor,), Bar("lower"))


def test_a_json_row_has_the_keys_that_a_check_reads() -> None:
    row = figure((30.0, 36.0, 33.0), (10.0, 10.0, 10.0), Bar("lower", 4.0, 2.0)).to_json()
    assert json.loads(json.dumps(row)) == row
    assert {key: row[key] for key in ("name", "ratio", "better", "bar", "value", "unit", "floor")} == {
        "name": "tell",
        "ratio": 3.3,
        "better": "lower",
        "bar": 4.0,
        "value": 33.0,
        "unit": "messages/s",
        "floor": 10.0,
    }
    assert (row["met"], row["stretch_met"], row["rounds"]) == (True, False, 3)
    assert (row["ratio_min"], row["ratio_max"]) == (3.0, 3.6)


def test_a_missed_bar_is_seen_in_the_table() -> None:
    missed = figure((1.0,), (1.0,), Bar("higher", 1.2, 1.6)).cells()
    assert len(missed) == len(COLUMNS)
    assert missed[-1] == "NO"
    assert figure((2.0,), (1.0,), Bar("higher", 1.2, 1.6)).cells()[-1] == "yes, stretch"


@pytest.mark.parametrize(
    ("samples", "share", "expected"),
    [([3.0, 1.0, 2.0], 0.5, 2.0), ([1.0], 0.99, 1.0), ([4.0, 3.0, 2.0, 1.0], 0.5, 3.0), ([1.0, 2.0], 1.0, 2.0)],
)
def test_a_percentile_is_one_of_the_samples(samples: list[float], share: float, expected: float) -> None:
    assert percentile(samples, share) == expected


@pytest.mark.parametrize(
    ("samples", "expected"),
    [([], 0.0), ([7.0], 0.0), ([1.0, 1.0, 1.0], 0.0), ([0.0, 2.0, 4.0], 2.0), ([4.0, 0.0], -4.0)],
)
def test_the_slope_is_growth_per_sample(samples: list[float], expected: float) -> None:
    assert slope(samples) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (999.4, "999"), (1000.0, "1 000"), (12345678.0, "12 345 678"), (0.00159, "0.00159")]
)
def test_a_quantity_keeps_three_digits(value: float, text: str) -> None:
    assert quantity(value) == text


def test_a_table_lines_its_columns_up() -> None:
    assert table(("row", "us", "met"), [("a", "1.5", "yes"), ("long", "12", "NO")], frozenset({0, 2})).splitlines() == [
        "row    us  met",
        "a     1.5  yes",
        "long   12  NO",
    ]
