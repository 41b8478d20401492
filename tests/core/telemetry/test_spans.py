"""Spans on OpenTelemetry: what a host's exporter gets of the messages between actors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio
import pytest
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

from regrow import ChildSpec, MailboxSpec, Ref, Supervisor, open_tree
from regrow.core.telemetry import OpenTelemetryTracing
from regrow.protocols.actor_errors import ActorStopped, AskTimeout, MailboxFull, UnhandledMessage
from tests.core.telemetry.actors import (
    Digger,
    Forward,
    Forwarder,
    Note,
    Settle,
    Sharer,
    Sleep,
    Unknown,
    Where,
    Worker,
    failure_of,
    noted,
    parent_of,
    place_of,
    top,
)
from tests.core.telemetry.sdk import Host

pytestmark = pytest.mark.anyio


async def tell(ref: Ref[Worker]) -> None:
    await ref.tell(Note())


async def tell_nowait(ref: Ref[Worker]) -> None:
    ref.tell_nowait(Note())


async def ask(ref: Ref[Worker]) -> None:
    await ref.ask(Where())


@pytest.mark.parametrize("send", [tell, tell_nowait, ask])
async def test_a_message_in_a_sampled_trace_is_a_span_at_each_end(
    host: Host, send: Callable[[Ref[Worker]], Awaitable[None]]
) -> None:
    async with open_tree(top(), tracing=host.tracing) as tree:
        with host.request() as request:
            await send(tree.ref("top/worker", Worker))
        await tree.ref("top/worker", Worker).ask(Where())
    sent, processed = host.spans()
    assert (sent.name, sent.kind) == ("send top/worker", SpanKind.PRODUCER)
    assert (processed.name, processed.kind) == ("process top/worker", SpanKind.CONSUMER)
    assert parent_of(sent) == request.get_span_context().span_id
    assert parent_of(processed) == place_of(sent)[1]
    kind = "Where" if send is ask else "Note"
    common = {"messaging.system": "regrow", "messaging.destination.name": "top/worker", "regrow.message": kind}
    assert sent.attributes == {**common, "messaging.operation.name": "send", "messaging.operation.type": "send"}
    assert processed.attributes == {
        **common,
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
    }
    assert {span.status.status_code for span in (sent, processed)} == {StatusCode.UNSET}


@pytest.mark.parametrize("dispatch", ["task", "shared"])
async def test_mail_outside_a_trace_leaves_no_span_and_is_handled_outside_any(host: Host, dispatch: str) -> None:
    async with open_tree(Supervisor("top", children=[sharer(dispatch)]), tracing=host.tracing) as tree:
        ref = tree.ref("top/sharer", Sharer)
        await ref.tell(Note())
        ref.tell_nowait(Note())
        assert await ref.ask(Where()) == 0
        assert noted(tree, "top/sharer") == [("", 0), ("", 0)]
    assert host.names() == []


def sharer(dispatch: str) -> ChildSpec:
    return ChildSpec("sharer", Sharer, dispatch="shared" if dispatch == "shared" else "task")


@pytest.mark.parametrize("dispatch", ["task", "shared"])
async def test_each_message_is_handled_in_the_trace_that_it_was_sent_in(host: Host, dispatch: str) -> None:
    async with open_tree(Supervisor("top", children=[sharer(dispatch)]), tracing=host.tracing) as tree:
        ref = tree.ref("top/sharer", Sharer)
        sampled = 0
        for number, text in ((3, "a"), (3, "b"), (0, "c"), (4, "d"), (3, "e"), (1, "f"), (3, "g"), (0, "h")):
            if number == 0:
                ref.tell_nowait(Note(text=text))
            elif number == 1:
                with host.request() as request:
                    sampled = request.get_span_context().trace_id
                    ref.tell_nowait(Note(text=text))
            else:
                with host.unsampled_request(number):
                    ref.tell_nowait(Note(text=text))
        with host.unsampled_request(5):
            assert await ref.ask(Where()) == 5
        assert await ref.ask(Where()) == 0
        expected = [("a", 3), ("b", 3), ("c", 0), ("d", 4), ("e", 3), ("f", sampled), ("g", 3), ("h", 0)]
        assert noted(tree, "top/sharer") == expected
    assert host.names() == ["send top/sharer", "process top/sharer"]


async def test_mail_that_is_stashed_keeps_its_trace(host: Host) -> None:
    async with open_tree(top(), tracing=host.tracing) as tree:
        ref = tree.ref("top/worker", Worker)
        await ref.tell(Settle())
        await ref.tell(Note(text="bare"))
        with host.unsampled_request(3):
            await ref.tell(Note(text="unsampled"))
        with host.request() as request:
            await ref.tell(Note(text="sampled"))
        await ref.tell(Settle())
        assert await ref.ask(Where()) == 0
        sampled = request.get_span_context().trace_id
        assert noted(tree, "top/worker") == [("bare", 0), ("unsampled", 3), ("sampled", sampled)]


async def test_a_trace_goes_on_from_actor_to_actor(host: Host) -> None:
    async with open_tree(top(ChildSpec("forwarder", Forwarder)), tracing=host.tracing) as tree:
        with host.request() as request:
            there = await tree.ref("top/forwarder", Forwarder).ask(Forward())
    assert there == request.get_span_context().trace_id
    spans = host.spans()
    assert [span.name for span in spans] == [
        "send top/forwarder",
        "process top/forwarder",
        "send top/worker",
        "process top/worker",
    ]
    assert [parent_of(span) for span in spans[1:]] == [place_of(span)[1] for span in spans[:3]]
    ends = [span.end_time or 0 for span in spans]
    assert ends == sorted(ends, reverse=True), "the span of an ask lasts until its reply"


async def test_what_was_not_sent_is_a_failed_span(host: Host) -> None:
    small = ChildSpec("small", Worker, mailbox=MailboxSpec(capacity=1, when_full="raise"))
    async with open_tree(top(small), tracing=host.tracing) as tree:
        ref = tree.ref("top/small", Worker)
        with host.request():
            with pytest.raises(UnhandledMessage):
                await ref.tell(Unknown())
            ref.tell_nowait(Note())
            with pytest.raises(MailboxFull):
                ref.tell_nowait(Note())
            with pytest.raises(MailboxFull):
                await ref.ask(Where())
        await anyio.lowlevel.checkpoint()
    sends = [span for span in host.spans() if span.name == "send top/small"]
    assert [failure_of(sends[index]) for index in (0, 2, 3)] == ["UnhandledMessage", "MailboxFull", "MailboxFull"]
    assert sends[1].status.status_code is StatusCode.UNSET


async def test_an_ask_that_nobody_answers_in_time_is_a_failed_span(host: Host) -> None:
    async with open_tree(top(), tracing=host.tracing) as tree:
        with host.request(), pytest.raises(AskTimeout):
            await tree.ref("top/worker", Worker).ask(Sleep(), timeout_s=0.01)
    sent, processed = host.spans()
    assert failure_of(sent) == "AskTimeout"
    assert processed.status.status_code is StatusCode.UNSET, "it was cancelled when the tree was closed"


async def test_an_actor_has_spans_of_its_own(host: Host) -> None:
    async with open_tree(top(ChildSpec("digger", Digger)), tracing=host.tracing) as tree:
        with host.request() as request:
            await tree.ref("top/digger", Digger).ask(Forward())
        await tree.ref("top/digger", Digger).ask(Where())
    digging = next(span for span in host.spans() if span.name == "dig")
    below = next(span for span in host.spans() if span.name == "send top/worker")
    assert place_of(digging)[0] == request.get_span_context().trace_id
    assert parent_of(below) == place_of(digging)[1]
    assert digging.attributes == {"depth": 3, "stones": 1}
    assert (digging.status.status_code, digging.status.description) == (StatusCode.ERROR, "rock")
    elsewhere = next(span for span in host.spans() if span.name == "elsewhere")
    assert (place_of(elsewhere)[0], parent_of(elsewhere)) == (int("a" * 32, 16), int("b" * 16, 16))


async def test_spans_of_an_actor_cost_no_tracing_where_there_is_none() -> None:
    async with open_tree(top(ChildSpec("digger", Digger))) as tree:
        assert await tree.ref("top/digger", Digger).ask(Forward()) == 0


async def test_mail_is_handled_in_its_trace_although_the_handler_before_was_cut(host: Host) -> None:
    """A restart by hand cuts a handler in the middle of a followed trace."""
    async with open_tree(top(), tracing=host.tracing) as tree:
        ref = tree.ref("top/worker", Worker)
        with host.unsampled_request(3):
            async with anyio.create_task_group() as group:
                group.start_soon(expect_a_stop, ref)
                await anyio.wait_all_tasks_blocked()
                await tree.supervisor("top").stop_child("worker")
        await tree.supervisor("top").restart_child("worker")
        assert await ref.ask(Where()) == 0


async def expect_a_stop(ref: Ref[Worker]) -> None:
    with pytest.raises(ActorStopped):
        await ref.ask(Sleep())


def test_one_tracing_serves_all_trees_of_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    from opentelemetry.sdk.trace import TracerProvider

    from regrow.core.telemetry import host_tracing, spans

    monkeypatch.setattr(spans, "_of_host", [])
    assert host_tracing() is None, "the tests set up no global SDK"
    monkeypatch.setattr(trace, "get_tracer_provider", TracerProvider)
    first = host_tracing()
    assert isinstance(first, OpenTelemetryTracing)
    assert host_tracing() is first
