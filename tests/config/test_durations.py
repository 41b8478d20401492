"""Durations as people type them."""

import pytest

from regrow.config.durations import parse_duration
from regrow.protocols.errors import RegrowError


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [("1", 1), ("90s", 90), ("10m", 600), ("1h", 3600), ("1h30m", 5400), ("1.5h", 5400), ("2d", 172800), (" 5M ", 300)],
)
def test_a_duration_is_a_number_of_seconds_or_has_units(typed: str, seconds: float) -> None:
    assert parse_duration(typed, "option --time") == seconds


@pytest.mark.parametrize("typed", ["", "x", "10 m", "-5", "m", "1h30", "1e9", "nan", "0", "0.5s", "99999999d"])
def test_what_is_none_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(RegrowError, match=r"E6001 option --time .*such as 90s, 10m or 1h"):
        parse_duration(typed, "option --time")
