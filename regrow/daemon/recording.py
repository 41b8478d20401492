"""Shell: the spans of runs in the store: kept while a run goes on, and read again for its timeline."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio

from regrow.core.recording import RecordingTracing, SpanRecord, SpanRecorder, place_of_run, waterfall
from regrow.core.redaction import redact
from regrow.core.store import Store, open_store
from regrow.core.world import World
from regrow.protocols.errors import RegrowError
from regrow.protocols.report import TimelineRow
from regrow.protocols.run_messages import RunFinished
from regrow.protocols.status import Verdict

__all__ = ["flush_spans", "read_timeline", "recorded", "root_span"]

LOG = logging.getLogger(__name__)

FLUSH_EVERY_S = 1.0
"""What `kill -9` may take of the spans that have ended."""

LAST_FLUSH_LIMIT_S = 5.0


@asynccontextmanager
async def recorded(store: Store, world: World) -> AsyncIterator[tuple[RecordingTracing, SpanRecorder]]:
    """Keep the spans of what runs inside. A store that refuses them is no reason to stop it: they wait, or are lost."""
    recorder = SpanRecorder(store)
    async with anyio.create_task_group() as group:
        group.start_soon(_flush_again_and_again, recorder)
        try:
            yield RecordingTracing(recorder, world, redact), recorder
        finally:
            group.cancel_scope.cancel()
            with anyio.move_on_after(LAST_FLUSH_LIMIT_S, shield=True):
                await flush_spans(recorder)


async def _flush_again_and_again(recorder: SpanRecorder) -> None:
    while True:
        await anyio.sleep(FLUSH_EVERY_S)
        await flush_spans(recorder)


async def flush_spans(recorder: SpanRecorder) -> None:
    """Keep the spans that have ended. A store that refuses them is told in the log."""
    try:
        await recorder.flush()
    except (RegrowError, OSError, RuntimeError) as error:
        LOG.warning("%d spans wait, %d are lost: %s", recorder.waiting, recorder.dropped, error)


def root_span(finished: RunFinished, target: str, world: World) -> SpanRecord:
    """Return the span of a whole run, made at its end: it began before this process if the run was gone on with."""
    place = place_of_run(finished.run_id)
    good = finished.verdict in (Verdict.PASS, Verdict.HEALED)
    return SpanRecord(
        trace_id=place.trace_id,
        span_id=place.span_id,
        name=f"run {target}",
        started_at=(finished.ended_at or world.wall()) - dt.timedelta(milliseconds=finished.duration_ms),
        duration_ms=finished.duration_ms,
        failed=not good,
        failure="" if good else redact(finished.results.reason),
        attributes={"regrow.run": finished.run_id, "regrow.verdict": finished.verdict.value},
    )


async def read_timeline(store: Path, run_id: str) -> tuple[TimelineRow, ...]:
    """Return what a run has done, as a waterfall; nothing for a run that left no spans.

    Raises:
        RegrowError: The store cannot be read.
    """
    if not store.is_file():
        return ()
    async with open_store(store) as opened:
        spans = await SpanRecorder(opened).spans_of_run(run_id)
    return tuple(
        TimelineRow(
            name=row.span.name,
            depth=row.depth,
            offset_ms=row.offset_ms,
            duration_ms=row.span.duration_ms,
            failed=row.span.failed,
            failure=row.span.failure,
            attributes=dict(row.span.attributes),
            trace_id=row.span.trace_id,
            span_id=row.span.span_id,
            parent_id=row.span.parent_id,
            links=tuple(f"{link.trace_id}-{link.span_id}" for link in row.span.links),
            started_at=row.span.started_at,
        )
        for row in waterfall(spans)
    )
