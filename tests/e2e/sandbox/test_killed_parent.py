"""Trap 22: when the process that runs a step is killed with SIGKILL, nothing of the step outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import anyio
import pytest

from regrow.core.sandbox import NoSandbox, open_sandbox

pytestmark = pytest.mark.slow

PARENT = """
import sys
from pathlib import Path
import anyio
from regrow.core.sandbox import SandboxCommand, SandboxLimits, open_sandbox

async def main():
    folder, script = Path(sys.argv[1]), sys.argv[2]
    sandbox = await open_sandbox(folder / "cache")
    async with sandbox.open_room(await sandbox.host_base(), (), folder / "room") as room:
        await room.run(SandboxCommand(script=script), SandboxLimits(deadline_s=600.0))

anyio.run(main, backend=sys.argv[3])
"""

GENERATIONS = "sleep {0} & setsid sleep {0} & (setsid nohup sleep {0} >/dev/null 2>&1 &); sleep {0}"
"""A child, one in a session of its own, an orphan that hears no SIGHUP, and the command itself."""


def sleeping(seconds: str) -> list[int]:
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if Path(f"/proc/{name}/cmdline").read_bytes().split(b"\0")[:2] == [b"sleep", seconds.encode()]:
                found.append(int(name))
        except OSError:  # it has just ended
            continue
    return found


def wait_until_asleep(seconds: str, count: int, limit_s: float) -> list[int]:
    """Return who sleeps once that many do, or when the time is over."""
    end_s = time.monotonic() + limit_s
    while len(found := sleeping(seconds)) != count and time.monotonic() < end_s:
        time.sleep(0.02)
    return found


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_trap_22_kill_9_of_the_parent_ends_every_process_of_its_step(tmp_path: Path, backend: str) -> None:
    try:
        anyio.run(open_sandbox, tmp_path / "cache")
    except NoSandbox as error:
        pytest.skip(str(error))
    seconds = str(100_000 + time.monotonic_ns() % 800_000)
    command = [sys.executable, "-c", PARENT, str(tmp_path), GENERATIONS.format(seconds), backend]
    with subprocess.Popen(command) as parent:
        try:
            assert len(wait_until_asleep(seconds, 4, limit_s=30.0)) == 4
        finally:
            os.kill(parent.pid, signal.SIGKILL)
    assert parent.returncode == -signal.SIGKILL
    assert wait_until_asleep(seconds, 0, limit_s=1.0) == []
