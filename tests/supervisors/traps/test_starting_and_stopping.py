"""Traps 1, 2, 4, 5, 8, 9 and 11: starting, stopping and restarting while things go wrong."""

from __future__ import annotations

import time
from functools import partial
from typing import Any, Literal

import anyio
import pytest

from regrow import Actor, Backoff, ChildSpec, Ref, Supervisor, handler, open_tree
from regrow.core.cell_roles import CellStatus
from regrow.core.events import EventKind
from regrow.protocols.actor_errors import ActorStopped, StartFailed, TreeFailed

from .actors import Boom, Finish, Hang, Journal, Note, Notes, Worker, until, worker

pytestmark = pytest.mark.anyio


def _started(journal: Journal, incarnation: int) -> bool:
    return ("started", "s/a", incarnation) in journal[-2:]


async def test_trap_01_a_failed_first_start_stops_the_started_in_reverse_and_names_the_child() -> None:
    journal: Journal = []
    children = [
        worker("a", journal),
        worker("b", journal),
        worker("c", journal, {"fails_start": lambda _: True}),
        worker("d", journal),
    ]
    with pytest.raises(StartFailed, match="s/c did not start.*told to fail in on_start"):
        async with open_tree(Supervisor("s", children=children)):
            pytest.fail("the tree must not open")
    assert [entry for entry in journal if entry[0] == "stopped"] == [("stopped", "s/b", 1), ("stopped", "s/a", 1)]
    assert ("start", "s/d", 1) not in journal


async def test_trap_01_a_failed_restart_costs_one_unit_and_is_tried_again() -> None:
    journal: Journal = []
    children = [worker("a", journal), worker("b", journal, {"fails_start": lambda incarnation: incarnation == 2})]
    async with open_tree(Supervisor("s", children=children, max_restarts=2)) as tree:
        await tree.ref("s/b", Worker).tell(Boom())
        await until(lambda: ("started", "s/b", 3) in journal)
        assert ("stop", "s/a", 1) not in journal
        assert len(tree.supervisor("s")._node.state.restarts) == 2


async def test_trap_02_a_start_that_never_ends_delays_nobody() -> None:
    journal: Journal = []
    async with open_tree(Supervisor("s", strategy="dynamic")) as tree:
        supervisor = tree.supervisor("s")
        await supervisor.start_child(worker("quick", journal))
        failures: list[StartFailed] = []

        async def start_slowly() -> None:
            try:
                await supervisor.start_child(worker("slow", journal, {"start_s": 60.0}, start_limit_s=0.05))
            except StartFailed as error:
                failures.append(error)

        began_s = time.monotonic()
        async with anyio.create_task_group() as group:
            group.start_soon(start_slowly)
            await until(lambda: ("start", "s/slow", 1) in journal)
            assert {child.id for child in supervisor.which_children()} == {"quick", "slow"}
            await tree.ref("s/quick", Worker).tell(Boom())
            await until(lambda: ("started", "s/quick", 2) in journal)
            assert not failures
        assert "start_timeout" in str(failures[0])
        assert time.monotonic() - began_s < 2.0
        assert tree.whereis("s/slow") is None


async def test_trap_04_a_sibling_that_fails_while_the_group_stops_is_recorded_once() -> None:
    journal: Journal = []
    children = [worker("a", journal), worker("b", journal, {"fails_stop": True}), worker("c", journal)]
    async with open_tree(Supervisor("s", strategy="one_for_all", children=children, max_restarts=1)) as tree:
        await tree.ref("s/a", Worker).tell(Boom())
        await until(lambda: ("started", "s/c", 2) in journal)
        assert [entry for entry in journal if entry[0] == "started"][3:] == [
            ("started", "s/a", 2), ("started", "s/b", 2), ("started", "s/c", 2),
        ]  # fmt: skip
        assert tree.events.count(EventKind.STOP_HOOK_FAILED) == 1
        assert len(tree.supervisor("s")._node.state.restarts) == 1


async def test_trap_05_incarnations_neither_overlap_nor_are_confused() -> None:
    journal: Journal = []
    async with open_tree(Supervisor("s", children=[worker("a", journal)], max_restarts=10_000)) as tree:
        ref = tree.ref("s/a", Worker)
        for turn in range(1, 301):
            await ref.tell(Boom())
            await until(partial(_started, journal, turn + 1))
    for place in range(0, len(journal) - 4, 4):
        incarnation = place // 4 + 1
        assert journal[place : place + 4] == [
            (what, "s/a", incarnation) for what in ("start", "started", "stop", "stopped")
        ]


async def test_trap_08_children_stop_in_reverse_each_within_its_own_limit() -> None:
    journal: Journal = []
    children = [
        worker("one", journal),
        worker("two", journal, {"stop_s": 60.0}, shutdown_limit_s=0.1),
        worker("three", journal, {"stop_s": 0.01}),
    ]
    async with open_tree(Supervisor("s", children=children)) as tree:
        began_s = time.monotonic()
        assert await tree.stop() == ()
        took_s = time.monotonic() - began_s
    assert [entry[:2] for entry in journal if entry[0].startswith("stop")] == [
        ("stop", "s/three"), ("stopped", "s/three"), ("stop", "s/two"), ("stop", "s/one"), ("stopped", "s/one"),
    ]  # fmt: skip
    assert took_s < 1.0


async def test_trap_09_an_actor_that_swallows_its_cancellation_is_reported_and_left_alone() -> None:
    spec = worker("mule", None, {"stubborn": True}, shutdown_limit_s=0.1)
    async with open_tree(Supervisor("s", children=[worker("other"), spec])) as tree:
        ref = tree.ref("s/mule", Worker)
        ref.tell_nowait(Note(number=1))
        await ref.tell(Hang(for_s=0.5))
        await until(lambda: tree.snapshot().find("s/mule").busy)
        began_s, cpu_s = time.monotonic(), time.process_time()
        assert await tree.stop() == ("s/mule",)
        assert time.monotonic() - began_s < 1.0
        with pytest.raises(ActorStopped):
            await ref.tell(Note(number=2))
        await anyio.sleep(0.1)
        assert time.process_time() - cpu_s < 0.3, "the swallowed cancellation must not spin"
        assert tree.events.count(EventKind.UNSTOPPED) == 1


async def test_trap_09_an_unstopped_child_escalates_and_keeps_its_name() -> None:
    spec = worker("mule", None, {"stubborn": True}, shutdown_limit_s=0.05)
    with pytest.raises(TreeFailed, match="s/mule could not be stopped") as failure:
        async with open_tree(Supervisor("s", strategy="one_for_all", children=[worker("a"), spec])) as tree:
            await tree.ref("s/mule", Worker).tell(Hang(for_s=0.4))
            await until(lambda: tree.snapshot().find("s/mule").busy)
            await tree.ref("s/a", Worker).tell(Boom())
            await anyio.sleep(30)
    assert failure.value.unstopped == ("s/mule",)


async def test_trap_11_a_stop_during_backoff_wins() -> None:
    journal: Journal = []
    backoff = Backoff(initial_s=30.0, maximum_s=30.0)
    async with open_tree(Supervisor("s", children=[worker("a", journal, backoff=backoff)])) as tree:
        ref = tree.ref("s/a", Worker)
        await ref.tell(Boom())
        await until(lambda: ("stopped", "s/a", 1) in journal)
        ref.tell_nowait(Note(number=1))
        began_s = time.monotonic()
    assert time.monotonic() - began_s < 1.0
    assert ("start", "s/a", 2) not in journal


async def test_trap_11_a_stop_while_a_child_starts_cancels_the_start() -> None:
    journal: Journal = []
    spec = worker("a", journal, {"fails_start": lambda incarnation: False})
    async with open_tree(Supervisor("s", strategy="dynamic")) as tree, anyio.create_task_group() as group:

        async def add() -> None:
            with pytest.raises(Exception, match="did not start|being stopped"):
                await tree.supervisor("s").start_child(worker("slow", journal, {"start_s": 60.0}))

        group.start_soon(add)
        await until(lambda: ("start", "s/slow", 1) in journal)
        await tree.stop()
    assert spec.id == "a"
    assert ("started", "s/slow", 1) not in journal


async def test_an_orderly_end_keeps_a_transient_child_down_and_its_asks_fail() -> None:
    async with open_tree(Supervisor("s", children=[worker("a", restart="transient")])) as tree:
        ref = tree.ref("s/a", Worker)
        await ref.tell(Finish())
        with pytest.raises(ActorStopped):
            for _ in range(1000):
                await ref.ask(Notes())


class Passer(Actor):
    """Ends as soon as it has started."""

    async def on_start(self) -> None:
        self.ctx.stop()

    @handler
    async def notes(self, _: Notes) -> list[int]:
        return []


@pytest.mark.parametrize("strategy", ["one_for_one", "dynamic"])
async def test_a_child_that_ends_at_once_was_started_all_the_same(
    strategy: Literal["one_for_one", "dynamic"],
) -> None:
    refs: list[Ref[Any]] = []
    async with open_tree(Supervisor("s", strategy=strategy)) as tree:
        for number in range(20):
            spec = ChildSpec(f"child{number}", Passer, restart="temporary")
            ref = await tree.supervisor("s").start_child(spec)
            assert ref.path == f"s/child{number}"
            refs.append(ref)
        with anyio.fail_after(5):
            while tree.supervisor("s").count_children().specs:
                await anyio.lowlevel.checkpoint()
        with pytest.raises(ActorStopped):
            await refs[-1].ask(Notes())


async def test_an_actor_that_waits_for_its_name_can_be_killed_and_the_tree_be_closed() -> None:
    stubborn = worker("a", None, {"stubborn": True}, shutdown_limit_s=0.01, kill_grace_s=0.01)
    group = Supervisor("g", children=[stubborn], max_restarts=1000)
    with anyio.fail_after(5):
        async with open_tree(Supervisor("s", children=[group], max_restarts=1000)) as tree:
            tree.ref("s/g/a", Worker).tell_nowait(Hang(for_s=0.5))
            await until(lambda: tree.snapshot().find("s/g/a").busy)
            await anyio.lowlevel.checkpoint()
            tree.runtime.cells["s/g/a"].crash("the first")
            await until(lambda: tree.events.count(EventKind.UNSTOPPED) == 1)
            await until(lambda: tree.runtime.cells["s/g/a"].status is CellStatus.STARTING)
            tree.runtime.cells["s/g/a"].crash("while it waits for its name")
            await until(lambda: tree.events.count(EventKind.START_FAILED) >= 1)


async def test_an_actor_is_not_unstopped_because_the_loop_stood_still() -> None:
    async with open_tree(Supervisor("s", children=[worker("a", None, kill_grace_s=0.01)])) as tree:
        tree.ref("s/a", Worker).tell_nowait(Hang())
        await until(lambda: tree.snapshot().find("s/a").busy)
        tree.runtime.cells["s/a"].crash("told to")
        until_s = time.monotonic() + 0.1
        while time.monotonic() < until_s:
            """Somebody's handler computes."""
        await until(lambda: tree.events.count(EventKind.RESTARTED) == 1)
        assert tree.events.count(EventKind.UNSTOPPED) == 0
