"""How many steps work at once on this machine."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from regrow.core.sandbox.turns import places, step_turn

pytestmark = pytest.mark.anyio


async def test_as_many_work_at_once_as_there_are_places(tmp_path: Path) -> None:
    working = most = done = 0

    async def work() -> None:
        nonlocal working, most, done
        async with step_turn(tmp_path, 2) as held:
            assert held
            working += 1
            most = max(most, working)
            await anyio.sleep(0.01)
            working -= 1
            done += 1

    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            for _ in range(7):
                group.start_soon(work)
    assert (most, done) == (2, 7)


async def test_nobody_waits_for_ever_for_a_process_that_is_suspended(tmp_path: Path) -> None:
    async with step_turn(tmp_path, 1) as first, step_turn(tmp_path, 1, longest_wait_s=0.1) as second:
        assert (first, second) == (True, False)
        # The one that began without a place does not stand in the queue either.
        async with step_turn(tmp_path, 2, longest_wait_s=5) as third:
            assert third


async def test_a_wait_can_be_cancelled(tmp_path: Path) -> None:
    async with step_turn(tmp_path, 1):
        with anyio.move_on_after(0.1) as scope:
            async with step_turn(tmp_path, 1):
                pytest.fail("there is no place")
        assert scope.cancelled_caught
    with anyio.fail_after(5):
        async with step_turn(tmp_path, 1) as held:
            assert held


HOLDER = """
import sys, anyio
from pathlib import Path
from regrow.core.sandbox.turns import step_turn

async def main():
    async with step_turn(Path(sys.argv[1]), 1):
        print("held", flush=True)
        await anyio.sleep(60)

anyio.run(main)
"""


async def test_a_process_that_was_killed_holds_no_place(tmp_path: Path) -> None:
    def hold_and_die() -> None:
        holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE)
        with holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
            holder.send_signal(signal.SIGKILL)

    await anyio.to_thread.run_sync(hold_and_die)
    with anyio.fail_after(5):
        async with step_turn(tmp_path, 1) as held:
            assert held


def test_one_step_that_waits_for_a_download_never_keeps_all_others_from_working() -> None:
    assert places() >= 2
