"""Shell: one verification in this process: the tree is opened, a run is started or resumed, and its news are passed on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import anyio

from regrow.actors.run import RunActor
from regrow.actors.verifier.actor import REPORTERS
from regrow.core.progress import ProgressBoard, RunNews
from regrow.core.ref import Ref
from regrow.core.sandbox import Progress
from regrow.core.store import open_store
from regrow.core.workshop.rooms import Rooms
from regrow.daemon.chaos import unleash
from regrow.daemon.tree import RUNS, Parts, run_child, verification_tree
from regrow.protocols.actor_errors import ActorStopped
from regrow.protocols.run_messages import RunFinished, StartRun
from regrow.supervisors.tree import open_tree

__all__ = ["Folders", "verify_once"]


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
        async with open_tree(verification_tree(parts), store=store) as tree, anyio.create_task_group() as group:
            run: Ref[RunActor] = await tree.supervisor(RUNS).start_child(run_child(parts, start.run_id))
            try:
                await run.ask(start, timeout_s=30.0)
            except ActorStopped:
                # One that is resumed may be over before it is asked.
                if not last:
                    raise
            if configuration.chaos_seed is not None:
                record = folders.runs / start.run_id / "chaos.jsonl"

                def status() -> str:
                    news = board.last(start.run_id)
                    return news.status.value if news is not None else ""

                group.start_soon(unleash, tree, configuration.chaos_seed, record, status)
            await finished.wait()
            group.cancel_scope.cancel()
    return last[-1]
