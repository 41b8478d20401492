"""Spans on OpenTelemetry across a crash: what failed, and the trace of the incarnation that comes after (trap 21)."""

from __future__ import annotations

import pytest
from opentelemetry.trace import StatusCode

from regrow import ChildSpec, open_tree
from regrow.protocols.actor_errors import ActorRestarting
from tests.core.telemetry.actors import Crash, Greeter, Where, Worker, failure_of, parent_of, place_of, top
from tests.core.telemetry.sdk import Host

pytestmark = pytest.mark.anyio


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
