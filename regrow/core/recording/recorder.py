"""Keeps spans in the store, and finds them again by trace and by run.

Spans gather in a bounded buffer and are written in one append a trace by `flush`. What does not fit is counted, not kept:
recording must never hold up the work that it records. A flush that failed keeps its spans for the next one.

A trace is a log of the store (`spans/<trace id>`). Two collections say where to look: which traces belong to a run, and
which traces link to one (a new incarnation begins a trace of its own, linked to the handling that crashed).

Not here: how spans come about in the runtime (`regrow.core.recording.tracing`), and telemetry for a collector
(`regrow.core.telemetry`).
"""

from __future__ import annotations

from regrow.core.recording.spans import SpanRecord, place_of_run
from regrow.core.store import Put, Store

__all__ = ["SpanRecorder"]

CAPACITY = 20_000
"""Spans that wait for a flush: some 20 MB at most, and more than a run makes in a minute."""

PAGE = 1000
ALL = 2**62
"""A number that no entry of a log reaches."""
RUNS = "trace-runs"
LINKS = "trace-links"
SEPARATOR = "\x1f"


class SpanRecorder:
    """Keeps spans in `store`.

    Args:
        capacity: The most spans that wait for a flush.
    """

    def __init__(self, store: Store, capacity: int = CAPACITY) -> None:
        self._store = store
        self._capacity = capacity
        self._waiting: list[SpanRecord] = []
        self._index: list[Put] = []
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """How many spans were lost because too many were waiting."""
        return self._dropped

    @property
    def waiting(self) -> int:
        """How many spans are not written yet."""
        return len(self._waiting)

    def record(self, span: SpanRecord) -> None:
        """Take a span that has ended. Never waits."""
        if len(self._waiting) >= self._capacity:
            self._dropped += 1
            return
        self._waiting.append(span)

    def belongs(self, trace_id: str, run_id: str) -> None:
        """Note that a trace is a part of a run."""
        self._index.append(Put(RUNS, f"{run_id}{SEPARATOR}{trace_id}", b""))

    async def flush(self) -> None:
        """Write what waits. What could not be written waits on, and the store's error is raised."""
        index, self._index = self._index, []
        spans, self._waiting = self._waiting, []
        links = [Put(LINKS, f"{link.trace_id}{SEPARATOR}{span.trace_id}", b"") for span in spans for link in span.links]
        try:
            if index or links:
                await self._store.put_many([*index, *links])
                index = []
            for trace_id in dict.fromkeys(span.trace_id for span in spans):
                batch = [span.model_dump_json().encode() for span in spans if span.trace_id == trace_id]
                await self._store.append(_log(trace_id), batch)
                spans = [span for span in spans if span.trace_id != trace_id]
        finally:
            self._index[:0] = index
            self._waiting[:0] = spans

    async def spans_of_trace(self, trace_id: str) -> tuple[SpanRecord, ...]:
        """Return the written spans of one trace, in the order in which they ended."""
        found: dict[str, SpanRecord] = {}  # a flush that was cut may have written them, and the next one did again
        after = 0
        while entries := await self._store.read(_log(trace_id), after=after, limit=PAGE):
            for _, data in entries:
                span = SpanRecord.model_validate_json(data)
                found.setdefault(span.span_id, span)
            after = entries[-1][0]
        return tuple(found.values())

    async def traces_of_run(self, run_id: str) -> tuple[str, ...]:
        """Return the ids of the traces that belong to a run, and of those that link to them, at any distance."""
        found = dict.fromkeys([place_of_run(run_id).trace_id, *await self._keys(RUNS, run_id)])
        to_look_at = list(found)
        while to_look_at:
            new = [trace for trace in await self._keys(LINKS, to_look_at.pop()) if trace not in found]
            found.update(dict.fromkeys(new))
            to_look_at += new
        return tuple(found)

    async def spans_of_run(self, run_id: str) -> tuple[SpanRecord, ...]:
        """Return the written spans of all traces of a run, by their beginning."""
        spans = [span for trace in await self.traces_of_run(run_id) for span in await self.spans_of_trace(trace)]
        return tuple(sorted(spans, key=lambda span: span.started_at))

    async def forget_run(self, run_id: str) -> None:
        """Forget the spans of all traces of a run, and what says that they belong to it."""
        traces = await self.traces_of_run(run_id)
        for trace_id in traces:
            await self._store.trim(_log(trace_id), ALL)
        owned = [(RUNS, run_id, trace_id) for trace_id in await self._keys(RUNS, run_id)]
        linked = [(LINKS, trace, other) for trace in traces for other in await self._keys(LINKS, trace)]
        gone = [(collection, f"{owner}{SEPARATOR}{trace}") for collection, owner, trace in (*owned, *linked)]
        await self._store.put_many([], delete=gone)

    async def _keys(self, collection: str, owner: str) -> list[str]:
        prefix = owner + SEPARATOR
        found: list[str] = []
        after = ""
        while items := await self._store.list_items(collection, prefix, after=after, limit=PAGE):
            found += [item.key.removeprefix(prefix) for item in items]
            after = items[-1].key
        return found


def _log(trace_id: str) -> str:
    return f"spans/{trace_id}"
