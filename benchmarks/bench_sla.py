"""Question: does a verification keep the times that the specification promises?

Method: each row has a time of ours, and the specification's limit in place of a floor: the ratio is the share of it that is
used, the bar is 1. A small project is verified whose build takes a while, in this process, in the tree that `regrow verify`
opens; while it builds, each actor that a run has is killed in turn, by what the chaos of `--chaos` kills with. `recovery` is
the longest time from a kill until that actor, in its next life, takes mail again; `detect_crash` the longest until the tree
says that it crashed; `total` the whole run, kills included, which has to end with `pass` all the same. `detect_step` is how long
after a step has killed itself the run is told. `detect_hang` is how long after its deadline a handler that never comes back is
reported. `analysis` is the phase in which the documents are read, of the same run.

What would change our mind: these are the times of regrow itself. A step that hangs is ended at its own limit (300 s), and
not after five seconds: nobody can tell a slow compiler from one that hangs. A verification of a large project takes as long
as its build does.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import anyio

from benchmarks.bench_liveness import Hang, Stuck
from benchmarks.clocks import wall_s
from benchmarks.figures import Bar
from benchmarks.loops import run_on
from benchmarks.rows import Row, Side, Size
from regrow import ChildSpec, Supervisor, open_tree
from regrow.cli.verifying import new_start
from regrow.config import load_settings
from regrow.core.cell_roles import CellStatus
from regrow.core.events import EventKind, RuntimeEvent
from regrow.core.progress import RunNews
from regrow.daemon.verification import Folders, Workplace, open_workplace
from regrow.protocols.actor_errors import TreeFailed
from regrow.protocols.plan import Ecosystem
from regrow.protocols.run_messages import RunFinished, RunProgress, StartRun
from regrow.protocols.status import BuildStatus, Verdict
from regrow.protocols.verification import BuildConfig, MemoryUse, NetworkPolicy

__all__ = ["ROWS"]

ACTORS = ("logger", "pattern_learner", "guardian", "doc_analyzer", "builder", "verifier", "run")
PAUSE_S = 1.0
"""Between kills: what is asked is how long one takes to mend, and not how many at a time."""

NOT_SEEN_S = 60.0
HANG_S = 0.05
DIES_AFTER_S = 1.0
TEST = "import unittest\n\n\nclass Slow(unittest.TestCase):\n    def test_it_is_built(self):\n        open('built').close()\n"


async def killed(size: Size) -> dict[str, float]:
    """Verify, and kill each actor once meanwhile; returns what the rows ask."""
    victims = size.of(ACTORS, ACTORS[-3:])
    seconds = (PAUSE_S + 0.5) * len(victims)
    found: dict[str, float] = {"detect_crash": 0.0, "recovery": 0.0}
    moments: dict[BuildStatus, float] = {}

    def note(news: RunNews) -> None:
        if isinstance(news, RunProgress):
            moments.setdefault(news.status, wall_s())

    async def go(place: Workplace, start: StartRun) -> RunFinished | TreeFailed:
        async with anyio.create_task_group() as group:
            group.start_soon(_kill_all, place, victims, moments, found)
            ended = await place.carry_out(start, note, lambda _: None)
            group.cancel_scope.cancel()
        return ended

    begin = wall_s()
    ended = await _verified(f"sleep {seconds:g}\ntouch built\n", go)
    if isinstance(ended, TreeFailed) or ended.verdict is not Verdict.PASS or found.get("kills") != len(victims):
        raise RuntimeError(f"{found}: {ended}")
    found["total"] = wall_s() - begin
    found["analysis"] = moments[BuildStatus.BUILDING] - moments[BuildStatus.ANALYZING_DOCS]
    return found


async def _kill_all(
    place: Workplace, victims: tuple[str, ...], moments: dict[BuildStatus, float], found: dict[str, float]
) -> None:
    while BuildStatus.BUILDING not in moments:
        await anyio.sleep(0.01)
    for number, name in enumerate(victims, 1):
        crashed: list[float] = []
        cell = next(
            each
            for each in place.tree.runtime.cells.values()
            if (last := each.path.rpartition("/")[2]) == name or (name == "run" and last.startswith("run-"))
        )
        stop = place.tree.events.listen(partial(_note_crash, cell.path, crashed))
        path, life, begin = cell.path, cell.incarnation, wall_s()
        cell.crash("killed by the benchmark")
        with anyio.fail_after(NOT_SEEN_S):
            while not (
                crashed
                and (now := place.tree.runtime.find(path)) is not None
                and now.incarnation > life
                and now.status is CellStatus.RUNNING
            ):
                await anyio.sleep(0.001)
        stop()
        found["detect_crash"] = max(found["detect_crash"], crashed[0] - begin)
        found["recovery"] = max(found["recovery"], wall_s() - begin)
        found["kills"] = number
        await anyio.sleep(PAUSE_S)


def _note_crash(path: str, crashed: list[float], event: RuntimeEvent) -> None:
    if event.kind is EventKind.CRASHED and event.path == path:
        crashed.append(wall_s())


async def step_dies(_: Size) -> float:
    """Return how long after a step has killed itself the run knows."""
    began: list[float] = []
    known: list[float] = []

    def note(news: RunNews) -> None:
        if isinstance(news, RunProgress) and (news.step_name or "").startswith("sh build.sh") and not began:
            began.append(wall_s())
        if isinstance(news, RunProgress) and news.status is BuildStatus.RECOVERING and not known:
            known.append(wall_s())

    async def go(place: Workplace, start: StartRun) -> RunFinished | TreeFailed:
        return await place.carry_out(start, note, lambda _: None)

    ended = await _verified(f"sleep {DIES_AFTER_S}\nkill -9 $$\n", go)
    if not began or not known:
        raise RuntimeError(f"the step was not seen to begin and to fail: {ended}")
    return known[0] - began[0] - DIES_AFTER_S


async def _verified(
    build: str, go: Callable[[Workplace, StartRun], Awaitable[RunFinished | TreeFailed]]
) -> RunFinished | TreeFailed:
    folder = Path(tempfile.mkdtemp(prefix="bench-sla-", dir=Path.home()))
    try:
        root = folder / "slow"
        root.mkdir()
        (root / "README.md").write_text("# slow\n\n```sh\nsh build.sh\npython3 -m unittest\n```\n", "utf-8")
        (root / "build.sh").write_text(build, "utf-8")
        (root / "test_slow.py").write_text(TEST, "utf-8")
        start = new_start(
            BuildConfig(target=str(root), memory=MemoryUse.NONE, network=NetworkPolicy.NONE, max_recoveries=1)
        )
        folders = Folders(folder / "runs", folder / "regrow.db", load_settings().folders.cache_dir)
        async with open_workplace(folders, folders.runs / start.run_id) as place:
            for ecosystem in (Ecosystem.PYTHON, Ecosystem.UNKNOWN):  # made before anything is timed, if it is not there
                await place.parts.rooms.base(ecosystem)
            return await go(place, start)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def hang_seen(_: Size) -> float:
    """Return how long after its deadline a handler that never comes back is reported."""
    seen: list[float] = []
    child = ChildSpec("stuck", Stuck, handler_deadline_s=HANG_S, shutdown_limit_s=0)
    async with open_tree(Supervisor("bench", children=[child])) as tree:
        tree.events.listen(lambda event: seen.append(wall_s()) if event.kind is EventKind.STUCK else None)
        begin = wall_s()
        await tree.ref("bench/stuck", Stuck).tell(Hang())
        with anyio.fail_after(NOT_SEEN_S):
            while not seen:
                await anyio.sleep(0.001)
    return max(0.0, seen[0] - begin - HANG_S)


def _of_kills(name: str) -> Side:
    async def one(size: Size) -> float:
        return (await killed(size))[name]

    return lambda size: run_on("asyncio", partial(one, size))


def _limit(seconds: float) -> Side:
    return lambda _: seconds


def _row(name: str, limit_s: float, ours: Side) -> Row:
    return Row(f"sla.{name}", "s", f"the specification's {limit_s:g} s", ours, _limit(limit_s), Bar("lower", 1.0))


ROWS = (
    _row("analysis", 10.0, _of_kills("analysis")),
    _row("detect_crash", 5.0, _of_kills("detect_crash")),
    _row("detect_step", 5.0, lambda size: run_on("asyncio", partial(step_dies, size))),
    _row("detect_hang", 5.0, lambda size: run_on("asyncio", partial(hang_seen, size))),
    _row("recovery", 30.0, _of_kills("recovery")),
    _row("total", 600.0, _of_kills("total")),
)
