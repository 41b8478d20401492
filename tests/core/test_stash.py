"""The stash: mail that an actor puts aside until it is ready for it."""

from __future__ import annotations

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
