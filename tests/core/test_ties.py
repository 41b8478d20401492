"""Monitors and links: told once, whatever becomes of the one that is watched, and gone with the one that asked."""

from __future__ import annotations

import anyio
import pytest

from regrow import Actor, Backoff, ChildSpec, Message, Ref, Supervisor, Terminated, Tree, handler, open_tree
from regrow.core.cell_roles import CellStatus
from regrow.core.context import ActorContext
from tests.supervisors.traps.actors import end_backoff, until

pytestmark = pytest.mark.anyio

LONG = Backoff(initial_s=1000.0, maximum_s=1000.0)


class Crash(Message):
    pass


class Stop(Message):
    pass


class One(Actor):
    """Ends when it is told to, gives its contexts away, and notes what it is told of others."""

    def __init__(self, slow_from: int = 1000) -> None:
        self.slow_from = slow_from
        self.heard: list[tuple[str, int, str]] = []

    async def on_start(self) -> None:
        if self.ctx.incarnation >= self.slow_from:
            await anyio.sleep(3600.0)

    @handler
    async def crash(self, message: Crash) -> None:
        raise ValueError("told to crash")

    @handler
    async def stop(self, message: Stop) -> None:
        self.ctx.stop()

    @handler
    async def terminated(self, message: Terminated) -> None:
        self.heard.append((message.path, message.incarnation, message.reason.kind.value if message.reason else "-"))


def one(name: str, **spec: object) -> ChildSpec:
    return ChildSpec(name, One, **spec)  # type: ignore[arg-type]


def actor(tree: Tree, path: str) -> One:
    found = tree.runtime.get(path).actor
    assert isinstance(found, One), path
    return found


def ctx(tree: Tree, path: str) -> ActorContext:
    return actor(tree, path).ctx


def status(tree: Tree, path: str) -> CellStatus:
    return tree.runtime.get(path).status


async def heard(tree: Tree, path: str) -> list[tuple[str, int, str]]:
    await anyio.wait_all_tasks_blocked()
    return actor(tree, path).heard


async def crashed(tree: Tree, path: str) -> Ref[One]:
    """Crash the actor, which then waits for its restart."""
    ref = tree.ref(path, One)
    await ref.tell(Crash())
    await until(lambda: status(tree, path) is CellStatus.ENDED)
    return ref


# -- monitors of one that is down --------------------------------------------------------------------------------------


async def test_the_monitor_of_one_whose_restart_is_called_off_is_told_once() -> None:
    async with open_tree(Supervisor("top", children=[one("v", backoff=LONG), one("w")])) as tree:
        ref = await crashed(tree, "top/v")
        ctx(tree, "top/w").monitor(ref)
        await tree.supervisor("top").stop_child("v")
        assert await heard(tree, "top/w") == [("top/v", 1, "-")]
        await tree.supervisor("top").restart_child("v")
        await crashed(tree, "top/v")
        assert len(await heard(tree, "top/w")) == 1


async def test_the_monitor_of_one_that_waits_for_a_group_restart_which_is_called_off_is_told_once() -> None:
    group = [one("slow", args={"slow_from": 2}, start_limit_s=None), one("v")]
    inner = Supervisor("in", strategy="one_for_all", children=group)
    async with open_tree(Supervisor("top", children=[inner, one("w")])) as tree:
        ref = tree.ref("top/in/v", One)
        await tree.ref("top/in/slow", One).tell(Crash())
        await until(lambda: status(tree, "top/in/v") is CellStatus.ENDED)
        ctx(tree, "top/w").monitor(ref)
        await tree.supervisor("top/in").stop_child("v")
        assert await heard(tree, "top/w") == [("top/in/v", 1, "-")]


async def test_the_monitor_of_one_in_backoff_is_told_once_when_its_supervisor_gives_up() -> None:
    inner = Supervisor("in", children=[one("v", backoff=LONG), one("c")], max_restarts=1, restart="temporary")
    async with open_tree(Supervisor("top", children=[inner, one("w")])) as tree:
        ref = await crashed(tree, "top/in/v")
        ctx(tree, "top/w").monitor(ref)
        await tree.ref("top/in/c", One).tell(Crash())
        await until(lambda: tree.whereis("top/in/v") is None)
        assert await heard(tree, "top/w") == [("top/in/v", 1, "-")]


async def test_the_monitor_of_a_child_in_backoff_is_told_once_when_the_actor_that_spawned_it_does_not_start() -> None:
    class Fails(One):
        async def on_start(self) -> None:
            child = await self.ctx.spawn(one("v", backoff=LONG))
            await child.tell(Crash())
            await until(lambda: child._cell.status is CellStatus.ENDED)
            self.ctx.ref("top/w", One)._cell.actor.ctx.monitor(child)  # type: ignore[union-attr]
            raise RuntimeError("told to fail")

    parent = ChildSpec("p", Fails, restart="temporary")
    async with open_tree(Supervisor("top", strategy="dynamic", children=[one("w")])) as tree:
        with pytest.raises(Exception, match="told to fail"):
            await tree.supervisor("top").start_child(parent)
        assert await heard(tree, "top/w") == [("top/p/v", 1, "-")]
        assert tree.whereis("top/p/v") is None


async def test_a_monitor_set_while_one_is_down_tells_of_the_end_of_its_next_incarnation() -> None:
    async with open_tree(Supervisor("top", children=[one("v", backoff=LONG), one("w")])) as tree:
        ref = await crashed(tree, "top/v")
        ctx(tree, "top/w").monitor(ref)
        end_backoff(tree, "top/v")
        await ref.tell(Stop())
        await until(lambda: status(tree, "top/v") is CellStatus.ENDED)
        assert await heard(tree, "top/w") == [("top/v", 2, "normal")]


# -- a monitor belongs to the incarnation that set it ------------------------------------------------------------------


async def test_the_next_incarnation_hears_nothing_of_a_monitor_that_it_did_not_set() -> None:
    async with open_tree(Supervisor("top", children=[one("v"), one("w")])) as tree:
        ref = tree.ref("top/v", One)
        ctx(tree, "top/w").monitor(ref)
        await tree.ref("top/w", One).tell(Crash())
        await until(lambda: tree.runtime.get("top/w").restarts == 1)
        await ref.tell(Stop())
        await until(lambda: tree.runtime.get("top/v").restarts == 1)
        assert await heard(tree, "top/w") == []
        ctx(tree, "top/w").monitor(ref)
        await ref.tell(Stop())
        await until(lambda: tree.runtime.get("top/v").restarts == 2)
        assert await heard(tree, "top/w") == [("top/v", 2, "normal")]


async def test_actors_that_have_ended_leave_nothing_at_those_that_they_monitored_or_linked_to() -> None:
    async with open_tree(Supervisor("top", children=[one("hub"), Supervisor("dyn", "dynamic")])) as tree:
        hub, dynamic = tree.ref("top/hub", One), tree.supervisor("top/dyn")
        for number in range(20):
            await dynamic.start_child(one(f"a{number}"))
            ctx(tree, f"top/dyn/a{number}").monitor(hub)
            ctx(tree, "top/hub").monitor(tree.ref(f"top/dyn/a{number}", One))
            ctx(tree, f"top/dyn/a{number}").link(hub)
            await dynamic.stop_child(f"a{number}")
        ties = hub._cell.tied()
        assert (ties.monitors, ties.watches, ties.links) == ({}, {}, {})
        assert len(await heard(tree, "top/hub")) == 20


async def test_a_monitor_that_was_taken_back_tells_nothing() -> None:
    async with open_tree(Supervisor("top", children=[one("v"), one("w")])) as tree:
        ref = tree.ref("top/v", One)
        ctx(tree, "top/w").demonitor(ref)
        ctx(tree, "top/w").monitor(ref)
        ctx(tree, "top/w").demonitor(ref)
        await ref.tell(Stop())
        await until(lambda: tree.runtime.get("top/v").restarts == 1)
        assert await heard(tree, "top/w") == []


# -- links -------------------------------------------------------------------------------------------------------------


async def test_one_that_is_down_does_not_share_the_fate_of_one_that_linked_to_it() -> None:
    async with open_tree(Supervisor("top", children=[one("v", backoff=LONG), one("w", backoff=LONG)])) as tree:
        ref = await crashed(tree, "top/v")
        ctx(tree, "top/w").link(ref)
        await crashed(tree, "top/w")
        end_backoff(tree, "top/v")
        await until(lambda: status(tree, "top/v") is CellStatus.RUNNING)
        await anyio.wait_all_tasks_blocked()
        assert tree.runtime.get("top/v").restarts == 1


@pytest.mark.parametrize(("message", "restarts"), [(Stop(), 0), (Crash(), 1)])
async def test_a_link_to_one_that_has_stopped_for_good_shares_how_it_ended(message: Message, restarts: int) -> None:
    async with open_tree(Supervisor("top", children=[one("v", restart="temporary"), one("w")])) as tree:
        ref = tree.ref("top/v", One)
        await ref.tell(message)
        await until(lambda: tree.whereis("top/v") is None)
        ctx(tree, "top/w").link(ref)
        await anyio.wait_all_tasks_blocked()
        assert tree.runtime.get("top/w").restarts == restarts


async def test_a_link_to_one_whose_restart_is_called_off_shares_how_it_ended() -> None:
    async with open_tree(Supervisor("top", children=[one("v", backoff=LONG), one("w")])) as tree:
        ctx(tree, "top/w").link(await crashed(tree, "top/v"))
        await tree.supervisor("top").stop_child("v")
        await until(lambda: tree.runtime.get("top/w").restarts == 1)
