"""Tracing by our own recorder: the seam of `regrow.core.tracing`, for runs whose spans are kept in the store.

The current span travels in a context variable within a task and by reference in envelopes. A handling that was asked for
inside a span is a span below it; mail that was sent outside any span costs nothing and leaves none. After a crash the
next incarnation's restart is a trace of its own, linked to the handling that crashed (trap 21).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import TYPE_CHECKING, cast

from regrow.core.envelope import Envelope
from regrow.core.recording.recorder import SpanRecorder
from regrow.core.recording.spans import (
    SpanEvent,
    SpanKind,
    SpanLink,
    SpanPlace,
    SpanRecord,
    new_place,
)
from regrow.core.tracing import Attribute, Tracing
from regrow.core.world import World

if TYPE_CHECKING:
    from regrow.core.cell import Cell

__all__ = ["OpenSpan", "RecordingTracing"]

_CURRENT: ContextVar[SpanPlace | None] = ContextVar("regrow_span", default=None)

EVENTS_KEPT = 100
"""Of one span; more are not recorded, and the attribute `events.dropped` says how many."""


class OpenSpan:
    """A span that has not ended. Made by `RecordingTracing`."""

    __slots__ = (
        "_dropped",
        "_events",
        "_failure",
        "attributes",
        "began_s",
        "kind",
        "links",
        "name",
        "outer",
        "parent",
        "place",
        "started_at",
    )

    def __init__(
        self,
        name: str,
        kind: SpanKind,
        place: SpanPlace,
        parent: SpanPlace | None,
        *,
        started_at: datetime,
        began_s: float,
        outer: SpanPlace | None = None,
        links: tuple[SpanLink, ...] = (),
    ) -> None:
        self.name = name
        self.kind = kind
        self.place = place
        self.parent = parent
        self.started_at = started_at
        self.began_s = began_s
        self.outer = outer
        self.links = links
        self.attributes: dict[str, Attribute] = {}
        self._events: list[SpanEvent] = []
        self._dropped = 0
        self._failure: str | None = None

    def set_attribute(self, key: str, value: Attribute) -> None:
        """Note a fact about what happens in it."""
        self.attributes[key] = value

    def fail(self, why: str) -> None:
        """Mark it as failed, although no exception leaves it."""
        self._failure = why

    def event(self, name: str, at: datetime, **attributes: Attribute) -> None:
        """Note that something happened."""
        if len(self._events) >= EVENTS_KEPT:
            self._dropped += 1
            self.attributes["events.dropped"] = self._dropped
            return
        self._events.append(SpanEvent(name=name, at=at, attributes=attributes))

    def ended(self, now_s: float, failure: str | None, clean: Callable[[str], str]) -> SpanRecord:
        """Return what is recorded. `failure` is None when no exception left it; `clean` is applied to every text."""
        failure = self._failure if failure is None else failure
        return SpanRecord(
            trace_id=self.place.trace_id,
            span_id=self.place.span_id,
            parent_id=self.parent.span_id if self.parent is not None else None,
            links=self.links,
            name=self.name,
            kind=self.kind,
            started_at=self.started_at,
            duration_ms=max(0.0, now_s - self.began_s) * 1000,
            failed=failure is not None,
            failure=clean(failure or ""),
            attributes={
                key: clean(value) if isinstance(value, str) else value for key, value in self.attributes.items()
            },
            events=tuple(self._events),
        )


class RecordingTracing(Tracing):
    """See the module.

    Args:
        clean: Applied to the texts of failures and attributes before they are kept (`regrow.core.redaction.redact`).
    """

    def __init__(self, recorder: SpanRecorder, world: World, clean: Callable[[str], str]) -> None:
        self._recorder = recorder
        self._world = world
        self._clean = clean
        self._crashed_in: dict[Cell, SpanPlace] = {}

    @contextmanager
    def span(
        self,
        name: str,
        attributes: Mapping[str, Attribute] | None = None,
        traceparent: str | None = None,
        *,
        run_id: str | None = None,
    ) -> Iterator[OpenSpan]:
        """Record what happens inside; a new trace where there is no current span and no `traceparent`.

        Args:
            run_id: The run that the whole trace belongs to.
            traceparent: Names the span that this one is below, of another process for instance.
        """
        above = SpanPlace.of(traceparent) if traceparent is not None else None
        span = self._begin(name, "internal", above or _CURRENT.get())
        span.attributes.update(attributes or {})
        if run_id is not None:
            self._recorder.belongs(span.place.trace_id, run_id)
        try:
            yield span
        except BaseException as error:
            self._end(span, error)
            raise
        self._end(span, None)

    def context(self) -> SpanPlace | None:
        return _CURRENT.get()

    def is_sampled(self, context: object) -> bool:
        return True

    def sending(self, envelope: Envelope, context: object) -> None:
        envelope.trace = context

    def enter(self, cell: Cell, envelope: Envelope) -> OpenSpan:
        span = self._begin(f"process {cell.path}", "consumer", cast("SpanPlace", envelope.trace))
        span.attributes.update(
            {
                "messaging.destination.name": cell.path,
                "regrow.message": type(envelope.message).__qualname__,
                "regrow.incarnation": cell.incarnation,
            }
        )
        return span

    def leave(self, cell: Cell, token: object, error: BaseException | None) -> None:
        span = cast("OpenSpan", token)
        if isinstance(error, Exception):
            self._crashed_in[cell] = span.place
        self._end(span, error)

    def restarting(self, cell: Cell) -> OpenSpan | None:
        crashed = self._crashed_in.pop(cell, None)
        if crashed is None:
            return None  # nothing that is recorded led to it
        link = SpanLink(trace_id=crashed.trace_id, span_id=crashed.span_id)
        span = self._begin(f"restart {cell.path}", "internal", None, (link,))
        span.attributes.update({"regrow.actor": cell.path, "regrow.incarnation": cell.incarnation})
        span.attributes["regrow.exit"] = str(cell.restart_reason)
        return span

    def restarted(self, cell: Cell, token: object, error: BaseException | None) -> None:
        if token is None:
            return
        span = cast("OpenSpan", token)
        if isinstance(error, Exception):
            self._crashed_in[cell] = span.place
        self._end(span, error)

    def retired(self, cell: Cell) -> None:
        self._crashed_in.pop(cell, None)

    def _begin(self, name: str, kind: SpanKind, parent: SpanPlace | None, links: tuple[SpanLink, ...] = ()) -> OpenSpan:
        place = new_place(parent, self._world.random.getrandbits)
        span = OpenSpan(
            name,
            kind,
            place,
            parent,
            started_at=self._world.wall(),
            began_s=self._world.now_s(),
            outer=_CURRENT.get(),
            links=links,
        )
        _CURRENT.set(place)
        return span

    def _end(self, span: OpenSpan, error: BaseException | None) -> None:
        # Set, not reset by token: a host may end a span in a copy of the context that it began in.
        _CURRENT.set(span.outer)
        failure = None if error is None else f"{type(error).__qualname__}: {error}"
        self._recorder.record(span.ended(self._world.now_s(), failure, self._clean))
