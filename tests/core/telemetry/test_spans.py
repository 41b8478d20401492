"""Spans on OpenTelemetry: what a host's exporter gets of the messages between actors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode

from regrow import Actor, ChildSpec, MailboxSpec, Message, Ref, Request, Supervisor, handler, open_tree
from regrow.core.telemetry import OpenTelemetryTracing
from regrow.protocols.actor_errors import ActorRestarting, ActorStopped, AskTimeout, MailboxFull, UnhandledMessage
from regrow.protocols.exits import ExitReason
from regrow.supervisors.tree import Tree
from tests.core.telemetry.sdk import Host

pytestmark = pytest.mark.anyio


class Note(Message):
    text: str = ""


class Settle(Message):
    """Stash what comes until `Settled`."""


class Where(Request[int]):
    """Asks for the id of the trace that the handler runs in; 0 outside any."""


class Crash(Request[None]):
    pass


class Sleep(Request[None]):
    pass


class Forward(Request[int]):
    pass


class Unknown(Message):
    pass


def trace_here() -> int:
    return trace.get_current_span().get_span_context().trace_id


class Worker(Actor):
    def __init__(self) -> None:
        self.noted: list[tuple[str, int]] = []
        self.settling = False

    @handler
    async def note(self, message: Note) -> None:
        if self.settling:
            self.ctx.stash(message)
            return
        self.noted.append((message.text, trace_here()))

    @handler
    async def settle(self, message: Settle) -> None:
        self.settling = not self.settling
        if not self.settling:
            self.ctx.unstash_all()

    @handler
    async def where(self, message: Where) -> int:
        return trace_here()

    @handler
    async def crash(self, message: Crash) -> None:
        raise ValueError("told to crash")

    @handler
    async def sleep(self, message: Sleep) -> None:
        await anyio.sleep_forever()


class Sharer(Actor):
    def __init__(self) -> None:
        self.noted: list[tuple[str, int]] = []

    @handler
    def note(self, message: Note) -> None:
        self.noted.append((message.text, trace_here()))

    @handler
    def where(self, message: Where) -> int:
        return trace_here()


class Forwarder(Actor):
    @handler
    async def forward(self, message: Forward) -> int:
        return await self.ctx.ref("top/worker", Worker).ask(Where())


class Greeter(Actor):
    """Asks the worker when it is started again, and fails to start as often as it is told."""

    failures: list[str] = []

    async def on_restart(self, reason: ExitReason) -> None:
        await self.ctx.ref("top/worker", Worker).ask(Where())
        if self.failures:
            raise ValueError(self.failures.pop())

    @handler
    async def crash(self, message: Crash) -> None:
        raise ValueError("told to crash")

    @handler
    async def where(self, message: Where) -> int:
        return trace_here()


def top(*others: ChildSpec) -> Supervisor:
    worker = ChildSpec("worker", Worker, shutdown_limit_s=0.01)
    return Supervisor("top", children=[worker, *others], max_restarts=10)


def noted(tree: Tree, path: str) -> list[tuple[str, int]]:
    actor = tree.runtime.cells[path].actor
    assert isinstance(actor, Worker | Sharer)
    return actor.noted


def parent_of(span: ReadableSpan) -> int:
    assert span.parent is not None
    return span.parent.span_id


def place_of(span: ReadableSpan) -> tuple[int, int]:
    assert span.context is not None
    return span.context.trace_id, span.context.span_id


def failure_of(span: ReadableSpan) -> object:
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes is not None
    return span.attributes["error.type"]


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


async def test_a_trace_that_is_not_sampled_leaves_no_span_and_loses_no_mail_in_a_crash(host: Host) -> None:
    async with open_tree(top(), tracing=host.tracing) as tree:
        ref = tree.ref("top/worker", Worker)
        with host.unsampled_request(3):
            with pytest.raises(ActorRestarting):
                await ref.ask(Crash())
            assert await ref.ask(Where()) == 3
        assert await ref.ask(Where()) == 0
        assert [letter.message for letter in tree.dead_letters.last] == [Crash()]
    assert host.names() == ["restart top/worker"]


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


async def test_an_exception_of_a_handler_is_recorded_in_its_span(host: Host) -> None:
    async with open_tree(top(), tracing=host.tracing) as tree:
        with host.request(), pytest.raises(ActorRestarting):
            await tree.ref("top/worker", Worker).ask(Crash())
    sent, processed, _ = host.spans()
    assert failure_of(sent) == "ActorRestarting"
    assert failure_of(processed) == "ValueError"
    assert [event.name for event in processed.events] == ["exception"]


async def test_a_new_incarnation_begins_a_trace_of_its_own_that_links_to_the_crash(host: Host) -> None:
    async with open_tree(top(), tracing=host.tracing) as tree:
        ref = tree.ref("top/worker", Worker)
        with host.request() as request, pytest.raises(ActorRestarting):
            await ref.ask(Crash())
        assert await ref.ask(Where()) == 0, "nothing of the trace is left in the new incarnation"
    _, processed, restart = host.spans()
    assert (restart.name, restart.parent) == ("restart top/worker", None)
    assert place_of(restart)[0] != request.get_span_context().trace_id
    assert [(link.context.trace_id, link.context.span_id) for link in restart.links] == [place_of(processed)]
    attributes = dict(restart.attributes or {})
    assert str(attributes.pop("regrow.exit")).startswith("crash: ValueError: told to crash at ")
    assert attributes == {"regrow.actor": "top/worker", "regrow.incarnation": 2}


async def test_what_a_start_hook_sends_is_below_the_restart(host: Host) -> None:
    Greeter.failures = ["not yet"]
    async with open_tree(top(ChildSpec("greeter", Greeter)), tracing=host.tracing) as tree:
        ref = tree.ref("top/greeter", Greeter)
        with host.request(), pytest.raises(ActorRestarting):
            await ref.ask(Crash())
        assert await ref.ask(Where()) == 0
    spans = host.spans()
    failed, good = (span for span in spans if span.name == "restart top/greeter")
    crashed = next(span for span in spans if span.name == "process top/greeter")
    assert failure_of(failed) == "ValueError"
    assert good.status.status_code is StatusCode.UNSET
    assert [link.context.span_id for link in failed.links] == [place_of(crashed)[1]]
    assert [link.context.span_id for link in good.links] == [place_of(failed)[1]]
    below = [span for span in spans if span.name == "send top/worker"]
    assert [parent_of(span) for span in below] == [place_of(failed)[1], place_of(good)[1]]
    assert all(
        (restart.end_time or 0) >= (send.end_time or 0) for restart, send in zip((failed, good), below, strict=True)
    )


async def test_an_actor_that_ends_for_good_leaves_no_link_for_the_next_at_its_place(host: Host) -> None:
    once = ChildSpec("once", Worker, restart="temporary")
    async with open_tree(top(once), tracing=host.tracing) as tree:
        with host.request(), pytest.raises(Exception, match="has stopped"):
            await tree.ref("top/once", Worker).ask(Crash())
        bank = tree.supervisor("top")
        await bank.start_child(ChildSpec("once", Worker))
        with pytest.raises(ActorRestarting):
            await tree.ref("top/once", Worker).ask(Crash())
    assert [span.links for span in host.spans() if span.name == "restart top/once" and span.links] == []
    assert not host.tracing._crashed_in


async def test_a_restart_is_a_trace_only_where_the_host_samples_it() -> None:
    host = Host(sample_roots=False)
    async with open_tree(top(), tracing=host.tracing) as tree:
        with pytest.raises(ActorRestarting):
            await tree.ref("top/worker", Worker).ask(Crash())
        assert await tree.ref("top/worker", Worker).ask(Where()) == 0
    assert host.names() == []
    host.close()


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
