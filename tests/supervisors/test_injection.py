"""The host is cancelled at every step of a tree's life, one step a run: whatever it did then, nothing of it is left.

A step is one turn of a task on trio, one scheduled callback on asyncio; both in virtual time. The life has every phase
that a tree goes through: start hooks that wait, a checkpoint that is read, children of actors, asks, a crash that
restarts one, a crash that restarts a group after a backoff, and the stop in order.
"""

from __future__ import annotations

import asyncio
import contextvars
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVarTuple

import anyio
import anyio.lowlevel
import pytest
import trio
import trio.testing

from regrow import Actor, Backoff, ChildSpec, Message, Request, State, Supervisor, handler, open_tree
from regrow.core.cell import Cell
from regrow.core.cell_roles import CellStatus
from regrow.protocols.exits import ExitReason
from regrow.testing import VirtualTimeLoop
from regrow.testing.virtual_trio import new_clock

Args = TypeVarTuple("Args")

LIMIT_S = 1000.0
"""The life takes a few virtual seconds; a stop that hangs ends here."""


class Touch(Request[int]):
    pass


class Break(Message):
    pass


class Count(State):
    touched: int = 0


@dataclass
class Register:
    """Every cell there was, and which of them have an actor now. Kept by the actors themselves."""

    cells: dict[str, Cell] = field(default_factory=dict)
    alive: dict[str, int] = field(default_factory=dict)
    overlaps: list[str] = field(default_factory=list)
    finished: bool = False


class Worker(Actor[Count]):
    """Waits in every hook and handler."""

    def __init__(self, register: Register) -> None:
        self.register = register

    def enter(self) -> None:
        path, incarnation = self.ctx.path, self.ctx.incarnation
        if self.register.alive.setdefault(path, incarnation) != incarnation:
            self.register.overlaps.append(path)
        self.register.cells[path] = self.ctx._cell

    def leave(self) -> None:
        self.register.alive.pop(self.ctx.path, None)

    async def on_start(self) -> None:
        self.enter()
        try:
            await anyio.sleep(0.1)
        finally:
            self.leave()

    async def on_stop(self, reason: ExitReason) -> None:
        self.enter()
        try:
            await anyio.sleep(0.1)
        finally:
            self.leave()

    @handler
    async def touch(self, message: Touch) -> int:
        self.enter()
        try:
            await anyio.sleep(0.1)
        finally:
            self.leave()
        self.state.touched += 1
        return self.state.touched

    @handler
    def crash(self, message: Break) -> None:
        raise OSError("on purpose")


class Parent(Worker):
    """Has a child of its own."""

    async def on_start(self) -> None:
        await super().on_start()
        await self.ctx.spawn(ChildSpec("child", Worker, args={"register": self.register}))


def root(register: Register) -> Supervisor:
    args = {"register": register}
    group = Supervisor(
        "group",
        strategy="one_for_all",
        children=[
            ChildSpec("saved", Worker, args=args, checkpoint=True, backoff=Backoff(initial_s=0.2)),
            # Its hooks and handlers take longer than it has: it is cut in the middle of them.
            ChildSpec("parent", Parent, args=args, shutdown_limit_s=0.05),
        ],
    )
    return Supervisor("root", children=[ChildSpec("plain", Worker, args=args), group])


PATHS = ("root/plain", "root/group/saved", "root/group/parent", "root/group/parent/child")


async def live(register: Register) -> None:
    """Go through the life of the tree."""
    async with open_tree(root(register), sweep_interval_s=0.5) as tree:

        async def touch_all() -> list[int]:
            return [await tree.ref(path, Worker).ask(Touch()) for path in PATHS]

        assert await touch_all() == [1, 1, 1, 1]
        await tree.ref("root/plain", Worker).tell(Break())
        await tree.ref("root/group/saved", Worker).tell(Break())
        await anyio.sleep(2.0)  # the group waits out its backoff, and starts again
        # The saved one goes on where its last reply was; the others begin anew.
        assert await touch_all() == [1, 2, 1, 1]
    register.finished = True


def check(register: Register, left: list[str], step: int) -> None:
    """See that nothing is left after the host has been cancelled at `step`."""
    where = f"cancelled at step {step}"
    assert left == [], where
    assert register.alive == {}, where
    assert register.overlaps == [], where
    running = {path: cell.status for path, cell in register.cells.items() if cell.status is not CellStatus.STOPPED}
    assert running == {}, where
    assert [path for path, cell in register.cells.items() if cell.task is not None or cell.unstopped] == [], where


# -- trio ------------------------------------------------------------------------------------------------------------


class CancelAtStep(trio.abc.Instrument):
    """Counts the turns of all tasks from now on, and cancels a scope before one of them."""

    def __init__(self, step: int) -> None:
        self.step = step
        self.steps = 0
        self.tasks: dict[trio.lowlevel.Task, None] = {}
        self.scope = trio.CancelScope()

    def task_spawned(self, task: trio.lowlevel.Task) -> None:
        self.tasks[task] = None

    def task_exited(self, task: trio.lowlevel.Task) -> None:
        self.tasks.pop(task, None)

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        self.steps += 1
        if self.steps == self.step:
            self.scope.cancel()


async def fail_late() -> None:
    await trio.sleep(LIMIT_S)
    raise AssertionError(f"the tree was not stopped within {LIMIT_S:g} virtual seconds")


def live_on_trio(step: int) -> tuple[int, Register, list[str]]:
    """Run one life on trio; returns its steps, its register and the tasks that are left."""
    scheduler = sys.modules["trio._core._run"]
    vars(scheduler)["_ALLOW_DETERMINISTIC_SCHEDULING"] = True  # a step has the same number in each run
    vars(scheduler)["_r"].seed(0)
    register, instrument = Register(), CancelAtStep(step)

    async def host() -> tuple[int, list[str]]:
        trio.lowlevel.spawn_system_task(fail_late)
        await trio.testing.wait_all_tasks_blocked()
        trio.lowlevel.add_instrument(instrument)
        with instrument.scope:
            await live(register)
        trio.lowlevel.remove_instrument(instrument)
        steps = instrument.steps
        trio.lowlevel.add_instrument(instrument)  # for the ends of tasks that are on their way out
        await trio.testing.wait_all_tasks_blocked()
        return steps, [task.name for task in instrument.tasks]

    steps, left = trio.run(host, clock=new_clock())
    return steps, register, left


# -- asyncio ---------------------------------------------------------------------------------------------------------


class CountingLoop(VirtualTimeLoop):
    """Counts what is scheduled once `host` is set, and cancels it natively at one step."""

    def __init__(self, step: int) -> None:
        self.step = step
        self.steps = 0
        self.host: asyncio.Task[None] | None = None
        super().__init__(limit_s=LIMIT_S)

    def call_soon(
        self, callback: Callable[[*Args], object], *args: *Args, context: contextvars.Context | None = None
    ) -> asyncio.Handle:
        if self.host is not None and not self.host.done():
            self.steps += 1
            if self.steps == self.step:
                self.host.cancel()
        return super().call_soon(callback, *args, context=context)


def live_on_asyncio(step: int) -> tuple[int, Register, list[str]]:
    """Run one life on asyncio; returns its steps, its register and the tasks that are left."""
    register = Register()

    async def watch(loop: CountingLoop) -> list[str]:
        loop.host = host = asyncio.create_task(live(register))
        await asyncio.wait([host])
        if not host.cancelled():
            host.result()
        for _ in range(3):
            await asyncio.sleep(0)
        return [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()]

    loop = CountingLoop(step)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        left = runner.run(watch(loop))
    return loop.steps, register, left


# -- every step ------------------------------------------------------------------------------------------------------

LiveOn = Callable[[int], tuple[int, Register, list[str]]]
both = pytest.mark.parametrize("live_on", [live_on_asyncio, live_on_trio], ids=["asyncio", "trio"])


@both
def test_a_host_cancelled_at_any_step_leaves_nothing(live_on: LiveOn) -> None:
    steps, register, left = live_on(0)
    assert register.finished
    check(register, left, 0)
    assert len(register.cells) == len(PATHS)
    assert steps > 60, "the life is so short that the test shows little"
    ended_early = 0
    for step in range(2, steps + 1):
        _, register, left = live_on(step)
        check(register, left, step)
        ended_early += not register.finished
    assert ended_early > steps * 0.5, "the cancellation did not arrive"


def test_a_host_on_asyncio_cancelled_before_its_first_step_leaves_nothing() -> None:
    check(*live_on_asyncio(1)[1:], 1)


def test_a_host_on_trio_cancelled_before_its_first_step_leaves_nothing() -> None:
    check(*live_on_trio(1)[1:], 1)
