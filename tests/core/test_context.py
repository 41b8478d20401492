"""What an incarnation's context refuses once that incarnation has ended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from regrow import Actor, Backoff, ChildSpec, Message, Request, Supervisor, Terminated, handler, open_tree
from regrow.core.context import ActorContext
from regrow.protocols.actor_errors import ActorStopped
from regrow.protocols.exits import ExitReason
from tests.supervisors.traps.actors import end_backoff

pytestmark = pytest.mark.anyio


class Crash(Message):
    pass


class Tick(Message):
    pass


class Ticks(Request[int]):
    pass


class Keeper(Actor):
    """Gives its contexts away, as a task that outlives it would."""

    def __init__(self, contexts: list[ActorContext]) -> None:
        contexts.append(self.ctx)
        self.ticks = 0

    @handler
    async def crash(self, message: Crash) -> None:
        raise ValueError("told to crash")

    @handler
    async def tick(self, message: Tick) -> None:
        self.ticks += 1

    @handler
    async def ask_ticks(self, message: Ticks) -> int:
        return self.ticks

    @handler
    async def terminated(self, message: Terminated) -> None:
        self.ticks += 100


class Other(Actor):
    pass


Act = Callable[[ActorContext], object]


def other(ctx: ActorContext) -> Any:
    return ctx.ref("top/other", Other)


ACTS: dict[str, Act] = {
    "timers.once": lambda ctx: ctx.timers.once("key", 0.0, Tick()),
    "timers.interval": lambda ctx: ctx.timers.interval("key", 0.01, Tick()),
    "self_ref": lambda ctx: ctx.self_ref,
    "register": lambda ctx: ctx.register("alias"),
    "monitor": lambda ctx: ctx.monitor(other(ctx)),
    "demonitor": lambda ctx: ctx.demonitor(other(ctx)),
    "link": lambda ctx: ctx.link(other(ctx)),
    "unlink": lambda ctx: ctx.unlink(other(ctx)),
    "spawn": lambda ctx: ctx.spawn(ChildSpec("child", Other)),
    "stop_child": lambda ctx: ctx.stop_child("child"),
    "stash": lambda ctx: ctx.stash(Tick()),
    "unstash_all": lambda ctx: ctx.unstash_all(),
    "checkpoint": lambda ctx: ctx.checkpoint(),
    "stop": lambda ctx: ctx.stop(),
}


async def refused(act: Act, ctx: ActorContext) -> None:
    with pytest.raises(ActorStopped, match="incarnation 1 of top/keeper has ended"):
        result = act(ctx)
        if isinstance(result, Awaitable):
            await result


@pytest.mark.parametrize("name", sorted(ACTS))
async def test_what_an_incarnation_that_is_over_tries_is_refused_whether_or_not_the_next_one_runs(name: str) -> None:
    contexts: list[ActorContext] = []
    backoff = Backoff(initial_s=1000.0, maximum_s=1000.0)
    spec = ChildSpec("keeper", Keeper, args={"contexts": contexts}, backoff=backoff)
    async with open_tree(Supervisor("top", children=[ChildSpec("other", Other), spec])) as tree:
        ref = tree.ref("top/keeper", Keeper)
        timers = contexts[0].timers
        await ref.tell(Crash())
        await anyio.wait_all_tasks_blocked()
        assert tree.snapshot().find("top/keeper").status == "ended"
        await refused(ACTS[name], contexts[0])
        end_backoff(tree, "top/keeper")
        assert await ref.ask(Ticks()) == 0
        await refused(ACTS[name], contexts[0])
        with pytest.raises(ActorStopped):
            timers.once("key", 0.0, Tick())
        await tree.supervisor("top").stop_child("keeper")
        await refused(ACTS[name], contexts[0])


async def test_a_stop_hook_may_still_act_but_the_timers_that_it_sets_end_with_it() -> None:
    contexts: list[ActorContext] = []

    class Last(Keeper):
        async def on_stop(self, reason: ExitReason) -> None:
            self.ctx.timers.once("key", 0.0, Tick())
            self.ctx.self_ref.tell_nowait(Tick())

    spec = ChildSpec("keeper", Last, args={"contexts": contexts}, restart="temporary")
    async with open_tree(Supervisor("top", children=[spec])) as tree:
        await tree.ref("top/keeper", Last).tell(Crash())
        await anyio.wait_all_tasks_blocked()
        assert contexts[0].timers.keys == ()
        assert sorted(letter.reason for letter in tree.dead_letters.last) == ["poison", "stopped"]
