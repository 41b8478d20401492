"""Shell: kills actors of a run at random moments, from a seed, and writes down which and when.

It proves on the main job that what is supervised heals: the verdict of a run with chaos must be that of a calm one. Of
the moments, two in three fall on an actor that is in the middle of a request.
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

AMBUSHES = 0.5
"""Share of the kills that wait for their victim to be in a handler: some handlers take a millisecond."""
AMBUSH_LIMIT_S = 4.0
LONGEST_CALM_S = 2.2
AMBUSH_LOOK_S = 0.0003


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
    kills = chance.randint(LEAST_KILLS, MOST_KILLS)
    began_s = anyio.current_time()
    for number in range(1, kills + 1):
        await anyio.sleep(chance.uniform(0.0, LONGEST_CALM_S))
        # The first ones do not wait long for their victims, so that a short run gets its share of kills too.
        limit_s = 1.0 if number <= LEAST_KILLS else AMBUSH_LIMIT_S
        cell = await _ambush(tree, chance, limit_s) if chance.random() < AMBUSHES else _victim(tree, chance)
        if cell is None:
            continue
        busy = cell.mailbox.busy
        kill = Kill(
            number,
            round(anyio.current_time() - began_s, 4),
            cell.path,
            cell.incarnation,
            cell.describe_current() if busy else "",
            status(),
        )
        cell.crash(f"killed by chaos {seed}, number {number}")
        line = json.dumps(asdict(kill)) + "\n"
        await anyio.to_thread.run_sync(_append, record, line)


async def _ambush(tree: Tree, chance: random.Random, limit_s: float) -> Cell | None:
    """Pick an actor, lie in wait until it handles a request, and return it; None when it never does."""
    cells = sorted(tree.runtime.cells)
    if not cells:
        return None
    path = chance.choice(cells)
    with anyio.move_on_after(limit_s):
        while True:
            cell = tree.runtime.cells.get(path)
            if cell is not None and cell.mailbox.busy and cell.status is CellStatus.RUNNING:
                return cell
            await anyio.sleep(AMBUSH_LOOK_S)
    return _victim(tree, chance)


def _victim(tree: Tree, chance: random.Random) -> Cell | None:
    cells = [cell for cell in tree.runtime.cells.values() if cell.status is CellStatus.RUNNING]
    busy = [cell for cell in cells if cell.mailbox.busy]
    among = busy if busy and chance.random() < 2 / 3 else cells
    among.sort(key=lambda cell: cell.path)
    return chance.choice(among) if among else None


def _append(path: Path, line: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(line)
