"""Shell: kills actors of a run at random moments, from a seed, and writes down which and when.

It proves on the main job that what is supervised heals: the verdict of a run with chaos must be that of a calm one. Of
the moments, two in three fall on an actor that is in the middle of a request.
"""

from __future__ import annotations

import json
import random
from dataclasses import asdict, dataclass
from pathlib import Path

import anyio
import anyio.to_thread

from regrow.core.cell import Cell, CellStatus
from regrow.supervisors.tree import Tree

__all__ = ["Kill", "unleash"]

LEAST_KILLS = 3
MOST_KILLS = 8


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill. `handling` is the type of the message that was being handled, "" when the actor was idle."""

    number: int
    after_s: float
    path: str
    incarnation: int
    handling: str


async def unleash(tree: Tree, seed: int, record: Path) -> None:
    """Kill actors below `tree` until the seed's number of kills is reached. Cancel it when the run is over.

    Args:
        seed: Decides how many, whom and when.
        record: A file of JSON lines that each kill is written to.
    """
    chance = random.Random(seed)
    kills = chance.randint(LEAST_KILLS, MOST_KILLS)
    began_s = anyio.current_time()
    for number in range(1, kills + 1):
        # The first ones come quickly, so that a short run gets its share; later ones spread over the long steps.
        await anyio.sleep(chance.uniform(0.02, 0.3 if number <= LEAST_KILLS else 6.0))
        cell = _victim(tree, chance)
        if cell is None:
            continue
        busy = cell.mailbox.busy
        kill = Kill(
            number,
            round(anyio.current_time() - began_s, 4),
            cell.path,
            cell.incarnation,
            cell.describe_current() if busy else "",
        )
        cell.crash(f"killed by chaos {seed}, number {number}")
        line = json.dumps(asdict(kill)) + "\n"
        await anyio.to_thread.run_sync(_append, record, line)


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
