"""What a span is: where it stands, what is recorded of it, and the order in which a waterfall shows it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from regrow.core.tracing import Attribute
from regrow.protocols.wire import Instant, Millis, WireModel

__all__ = [
    "SpanEvent",
    "SpanKind",
    "SpanLink",
    "SpanPlace",
    "SpanRecord",
    "WaterfallRow",
    "new_place",
    "place_of_run",
    "waterfall",
]

SpanKind = Literal["internal", "producer", "consumer", "client", "server"]

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class SpanPlace:
    """Where a span stands: its trace (32 hexadecimal digits) and itself (16), neither all zeros."""

    trace_id: str
    span_id: str

    @property
    def traceparent(self) -> str:
        """W3C Trace Context, sampled.

        >>> SpanPlace("a" * 32, "b" * 16).traceparent
        '00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-01'
        """
        return f"00-{self.trace_id}-{self.span_id}-01"

    @staticmethod
    def of(traceparent: str) -> SpanPlace | None:
        """Read a traceparent; None when it is none, as the standard demands for one that is not understood."""
        found = _TRACEPARENT.fullmatch(traceparent)
        if found is None or not int(found[1], 16) or not int(found[2], 16):
            return None
        return SpanPlace(found[1], found[2])


def new_place(parent: SpanPlace | None, bits: Callable[[int], int]) -> SpanPlace:
    """Return the place of a new span: in its parent's trace, or at the root of a new one.

    Args:
        bits: Returns a number of so many random bits (`random.Random.getrandbits`).
    """
    trace_id = parent.trace_id if parent is not None else f"{bits(128) or 1:032x}"
    return SpanPlace(trace_id, f"{bits(64) or 1:016x}")


def place_of_run(run_id: str) -> SpanPlace:
    """Return where the root span of a run stands.

    It follows from the run's id, so that a run that is killed and gone on with is one trace, and nobody has to remember
    which.
    """
    digest = hashlib.sha256(b"run " + run_id.encode()).hexdigest()
    return SpanPlace(digest[:32], digest[32:48])


class SpanEvent(WireModel):
    """Something that happened at a moment within a span."""

    name: str
    at: Instant
    attributes: dict[str, Attribute] = Field(default_factory=dict)


class SpanLink(WireModel):
    """A span of another trace that has to do with this one."""

    trace_id: str
    span_id: str


class SpanRecord(WireModel):
    """One span that has ended. `duration_ms` is from the monotonic clock, `started_at` is the time of day."""

    trace_id: str
    span_id: str
    parent_id: str | None = None
    links: tuple[SpanLink, ...] = ()
    name: str
    kind: SpanKind = "internal"
    started_at: Instant
    duration_ms: Millis
    failed: bool = False
    failure: str = ""
    attributes: dict[str, Attribute] = Field(default_factory=dict)
    events: tuple[SpanEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class WaterfallRow:
    """One line of a waterfall: how deep it is indented, and when it began after the first span."""

    span: SpanRecord
    depth: int
    offset_ms: float


def waterfall(spans: Iterable[SpanRecord]) -> tuple[WaterfallRow, ...]:
    """Order spans as a waterfall shows them: each below its parent, brothers by their beginning.

    A span whose parent is not there (it has not ended yet, or was dropped) stands at the left edge. Spans may be of
    several traces; a linked trace stands by itself.
    """
    ordered = sorted(spans, key=lambda span: (span.started_at, span.span_id))
    if not ordered:
        return ()
    known = {(span.trace_id, span.span_id) for span in ordered}
    children: dict[tuple[str, str], list[SpanRecord]] = {}
    pending: list[tuple[SpanRecord, int]] = []
    for span in ordered:
        parent = (span.trace_id, span.parent_id or "")
        if parent in known:
            children.setdefault(parent, []).append(span)
        else:
            pending.append((span, 0))
    pending.reverse()
    begin = ordered[0].started_at
    rows: list[WaterfallRow] = []
    while pending:
        span, depth = pending.pop()
        rows.append(WaterfallRow(span, depth, (span.started_at - begin).total_seconds() * 1000))
        below = children.get((span.trace_id, span.span_id), ())
        pending += [(child, depth + 1) for child in reversed(below)]
    return tuple(rows)
