"""A small recorder of spans, without the OpenTelemetry SDK: what a run did, kept in the store, so that reports have it.

`spans` says what a span is, `recorder` keeps them, `tracing` makes them in the runtime.
"""

from regrow.core.recording.recorder import SpanRecorder
from regrow.core.recording.spans import SpanPlace, SpanRecord, WaterfallRow, place_of_run, waterfall
from regrow.core.recording.tracing import OpenSpan, RecordingTracing

__all__ = [
    "OpenSpan",
    "RecordingTracing",
    "SpanPlace",
    "SpanRecord",
    "SpanRecorder",
    "WaterfallRow",
    "place_of_run",
    "waterfall",
]
