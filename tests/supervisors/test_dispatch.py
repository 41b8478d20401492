"""Actors that share one task: everything that an actor with a task of its own can do, but for waiting in a handler."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from regrow import Actor, ChildSpec, MailboxSpec, Message, Request, State, Supervisor, Terminated, handler, open_tree
from regrow.core import ties
from regrow.core.events import EventKind
from regrow.protocols.actor_errors import ActorRestarting, ActorStopped, SpecError

pytestmark = pytest.mark.anyio

MARK: ContextVar[str] = ContextVar("mark", default="none")


class Add(Message):
    amount: int


class Total(Request[int]):
    pass


class Mark(Request[str]):
    text: str


class Boom(Message):
    pass


class BoomAsked(Request[int]):
    pass


class Leave(Message):
    pass


class Sum(State):
    total: int = 0


class Adder(Actor[Sum]):
    def __init__(self, journal: list[str] | None = None) -> None:
        self.journal = journal if journal is not None else []

    @handler
    def add(self, message: Add) -> None:
        self.state.total += message.amount

    @handler
    def total(self, _: Total) -> int:
        return self.state.total

    @handler
    def mark(self, message: Mark) -> str:
        before = MARK.get()
        MARK.set(message.text)
        return before

    @handler
    def boom(self, _: Boom) -> None:
        raise RuntimeError("told to crash")

    @handler
    def boom_asked(self, _: BoomAsked) -> int:
        raise RuntimeError("asked to crash")

    @handler
    def leave(self, _: Leave) -> None:
        self.ctx.stop()

    @handler
    def terminated(self, message: Terminated) -> None:
        self.journal.append(f"{message.path} is gone")


class Hooked(Adder):
    """Its hooks wait."""

    async def on_start(self) -> None:
        await anyio.sleep(0.001)
        self.journal.append("start")

    async def on_stop(self, reason: object) -> None:
        await anyio.sleep(0.001)
        self.journal.append("stop")


def shared(child_id: str, actor: type[Actor[Any]] = Adder, **more: Any) -> ChildSpec:
    return ChildSpec(child_id, actor, dispatch="shared", **more)


async def test_mail_is_handled_in_order_and_asks_are_answered() -> None:
    async with open_tree(Supervisor("s", children=[shared("a"), shared("b")])) as tree:
        a, b = tree.ref("s/a", Adder), tree.ref("s/b", Adder)
        for amount in range(3000):
            await a.tell(Add(amount=amount))
            await b.tell(Add(amount=1))
        assert await a.ask(Total()) == sum(range(3000))
        assert await b.ask(Total()) == 3000


async def test_a_crash_restarts_and_keeps_the_mail() -> None:
    async with open_tree(Supervisor("s", children=[shared("a")])) as tree:
        a = tree.ref("s/a", Adder)
        await a.tell(Add(amount=1))
        await a.tell(Boom())
        await a.tell(Add(amount=10))
        assert await a.ask(Total()) == 10
        assert tree.snapshot().find("s/a").restarts == 1
        assert tree.dead_letters.counts == {"poison": 1}


async def test_an_ask_whose_handler_crashed_fails_and_is_not_to_be_repeated() -> None:
    async with open_tree(Supervisor("s", children=[shared("a")])) as tree:
        with pytest.raises(ActorRestarting) as caught:
            await tree.ref("s/a", Adder).ask(BoomAsked())
        assert not caught.value.retry_safe


async def test_hooks_may_wait_and_frame_each_life() -> None:
    journal: list[str] = []
    async with open_tree(Supervisor("s", children=[shared("a", Hooked, args={"journal": journal})])) as tree:
        a = tree.ref("s/a", Hooked)
        assert journal == ["start"]
        await a.tell(Boom())
        assert await a.ask(Total()) == 0
    assert journal == ["start", "stop", "start", "stop"]


async def test_nothing_that_a_handler_sets_reaches_another() -> None:
    async with open_tree(Supervisor("s", children=[shared("a"), shared("b")])) as tree:
        a, b = tree.ref("s/a", Adder), tree.ref("s/b", Adder)
        assert await a.ask(Mark(text="mine")) == "none"
        assert await b.ask(Mark(text="ours")) == "none"
        assert await a.ask(Mark(text="mine")) == "none"


async def test_it_ends_by_itself_and_monitors_are_told() -> None:
    journal: list[str] = []
    children = [shared("a", restart="temporary"), shared("watcher", args={"journal": journal})]
    async with open_tree(Supervisor("s", children=children)) as tree:
        a, watcher = tree.ref("s/a", Adder), tree.ref("s/watcher", Adder)
        assert await watcher.ask(Total()) == 0
        ties.monitor(tree.runtime.cells["s/a"], tree.runtime.cells["s/watcher"])
        await a.tell(Add(amount=1))
        await a.tell(Leave())
        with anyio.fail_after(5):
            while not journal:
                await anyio.lowlevel.checkpoint()
        assert journal == ["s/a is gone"]
        with pytest.raises(ActorStopped):
            await a.ask(Total())


async def test_a_linked_actor_that_crashes_takes_it_down() -> None:
    async with open_tree(Supervisor("s", children=[shared("a"), shared("b")])) as tree:
        a, b = tree.ref("s/a", Adder), tree.ref("s/b", Adder)
        await b.tell(Add(amount=5))
        ties.link(tree.runtime.cells["s/a"], tree.runtime.cells["s/b"])
        await a.tell(Boom())
        with anyio.fail_after(5):
            while tree.events.count(EventKind.RESTARTED) < 2:
                await anyio.lowlevel.checkpoint()
        assert await b.ask(Total()) == 0


async def test_senders_wait_for_room() -> None:
    spec = shared("a", mailbox=MailboxSpec(capacity=2))
    async with open_tree(Supervisor("s", children=[spec])) as tree:
        a = tree.ref("s/a", Adder)
        async with anyio.create_task_group() as group:
            for _ in range(50):
                group.start_soon(a.tell, Add(amount=1))
        assert await a.ask(Total()) == 50


async def test_a_flood_to_one_does_not_keep_others_from_running() -> None:
    async with open_tree(Supervisor("s", children=[shared("a", mailbox=MailboxSpec(capacity=100_000))])) as tree:
        a = tree.ref("s/a", Adder)
        for _ in range(20_000):
            a.tell_nowait(Add(amount=1))
        turns = 0
        while tree.snapshot().find("s/a").handled < 20_000:
            await anyio.lowlevel.checkpoint()
            turns += 1
        assert turns > 20
        assert await a.ask(Total()) == 20_000


async def test_drain_handles_what_is_there_first() -> None:
    async with open_tree(Supervisor("s", children=[shared("a", restart="temporary")])) as tree:
        a, cell = tree.ref("s/a", Adder), tree.runtime.cells["s/a"]
        for _ in range(1000):
            a.tell_nowait(Add(amount=1))
        cell.stop(drain=True)
        with anyio.fail_after(5):
            while "s/a" in tree.runtime.cells:
                await anyio.lowlevel.checkpoint()
        assert cell.mailbox.handled == 1000
        assert tree.dead_letters.total == 0


class Waits(Actor):
    @handler
    async def add(self, message: Add) -> None:
        """May wait."""


class WaitsAfterAll(Actor):
    """A plain function that returns a coroutine: no check of the class can see it."""

    @handler
    def add(self, message: Add) -> Any:
        return anyio.lowlevel.checkpoint()


async def test_what_cannot_share_is_refused_before_anything_starts() -> None:
    for spec, why in (
        (shared("a", Waits), "plain functions; add may wait"),
        (shared("a", checkpoint=True), "cannot save checkpoints"),
        (shared("a", handler_deadline_s=1.0), "handler_deadline_s has no use"),
        (ChildSpec("a", Adder, dispatch="pool"), "dispatch must be 'task' or 'shared'"),  # type: ignore[arg-type]
    ):
        with pytest.raises(SpecError, match=why):
            open_tree(Supervisor("s", children=[spec]))


async def test_a_handler_that_waits_after_all_is_a_crash() -> None:
    async with open_tree(Supervisor("s", children=[shared("a", WaitsAfterAll)])) as tree:
        await tree.ref("s/a", WaitsAfterAll).tell(Add(amount=1))
        with anyio.fail_after(5):
            while not tree.events.count(EventKind.RESTARTED):
                await anyio.lowlevel.checkpoint()
        assert "must not wait" in str(tree.events.last)
