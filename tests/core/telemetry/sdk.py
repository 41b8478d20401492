"""What a host sets up: an SDK whose spans and metrics stay in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from regrow.core.telemetry import OpenTelemetryTracing

__all__ = ["Host"]


class Host:
    """A host whose traces are sampled as their callers are, and otherwise as `sample_roots` says."""

    def __init__(self, *, sample_roots: bool = True) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider() if sample_roots else TracerProvider(sampler=ParentBased(ALWAYS_OFF))
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self._provider = provider
        self._reader = InMemoryMetricReader()
        self.meters = MeterProvider([self._reader])
        self.tracing = OpenTelemetryTracing(provider, self.meters)

    @contextmanager
    def request(self) -> Iterator[trace.Span]:
        """Be inside a span of the host."""
        with self._provider.get_tracer("host").start_as_current_span("request") as span:
            yield span

    @contextmanager
    def unsampled_request(self, number: int = 7) -> Iterator[int]:
        """Be inside a trace that came in from elsewhere and is not sampled; its trace id is `number`."""
        caller = NonRecordingSpan(SpanContext(number, 9, is_remote=True, trace_flags=TraceFlags(TraceFlags.DEFAULT)))
        with trace.use_span(caller):
            yield number

    def spans(self) -> tuple[ReadableSpan, ...]:
        """Return the spans that ended, in the order in which they began; the host's own are left out."""
        spans = self._exporter.get_finished_spans()
        return tuple(sorted((span for span in spans if span.name != "request"), key=lambda span: span.start_time or 0))

    def names(self) -> list[str]:
        """Return the names of `spans()`."""
        return [span.name for span in self.spans()]

    def metric(self, name: str) -> dict[str, float]:
        """Collect, and return the values of one metric by its one attribute (empty where it has none)."""
        data = self._reader.get_metrics_data()
        found: dict[str, float] = {}
        for resource in data.resource_metrics if data is not None else ():
            for metric in (metric for scope in resource.scope_metrics for metric in scope.metrics):
                for point in metric.data.data_points if metric.name == name else ():
                    key = ",".join(str(value) for value in (point.attributes or {}).values())
                    found[key] = getattr(point, "value", getattr(point, "count", 0.0))
        return found

    def close(self) -> None:
        """End what the SDK has running."""
        self._provider.shutdown()
        self.meters.shutdown()
