"""A process is killed with SIGKILL while it writes: what it was told to be safe is there."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from regrow.core.store import open_store

WRITER = """
import os, sys
from pathlib import Path
import anyio
from regrow.core.store import Put, open_store

async def main():
    async with open_store(Path(sys.argv[1])) as store, anyio.create_task_group() as group:
        async def write(name):
            for number in range(1_000_000):
                key = f"{name}.{number:06}"
                await store.put_many([Put("left", key, b"x" * 300), Put("right", key, b"x" * 300)])
                entry = await store.append("log", [key.encode()])
                os.write(1, f"{key} {entry}\\n".encode())
        for name in "abcd":
            group.start_soon(write, name)

anyio.run(main, backend=sys.argv[2])
"""


def write_until_killed(path: Path, backend: str, after_lines: int) -> list[tuple[str, int]]:
    """Let a process write until it has acknowledged so many; kill it; return all that it has acknowledged."""
    child = subprocess.Popen([sys.executable, "-c", WRITER, str(path), backend], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with child.stdout as output:
        lines = [output.readline() for _ in range(after_lines)]
        os.kill(child.pid, signal.SIGKILL)
        lines += output.readlines()
    assert child.wait() == -signal.SIGKILL
    whole = [line.split() for line in lines if line.endswith("\n")]
    return [(key, int(entry)) for key, entry in whole]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_kill_9_loses_nothing_that_was_acknowledged_and_leaves_no_half_transaction(
    tmp_path: Path, backend: str
) -> None:
    path = tmp_path / "store.db"
    chance = random.Random(backend)
    acknowledged: dict[int, str] = {}

    async def look() -> None:
        def damaged(text: str) -> None:
            raise AssertionError(text)

        async with open_store(path, on_damage=damaged) as store:
            left = [item.key for item in await store.list_items("left", limit=1_000_000)]
            right = [item.key for item in await store.list_items("right", limit=1_000_000)]
            log = dict(await store.read("log", limit=1_000_000))
        assert left == right
        assert set(acknowledged.values()) <= set(left)
        assert {number: log[number].decode() for number in acknowledged} == acknowledged
        assert sorted(log) == list(range(1, len(log) + 1))

    for _ in range(6):
        for key, entry in write_until_killed(path, backend, chance.randrange(1, 300)):
            assert entry not in acknowledged, "a number of the log was given twice"
            acknowledged[entry] = key
        anyio.run(look, backend=backend)
    assert len(acknowledged) > 6
