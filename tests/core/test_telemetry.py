"""Telemetry on OpenTelemetry: the spans that a host's exporter gets."""

from __future__ import annotations

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from regrow import Actor, ChildSpec, Request, Supervisor, handler, open_tree
from regrow.core.telemetry import OpenTelemetryTracing
from regrow.protocols.actor_errors import ActorRestarting

pytestmark = pytest.mark.anyio


class Crash(Request[None]):
    pass


class Crasher(Actor):
    @handler
    async def crash(self, message: Crash) -> None:
        raise ValueError("told to crash")


async def test_an_exception_of_a_handler_is_recorded_in_its_span() -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    top = Supervisor("top", children=[ChildSpec("a", Crasher)])
    async with open_tree(top, tracing=OpenTelemetryTracing(provider)) as tree:
        with provider.get_tracer("host").start_as_current_span("request"), pytest.raises(ActorRestarting):
            await tree.ref("top/a", Crasher).ask(Crash())
    spans = {span.name: span for span in exporter.get_finished_spans()}
    provider.shutdown()
    consumer = spans["process top/a"]
    assert spans["send top/a"].kind is SpanKind.PRODUCER
    assert consumer.kind is SpanKind.CONSUMER
    assert consumer.status.status_code is StatusCode.ERROR
    assert [event.name for event in consumer.events] == ["exception"]
    assert consumer.attributes is not None
    assert consumer.attributes["messaging.destination.name"] == "top/a"
