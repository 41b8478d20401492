"""Shell: one verification in this process: the tree is opened, a run is started or resumed, and its news are passed on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import anyio

from regrow.actors.run import RunActor
from regrow.actors.verifier.actor import REPORTERS
from regrow.core.progress import ProgressBoard, RunNews
from regrow.core.ref import Ref
from regrow.core.sandbox import Progress
from regrow.core.store import open_store
from regrow.core.watchdog import WatchdogSettings
from regrow.core.workshop.rooms import Rooms
from regrow.daemon.chaos import unleash
from regrow.daemon.explaining import explain_on_signal
from regrow.daemon.tree import RUNS, Parts, run_child, run_path, verification_tree
from regrow.protocols.actor_errors import ActorStopped
from regrow.protocols.run_messages import RunFinished, StartRun
from regrow.supervisors.tree import Tree, open_tree

__all__ = ["Folders", "verify_once"]

BLOCKED_FILE_NAME = "blocked.txt"
"""In the run's folder: all stacks, of each time that the event loop did not run for more than two seconds."""


@dataclass(frozen=True, slots=True)
class Folders:
    """Where things are kept: runs (a folder each), the store's file, base roots."""

    runs: Path
    store: Path
    cache: Path


async def verify_once(
    start: StartRun,
    folders: Folders,
    on_news: Callable[[RunNews], object],
    *,
    on_preparation: Callable[[Progress], object] | None = None,
    on_note: Callable[[str], object] = lambda _: None,
) -> RunFinished:
    """Carry one run to its end, or go on with it.

    Args:
        start: The run; with `resume` set, the run of that id is gone on with and the rest of it is ignored.
        on_news: Told the progress and the end; must not wait.
        on_preparation: Told when base roots are made.
        on_note: Told in a sentence what an operator should know (a damaged store).

    Raises:
        TreeFailed: The tree gave up; the run can be resumed.
    """
    board = ProgressBoard()
    configuration = start.configuration
    rooms = Rooms(
        folders.cache,
        REPORTERS,
        unsafe_no_sandbox=configuration.unsafe_no_sandbox,
        on_progress=on_preparation,
    )
    finished = anyio.Event()
    last: list[RunFinished] = []

    def hear(news: RunNews) -> None:
        on_news(news)
        if isinstance(news, RunFinished):
            last.append(news)
            finished.set()

    async with open_store(folders.store, on_damage=on_note) as store:
        parts = Parts(folders.runs, store, rooms, board)
        board.listen(hear)
        folder = folders.runs / start.run_id
        watchdog = WatchdogSettings(stack_dumps=folder / BLOCKED_FILE_NAME)
        async with (
            open_tree(verification_tree(parts), store=store, watchdog=watchdog) as tree,
            anyio.create_task_group() as group,
        ):
            run: Ref[RunActor] = await tree.supervisor(RUNS).start_child(run_child(parts, start.run_id))
            if threading.current_thread() is threading.main_thread():  # only there signals are heard
                group.start_soon(explain_on_signal, tree, folder)
            if configuration.chaos_seed is not None:
                phase = partial(_phase_of, tree, start.run_id)
                group.start_soon(unleash, tree, configuration.chaos_seed, folder / "chaos.jsonl", phase)
            try:
                await run.ask(start, timeout_s=30.0)
            except ActorStopped:
                # One that is resumed may be over before it is asked.
                if not last:
                    raise
            await finished.wait()
            group.cancel_scope.cancel()
    return last[-1]


def _phase_of(tree: Tree, run_id: str) -> str:
    """Return where a run stands by its own state; "" before it is accepted, and while it is restarted."""
    cell = tree.runtime.find(run_path(run_id))
    actor = cell.actor if cell is not None else None
    if not isinstance(actor, RunActor) or actor.state.request is None:
        return ""
    return actor.state.status.value
