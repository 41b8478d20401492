"""Shell: spans on OpenTelemetry, for those messages that are sent inside a trace.

In process the trace context travels by reference, as the object that OpenTelemetry itself holds. A sampled message gets
a producer span where it is sent, which for an ask lasts until the reply, and a consumer span where it is handled, with
the names and attributes of the messaging semantic conventions. An unsampled one gets its context restored in the
handler and no span object at all, since an SDK span costs 8 microseconds even when it is not sampled (survey of actor
runtimes, 2.3).

A new incarnation starts a trace of its own, linked to the handling that crashed: a restart is not a part of the request
that caused it (trap 21). Its start hooks run inside it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple, cast

from opentelemetry import context as otel_context
from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from regrow.core.envelope import Envelope
from regrow.core.telemetry.metrics import TreeMetrics
from regrow.core.tracing import Attribute, Tracing

if TYPE_CHECKING:
    from contextvars import Token

    from regrow.core.cell import Cell
    from regrow.core.runtime import Runtime

__all__ = ["OpenTelemetryTracing", "host_tracing"]

SCOPE = "regrow"

NAMES_KEPT = 10_000
"""Span names are made once for each actor and message type; beyond this many they are made anew each time."""

_of_host: list[OpenTelemetryTracing] = []
"""One for all trees: the providers that the host has set up are those of the process, and so are the instruments."""


def host_tracing() -> Tracing | None:
    """Return tracing if the host has set up an OpenTelemetry SDK, else None: then nothing is paid for it."""
    sdk = sys.modules.get("opentelemetry.sdk.trace")
    if sdk is None or not isinstance(trace.get_tracer_provider(), sdk.TracerProvider):
        return None
    if not _of_host:
        _of_host.append(OpenTelemetryTracing())
    return _of_host[0]


def _context_reader() -> Callable[[], object]:
    """Return the cheapest way to read the current context.

    The public `get_current` loads the runtime context at each call and costs three times the variable that it reads.
    """
    runtime_context = getattr(otel_context, "_RUNTIME_CONTEXT", None)
    variable = getattr(runtime_context, "_current_context", None)
    return variable.get if isinstance(variable, ContextVar) else otel_context.get_current


class _Described(NamedTuple):
    """What the spans of one type of message to one actor are called."""

    send: str
    process: str
    sent: dict[str, str]
    processed: dict[str, str]


class _Handling(NamedTuple):
    """A sampled handling that is under way."""

    span: Span
    token: Token[Context]
    started_s: float


class OpenTelemetryTracing(Tracing):
    """See the module. One may serve several trees.

    Args:
        tracer_provider, meter_provider: None takes the global ones.
    """

    def __init__(
        self,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: metrics.MeterProvider | None = None,
    ) -> None:
        self._tracer = trace.get_tracer(SCOPE, tracer_provider=tracer_provider)
        meter = metrics.get_meter(SCOPE, meter_provider=meter_provider)
        self._metrics = TreeMetrics(meter)
        self._duration = meter.create_histogram(
            "messaging.process.duration", unit="s", description="Time in the handler, of sampled messages"
        )
        self._crashed_in: dict[Cell, SpanContext] = {}
        self._names: dict[tuple[str, type], _Described] = {}
        self._last: tuple[object, bool] = (None, False)
        self.context = _context_reader()  # type: ignore[method-assign]  # one call less for every message
        self.follow = otel_context.attach  # type: ignore[assignment]
        self.unfollow = otel_context.detach  # type: ignore[assignment]

    @contextmanager
    def span(
        self, name: str, attributes: Mapping[str, Attribute] | None = None, traceparent: str | None = None
    ) -> Iterator[_HostSpan]:
        parent = None if traceparent is None else TraceContextTextMapPropagator().extract({"traceparent": traceparent})
        with self._tracer.start_as_current_span(name, parent, attributes=attributes) as span:
            yield _HostSpan(span)

    def is_sampled(self, context: object) -> bool:
        last, sampled = self._last
        if context is not last:
            span_context = trace.get_current_span(cast("Context", context)).get_span_context()
            sampled = span_context.trace_flags.sampled
            self._last = (context, sampled)
        return sampled

    def sending(self, envelope: Envelope, context: object) -> object:
        described = self._described(envelope.path, type(envelope.message))
        parent = cast("Context", context)
        span = self._tracer.start_span(described.send, parent, SpanKind.PRODUCER, described.sent)
        envelope.trace = trace.set_span_in_context(span, parent)
        return span

    def sent(self, token: object, error: BaseException | None) -> None:
        span = cast("Span", token)
        if error is not None:
            _fail(span, error)
        span.end()

    def enter(self, cell: Cell, envelope: Envelope) -> object:
        context = cast("Context", envelope.trace)
        if not self.is_sampled(context):
            return otel_context.attach(context)
        described = self._described(cell.path, type(envelope.message))
        span = self._tracer.start_span(described.process, context, SpanKind.CONSUMER, described.processed)
        token = otel_context.attach(trace.set_span_in_context(span, context))
        return _Handling(span, token, cell.runtime.backend.now_s())

    def leave(self, cell: Cell, token: object, error: BaseException | None) -> None:
        if type(token) is not _Handling:
            otel_context.detach(cast("Token[Context]", token))
            return
        span, inside, started_s = token
        otel_context.detach(inside)
        attributes = {**MEASURED, "regrow.actor.type": cell.spec.actor.__qualname__}
        if isinstance(error, Exception):  # a cancellation is no failure of the handler
            span.record_exception(error)
            attributes["error.type"] = _fail(span, error)
            self._crashed_in[cell] = span.get_span_context()
        span.end()
        self._duration.record(cell.runtime.backend.now_s() - started_s, attributes)

    def restarting(self, cell: Cell) -> object:
        crashed = self._crashed_in.pop(cell, None)
        attributes: dict[str, str | int] = {
            "regrow.actor": cell.path,
            "regrow.incarnation": cell.incarnation,
            "regrow.exit": str(cell.restart_reason),
        }
        links = [Link(crashed)] if crashed is not None else []
        span = self._tracer.start_span(f"restart {cell.path}", Context(), SpanKind.INTERNAL, attributes, links)
        return span, otel_context.attach(trace.set_span_in_context(span, Context()))

    def restarted(self, cell: Cell, token: object, error: BaseException | None) -> None:
        span, inside = cast("tuple[Span, Token[Context]]", token)
        otel_context.detach(inside)
        if isinstance(error, Exception):
            span.record_exception(error)
            _fail(span, error)
            self._crashed_in[cell] = span.get_span_context()
        span.end()

    def retired(self, cell: Cell) -> None:
        self._crashed_in.pop(cell, None)

    def opened(self, runtime: Runtime) -> None:
        self._metrics.add(runtime)

    def closed(self, runtime: Runtime) -> None:
        self._metrics.remove(runtime)

    def _described(self, path: str, kind: type) -> _Described:
        described = self._names.get((path, kind))
        if described is None:
            common = {
                "messaging.system": SCOPE,
                "messaging.destination.name": path,
                "regrow.message": kind.__qualname__,
            }
            described = _Described(
                f"send {path}",
                f"process {path}",
                {**common, "messaging.operation.name": "send", "messaging.operation.type": "send"},
                {**common, "messaging.operation.name": "process", "messaging.operation.type": "process"},
            )
            if len(self._names) < NAMES_KEPT:
                self._names[path, kind] = described
        return described


class _HostSpan:
    """`regrow.core.tracing.LiveSpan` on one of the host's."""

    __slots__ = ("_span", "set_attribute")

    def __init__(self, span: Span) -> None:
        self._span = span
        self.set_attribute = span.set_attribute

    def fail(self, why: str) -> None:
        self._span.set_status(StatusCode.ERROR, why)


MEASURED = {"messaging.system": SCOPE, "messaging.operation.name": "process"}


def _fail(span: Span, error: BaseException) -> str:
    """Mark a span as failed; returns the type of the error."""
    kind = type(error).__qualname__
    span.set_status(StatusCode.ERROR, f"{kind}: {error}")
    span.set_attribute("error.type", kind)
    return kind
