"""A supervisor as a child: its limits, and what becomes of its children when it ends and is to start again, or not."""

from __future__ import annotations

import time
from collections.abc import Sequence

import anyio
import pytest

from regrow import Actor, Backoff, ChildSpec, Ref, Request, Supervisor, Terminated, Tree, handler, open_tree
from regrow.core.cell_roles import CellStatus
from regrow.core.events import EventKind
from regrow.protocols.actor_errors import ActorRestarting, ActorStopped, SendError, StartFailed
from regrow.protocols.exits import ExitReason
from regrow.supervisors.child_spec import StrategyName
from tests.supervisors.traps.actors import Boom, Hang, Journal, Note, Notes, Worker, end_backoff, until, worker

pytestmark = pytest.mark.anyio

LONG = Backoff(initial_s=1000.0, maximum_s=1000.0)


def inner(
    children: Sequence[ChildSpec | Supervisor],
    strategy: StrategyName = "one_for_one",
    backoff: Backoff | None = LONG,
    **spec: object,
) -> Supervisor:
    """Return a supervisor that gives up at the first crash below it."""
    return Supervisor("in", strategy, children, max_restarts=0, backoff=backoff, **spec)  # type: ignore[arg-type]


async def busy(tree: Tree, path: str) -> Ref[Worker]:
    """Keep an actor busy until it is cut, and return its ref."""
    ref = tree.ref(path, Worker)
    await ref.tell(Hang())
    await until(lambda: tree.snapshot().find(path).busy)
    return ref


async def give_up(tree: Tree, path: str = "s/in/a") -> None:
    tree.runtime.get(path).crash("told to")
    await until(lambda: tree.snapshot().find("s/in").status == "ended")


# -- it is to start again ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", ["one_for_one", "one_for_all", "rest_for_one", "dynamic"])
async def test_unread_mail_of_all_children_outlives_a_supervisor_that_gave_up_and_starts_again(
    strategy: StrategyName,
) -> None:
    children = [worker("a"), worker("b", shutdown_limit_s=0)]
    async with open_tree(Supervisor("s", children=[inner(children, strategy)])) as tree:
        refs = [await busy(tree, "s/in/a"), await busy(tree, "s/in/b")]
        for ref in refs:
            ref.tell_nowait(Note(number=1))
        await give_up(tree)
        for ref in refs:
            ref.tell_nowait(Note(number=2))
            assert tree.whereis(ref.path) == ref
        end_backoff(tree, "s/in")
        for ref in refs:
            assert await ref.ask(Notes()) == [1, 2]
        assert tree.dead_letters.counts == {"poison": 2}


async def test_unread_mail_is_kept_where_a_supervisor_without_a_backoff_starts_again() -> None:
    async with open_tree(Supervisor("s", children=[inner([worker("a")], backoff=None)])) as tree:
        ref = tree.ref("s/in/a", Worker)
        ref.tell_nowait(Boom())
        ref.tell_nowait(Note(number=1))
        assert await ref.ask(Notes()) == [1]
        assert tree.supervisor("s").which_children()[0].restarts == 1


async def test_unread_mail_is_kept_where_the_group_above_a_supervisor_restarts() -> None:
    deep = Supervisor("in", children=[Supervisor("deep", children=[worker("a", shutdown_limit_s=0)])])
    async with open_tree(Supervisor("s", "one_for_all", [deep, worker("b")])) as tree:
        ref = await busy(tree, "s/in/deep/a")
        ref.tell_nowait(Note(number=1))
        await tree.ref("s/b", Worker).tell(Boom())
        assert await ref.ask(Notes()) == [1]


async def test_who_asked_a_child_hears_that_it_restarts_with_its_supervisor() -> None:
    async with open_tree(Supervisor("s", children=[inner([worker("a")])])) as tree:
        ref = tree.ref("s/in/a", Worker)
        errors: list[SendError] = []

        async def ask() -> None:
            with pytest.raises(ActorRestarting) as caught:
                await ref.ask(Hang())
            errors.append(caught.value)

        async with anyio.create_task_group() as group:
            group.start_soon(ask)
            await until(lambda: tree.snapshot().find("s/in/a").busy)
            await give_up(tree)
        assert [error.retry_safe for error in errors] == [False]


async def test_what_was_added_or_replaced_or_is_temporary_does_not_come_back_and_is_retired_at_once() -> None:
    children = [worker("a"), worker("b"), worker("c", restart="temporary")]
    async with open_tree(Supervisor("s", children=[inner(children)])) as tree:
        supervisor = tree.supervisor("s/in")
        added = await supervisor.start_child(worker("d"))
        replaced = await supervisor.replace_child(worker("b"))
        temporary = tree.ref("s/in/c", Worker)
        await give_up(tree)
        for ref in (added, replaced, temporary):
            with pytest.raises(ActorStopped):
                ref.tell_nowait(Note(number=1))
        tree.ref("s/in/a", Worker).tell_nowait(Note(number=1))


async def test_the_monitor_of_a_child_whose_supervisor_is_down_tells_of_its_next_end() -> None:
    class Watcher(Worker):
        @handler
        async def terminated(self, message: Terminated) -> None:
            self.state.events.append(f"{message.path} {message.incarnation}")

    spec = ChildSpec("w", Watcher)
    async with open_tree(Supervisor("s", children=[inner([worker("a")]), spec])) as tree:
        ref = tree.ref("s/in/a", Worker)
        await give_up(tree)
        watcher = tree.runtime.get("s/w").actor
        assert isinstance(watcher, Watcher)
        watcher.ctx.monitor(ref)
        end_backoff(tree, "s/in")
        await until(lambda: tree.snapshot().find("s/in").status == "running")
        await give_up(tree)
        await anyio.wait_all_tasks_blocked()
        assert watcher.state.events == ["s/in/a 2"]


# -- it has ended for good ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["temporary", "called off", "too often"])
async def test_children_are_retired_when_their_supervisor_has_ended_for_good(way: str) -> None:
    group = inner([worker("a"), worker("b", shutdown_limit_s=0)])
    if way == "temporary":
        group = inner(group.children, restart="temporary")
    if way == "too often":
        above = Supervisor("above", children=[group], max_restarts=0, restart="temporary")
    else:
        above = Supervisor("above", children=[group])
    async with open_tree(Supervisor("s", children=[above])) as tree:
        refs = [await busy(tree, "s/above/in/a"), await busy(tree, "s/above/in/b")]
        for ref in refs:
            ref.tell_nowait(Note(number=1))
        tree.runtime.get("s/above/in/a").crash("told to")
        await until(lambda: refs[0]._cell.status in (CellStatus.ENDED, CellStatus.STOPPED))
        if way == "called off":
            await until(lambda: tree.snapshot().find("s/above/in").status == "ended")
            await tree.supervisor("s/above").stop_child("in")
        await until(lambda: tree.whereis("s/above/in/a") is None and tree.whereis("s/above/in/b") is None)
        for ref in refs:
            with pytest.raises(ActorStopped):
                ref.tell_nowait(Note(number=2))
        assert tree.dead_letters.counts == {"poison": 2, "stopped": 4}


async def test_an_actor_that_stops_with_the_tree_hears_at_once_that_a_sibling_has_stopped_already() -> None:
    heard: list[str] = []

    class Ping(Request[None]):
        pass

    class Sibling(Actor):
        @handler
        async def ping(self, message: Ping) -> None: ...

    class Last(Actor):
        async def on_start(self) -> None: ...

        async def on_stop(self, reason: ExitReason) -> None:
            try:
                await siblings[0].ask(Ping())
            except ActorStopped:
                heard.append("stopped")

    group = Supervisor("in", children=[ChildSpec("last", Last), ChildSpec("sibling", Sibling)])
    async with open_tree(Supervisor("s", children=[group])) as tree:
        siblings = [tree.ref("s/in/sibling", Sibling)]
        with anyio.fail_after(2.0):
            await tree.stop()
    assert heard == ["stopped"]


# -- its limits --------------------------------------------------------------------------------------------------------


async def test_a_supervisor_that_is_not_up_within_its_start_limit_did_not_start_and_leaves_nothing_behind() -> None:
    journal: Journal = []
    children = [
        worker("a", journal),
        worker("b", journal, {"start_s": 3600.0}, start_limit_s=None),
        worker("c", journal),
    ]
    outer = Supervisor("s", children=[worker("first", journal), inner(children, start_limit_s=0.05)])
    with pytest.raises(
        StartFailed, match=r"s/in did not start \(start_timeout: not up within start_limit_s \(0.05 s\).*: s/in/b\)"
    ):
        async with open_tree(outer):
            pytest.fail("it started")
    assert [(what, path) for what, path, _ in journal] == [
        ("start", "s/first"),
        ("started", "s/first"),
        ("start", "s/in/a"),
        ("started", "s/in/a"),
        ("start", "s/in/b"),
        ("stop", "s/in/a"),
        ("stopped", "s/in/a"),
        ("stop", "s/first"),
        ("stopped", "s/first"),
    ]


async def test_a_restart_of_a_supervisor_that_takes_too_long_is_a_failed_start_and_is_tried_again() -> None:
    class Slow(Actor):
        async def on_start(self) -> None:
            if self.ctx.incarnation == 2:
                await anyio.sleep(3600.0)

    group = inner([ChildSpec("a", Slow)], backoff=None, start_limit_s=0.05)
    async with open_tree(Supervisor("s", children=[group])) as tree:
        supervisor = tree.supervisor("s")
        tree.runtime.get("s/in/a").crash("told to")
        await until(lambda: supervisor.which_children()[0].restarts == 2)
        await until(lambda: supervisor.which_children()[0].status == "up")
        assert "start_timeout" in supervisor.which_children()[0].last_exit
        assert len(supervisor._node.state.restarts) == 2


async def test_a_start_limit_means_nothing_to_a_supervisor_that_is_up() -> None:
    async with open_tree(Supervisor("s", children=[inner([worker("a")], start_limit_s=0.02)])) as tree:
        await anyio.sleep(0.06)
        assert tree.supervisor("s").which_children()[0].status == "up"


async def test_what_has_not_stopped_within_the_shutdown_limit_of_its_supervisor_is_cut() -> None:
    journal: Journal = []
    slow = {"stop_s": 3600.0}
    deep = Supervisor("deep", children=[worker("x", journal, slow, shutdown_limit_s=None), worker("y", journal)])
    children = (worker("a", journal), worker("b", journal, slow), deep, worker("c", journal, slow))
    async with open_tree(Supervisor("s", children=[inner(children, shutdown_limit_s=0.05)])) as tree:
        began_s = time.monotonic()
        await tree.supervisor("s").stop_child("in")
        assert 0.05 <= time.monotonic() - began_s < 2.0
        assert [child for child in tree.runtime.cells if child.startswith("s/in")] == []
    assert sorted(path for what, path, _ in journal if what == "start") == sorted(
        ["s/in/a", "s/in/b", "s/in/deep/x", "s/in/deep/y", "s/in/c"]
    ), "nothing was started again"


async def test_a_supervisor_without_time_to_stop_cuts_what_runs_and_starts_again_whole() -> None:
    group = inner([worker("a", None, {"stop_s": 3600.0}), worker("b")], backoff=None, shutdown_limit_s=0)
    async with open_tree(Supervisor("s", children=[group])) as tree:
        tree.runtime.get("s/in/b").crash("told to")
        await until(lambda: tree.snapshot().find("s/in").restarts == 1)
        assert await tree.ref("s/in/a", Worker).ask(Notes()) == []
        await anyio.sleep(0.02)
        assert [child.restarts for child in tree.supervisor("s/in").which_children()] == [1, 1]


async def test_what_cannot_be_cut_at_the_end_of_a_shutdown_limit_is_reported() -> None:
    group = inner([worker("a"), worker("b", None, {"stubborn": True})], shutdown_limit_s=0.02)
    async with open_tree(Supervisor("s", children=[group])) as tree:
        await tree.ref("s/in/b", Worker).tell(Hang(for_s=0.3))
        await until(lambda: tree.snapshot().find("s/in/b").busy)
        assert await tree.stop() == ("s/in/b",)
        assert tree.events.count(EventKind.UNSTOPPED) == 1
