"""Question: what does `regrow verify` cost, over the same commands typed by hand in the same room?

Method: a project whose documents name two commands: one that takes a while, and its tests. Ours is a whole verification: the tree
is opened, the documents are read, the plan is made, both steps are run, counted, kept and judged. The floor opens a room on the
same base, copies the project in and runs the same two commands one after the other. The commands sleep rather than work, so that
the difference is regrow's and not the machine's. The base root is made before the first round, if it is not there. Elapsed time,
since waiting that regrow adds is what a user sees.

What would change our mind: the share is of a run of 20 seconds, where the bar of 5 % is a second, which is the other bar. A run
of many short steps pays per step, which this does not show.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

import anyio

from benchmarks.figures import Bar
from benchmarks.rows import Row, Size
from regrow.cli.verifying import new_start
from regrow.config import load_settings
from regrow.core.sandbox import BaseKind, SandboxCommand, SandboxLimits, open_sandbox
from regrow.daemon.verification import Folders, verify_once
from regrow.protocols.status import Verdict
from regrow.protocols.verification import BuildConfig, MemoryUse, NetworkPolicy

__all__ = ["ROWS"]

COMMANDS = ("sh build.sh", "python3 -m unittest")
README = f"# slow\n\nBuild and test it:\n\n```sh\n{chr(10).join(COMMANDS)}\n```\n"
TEST = "import unittest\n\n\nclass Slow(unittest.TestCase):\n    def test_it_is_built(self):\n        open('built').close()\n"


def project(folder: Path, size: Size) -> Path:
    """Write the project and return its folder."""
    root = folder / "slow"
    root.mkdir()
    (root / "README.md").write_text(README, "utf-8")
    (root / "build.sh").write_text(f"sleep {size.of(20, 1)}\ntouch built\n", "utf-8")
    (root / "test_slow.py").write_text(TEST, "utf-8")
    return root


async def verified(root: Path, folder: Path, cache: Path) -> None:
    """Verify the project, which passes."""
    configuration = BuildConfig(target=str(root), memory=MemoryUse.NONE, network=NetworkPolicy.NONE)
    folders = Folders(folder / "runs", folder / "regrow.db", cache)
    finished = await verify_once(new_start(configuration), folders, lambda _news: None)
    if finished.verdict is not Verdict.PASS:
        raise RuntimeError(f"{finished.verdict}: {finished.results.reason}")


async def by_hand(root: Path, folder: Path, cache: Path) -> None:
    """Run the same commands in the same room."""
    sandbox = await open_sandbox(cache)
    base = await sandbox.base_root(BaseKind.PYTHON)
    async with sandbox.open_room(base, (), folder / "room") as room:
        await room.copy_in(root)
        for command in COMMANDS:
            result = await room.run(SandboxCommand(script=command), SandboxLimits())
            if not result.succeeded:
                raise RuntimeError(result.output_tail)


def seconds(size: Size, *, whole: bool) -> float:
    """Return how long one of the two takes."""
    cache = load_settings().folders.cache_dir
    folder = Path(tempfile.mkdtemp(prefix="bench-verify-", dir=Path.home()))
    try:
        root = project(folder, size)
        began = time.perf_counter()
        anyio.run(verified if whole else by_hand, root, folder, cache)
        return time.perf_counter() - began
    finally:
        shutil.rmtree(folder, ignore_errors=True)


ROWS = (
    Row(
        "verify",
        "s/run of 20 s",
        "the same commands by hand in the same room",
        lambda size: seconds(size, whole=True),
        lambda size: seconds(size, whole=False),
        Bar("lower", 1.05),
    ),
)
