"""Trap 19: a hung event loop cannot see itself; the watchdog's thread does, and names the actor and the line."""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import anyio
import pytest

from regrow import Actor, ChildSpec, Message, Request, Supervisor, Tree, handler, open_tree
from regrow.core.events import EventKind, RuntimeEvent
from regrow.core.watchdog import LoopReport, WatchdogSettings, stack_dumps

from .actors import until, worker

pytestmark = [pytest.mark.anyio, pytest.mark.blocks_the_loop]

LIMIT_S = 0.1
HANG_S = 0.3
MOST_S = 30.0
"""How long a loop stays blocked for a report that never comes; one that comes ends it, however busy the machine is."""

SEEN = threading.Event()


class Reports(list[LoopReport]):
    """Keeps what the watchdog reports, and lets go of the loop that it is about."""

    def __call__(self, report: LoopReport) -> None:
        self.append(report)
        SEEN.set()


@pytest.fixture(autouse=True)
def nothing_seen_yet() -> None:
    SEEN.clear()


class Block(Message):
    how: str


class Answer(Request[int]):
    pass


def sleep_in_the_kernel() -> None:
    SEEN.wait(MOST_S)


def loop_in_python() -> None:
    end_s = time.monotonic() + MOST_S
    while not SEEN.is_set() and time.monotonic() < end_s:
        pass


def hold_the_interpreters_lock() -> None:
    backtrack(backtracking_length())


def backtrack(length: int) -> None:
    re.match(r"(a+)+$", "a" * length + "b")


def backtracking_length() -> int:
    """Return how long a text must be on this machine: one more letter takes twice the time."""
    length, took_s = 14, 0.0
    while took_s < HANG_S / 4:
        length += 1
        begin_s = time.monotonic()
        backtrack(length)
        took_s = time.monotonic() - begin_s
    return length + 2


HANGS: dict[str, Callable[[], None]] = {
    each.__name__: each for each in (sleep_in_the_kernel, loop_in_python, hold_the_interpreters_lock)
}


class Hanger(Actor):
    """Blocks the thread in its handler, which waits nowhere, as told."""

    @handler
    def block(self, message: Block) -> None:
        HANGS[message.how]()

    @handler
    def answer(self, _: Answer) -> int:
        return self.ctx.incarnation


async def hang(how: str, dispatch: Literal["task", "shared"] = "task") -> tuple[list[LoopReport], Tree]:
    """Let an actor block the loop once; return what was reported from the thread, and the tree it was in."""
    reports = Reports()
    settings = WatchdogSettings(limit_s=LIMIT_S, on_report=reports)
    children = [worker("innocent"), ChildSpec("guilty", Hanger, dispatch=dispatch)]
    async with open_tree(Supervisor("s", children=children), watchdog=settings) as tree:
        guilty = tree.ref("s/guilty", Hanger)
        await guilty.tell(Block(how=how))
        assert await guilty.ask(Answer()) == 1
        await until(lambda: any(event.kind is EventKind.LOOP_UNBLOCKED for event in of_guilty(tree)))
    # A machine that is busy may keep the loop waiting by itself: that is a report of no actor.
    return [report for report in reports if report.path == "s/guilty"], tree


def of_guilty(tree: Tree) -> list[RuntimeEvent]:
    return [event for event in tree.events.last if event.path == "s/guilty" and "loop" in event.kind.value]


@pytest.mark.parametrize("dispatch", ["task", "shared"])
@pytest.mark.parametrize("how", ["sleep_in_the_kernel", "loop_in_python"])
async def test_trap_19_a_blocked_loop_is_reported_while_it_is_blocked(
    how: str, dispatch: Literal["task", "shared"]
) -> None:
    reports, tree = await hang(how, dispatch)
    begin, end = reports
    assert (begin.over, begin.path, begin.incarnation, begin.message) == (False, "s/guilty", 1, "Block")
    assert how in begin.stack
    # On a busy machine the watching thread may see the block later than the loop, which knows when it ended.
    assert begin.blocked_s > LIMIT_S
    assert LIMIT_S < end.blocked_s < MOST_S
    assert (end.over, end.path, end.stack) == (True, "s/guilty", "")
    assert [event.kind for event in of_guilty(tree)] == [EventKind.LOOP_BLOCKED, EventKind.LOOP_UNBLOCKED]
    assert how in of_guilty(tree)[0].detail


async def test_trap_19_a_call_that_holds_the_interpreters_lock_is_reported_at_its_end() -> None:
    reports, _ = await hang("hold_the_interpreters_lock")
    assert reports[-1].over
    assert reports[-1].blocked_s > LIMIT_S
    # Whether the thread gets the lock before or after the loop has answered is the interpreter's choice.
    assert len(reports) == 1 or not reports[0].over


async def test_trap_19_only_faulthandler_sees_such_a_call_while_it_lasts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack_dumps, "REARM_S", LIMIT_S / 2)
    path = tmp_path / "run" / "stacks.txt"
    reports = Reports()
    settings = WatchdogSettings(limit_s=LIMIT_S / 2, on_report=reports, stack_dumps=path)
    length = backtracking_length()
    async with open_tree(Supervisor("s", children=[worker("a")]), watchdog=settings):
        await anyio.sleep(LIMIT_S)
        assert path.read_bytes() == b"", "a loop that runs sets the timer anew"
        end_s = time.monotonic() + MOST_S
        while not path.read_bytes() and time.monotonic() < end_s:  # a busy machine makes the length look too long
            backtrack(length)
        assert "in backtrack" in path.read_text(encoding="utf-8")


async def test_stacks_that_were_never_written_leave_no_file_and_the_timer_to_others(tmp_path: Path) -> None:
    path, other = tmp_path / "stacks.txt", tmp_path / "other.txt"
    first, second = (WatchdogSettings(stack_dumps=each) for each in (path, other))
    async with open_tree(Supervisor("s", children=[worker("a")]), watchdog=first):
        async with open_tree(Supervisor("t", children=[worker("a")]), watchdog=second):
            assert path.exists()
            assert not other.exists()
        assert path.exists()
    assert not path.exists()
    async with open_tree(Supervisor("t", children=[worker("a")]), watchdog=second):
        assert other.exists()
    assert not other.exists()


async def test_a_file_that_cannot_be_written_is_said_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = WatchdogSettings(stack_dumps=tmp_path / "file" / "stacks.txt")
    for _ in range(2):
        with pytest.raises(OSError, match="file"):
            async with open_tree(Supervisor("s", children=[worker("a")]), watchdog=settings):
                pytest.fail("the tree must not open")


async def test_a_loop_that_only_waits_is_not_reported_and_no_thread_is_left() -> None:
    reports = Reports()
    settings = WatchdogSettings(limit_s=0.5, on_report=reports)
    async with open_tree(Supervisor("s", children=[worker("a")]), watchdog=settings) as tree:
        assert "regrow watchdog" in {thread.name for thread in threading.enumerate()}
        await anyio.sleep(0.7)
        assert tree.runtime.loop_lag_s < 0.5
    assert reports == []
    assert "regrow watchdog" not in {thread.name for thread in threading.enumerate()}


async def test_a_start_hook_that_blocks_is_named_although_the_tree_is_not_open_yet() -> None:
    reports = Reports()

    class Slow(Actor):
        async def on_start(self) -> None:
            sleep_in_the_kernel()

    settings = WatchdogSettings(limit_s=LIMIT_S, on_report=reports)
    async with open_tree(Supervisor("s", children=[ChildSpec("slow", Slow)]), watchdog=settings):
        pass
    assert (reports[0].path, reports[0].message) == ("s/slow", "nothing")


async def test_code_that_a_handler_started_in_a_task_of_its_own_is_named_by_its_method() -> None:
    reports = Reports()

    class Parallel(Actor):
        @handler
        async def block(self, message: Block) -> None:
            async with anyio.create_task_group() as group:
                group.start_soon(self.work)

        async def work(self) -> None:
            sleep_in_the_kernel()

        @handler
        def answer(self, _: Answer) -> int:
            return 1

    settings = WatchdogSettings(limit_s=LIMIT_S, on_report=reports)
    async with open_tree(Supervisor("s", children=[ChildSpec("p", Parallel)]), watchdog=settings) as tree:
        await tree.ref("s/p", Parallel).tell(Block(how=""))
        await tree.ref("s/p", Parallel).ask(Answer())
    assert reports[0].path == "s/p"


async def test_code_of_no_actor_is_reported_without_one() -> None:
    reports = Reports()
    settings = WatchdogSettings(limit_s=LIMIT_S, on_report=reports)
    async with open_tree(Supervisor("s", children=[worker("a")]), watchdog=settings):
        sleep_in_the_kernel()
    assert (reports[0].path, reports[0].incarnation) == ("", 0)
    assert "by no actor" in str(reports[0])
    assert sys._getframe().f_code.co_name in reports[0].stack


@pytest.mark.parametrize("limit_s", [0.0, float("nan")])
async def test_a_limit_that_cannot_be_is_refused(limit_s: float) -> None:
    with pytest.raises(ValueError, match="positive and finite"):
        WatchdogSettings(limit_s=limit_s)
