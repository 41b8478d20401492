"""Trap 22, as far as actors live in one process: restarts leave no descriptor, no thread, no task and no child behind."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import anyio
import pytest

from regrow import Actor, ChildSpec, Message, Request, State, Supervisor, Tree, handler, open_tree
from regrow.core.store import open_store
from regrow.core.watchdog import WatchdogSettings
from regrow.protocols.exits import ExitReason

from .actors import Boom, until

pytestmark = pytest.mark.anyio

RESTARTS = 1000


class Ready(Request[int]):
    pass


class Run(Message):
    """Run a program that takes long."""


class Turns(State):
    booms: int = 0


class Owner(Actor[Turns]):
    """Holds what must end with each incarnation: a file, and a task that waits."""

    def __init__(self, path: Path) -> None:
        self.path = path

    async def on_start(self) -> None:
        self.file = self.path.open("a")

    async def on_stop(self, reason: ExitReason) -> None:
        self.file.close()

    @handler
    async def ready(self, message: Ready) -> int:
        return self.ctx.incarnation

    @handler
    async def boom(self, message: Boom) -> None:
        self.state.booms += 1
        await self.ctx.checkpoint()
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep_forever)
            await anyio.lowlevel.checkpoint()
            raise ValueError(message.text)


def held() -> Counter[str]:
    """Count what this process holds now."""
    found = Counter({"threads": threading.active_count(), "tasks": len(anyio.get_running_tasks())})
    found["descriptors"] = len(os.listdir("/proc/self/fd"))
    return found


async def restart(tree: Tree, times: int) -> None:
    owner = tree.ref("s/owner", Owner)
    for _ in range(times):
        before = tree.snapshot().find("s/owner").restarts
        owner.tell_nowait(Boom())
        await until(lambda before=before: tree.snapshot().find("s/owner").restarts > before)  # type: ignore[misc]
    assert await owner.ask(Ready()) == tree.snapshot().find("s/owner").incarnation


@pytest.mark.slow
async def test_trap_22_a_thousand_restarts_leave_no_descriptor_no_thread_and_no_task(tmp_path: Path) -> None:
    owner = ChildSpec("owner", Owner, args={"path": tmp_path / "file"}, checkpoint=True)
    root = Supervisor("s", children=[owner], max_restarts=10 * RESTARTS)
    async with (
        open_store(tmp_path / "store.db") as store,
        open_tree(root, store=store, watchdog=WatchdogSettings(limit_s=60.0)) as tree,
    ):
        await restart(tree, 10)  # what is made at the first need is there
        gc.collect()
        before = held()
        await restart(tree, RESTARTS)
        gc.collect()
        assert held() - before == Counter()
        assert tree.snapshot().find("s/owner").restarts == RESTARTS + 10


class Runner(Actor):
    """Runs a program, and ends it with the handler in which it runs."""

    def __init__(self, ids: list[int]) -> None:
        self.ids = ids

    @handler
    async def run(self, message: Run) -> None:
        command = [sys.executable, "-c", "import time; time.sleep(600)"]
        async with await anyio.open_process(command, stdout=subprocess.DEVNULL) as process:
            self.ids.append(process.pid)
            try:
                await process.wait()
            finally:
                # An actor is cancelled once; `aclose` alone would wait for the program to end by itself.
                process.kill()


async def test_trap_22_a_program_that_a_handler_runs_ends_with_its_actor_and_is_no_zombie() -> None:
    ids: list[int] = []
    root = Supervisor(
        "s", children=[ChildSpec("runner", Runner, args={"ids": ids}, kill_grace_s=10.0)], max_restarts=100
    )
    async with open_tree(root) as tree:
        for turn in range(1, 6):
            tree.ref("s/runner", Runner).tell_nowait(Run())
            await until(lambda turn=turn: len(ids) == turn)  # type: ignore[misc]
            tree.runtime.get("s/runner").crash("killed while its program runs")
            await until(lambda turn=turn: tree.snapshot().find("s/runner").restarts == turn)  # type: ignore[misc]
            assert not Path(f"/proc/{ids[-1]}").exists(), "it was ended and waited for before the next incarnation"
