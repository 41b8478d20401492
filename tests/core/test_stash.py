"""The stash: mail that an actor puts aside until it is ready for it."""

from __future__ import annotations

from typing import Literal

import anyio
import pytest

from regrow import Actor, ChildSpec, MailboxSpec, Message, Request, Supervisor, handler, open_tree
from regrow.protocols.actor_errors import ActorRestarting, ActorStopped, MailboxFull

pytestmark = pytest.mark.anyio


class Open(Message):
    pass


class Put(Message):
    text: str


class Take(Request[str]):
    number: int


class Crash(Message):
    pass


class Door(Actor):
    """Stashes everything until it is opened."""

    def __init__(self, log: list[str]) -> None:
        self.log = log
        self.opened = False

    @handler
    async def open(self, message: Open) -> None:
        self.opened = True
        self.ctx.unstash_all()

    @handler
    async def put(self, message: Put) -> None:
        if self.opened:
            self.log.append(message.text)
        else:
            self.ctx.stash(message)

    @handler
    async def take(self, message: Take) -> str:
        if not self.opened:
            self.ctx.stash(message)
        return f"{message.number} of {len(self.log)}"

    @handler
    async def crash(self, message: Crash) -> None:
        raise ValueError("told to crash")


def door(log: list[str], mailbox: MailboxSpec | None = None) -> Supervisor:
    spec = ChildSpec("door", Door, args={"log": log}, mailbox=mailbox or MailboxSpec())
    return Supervisor("top", children=[spec])


async def test_what_was_stashed_comes_back_in_its_order_before_what_came_later() -> None:
    log: list[str] = []
    async with open_tree(door(log)) as tree:
        ref = tree.ref("top/door", Door)
        for text in "abc":
            await ref.tell(Put(text=text))
        await ref.tell(Open())
        await ref.tell(Put(text="d"))
        await ref.ask(Take(number=0))
    assert log == ["a", "b", "c", "d"]


async def test_an_ask_that_was_stashed_is_answered_by_what_its_handler_returns_later() -> None:
    async with open_tree(door([])) as tree:
        ref = tree.ref("top/door", Door)
        replies: list[str] = []

        async def take(number: int) -> None:
            replies.append(await ref.ask(Take(number=number)))

        async with anyio.create_task_group() as group:
            for number in range(3):
                group.start_soon(take, number)
            await anyio.wait_all_tasks_blocked()
            assert replies == []
            await ref.tell(Put(text="x"))
            await ref.tell(Open())
    # The asks were stashed before the put.
    assert sorted(replies) == ["0 of 0", "1 of 0", "2 of 0"]


async def test_a_full_stash_is_an_error_of_the_actor_that_stashes() -> None:
    log: list[str] = []
    async with open_tree(door(log, MailboxSpec(capacity=2))) as tree:
        ref = tree.ref("top/door", Door)
        for number in range(9):  # a stash holds four mailboxes
            await ref.tell(Put(text=str(number)))
        await anyio.wait_all_tasks_blocked()
        cell = tree.runtime.cells["top/door"]
        assert (cell.restarts, cell.last_exit and cell.last_exit.error_type) == (1, MailboxFull.__name__)
        await ref.tell(Open())
        await ref.ask(Take(number=0))
    assert log == [str(number) for number in range(8)], "the ninth was the poison"


async def test_the_next_incarnation_gets_what_was_stashed() -> None:
    log: list[str] = []
    async with open_tree(door(log)) as tree:
        ref = tree.ref("top/door", Door)
        await ref.tell(Put(text="a"))
        await ref.tell(Crash())
        await ref.tell(Open())
        await ref.ask(Take(number=0))
    assert log == ["a"]


async def test_a_restart_that_drops_mail_tells_the_askers_of_what_was_stashed() -> None:
    async with open_tree(door([], MailboxSpec(on_restart="drop"))) as tree:
        ref = tree.ref("top/door", Door)
        errors: list[ActorRestarting] = []

        async def take() -> None:
            with pytest.raises(ActorRestarting) as caught:
                await ref.ask(Take(number=1))
            errors.append(caught.value)

        async with anyio.create_task_group() as group:
            group.start_soon(take)
            await anyio.wait_all_tasks_blocked()
            await ref.tell(Crash())
        assert [error.retry_safe for error in errors] == [True]
        assert [letter.reason for letter in tree.dead_letters.last] == ["restarting", "poison"]


class Spit(Message):
    text: str
    unstash: bool = False


class Swallow(Request[None]):
    times: int = 1


class Spitter(Door):
    """Stashes what it then chokes on."""

    @handler
    async def spit(self, message: Spit) -> None:
        self.log.append(message.text)
        self.ctx.stash(message)
        if message.unstash:
            self.ctx.unstash_all()
        raise ValueError("told to crash")

    @handler
    async def swallow(self, message: Swallow) -> None:
        self.log.append("swallowed")
        for _ in range(message.times):
            self.ctx.stash(message)
        raise ValueError("told to crash")


@pytest.mark.parametrize("on_restart", ["keep", "drop"])
@pytest.mark.parametrize("unstash", [False, True])
@pytest.mark.parametrize("dispatch", ["task", "shared"])
async def test_a_message_that_its_handler_stashes_and_then_crashes_on_is_not_given_again(
    on_restart: Literal["keep", "drop"], unstash: bool, dispatch: Literal["task", "shared"]
) -> None:
    log: list[str] = []

    class Plain(Actor):
        @handler
        def spit(self, message: Spit) -> None:
            log.append(message.text)
            self.ctx.stash(message)
            if message.unstash:
                self.ctx.unstash_all()
            raise ValueError("told to crash")

    actor, args = (Spitter, {"log": log}) if dispatch == "task" else (Plain, {})
    spec = ChildSpec("door", actor, args=args, mailbox=MailboxSpec(on_restart=on_restart), dispatch=dispatch)
    async with open_tree(Supervisor("top", children=[spec])) as tree:
        await tree.ref("top/door", actor).tell(Spit(text="a", unstash=unstash))
        await anyio.wait_all_tasks_blocked()
        assert tree.runtime.cells["top/door"].restarts == 1
        assert tree.dead_letters.counts == {"poison": 1}
    assert log == ["a"]


async def test_what_else_is_in_the_stash_outlives_the_message_that_its_handler_stashed_and_crashed_on() -> None:
    log: list[str] = []
    spec = ChildSpec("door", Spitter, args={"log": log})
    async with open_tree(Supervisor("top", children=[spec])) as tree:
        ref = tree.ref("top/door", Spitter)
        twice = Put(text="before")
        for message in (twice, twice, Spit(text="poison"), Put(text="after"), Open()):
            await ref.tell(message)
        assert await ref.ask(Take(number=0)) == "0 of 4"
    assert log == ["poison", "before", "before", "after"]


@pytest.mark.parametrize("times", [1, 2])
async def test_the_asker_of_what_was_stashed_and_crashed_on_hears_that_it_had_begun(times: int) -> None:
    log: list[str] = []
    spec = ChildSpec("door", Spitter, args={"log": log})
    async with open_tree(Supervisor("top", children=[spec])) as tree:
        with pytest.raises(ActorRestarting) as caught:
            await tree.ref("top/door", Spitter).ask(Swallow(times=times))
        assert not caught.value.retry_safe
        await anyio.wait_all_tasks_blocked()
        assert tree.dead_letters.counts == {"poison": 1}
    assert log == ["swallowed"]


async def test_an_actor_that_stops_tells_the_askers_of_what_was_stashed() -> None:
    async with open_tree(door([])) as tree:
        ref = tree.ref("top/door", Door)

        async def take() -> None:
            with pytest.raises(ActorStopped):
                await ref.ask(Take(number=1))

        async with anyio.create_task_group() as group:
            group.start_soon(take)
            await anyio.wait_all_tasks_blocked()
            await tree.supervisor("top").stop_child("door")
