"""A pattern's record: the same pattern comes back, in few bytes, and damage is a ValueError."""

from __future__ import annotations

import datetime as dt
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regrow.core.learning.kept import MAX_BYTES, packed, unpacked
from regrow.core.learning.recognising import recognise
from regrow.core.learning.records import begun, followed, settled
from regrow.protocols.patterns import KnownPattern
from regrow.protocols.run_messages import ChainLink, LearnError
from regrow.protocols.verification import BuildError

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
SQLITE_KEEPS_IN_PLACE = 1002 - 64 - 20
"""Bytes of a row in a table without rowids on pages of 4,096, less its key and collection."""


def pattern(output: str = "", message: str = "it broke", records: int = 0) -> KnownPattern:
    """A pattern of an output, with records of so many rules."""
    error = LearnError(
        run_id="r", component="builder", phase="building", error=BuildError(code="E2004", message=message)
    )
    found = begun(error, recognise(output, "E2004", "building", message, 1), NOW)
    for number in range(records):
        found = settled(found, "python", f"rule_{number}", NOW, success=number % 2 == 0, cost_ms=10.0 * number)
    link = ChainLink(pattern_id="a" * 64, rule="rule_0", effect="", code="", phase="", evidence="", exit_code=None)
    return followed(found, "python", link, None, NOW) if records else found


@given(st.text(max_size=400), st.text(min_size=1, max_size=80), st.integers(0, 5))
def test_pattern_comes_back_as_it_was(output: str, message: str, records: int) -> None:
    known = pattern(output, message, records)
    assert unpacked(packed(known)) == known


def test_record_of_before_is_read() -> None:
    known = pattern(records=2)
    assert unpacked(known.model_dump_json(by_alias=True).encode()) == known


def test_pattern_of_a_long_output_fits_where_sqlite_keeps_a_row() -> None:
    chance = random.Random(1)
    words = ["checking", "compiling", "linking", "error:", "undefined", "reference", "file", "src/main.c", "warning:"]
    lines = [" ".join(chance.choice(words) for _ in range(8)) for _ in range(60)]
    output = "\n".join([*lines, "src/a.c:12:10: fatal error: zlib.h: No such file or directory"])
    known = pattern(output, records=3)
    assert len(known.model_dump_json(by_alias=True)) > 2500
    assert len(packed(known)) <= SQLITE_KEEPS_IN_PLACE


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x01",
        b"\x01nonsense",
        packed(pattern())[:-5],
        b"\x01" + zlib.compress(b"{}"),
        b"\x01" + zlib.compress(b" " * (MAX_BYTES + 1)),
        b"\x02{}",
    ],
    ids=["empty", "no body", "no zlib", "cut", "no pattern", "a bomb", "another format"],
)
def test_damage_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpacked(data)
