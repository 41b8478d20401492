"""Metrics on OpenTelemetry: what a host's reader collects of its trees, from a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

import anyio
import pytest

from regrow import Actor, ChildSpec, Message, Request, State, Supervisor, handler, open_tree
from regrow.core.store import MemoryStore
from regrow.protocols.actor_errors import ActorRestarting
from tests.core.telemetry.sdk import Host

pytestmark = pytest.mark.anyio

T = TypeVar("T")


class Add(Request[int]):
    pass


class Crash(Request[None]):
    pass


class Hold(Message):
    pass


class Sum(State):
    value: int = 0


class Adder(Actor[Sum]):
    @handler
    async def add(self, message: Add) -> int:
        self.state.value += 1
        return self.state.value

    @handler
    async def crash(self, message: Crash) -> None:
        raise ValueError("told to crash")

    @handler
    async def hold(self, message: Hold) -> None:
        await anyio.sleep_forever()


def top(name: str = "top") -> Supervisor:
    return Supervisor(
        name, children=[ChildSpec("adder", Adder, checkpoint=True, shutdown_limit_s=0.01)], max_restarts=10
    )


def in_thread(read: Callable[[], T]) -> T:
    """Call `read` as an exporter does: in another thread, while the loop stands still."""
    found: list[T] = []
    thread = threading.Thread(target=lambda: found.append(read()))
    thread.start()
    thread.join()
    return found[0]


async def test_what_waits_in_a_mailbox_is_shown(host: Host) -> None:
    async with open_tree(top(), tracing=host.tracing) as tree:
        ref = tree.ref("top/adder", Adder)
        await ref.tell(Hold())
        await anyio.wait_all_tasks_blocked()
        assert in_thread(lambda: host.metric("regrow.mailbox.depth")) == {}
        ref.tell_nowait(Hold())
        ref.tell_nowait(Hold())
        assert in_thread(lambda: host.metric("regrow.mailbox.depth")) == {"top/adder": 2}


async def test_restarts_and_dead_letters_are_counted_across_trees_that_come_and_go(host: Host) -> None:
    for name, total in (("one", 1), ("two", 2)):
        async with open_tree(top(name), tracing=host.tracing) as tree:
            ref = tree.ref(f"{name}/adder", Adder)
            with pytest.raises(ActorRestarting):
                await ref.ask(Crash())
            await ref.ask(Add())
            assert in_thread(lambda: host.metric("regrow.actor.restarts")) == {"": total}
            assert in_thread(lambda: host.metric("regrow.dead_letters")) == {"poison": total}
    assert in_thread(lambda: host.metric("regrow.actor.restarts")) == {"": 2}
    assert in_thread(lambda: host.metric("regrow.dead_letters")) == {"poison": 2}


async def test_a_tree_that_is_closed_is_shown_no_more(host: Host) -> None:
    async with open_tree(top(), tracing=host.tracing, store=MemoryStore()) as tree:
        await tree.ref("top/adder", Adder).ask(Add())
        assert list(in_thread(lambda: host.metric("regrow.checkpoint.age"))) == ["top/adder"]
        assert list(in_thread(lambda: host.metric("regrow.loop.lag"))) == [""]
    assert in_thread(lambda: host.metric("regrow.checkpoint.age")) == {}
    assert in_thread(lambda: host.metric("regrow.loop.lag")) == {}


async def test_the_handling_time_of_sampled_messages_is_measured(host: Host) -> None:
    async with open_tree(top(), tracing=host.tracing) as tree:
        ref = tree.ref("top/adder", Adder)
        await ref.ask(Add())
        assert host.metric("messaging.process.duration") == {}
        with host.request():
            await ref.ask(Add())
            await ref.ask(Add())
            with pytest.raises(ActorRestarting):
                await ref.ask(Crash())
        assert host.metric("messaging.process.duration") == {
            "regrow,process,Adder": 2,
            "regrow,process,Adder,ValueError": 1,
        }
