"""What a user's own code may do to a tree, by a slip or on purpose: each slip is named where it is made, and stays there."""

from __future__ import annotations

import threading
from typing import Literal

import anyio
import anyio.abc
import pytest
from pydantic import PrivateAttr

from regrow import Actor, ChildSpec, MailboxSpec, Message, Request, State, Supervisor, handler, open_tree
from regrow.protocols.actor_errors import AskTimeout, UnhandledMessage

pytestmark = pytest.mark.anyio

DISPATCHES: tuple[Literal["task", "shared"], ...] = ("task", "shared")


class Go(Request[int]):
    pass


class Unknown(Message):
    pass


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


class Fail(Message):
    pass


class Timed(Actor):
    @handler
    def go(self, message: Go) -> int:
        set_timer = (self.ctx.timers.once, self.ctx.timers.interval)
        refused = 0
        for set_one in set_timer:
            try:
                set_one("key", 0.01, Unknown())
            except UnhandledMessage:
                refused += 1
        return refused


async def test_a_timer_whose_message_has_no_handler_is_refused_when_it_is_set() -> None:
    async with open_tree(Supervisor("t", children=[ChildSpec("a", Timed)])) as tree:
        assert await tree.ref("t/a", Timed).ask(Go()) == 2


class Failing(Actor):
    @handler
    def fail(self, message: Fail) -> None:
        raise Unspeakable

    @handler
    def go(self, message: Go) -> int:
        return 1


@pytest.mark.parametrize("dispatch", DISPATCHES)
async def test_an_error_that_cannot_say_its_text_crashes_one_actor_and_no_other(
    dispatch: Literal["task", "shared"],
) -> None:
    children = [ChildSpec(name, Failing, dispatch=dispatch) for name in "ab"]
    async with open_tree(Supervisor("t", children=children)) as tree:
        await tree.ref("t/a", Failing).tell(Fail())
        with anyio.fail_after(5):
            assert [await tree.ref(f"t/{name}", Failing).ask(Go()) for name in "ab"] == [1, 1]
        assert "__str__ raised RuntimeError" in tree.snapshot().find("t/a").last_exit


class Locked(State):
    _lock: object = PrivateAttr(default_factory=threading.Lock)


class Holder(Actor[Locked]):
    async def on_start(self) -> None:
        """Take a task."""


async def test_a_state_that_cannot_be_copied_is_named_in_a_snapshot_and_does_not_fail_it() -> None:
    async with open_tree(Supervisor("t", children=[ChildSpec("a", Holder)])) as tree:
        node = tree.snapshot().find("t/a")
    assert node.state is None
    assert node.state_problem.startswith("Locked cannot be copied: ")


class Asked(Message):
    release: anyio.Event
    model_config = {"arbitrary_types_allowed": True}


class Slow(Actor):
    @handler
    async def wait(self, message: Asked) -> None:
        await message.release.wait()

    @handler
    def go(self, message: Go) -> int:
        return 1


async def test_asks_whose_time_is_over_leave_the_line_for_room() -> None:
    release = anyio.Event()
    spec = ChildSpec("a", Slow, mailbox=MailboxSpec(capacity=1))
    async with open_tree(Supervisor("t", children=[spec])) as tree:
        ref = tree.ref("t/a", Slow)
        await ref.tell(Asked(release=release))
        await ref.tell(Asked(release=release))  # the one that fits, when the first has been taken out
        for _ in range(3):
            with pytest.raises(AskTimeout):
                await ref.ask(Go(), timeout_s=0.01)
        assert tree.snapshot().find("t/a").waiting == 0
        with anyio.move_on_after(0.01):
            await ref.ask(Go(), timeout_s=None)
        assert tree.snapshot().find("t/a").waiting == 0
        release.set()
        assert await ref.ask(Go(), timeout_s=float("inf")) == 1


async def test_an_open_tree_that_was_used_is_not_used_again() -> None:
    opened = open_tree(Supervisor("t", children=[ChildSpec("a", Slow)]))
    async with opened:
        pass
    with pytest.raises(RuntimeError, match="entered before"):
        async with opened:
            pass


class Quit(Request[int]):
    pass


class Quits(Actor):
    @handler
    def quit(self, message: Quit) -> int:
        raise SystemExit(3)


async def test_an_exit_of_an_actor_comes_out_even_when_the_bodys_clean_up_fails() -> None:
    async def clean_up_badly() -> None:
        try:
            await anyio.sleep(60)
        finally:
            raise ValueError("clean-up")

    with pytest.raises(SystemExit) as caught:
        async with (
            open_tree(Supervisor("t", children=[ChildSpec("a", Quits)])) as tree,
            anyio.create_task_group() as group,
        ):
            group.start_soon(clean_up_badly)
            await tree.ref("t/a", Quits).ask(Quit())
    assert caught.value.code == 3
    assert tree.snapshot().find("t/a").status == "stopped"


class Begin(Message):
    pass


async def test_what_a_task_of_an_actors_own_waits_for_makes_no_deadlock() -> None:
    replies: list[int] = []

    class Asker(Actor):
        def __init__(self, group: anyio.abc.TaskGroup) -> None:
            self.group = group

        @handler
        def begin(self, message: Begin) -> None:
            self.group.start_soon(self.work)

        async def work(self) -> None:
            replies.append(await self.ctx.ref("t/b", Answerer).ask(Go()))

        @handler
        def go(self, message: Go) -> int:
            return 1

    class Answerer(Actor):
        @handler
        async def go(self, message: Go) -> int:
            return await self.ctx.ref("t/a", Asker).ask(Go()) + 1

    async with anyio.create_task_group() as group:
        children = [ChildSpec("a", Asker, args={"group": group}), ChildSpec("b", Answerer)]
        async with open_tree(Supervisor("t", children=children)) as tree:
            await tree.ref("t/a", Asker).tell(Begin())
            with anyio.fail_after(5):
                while not replies:  # it is a task of the actor's that ends
                    await anyio.sleep(0.001)
    assert replies == [2]


async def test_an_observer_is_shown_the_message_and_not_what_it_travelled_in() -> None:
    seen: list[object] = []
    async with open_tree(Supervisor("t", children=[ChildSpec("a", Failing)])) as tree:
        tree.watch("t/a", lambda item, began_s, ended_s, error: seen.append(item))
        await tree.ref("t/a", Failing).ask(Go())
    assert [type(item) for item in seen] == [Go]
