"""Spans of a tree: one trace through its actors, a new one after a crash."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from regrow import Actor, ChildSpec, Ref, Request, Supervisor, handler, open_tree
from regrow.core.recording import RecordingTracing, SpanPlace, SpanRecord, SpanRecorder, place_of_run, waterfall
from regrow.core.store import MemoryStore
from regrow.core.world import World
from regrow.protocols.actor_errors import ActorRestarting, ActorStopped
from regrow.protocols.exits import ExitReason
from regrow.protocols.messages import NoState
from regrow.supervisors.tree import Tree

pytestmark = pytest.mark.anyio


class Inner(Request[str]):
    pass


class Outer(Request[str]):
    pass


class Crash(Request[None]):
    pass


class Callee(Actor[NoState]):
    @handler
    async def inner(self, message: Inner) -> str:
        return "inner"

    @handler
    async def crash(self, message: Crash) -> None:
        msg = "the password is hunter2"
        raise ValueError(msg)


class Own(Request[str]):
    pass


class Riser(Actor[NoState]):
    async def on_restart(self, reason: ExitReason) -> None:
        await self.ctx.ref("top/callee", Callee).ask(Inner())

    @handler
    async def crash(self, message: Crash) -> None:
        raise ValueError

    @handler
    async def inner(self, message: Inner) -> str:
        return ""


class Caller(Actor[NoState]):
    @handler
    async def own(self, message: Own) -> str:
        with self.ctx.span("own work", {"size": 3}) as span:
            span.set_attribute("secret", "hunter2")
            span.fail("it went badly: hunter2")
            return await self.ctx.ref("top/callee", Callee).ask(Inner())

    @handler
    async def outer(self, message: Outer) -> str:
        callee: Ref[Callee] = self.ctx.ref("top/callee", Callee)
        return "outer " + await callee.ask(Inner())


@asynccontextmanager
async def traced() -> AsyncIterator[tuple[Tree, RecordingTracing, SpanRecorder]]:
    recorder = SpanRecorder(MemoryStore())
    tracing = RecordingTracing(recorder, World(seed=1), lambda text: text.replace("hunter2", "***"))
    top = Supervisor("top", children=[ChildSpec("callee", Callee), ChildSpec("caller", Caller)])
    async with open_tree(top, tracing=tracing) as tree:
        yield tree, tracing, recorder


async def spans_of(recorder: SpanRecorder, run_id: str) -> tuple[SpanRecord, ...]:
    await recorder.flush()
    return await recorder.spans_of_run(run_id)


async def test_one_trace_goes_through_all_actors_of_a_request() -> None:
    async with traced() as (tree, tracing, recorder):
        with tracing.span("run", run_id="r1", attributes={"target": "x"}) as root:
            root.event("begun", World().wall(), number=1)
            assert await tree.ref("top/caller", Caller).ask(Outer()) == "outer inner"
        spans = await spans_of(recorder, "r1")
    rows = [(row.depth, row.span.name, row.span.kind) for row in waterfall(spans)]
    assert rows == [
        (0, "run", "internal"),
        (1, "process top/caller", "consumer"),
        (2, "process top/callee", "consumer"),
    ]
    assert len({span.trace_id for span in spans}) == 1
    assert spans[0].attributes == {"target": "x"}
    assert [event.name for event in spans[0].events] == ["begun"]
    assert not any(span.failed for span in spans)


async def test_mail_outside_any_span_is_not_recorded() -> None:
    async with traced() as (tree, _, recorder):
        await tree.ref("top/caller", Caller).ask(Outer())
        assert recorder.waiting == 0


async def test_a_crash_is_recorded_cleaned_and_the_restart_begins_a_linked_trace() -> None:
    async with traced() as (tree, tracing, recorder):
        callee = tree.ref("top/callee", Callee)
        with tracing.span("run", run_id="r1"), pytest.raises(ActorRestarting):
            await callee.ask(Crash())
        assert await callee.ask(Inner()) == "inner"
        assert tracing.context() is None
        spans = {span.name: span for span in await spans_of(recorder, "r1")}
    crashed, restarted = spans["process top/callee"], spans["restart top/callee"]
    assert crashed.failed
    assert crashed.failure == "ValueError: the password is ***"
    assert not any("hunter2" in span.model_dump_json() for span in spans.values())
    assert restarted.trace_id != crashed.trace_id
    assert restarted.parent_id is None
    assert [(link.trace_id, link.span_id) for link in restarted.links] == [(crashed.trace_id, crashed.span_id)]


async def test_a_span_that_fails_says_so_and_the_outer_one_is_current_again() -> None:
    async with traced() as (_, tracing, recorder):
        with tracing.span("outer", run_id="r1") as outer:
            with pytest.raises(KeyError), tracing.span("inner"):
                raise KeyError
            assert tracing.context() == outer.place
        assert [(span.name, span.failed) for span in await spans_of(recorder, "r1")] == [
            ("outer", False),
            ("inner", True),
        ]


async def test_an_actor_has_spans_of_its_own_with_facts_and_failures() -> None:
    async with traced() as (tree, tracing, recorder):
        with tracing.span("run", run_id="r1"):
            assert await tree.ref("top/caller", Caller).ask(Own()) == "inner"
        spans = await spans_of(recorder, "r1")
    assert [(row.depth, row.span.name) for row in waterfall(spans)] == [
        (0, "run"),
        (1, "process top/caller"),
        (2, "own work"),
        (3, "process top/callee"),
    ]
    own = next(span for span in spans if span.name == "own work")
    assert own.attributes == {"size": 3, "secret": "***"}
    assert (own.failed, own.failure) == (True, "it went badly: ***")


async def test_a_run_is_one_trace_in_every_process_that_works_on_it() -> None:
    async with traced() as (_, tracing, recorder):
        for phase in ("build", "verify"):
            with tracing.span(phase, traceparent=place_of_run("r1").traceparent):
                pass
        with tracing.span("build", traceparent=place_of_run("r2").traceparent):
            pass
        spans = await spans_of(recorder, "r1")
    assert [(span.name, span.trace_id, span.parent_id) for span in spans] == [
        (phase, place_of_run("r1").trace_id, place_of_run("r1").span_id) for phase in ("build", "verify")
    ]


async def test_spans_that_were_written_twice_are_read_once() -> None:
    async with traced() as (_, tracing, recorder):
        with tracing.span("x", run_id="r1"):
            pass
        (span,) = await spans_of(recorder, "r1")
        recorder.record(span)
        assert await spans_of(recorder, "r1") == (span,)


async def test_the_start_hooks_of_a_new_incarnation_are_below_its_restart() -> None:
    recorder = SpanRecorder(MemoryStore())
    tracing = RecordingTracing(recorder, World(seed=1), lambda text: text)
    top = Supervisor("top", children=[ChildSpec("callee", Callee), ChildSpec("riser", Riser)])
    async with open_tree(top, tracing=tracing) as tree:
        with tracing.span("run", run_id="r1"), pytest.raises(ActorRestarting):
            await tree.ref("top/riser", Riser).ask(Crash())
        await tree.ref("top/riser", Riser).ask(Inner())
        spans = await spans_of(recorder, "r1")
    assert [(row.depth, row.span.name) for row in waterfall(spans)] == [
        (0, "run"),
        (1, "process top/riser"),
        (0, "restart top/riser"),
        (1, "process top/callee"),
    ]


async def test_an_actor_that_ends_for_good_is_forgotten() -> None:
    recorder = SpanRecorder(MemoryStore())
    tracing = RecordingTracing(recorder, World(seed=1), lambda text: text)
    top = Supervisor("top", children=[ChildSpec("once", Callee, restart="temporary")])
    async with open_tree(top, tracing=tracing) as tree:
        with tracing.span("run", run_id="r1"), pytest.raises(ActorStopped):
            await tree.ref("top/once", Callee).ask(Crash())
        assert not tracing._crashed_in


async def test_a_span_goes_on_in_the_trace_of_another_process() -> None:
    async with traced() as (_, tracing, recorder):
        parent = SpanPlace("a" * 32, "b" * 16)
        with tracing.span("here", traceparent=parent.traceparent):
            pass
        await recorder.flush()
        (span,) = await recorder.spans_of_trace("a" * 32)
        assert span.parent_id == "b" * 16
