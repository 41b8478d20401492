"""Trap 20: a process that was stopped with SIGSTOP and goes on has neither a blocked loop nor stuck actors."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

PROGRAM = """
import sys, time
import anyio
from regrow import Actor, ChildSpec, Message, Supervisor, WatchdogSettings, handler, open_tree

class Work(Message):
    pass

class Worker(Actor):
    @handler
    async def work(self, message: Work) -> None:
        await anyio.sleep(0.1)
        self.ctx.self_ref.tell_nowait(message)

async def main():
    watchdog = WatchdogSettings(limit_s=0.4)
    children = [ChildSpec(f"w{n}", Worker, handler_deadline_s=0.5, on_stuck="restart") for n in range(10)]
    root = Supervisor("s", children=children)
    async with open_tree(root, sweep_interval_s=0.1, watchdog=watchdog) as tree:
        for n in range(10):
            tree.ref(f"s/w{n}", Worker).tell_nowait(Work())
        await anyio.sleep(0.2)
        print("up", flush=True)
        await anyio.to_thread.run_sync(sys.stdin.readline)
        await anyio.sleep(0.3)
        if sys.argv[2] == "block":
            time.sleep(1.0)
            await anyio.sleep(0.1)
        wrong = ("stuck", "crashed", "restarted", "loop_blocked", "loop_unblocked")
        print(*(event.kind.value for event in tree.events.last if event.kind.value in wrong), "end", flush=True)

anyio.run(main, backend=sys.argv[1])
"""


def run(backend: str, stopped_s: float, then: str) -> list[str]:
    """Run the program, stop it for so long, and return the events that it counts among the wrong ones."""
    command = [sys.executable, "-c", PROGRAM, backend, then]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdin is not None
            assert child.stdout is not None
            assert child.stdout.readline() == "up\n"
            os.kill(child.pid, signal.SIGSTOP)
            time.sleep(stopped_s)
            os.kill(child.pid, signal.SIGCONT)
            child.stdin.write("go on\n")
            child.stdin.flush()
            *events, last = child.stdout.readline().split()
            assert last == "end"
        finally:
            child.kill()
    return events


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_trap_20_a_suspended_process_reports_nothing_and_restarts_nobody(backend: str) -> None:
    assert run(backend, 1.2, "go on") == []


def test_trap_20_what_blocks_the_loop_after_a_suspend_is_reported_all_the_same() -> None:
    assert run("asyncio", 1.2, "block")[:2] == ["loop_blocked", "loop_unblocked"]
