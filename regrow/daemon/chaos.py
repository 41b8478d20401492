"""Shell: kills actors of a run at random moments, from a seed, and writes down which and when.

It proves on the main job that what is supervised heals: the verdict of a run with chaos must be that of a calm one. Each
kill has a phase of the run and lies in wait there for an actor that is in the middle of a request.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import anyio
import anyio.to_thread

from regrow.core.cell import Cell, CellStatus
from regrow.supervisors.tree import Tree

__all__ = ["Kill", "unleash"]

LEAST_KILLS = 3
MOST_KILLS = 8

PHASES = ("analyzing_docs", "building", "recovering", "verifying")
"""The statuses of a run in which kills are placed, in their order."""

SERVING = {
    "analyzing_docs": ("doc_analyzer", "logger"),
    "building": ("builder", "logger"),
    "recovering": ("guardian", "pattern_learner"),
    "verifying": ("verifier", "logger"),
}
"""Who works while a run stands there; the run itself always does."""

LONGEST_CALM_S = 1.0
AMBUSH_LIMIT_S = 3.0
AMBUSH_LOOK_S = 0.0005
"""Some handlers take less than a millisecond."""


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill. `handling` is the type of the message that was being handled, "" when the actor was idle, `status` where
    the run stood.
    """

    number: int
    after_s: float
    path: str
    incarnation: int
    handling: str
    status: str


async def unleash(tree: Tree, seed: int, record: Path, status: Callable[[], str]) -> None:
    """Kill actors below `tree` until the seed's number of kills is reached. Cancel it when the run is over.

    Args:
        seed: Decides how many, whom and when.
        record: A file of JSON lines that each kill is written to.
        status: Says where the run stands.
    """
    chance = random.Random(seed)
    places = sorted(chance.choices(range(len(PHASES)), k=chance.randint(LEAST_KILLS, MOST_KILLS)))
    began_s = anyio.current_time()
    for number, place in enumerate(places, 1):
        phase = await _reach(place, status)
        if phase != "recovering":  # it is over in a moment
            await anyio.sleep(chance.uniform(0.0, LONGEST_CALM_S))
        cell = await _ambush(tree, chance.choice(("run", *SERVING[phase])), chance)
        if cell is None:
            continue
        kill = Kill(
            number,
            round(anyio.current_time() - began_s, 4),
            cell.path,
            cell.incarnation,
            cell.describe_current() if cell.mailbox.busy else "",
            status(),
        )
        cell.crash(f"killed by chaos {seed}, number {number}")
        line = json.dumps(asdict(kill)) + "\n"
        await anyio.to_thread.run_sync(_append, record, line)


async def _reach(place: int, status: Callable[[], str]) -> str:
    """Wait until the run stands at this phase, or has gone past it; returns where it stands then."""
    while True:
        now = status()
        if now in PHASES and PHASES.index(now) >= place:
            return now
        await anyio.sleep(AMBUSH_LOOK_S)


async def _ambush(tree: Tree, name: str, chance: random.Random) -> Cell | None:
    """Lie in wait until the actor handles a request and return it; after a while, any actor that runs."""
    with anyio.move_on_after(AMBUSH_LIMIT_S):
        while True:
            for cell in tuple(tree.runtime.cells.values()):
                last = cell.path.rpartition("/")[2]
                is_it = last == name or (name == "run" and last.startswith("run-"))
                if is_it and cell.mailbox.busy and cell.status is CellStatus.RUNNING:
                    return cell
            await anyio.sleep(AMBUSH_LOOK_S)
    running = [cell for cell in tree.runtime.cells.values() if cell.status is CellStatus.RUNNING]
    running.sort(key=lambda cell: cell.path)
    return chance.choice(running) if running else None


def _append(path: Path, line: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(line)
