"""Shell: kills actors of a run in the middle of their requests, from a seed, and writes down which and when.

It proves on the main job that what is supervised heals: the verdict of a run with chaos must be that of a calm one. A
seed sets traps. Each waits for one actor to handle a request in one phase of the run, and springs a random moment later,
at the latest when the handler is done and its reply has not left yet. One more kill comes at a random moment and hits
whom it hits. Consecutive seeds aim at the combinations of actor and phase in turn, so that as many seeds as there are
combinations have aimed at all of them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import CoroutineType

import anyio
import anyio.lowlevel

from regrow.core.cell import Cell
from regrow.core.cell_roles import CellStatus
from regrow.protocols.run_messages import StartRun
from regrow.supervisors.tree import Tree

__all__ = ["COMBINATIONS", "LEAST_KILLS", "Kill", "unleash"]

CERTAIN = (
    ("run", "initializing"),
    ("doc_analyzer", "analyzing_docs"),
    ("run", "analyzing_docs"),
    ("builder", "building"),
    ("run", "building"),
    ("verifier", "verifying"),
    ("run", "verifying"),
)
"""Actor and phase: every run comes by here, whatever its project."""

COMBINATIONS = (
    *CERTAIN,
    ("guardian", "recovering"),
    ("pattern_learner", "recovering"),
    ("run", "recovering"),
    ("logger", "initializing"),
    ("logger", "analyzing_docs"),
    ("logger", "building"),
    ("logger", "recovering"),
    ("logger", "verifying"),
)
"""Each actor with each phase that it serves."""

LEAST_KILLS = 3
MOST_KILLS = 7

LONG_PHASES = ("building", "verifying")
LONGEST_DELAY_S = 2.0
SHORT_DELAY_S = 0.01
"""How long a trap lets a handler go on: those of the other phases are over in milliseconds."""

STRAY_FROM_S, STRAY_TO_S = 0.1, 6.0
ARM_INTERVAL_S = 0.005


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


@dataclass(slots=True, eq=False)
class _Trap:
    actor: str
    phase: str
    delay_s: float
    sprung: bool = False


async def unleash(tree: Tree, seed: int, record: Path, phase: Callable[[], str]) -> None:
    """Kill actors below `tree` as the seed says. Cancel it when the run is over.

    Args:
        tree: The tree of one run.
        seed: Decides whom and when.
        record: A file of JSON lines that each kill is written to.
        phase: Says where the run stands.
    """
    chance = random.Random(seed)
    chaos = _Chaos(tree, seed, record, phase, set_traps(seed, chance))
    stray_at_s = anyio.current_time() + chance.uniform(STRAY_FROM_S, STRAY_TO_S)
    strayed = False
    while True:
        chaos.arm()
        if not strayed and anyio.current_time() >= stray_at_s:
            strayed = True
            chaos.kill_any(chance)
        await anyio.sleep(ARM_INTERVAL_S)


def set_traps(seed: int, chance: random.Random) -> list[_Trap]:
    """Return the traps of a seed: one for the combination whose turn it is, some that surely spring, and some more."""
    aims = [COMBINATIONS[seed % len(COMBINATIONS)], *chance.sample(CERTAIN, LEAST_KILLS)]
    aims += chance.sample(COMBINATIONS, chance.randint(0, MOST_KILLS - LEAST_KILLS - 1))
    traps: list[_Trap] = []
    for actor, phase in aims:
        longest_s = LONGEST_DELAY_S if phase in LONG_PHASES and actor != "logger" else SHORT_DELAY_S
        traps.append(_Trap(actor, phase, chance.choice((0.0, chance.uniform(0.0, longest_s)))))
    return traps


class _Chaos:
    """Stands before the handlers of every actor of the tree."""

    def __init__(self, tree: Tree, seed: int, record: Path, phase: Callable[[], str], traps: list[_Trap]) -> None:
        self._tree = tree
        self._seed = seed
        self._record = record
        self._phase = phase
        self._traps = traps
        self._armed: set[Cell] = set()
        self._kills = 0
        self._began_s = anyio.current_time()

    def arm(self) -> None:
        """Stand before the handlers of the actors that have come since the last time."""
        for cell in tuple(self._tree.runtime.cells.values()):
            if cell not in self._armed:
                self._armed.add(cell)
                table = cell.mailbox.accepts
                # Who starts the run is not prepared for a failure of that.
                cell.mailbox.accepts = {
                    kind: method if kind is StartRun else self._guard(cell, method) for kind, method in table.items()
                }
                cell.tied().watch(cell, _look_away)  # an actor that is observed looks its handlers up for each message

    def kill_any(self, chance: random.Random) -> None:
        """Kill any actor that runs, whatever it does."""
        running = [cell for cell in self._tree.runtime.cells.values() if cell.status is CellStatus.RUNNING]
        running.sort(key=lambda cell: cell.path)
        if running and self._phase():
            cell = chance.choice(running)
            if cell.describe_current() != StartRun.__name__:
                self._kill(cell)

    def _guard(self, cell: Cell, method: Callable[..., object]) -> Callable[..., object]:
        async def guarded(actor: object, message: object) -> object:
            trap = self._trap_for(cell)
            if trap is None:
                return await _result_of(method(actor, message))
            incarnation = cell.incarnation

            def spring() -> None:
                if not trap.sprung and cell.incarnation == incarnation and cell.status is CellStatus.RUNNING:
                    trap.sprung = True
                    self._kill(cell)

            alarm = self._tree.runtime.wheel.call_after(trap.delay_s, spring)
            try:
                result = await _result_of(method(actor, message))
                spring()
                await anyio.lowlevel.checkpoint()
            finally:
                alarm.cancel()
                if not trap.sprung:  # another kill came first
                    self._traps.append(trap)
            return result

        return guarded

    def _trap_for(self, cell: Cell) -> _Trap | None:
        name, phase = _name_of(cell), self._phase()
        for trap in self._traps:
            if (trap.actor, trap.phase) == (name, phase):
                self._traps.remove(trap)
                return trap
        return None

    def _kill(self, cell: Cell) -> None:
        self._kills += 1
        after_s = round(anyio.current_time() - self._began_s, 4)
        handling = cell.describe_current() if cell.mailbox.busy else ""
        kill = Kill(self._kills, after_s, cell.path, cell.incarnation, handling, self._phase())
        # At once, and not in a thread: a kill that is not written down because the run ended would be one too few.
        self._record.parent.mkdir(parents=True, exist_ok=True)
        with self._record.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(kill)) + "\n")
        cell.crash(f"killed by chaos {self._seed}, number {self._kills}")


def _name_of(cell: Cell) -> str:
    name = cell.path.rpartition("/")[2]
    return "run" if name.startswith("run-") else name


async def _result_of(result: object) -> object:
    if isinstance(result, CoroutineType):
        return await result
    return result


def _look_away(item: object, started_s: float, ended_s: float, error: BaseException | None) -> None:
    """An observer that sees nothing."""
