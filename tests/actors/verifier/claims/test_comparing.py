"""What counts as the same output, and what had to be masked for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from regrow.actors.verifier.claims.comparing import agree, agree_json, agree_values


@pytest.mark.parametrize(
    ("expected", "got", "masked"),
    [
        ("a b", "  a   b\n\n", ()),
        ("a ... z", "a b c z", ()),
        ("start\n...\nend", "start\n1\n2\nend", ()),
        ("b", "a\nb\nc", ()),
        ('{"b": 1, "a": 2}', '{"a":2,"b":1}', ()),
        ("\x1b[32mok\x1b[0m", "ok", ()),
        ("took 3.2 s", "took 12 s", ("times",)),
        ("at 2020-01-02", "at 2026-11-28", ("dates",)),
        ("<x at 0x7f00aa>", "<x at 0x1122bb>", ("addresses",)),
        ("in /home/me/x.txt", "in /build/checkout/x.txt", ("paths",)),
        ("demo 1.2.3", "demo 1.4.0", ("versions",)),
    ],
)
def test_outputs_agree_within_the_tolerance(expected: str, got: str, masked: tuple[str, ...]) -> None:
    found = agree(expected, got)
    assert (found.same, found.masked) == (True, masked)


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ("5", "6"),
        ("a\nb", "b\na"),
        ("hello", ""),
        ("a ... z", "a b"),
        ("took 3 s", "failed"),
        ("x 1.2.3", "y 1.2.3"),
        ('{"a": 1}', '{"a": 2}'),
    ],
)
def test_other_outputs_differ(expected: str, got: str) -> None:
    assert not agree(expected, got).same


@given(st.text(min_size=1))
def test_every_text_agrees_with_itself(text: str) -> None:
    assert agree(text, text).same


@pytest.mark.parametrize(
    ("expected", "got", "same", "masked"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, True, ()),
        ({"a": 1}, {"b": 1}, False, ()),
        ({"id": 7, "name": "x"}, {"id": 8, "name": "x"}, True, ("id",)),
        ({"id": 7}, {"id": None}, False, ()),
        ({"a": [1, 2]}, {"a": [1, 2]}, True, ()),
        ({"a": True}, {"a": 1}, False, ()),
        ([1, "..."], [1, 2, 3], True, ()),
        ({"createdAt": "x", "ok": True}, {"createdAt": "y", "ok": True}, True, ("createdAt",)),
    ],
)
def test_json_is_compared_by_value(expected: JsonValue, got: JsonValue, same: bool, masked: tuple[str, ...]) -> None:
    found = agree_json(expected, got)
    assert (found.same, found.masked) == (same, masked)


def test_other_length_of_a_list_is_a_difference_of_shape() -> None:
    assert agree_json({"users": [{"name": "x"}]}, {"users": []}).shape
    assert not agree_json({"users": [1], "n": 1}, {"users": [], "n": 0}).shape


@pytest.mark.parametrize(
    ("expected", "got", "same"),
    [
        ("{'b': 1, 'a': 2}", "{'a': 2, 'b': 1}", True),
        ("u'x'", "'x'", True),
        ('"x"', "'x'", True),
        ("0.33", "0.3333333", True),
        ("0.33", "0.4", False),
        ("3", "3.0", True),
        ("4", "3", False),
        ("'a'", "'b'", False),
        ("[1, 2]", "[2, 1]", False),
    ],
)
def test_values_are_compared_as_values(expected: str, got: str, same: bool) -> None:
    assert agree_values(expected, got).same is same
