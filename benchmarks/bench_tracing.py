"""Question: what does telemetry cost a tell: when there is no trace, in an unsampled one, at 1 %, and when sampled?

Method: the tell of `bench_tell.py` on asyncio, in a process where the OpenTelemetry SDK is set up. The first three rows
compare with the same library in a process without the SDK (tracing off). `tracing.sampled_message` is the processor
time of one tell in a sampled trace, producer and consumer span included, against one bare SDK span started and ended
in the same set-up; `tracing.sampled_pair` is the same against both of its spans made by hand, with the attributes that
the messaging conventions want, which alone cost three times a bare one. The span processor only counts, which proves
that the spans were made: exporting is the host's business and the same for everybody.

What would change our mind: a host that samples everything in production. Then the last row is the only one that counts.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, TraceFlags

from benchmarks.clocks import cpu_s
from benchmarks.figures import Bar
from benchmarks.loops import run_on
from benchmarks.programs import Counter, Increment, Tally, one_child
from benchmarks.rows import Row, Side, Size
from regrow import Ref, open_tree

__all__ = ["ROWS"]

ONE_PERCENT = 100
"""Tells for each sampled one."""


class SpanCounter(SpanProcessor):
    """The least that a host does with a span: it counts those that ended."""

    def __init__(self) -> None:
        self.ended = 0

    def on_end(self, span: ReadableSpan) -> None:
        """Count one."""
        self.ended += 1

    def take(self) -> int:
        """Return the count and begin anew."""
        ended, self.ended = self.ended, 0
        return ended


SPANS = SpanCounter()


def set_up_sdk() -> trace.Tracer:
    """Set the SDK up as a host does, once in this process: sampled where the caller was."""
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        provider = TracerProvider(sampler=ParentBased(ALWAYS_OFF))
        provider.add_span_processor(SPANS)
        trace.set_tracer_provider(provider)
    return trace.get_tracer("benchmarks")


def expect_spans(least: int, most: int) -> None:
    """Check what the figure claims: that so many spans were made.

    Raises:
        AssertionError: There were fewer or more.
    """
    found = SPANS.take()
    if not least <= found <= most:
        msg = f"expected {least} to {most} spans, found {found}"
        raise AssertionError(msg)


def caller(*, sampled: bool) -> NonRecordingSpan:
    """Return a span that came in from elsewhere, to be made current."""
    flags = TraceFlags(TraceFlags.SAMPLED if sampled else TraceFlags.DEFAULT)
    return NonRecordingSpan(SpanContext((1 << 100) | 7, (1 << 60) | 9, is_remote=True, trace_flags=flags))


async def tell_all(ref: Ref[Counter], count: int) -> None:
    """Tell `count` times, in whatever trace is current."""
    message = Increment()
    tell = ref.tell
    for _ in range(count):
        await tell(message)


async def untraced(ref: Ref[Counter], count: int) -> None:
    """Tell outside any trace."""
    await tell_all(ref, count)


async def unsampled(ref: Ref[Counter], count: int) -> None:
    """Tell inside a trace that is not sampled."""
    with trace.use_span(caller(sampled=False)):
        await tell_all(ref, count)


async def sampled(ref: Ref[Counter], count: int) -> None:
    """Tell inside a sampled trace."""
    with trace.use_span(caller(sampled=True)):
        await tell_all(ref, count)


async def one_percent(ref: Ref[Counter], count: int) -> None:
    """Tell one message of a hundred inside a sampled trace, the others inside one that is not."""
    in_sample, out_of_sample = caller(sampled=True), caller(sampled=False)
    for _ in range(count // ONE_PERCENT):
        with trace.use_span(in_sample):
            await tell_all(ref, 1)
        with trace.use_span(out_of_sample):
            await tell_all(ref, ONE_PERCENT - 1)


Producer = Callable[[Ref[Counter], int], Coroutine[object, object, None]]


async def seconds_of_tells(produce: Producer, count: int) -> float:
    """Return the processor time of `count` tells."""
    tally = Tally(1)
    async with open_tree(one_child(Counter, tally)) as tree:
        ref = tree.ref("bench/counter", Counter)
        await ref.tell(Increment())
        await tally.done.wait()
        tally.expect(count)
        begin = cpu_s()
        await produce(ref, count)
        await tally.done.wait()
        seconds = cpu_s() - begin
    return seconds


def seconds_of_spans(tracer: trace.Tracer, count: int) -> float:
    """Return the processor time of `count` bare SDK spans, children of a sampled caller."""
    parent = trace.set_span_in_context(caller(sampled=True))
    begin = cpu_s()
    for _ in range(count):
        tracer.start_span("bench", context=parent).end()
    return cpu_s() - begin


def off(size: Size) -> float:
    """The library where no SDK is set up."""
    count = size.of(200_000, 2_000)
    return count / run_on("asyncio", lambda: seconds_of_tells(untraced, count))


def traced(produce: Producer, sampled_share: float) -> Side:
    """Return the side that tells by `produce` where the SDK is set up, with one or two spans for each sampled tell."""

    def side(size: Size) -> float:
        set_up_sdk()
        count = size.of(200_000, 2_000)
        seconds = run_on("asyncio", lambda: seconds_of_tells(produce, count))
        expect_spans(round(count * sampled_share), round(count * sampled_share) * 2)
        return count / seconds

    return side


def sampled_message(size: Size) -> float:
    """One tell with both of its spans."""
    set_up_sdk()
    count = size.of(10_000, 200)
    seconds = run_on("asyncio", lambda: seconds_of_tells(sampled, count))
    expect_spans(2 * count, 2 * count)
    return seconds / count * 1e6


def bare_span(size: Size) -> float:
    """One span, made by hand."""
    count = size.of(20_000, 200)
    return seconds_of_spans(set_up_sdk(), count) / count * 1e6


OFF = "the same tell, tracing off"
UNIT = "messages/s"

ATTRIBUTES = {
    "messaging.system": "bench",
    "messaging.destination.name": "bench/counter",
    "messaging.operation.name": "send",
    "messaging.operation.type": "send",
    "regrow.message": "Increment",
}


def pair_of_spans(size: Size) -> float:
    """Both spans of one message, made by hand as the conventions want them."""
    tracer, count = set_up_sdk(), size.of(10_000, 200)
    caller_context = trace.set_span_in_context(caller(sampled=True))
    begin = cpu_s()
    for _ in range(count):
        sent = tracer.start_span("send bench/counter", caller_context, SpanKind.PRODUCER, ATTRIBUTES)
        context = trace.set_span_in_context(sent, caller_context)
        sent.end()
        tracer.start_span("process bench/counter", context, SpanKind.CONSUMER, ATTRIBUTES).end()
    return (cpu_s() - begin) / count * 1e6


ROWS = (
    Row("tracing.no_trace", UNIT, OFF, traced(untraced, 0), off, Bar("higher", 0.9, 0.95)),
    Row("tracing.unsampled", UNIT, OFF, traced(unsampled, 0), off, Bar("higher", 0.45, 0.6)),
    Row("tracing.one_percent", UNIT, OFF, traced(one_percent, 1 / ONE_PERCENT), off, Bar("higher", 0.25, 0.4)),
    Row("tracing.sampled_message", "us/message", "one bare SDK span", sampled_message, bare_span,
        Bar("lower", 2.5, 2.0)),
    Row("tracing.sampled_pair", "us/message", "its two SDK spans, by hand", sampled_message, pair_of_spans,
        Bar("lower", 1.7, 1.4)),
)  # fmt: skip
