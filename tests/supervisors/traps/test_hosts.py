"""Traps 3, 6, 7, 10, 12, 20 and 24: limits, exits, hosts that cancel, and actors that make no progress."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import anyio
import pytest

from regrow import Actor, ChildSpec, Message, Supervisor, handler, open_tree
from regrow.core.events import EventKind
from regrow.protocols.actor_errors import ActorError, TreeFailed

from .actors import Boom, Finish, Hang, Journal, Note, Notes, Worker, until, worker

pytestmark = pytest.mark.anyio


class End(Message):
    how: str


class Ender(Actor):
    @handler
    async def end(self, message: End) -> None:
        match message.how:
            case "stop":
                self.ctx.stop()
            case "raise":
                raise ValueError("raised")
            case "group":
                async with anyio.create_task_group() as group:
                    group.start_soon(self.fail)
            case "leak":
                raise asyncio.CancelledError
            case "exit":
                raise SystemExit(3)

    async def fail(self) -> None:
        raise ValueError("in a group")


@pytest.mark.parametrize("restart", ["permanent", "transient", "temporary"])
@pytest.mark.parametrize("how", ["stop", "raise", "group", "leak"])
async def test_trap_06_exit_and_restart_type_decide(how: str, restart: Any, anyio_backend_name: str) -> None:
    if how == "leak" and anyio_backend_name == "trio":
        return  # trio has no cancellation that one can raise oneself
    async with open_tree(Supervisor("s", children=[ChildSpec("a", Ender, restart=restart)])) as tree:
        await tree.ref("s/a", Ender).tell(End(how=how))
        restarts = restart == "permanent" or (restart == "transient" and how != "stop")
        if restarts:
            await until(lambda: tree.snapshot().find("s/a").restarts == 1)
        else:
            await until(lambda: tree.whereis("s/a") is None)


async def test_trap_10_a_cancelled_host_stops_its_actors_in_order(anyio_backend_name: str) -> None:
    chance = random.Random(10)
    for _ in range(20):
        journal: Journal = []
        children = [worker("a", journal), worker("b", journal, {"stop_s": 0.001})]
        ended: list[bool] = []

        async def host(
            journal: Journal = journal, children: list[ChildSpec] = children, ended: list[bool] = ended
        ) -> None:
            try:
                async with open_tree(Supervisor("s", children=children)) as tree:
                    while True:
                        await tree.ref("s/a", Worker).ask(Notes())
            finally:
                ended.append(True)

        if anyio_backend_name == "asyncio":
            task = asyncio.get_running_loop().create_task(host())
            await asyncio.sleep(chance.random() * 0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert task.cancelled()
        else:
            with anyio.move_on_after(chance.random() * 0.01) as scope:
                await host()
            assert scope.cancelled_caught
        started = [path for what, path, _ in journal if what == "started"]
        stopped = [path for what, path, _ in journal if what == "stopped"]
        assert stopped == started[::-1]
        assert ended == [True]


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()])
async def test_trap_12_system_exit_stops_the_siblings_first_and_then_comes_out(error: BaseException) -> None:
    journal: Journal = []

    class Quitter(Actor):
        @handler
        async def quit(self, message: Finish) -> None:
            raise error

    with pytest.raises(type(error)):
        async with open_tree(Supervisor("s", children=[worker("a", journal), ChildSpec("q", Quitter)])) as tree:
            await tree.ref("s/q", Quitter).tell(Finish())
            await anyio.sleep(30)
    assert ("stopped", "s/a", 1) in journal


async def test_trap_20_an_actor_that_awaits_for_ever_is_found_by_its_deadline() -> None:
    stuck = worker("stuck", handler_deadline_s=0.05, on_stuck="restart")
    root = Supervisor("s", children=[stuck, *(worker(f"w{n}", handler_deadline_s=0.05) for n in range(50))])
    async with open_tree(root, sweep_interval_s=0.02) as tree:
        await tree.ref("s/stuck", Worker).tell(Hang())
        with anyio.fail_after(5):
            while not tree.events.count(EventKind.STUCK):
                await anyio.sleep(0.01)
            while tree.snapshot().find("s/stuck").restarts != 1:
                await anyio.sleep(0.01)
        assert [event.path for event in tree.events.last if event.kind is EventKind.STUCK] == ["s/stuck"]
        assert "Hang" in next(e.detail for e in tree.events.last if e.kind is EventKind.STUCK)


async def test_trap_24_a_tree_that_changes_while_it_changes_never_hangs() -> None:
    chance = random.Random(24)
    async with open_tree(Supervisor("s", children=[worker("keep")], max_restarts=10**6)) as tree:
        supervisor = tree.supervisor("s")

        async def change() -> None:
            for _ in range(60):
                name = f"c{chance.randrange(6)}"
                try:
                    match chance.randrange(6):
                        case 0:
                            await supervisor.start_child(worker(name))
                        case 1:
                            await supervisor.stop_child(name)
                        case 2:
                            await supervisor.restart_child(name)
                        case 3:
                            await supervisor.remove_child(name)
                        case 4:
                            await supervisor.replace_child(worker(name))
                        case _:
                            ref = tree.whereis(f"s/{name}")
                            if ref is not None:
                                await ref.tell(Boom())
                except ActorError:
                    await anyio.lowlevel.checkpoint()

        with anyio.fail_after(30):
            async with anyio.create_task_group() as group:
                for _ in range(8):
                    group.start_soon(change)
        assert await tree.ref("s/keep", Worker).ask(Notes()) == []
        infos = {info.id: info for info in supervisor.which_children()}
        places = {node.path.rpartition("/")[2] for node in tree.snapshot().root.children}
        assert set(infos) == places
    with pytest.raises(ActorError):
        await supervisor.start_child(worker("late"))


async def test_trap_03_too_many_restarts_end_the_tree_and_name_the_child() -> None:
    with pytest.raises(TreeFailed, match=r"more than 3 restarts within 5 s, the last of s/a \(crash: ValueError: boom"):
        async with open_tree(Supervisor("s", children=[worker("a")])) as tree:
            for _ in range(4):
                tree.ref("s/a", Worker).tell_nowait(Boom())
            await anyio.sleep(30)


async def test_trap_07_a_significant_child_ends_the_supervisor_and_a_temporary_one_is_forgotten() -> None:
    journal: Journal = []
    inner = Supervisor(
        "inner",
        strategy="one_for_all",
        auto_shutdown="any_significant",
        restart="temporary",
        children=[
            worker("t", journal, restart="temporary"),
            worker("sig", journal, restart="transient", significant=True),
            worker("p", journal),
        ],
    )
    async with open_tree(Supervisor("s", children=[inner])) as tree:
        await tree.ref("s/inner/p", Worker).tell(Boom())
        await until(lambda: ("started", "s/inner/p", 2) in journal)
        assert tree.whereis("s/inner/t") is None
        assert tree.whereis("s/inner/sig") is not None
        await tree.ref("s/inner/sig", Worker).tell(Finish())
        await until(lambda: tree.whereis("s/inner/p") is None)
        tree.dead_letters.counts  # noqa: B018
    assert Note(number=1).number == 1
