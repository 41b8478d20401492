"""Shell: OpenTelemetry. The only module that imports its API; the SDK is the host's or the daemon's affair.

In process the trace context travels by reference, as the object that OpenTelemetry itself holds. A sampled message gets
a producer span where it is sent and a consumer span where it is handled, with the names and attributes of the messaging
semantic conventions; an unsampled one gets its context restored in the handler and no span object at all, since an SDK
span costs 8 microseconds even when it is not sampled (survey of actor runtimes, 2.3).

Metrics are read when they are collected, from counters that the runtime keeps anyway: nothing is paid per message.
The handling time is recorded for sampled messages only.

A new incarnation starts a trace of its own, linked to the handling that crashed: a restart is not a part of the request
that caused it (trap 21).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import TYPE_CHECKING, cast

from opentelemetry import context as otel_context
from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, StatusCode

from regrow.core.envelope import Envelope
from regrow.core.events import EventKind
from regrow.core.tracing import Tracing
from regrow.protocols.exits import ExitReason

if TYPE_CHECKING:
    from regrow.core.cell import Cell
    from regrow.core.runtime import Runtime

__all__ = ["OpenTelemetryTracing", "host_tracing"]

SCOPE = "regrow"


def host_tracing() -> Tracing | None:
    """Return tracing if the host has set up an OpenTelemetry SDK, else None: then nothing is paid for it."""
    sdk = sys.modules.get("opentelemetry.sdk.trace")
    if sdk is None or not isinstance(trace.get_tracer_provider(), sdk.TracerProvider):
        return None
    return OpenTelemetryTracing()


def _context_reader() -> Callable[[], object]:
    """Return the cheapest way to read the current context.

    The public `get_current` loads the runtime context at each call and costs three times the variable that it reads.
    """
    runtime_context = getattr(otel_context, "_RUNTIME_CONTEXT", None)
    variable = getattr(runtime_context, "_current_context", None)
    return variable.get if isinstance(variable, ContextVar) else otel_context.get_current


class _Handling:
    """One traced handling."""

    __slots__ = ("span", "started_s", "token")

    def __init__(self, span: Span | None, token: object, started_s: float) -> None:
        self.span = span
        self.token = token
        self.started_s = started_s


class OpenTelemetryTracing(Tracing):
    """See the module.

    Args:
        tracer_provider, meter_provider: None takes the global ones.
    """

    def __init__(
        self,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: metrics.MeterProvider | None = None,
    ) -> None:
        self._tracer = trace.get_tracer(SCOPE, tracer_provider=tracer_provider)
        self._meter = metrics.get_meter(SCOPE, meter_provider=meter_provider)
        self._duration = self._meter.create_histogram(
            "messaging.process.duration", unit="s", description="Time in the handler, of sampled messages"
        )
        self._crashed_in: dict[str, SpanContext] = {}
        self._names: dict[tuple[str, type], tuple[str, str, dict[str, str], dict[str, str]]] = {}
        self._last: tuple[object, bool] = (None, False)
        self._runtime: Runtime | None = None
        self.context = _context_reader()  # type: ignore[method-assign]  # one call less for every message

    def sending(self, path: str, message: object, context: object) -> object:
        if not self._is_sampled(context):
            return context
        name, _, attributes, _ = self._described(path, type(message))
        parent = cast("Context", context)
        span = self._tracer.start_span(name, parent, SpanKind.PRODUCER, attributes)
        span.end()
        return trace.set_span_in_context(span, parent)

    def enter(self, cell: Cell, envelope: Envelope) -> object:
        context = cast("Context", envelope.trace)
        if not self._is_sampled(context):
            return _Handling(None, otel_context.attach(context), 0.0)
        _, name, _, attributes = self._described(cell.path, type(envelope.message))
        span = self._tracer.start_span(name, context, SpanKind.CONSUMER, attributes)
        token = otel_context.attach(trace.set_span_in_context(span, context))
        return _Handling(span, token, cell.runtime.backend.now_s())

    def leave(self, cell: Cell, token: object, error: BaseException | None) -> None:
        handling = cast("_Handling", token)
        otel_context.detach(handling.token)  # type: ignore[arg-type]  # what attach returned
        span = handling.span
        if span is None:
            return
        if isinstance(error, Exception):  # a cancellation is no failure of the handler
            span.record_exception(error)
            span.set_status(StatusCode.ERROR, f"{type(error).__qualname__}: {error}")
            span.set_attribute("error.type", type(error).__qualname__)
            self._crashed_in[cell.path] = span.get_span_context()
        span.end()
        self._duration.record(cell.runtime.backend.now_s() - handling.started_s, {"regrow.actor": cell.path})

    def restarted(self, cell: Cell, reason: ExitReason) -> None:
        crashed = self._crashed_in.pop(cell.path, None)
        if crashed is None:
            return
        attributes: dict[str, str | int] = {
            "regrow.actor": cell.path,
            "regrow.incarnation": cell.incarnation,
            "regrow.exit": str(reason),
        }
        span = self._tracer.start_span(
            f"restart {cell.path}", Context(), SpanKind.INTERNAL, attributes, links=[Link(crashed)]
        )
        span.end()

    def opened(self, runtime: Runtime) -> None:
        self._runtime = runtime
        gauge, counter = self._meter.create_observable_gauge, self._meter.create_observable_counter
        gauge("regrow.mailbox.depth", [self._depths], unit="{message}", description="Unread messages of an actor")
        gauge("regrow.checkpoint.age", [self._checkpoint_ages], unit="s", description="Age of the last checkpoint")
        gauge("regrow.loop.lag", [self._lag], unit="s", description="How late the event loop ran its last beat")
        counter("regrow.actor.restarts", [self._restarts], unit="{restart}", description="Restarts in this tree")
        counter("regrow.dead_letters", [self._dead_letters], unit="{message}", description="Mail that nobody handled")

    def closed(self) -> None:
        # The instruments cannot be taken back; without a runtime their callbacks report nothing.
        self._runtime = None

    def _is_sampled(self, context: object) -> bool:
        last, sampled = self._last
        if context is not last:
            span_context = trace.get_current_span(cast("Context", context)).get_span_context()
            sampled = span_context.trace_flags.sampled
            self._last = (context, sampled)
        return sampled

    def _described(self, path: str, kind: type) -> tuple[str, str, dict[str, str], dict[str, str]]:
        described = self._names.get((path, kind))
        if described is None:
            common = {
                "messaging.system": SCOPE,
                "messaging.destination.name": path,
                "regrow.message": kind.__qualname__,
            }
            described = (
                f"send {path}",
                f"process {path}",
                {**common, "messaging.operation.type": "send"},
                {**common, "messaging.operation.type": "process"},
            )
            if len(self._names) < NAMES_KEPT:
                self._names[path, kind] = described
        return described

    def _depths(self, _: CallbackOptions) -> Iterable[Observation]:
        for path, cell in tuple(self._runtime.cells.items()) if self._runtime else ():
            if cell.mailbox.depth:
                yield Observation(cell.mailbox.depth, {"regrow.actor": path})

    def _checkpoint_ages(self, _: CallbackOptions) -> Iterable[Observation]:
        for path, cell in tuple(self._runtime.cells.items()) if self._runtime else ():
            if cell.checkpoints is not None and cell.checkpoints.saved_at_s is not None:
                yield Observation(cell.checkpoints.age_s(), {"regrow.actor": path})

    def _lag(self, _: CallbackOptions) -> Iterable[Observation]:
        if self._runtime:
            yield Observation(self._runtime.loop_lag_s)

    def _restarts(self, _: CallbackOptions) -> Iterable[Observation]:
        if self._runtime:
            yield Observation(self._runtime.events.count(EventKind.RESTARTED))

    def _dead_letters(self, _: CallbackOptions) -> Iterable[Observation]:
        for reason, count in self._runtime.dead_letters.counts.items() if self._runtime else ():
            yield Observation(count, {"reason": reason})


NAMES_KEPT = 10_000
"""Span names are made once for each actor and message type; beyond this many they are made anew each time."""
