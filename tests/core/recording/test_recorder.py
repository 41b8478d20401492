"""Spans in the store: batches, bounds, a store that fails."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from regrow.core.recording import SpanRecord, SpanRecorder, place_of_run
from regrow.core.recording.spans import SpanLink
from regrow.core.store import MemoryStore

pytestmark = pytest.mark.anyio

BEGIN = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def span(number: int, trace_id: str = "t", *links: str) -> SpanRecord:
    return SpanRecord(
        trace_id=trace_id,
        span_id=f"{number:016x}",
        links=tuple(SpanLink(trace_id=link, span_id="1" * 16) for link in links),
        name=f"span {number}",
        started_at=BEGIN + timedelta(seconds=number),
        duration_ms=1.5,
        attributes={"text": "é", "number": 3, "share": 0.5, "flag": True},
    )


async def test_spans_come_back_as_they_were_recorded() -> None:
    store = MemoryStore()
    recorder = SpanRecorder(store)
    spans = [span(1), span(2, "other"), span(3)]
    for one in spans:
        recorder.record(one)
    assert await recorder.spans_of_trace("t") == ()
    await recorder.flush()
    assert recorder.waiting == 0
    assert await SpanRecorder(store).spans_of_trace("t") == (spans[0], spans[2])
    await recorder.flush()
    assert await recorder.spans_of_trace("other") == (spans[1],)


async def test_more_spans_than_a_page_come_back() -> None:
    recorder = SpanRecorder(MemoryStore())
    for number in range(2500):
        recorder.record(span(number))
    await recorder.flush()
    assert [one.span_id for one in await recorder.spans_of_trace("t")] == [f"{n:016x}" for n in range(2500)]


async def test_what_does_not_fit_is_counted_and_not_kept() -> None:
    recorder = SpanRecorder(MemoryStore(), capacity=2)
    for number in range(5):
        recorder.record(span(number))
    assert (recorder.waiting, recorder.dropped) == (2, 3)
    await recorder.flush()
    recorder.record(span(9))
    await recorder.flush()
    assert [one.name for one in await recorder.spans_of_trace("t")] == ["span 0", "span 1", "span 9"]


async def test_a_run_has_its_traces_and_those_that_link_to_them() -> None:
    recorder = SpanRecorder(MemoryStore())
    recorder.belongs("a", "run-1")
    recorder.belongs("z", "run-10")
    for one in (span(4, "c", "b"), span(2, "b", "a"), span(1, "a"), span(3, "z"), span(5, "a", "c")):
        recorder.record(one)
    await recorder.flush()
    assert set(await recorder.traces_of_run("run-1")) == {"a", "b", "c", place_of_run("run-1").trace_id}
    assert [one.name for one in await recorder.spans_of_run("run-1")] == ["span 1", "span 2", "span 4", "span 5"]
    assert await recorder.spans_of_run("run-2") == ()


async def test_a_run_that_is_forgotten_leaves_nothing_and_takes_nothing_of_others() -> None:
    store = MemoryStore()
    recorder = SpanRecorder(store)
    recorder.belongs("a", "run-1")
    recorder.belongs("z", "run-10")
    for one in (span(2, "b", "a"), span(1, "a"), span(3, "z")):
        recorder.record(one)
    await recorder.flush()
    await recorder.forget_run("run-1")
    assert await recorder.spans_of_run("run-1") == ()
    assert [one.name for one in await recorder.spans_of_run("run-10")] == ["span 3"]
    assert await store.list_items("trace-links") == ()
    assert [item.key for item in await store.list_items("trace-runs")] == ["run-10\x1fz"]


class FailingStore(MemoryStore):
    """A store that refuses to write one log."""

    broken = "b"

    async def append(self, log: str, entries: Sequence[bytes]) -> int:
        if log.endswith(self.broken):
            msg = "no space left"
            raise OSError(msg)
        return await super().append(log, entries)


async def test_what_could_not_be_written_waits_and_nothing_is_written_twice() -> None:
    store = FailingStore()
    recorder = SpanRecorder(store)
    for one in (span(1, "a"), span(2, "b"), span(3, "c")):
        recorder.record(one)
    with pytest.raises(OSError, match="no space"):
        await recorder.flush()
    assert recorder.waiting == 2
    store.broken = "nothing"
    await recorder.flush()
    assert [len(await recorder.spans_of_trace(trace)) for trace in "abc"] == [1, 1, 1]
