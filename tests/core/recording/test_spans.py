"""Places, traceparents and waterfalls."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regrow.core.recording import SpanPlace, SpanRecord, waterfall
from regrow.core.recording.spans import new_place

BEGIN = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def span(span_id: str, parent_id: str | None = None, at_ms: int = 0, trace_id: str = "t") -> SpanRecord:
    return SpanRecord(
        trace_id=trace_id,
        span_id=span_id,
        parent_id=parent_id,
        name=span_id,
        started_at=BEGIN + timedelta(milliseconds=at_ms),
        duration_ms=1,
    )


def test_a_place_goes_through_a_traceparent() -> None:
    place = new_place(None, random.Random(1).getrandbits)
    assert SpanPlace.of(place.traceparent) == place


@pytest.mark.parametrize(
    "text", ["", "00-" + "0" * 32 + "-" + "1" * 16 + "-01", "00-" + "1" * 32 + "-" + "0" * 16 + "-01", "00-zz-1-01"]
)
def test_what_is_no_traceparent_is_none(text: str) -> None:
    assert SpanPlace.of(text) is None


def test_ids_are_never_all_zeros_and_a_child_is_in_its_parents_trace() -> None:
    root = new_place(None, lambda bits: 0)
    assert (int(root.trace_id, 16), int(root.span_id, 16)) == (1, 1)
    child = new_place(root, random.Random(1).getrandbits)
    assert (child.trace_id, len(child.span_id)) == (root.trace_id, 16)


def test_a_waterfall_shows_each_span_below_its_parent_by_its_beginning() -> None:
    spans = [span("c", "a", 30), span("d", "b", 20), span("a"), span("b", "a", 10), span("x", None, 5, "other")]
    rows = [(row.span.span_id, row.depth, row.offset_ms) for row in waterfall(spans)]
    assert rows == [("a", 0, 0.0), ("b", 1, 10.0), ("d", 2, 20.0), ("c", 1, 30.0), ("x", 0, 5.0)]


def test_a_span_without_its_parent_stands_at_the_edge() -> None:
    assert [(row.span.span_id, row.depth) for row in waterfall([span("b", "gone")])] == [("b", 0)]
    assert waterfall([]) == ()


@given(
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.integers(0, 5)), max_size=8, unique_by=lambda t: t[0])
)
def test_a_waterfall_without_cycles_shows_every_span_once(shape: list[tuple[int, int, int]]) -> None:
    spans = [span(str(own), str(parent) if parent < own else None, at) for own, parent, at in shape]
    assert sorted(row.span.span_id for row in waterfall(spans)) == sorted(one.span_id for one in spans)
