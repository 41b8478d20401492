"""What a sender is told: one message, with the actors by name, whatever lies between it and the cause."""

from __future__ import annotations

from typing import Literal

import pytest

from regrow import Actor, ChildSpec, Request, Supervisor, handler, open_tree
from regrow.protocols.actor_errors import ActorRestarting, ActorStopped, SendError, UnhandledMessage

pytestmark = pytest.mark.anyio


class Old(Request[int]):
    pass


class New(Request[int]):
    pass


class Before(Actor):
    @handler
    def old(self, message: Old) -> int:
        return 1


class After(Actor):
    @handler
    def new(self, message: New) -> int:
        return 2


class Next(Request[int]):
    path: tuple[str, ...]


class Link(Actor):
    @handler
    async def next(self, message: Next) -> int:
        first, *rest = message.path
        return await self.ctx.ref(first, Link).ask(Next(path=tuple(rest)))


RESTARTS: tuple[Literal["permanent", "temporary"], ...] = ("permanent", "temporary")


@pytest.mark.parametrize("restart", RESTARTS)
async def test_a_deadlock_behind_three_actors_is_told_once_with_all_of_them(
    restart: Literal["permanent", "temporary"],
) -> None:
    children = [ChildSpec(name, Link, restart=restart) for name in "abc"]
    async with open_tree(Supervisor("s", children=children)) as tree:
        with pytest.raises(SendError) as caught:
            await tree.ref("s/a", Link).ask(Next(path=("s/b", "s/c", "s/a")))
    said = str(caught.value)
    assert isinstance(caught.value, ActorRestarting if restart == "permanent" else ActorStopped)
    assert (said.count("E611"), said.count("E6116")) == (2, 1)
    assert "through s/b -> s/c: " in said
    assert "s/c -> s/a -> s/b -> s/c" in said


async def test_a_ref_that_was_kept_over_a_change_of_class_says_so() -> None:
    async with open_tree(Supervisor("s", children=[ChildSpec("x", Before)])) as tree:
        kept = tree.ref("s/x", Before)
        changed = await tree.supervisor("s").replace_child(ChildSpec("x", After))
        assert await changed.ask(New()) == 2
        for message in (Old(), New()):
            with pytest.raises(ActorStopped, match="s/x was replaced and is a After now, this ref is for the Before"):
                await kept.ask(message)
            with pytest.raises(ActorStopped, match="was replaced"):
                await kept.tell(message)
            with pytest.raises(ActorStopped, match="was replaced"):
                kept.tell_nowait(message)
        with pytest.raises(UnhandledMessage, match="no handler for Old; it handles New"):
            await changed.ask(Old())


async def test_an_actor_that_stopped_without_a_successor_has_stopped() -> None:
    async with open_tree(Supervisor("s", children=[ChildSpec("x", Before)])) as tree:
        kept = tree.ref("s/x", Before)
        await tree.supervisor("s").stop_child("x")
        with pytest.raises(ActorStopped, match=r"s/x has stopped \(shutdown\)"):
            await kept.ask(Old())
