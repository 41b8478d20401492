"""Shell: one verification in this process: the tree is opened, a run is started or resumed, and its news are passed on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import anyio

from regrow.actors.run import RunActor
from regrow.actors.verifier.actor import REPORTERS
from regrow.core.events import EventKind, RuntimeEvent
from regrow.core.progress import ProgressBoard, RunNews
from regrow.core.ref import Ref
from regrow.core.sandbox import Progress
from regrow.core.store import open_store
from regrow.core.watchdog import WatchdogSettings
from regrow.core.workshop.rooms import Rooms
from regrow.core.world import World
from regrow.daemon.chaos import unleash
from regrow.daemon.explaining import explain_on_signal
from regrow.daemon.recording import recorded, root_span
from regrow.daemon.tree import RUNS, Parts, run_child, run_path, verification_tree
from regrow.protocols.actor_errors import ActorRestarting, ActorStopped, TreeFailed
from regrow.protocols.run_messages import RunFinished, RunProgress, StartRun
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
        on_note: Told in a sentence what an operator should know (a damaged store, what the plan leaves out).

    Raises:
        TreeFailed: A supervisor gave up; the run can be resumed.
    """
    world = World()
    board = ProgressBoard(world.now_s)
    configuration = start.configuration
    rooms = Rooms(
        folders.cache,
        REPORTERS,
        unsafe_no_sandbox=configuration.unsafe_no_sandbox,
        on_progress=on_preparation,
    )
    ending = _Ending(on_news, on_note)
    async with open_store(folders.store, on_damage=on_note) as store:
        parts = Parts(folders.runs, store, rooms, board)
        board.listen(ending.hear)
        folder = folders.runs / start.run_id
        watchdog = WatchdogSettings(stack_dumps=folder / BLOCKED_FILE_NAME)
        async with (
            recorded(store, world) as (tracing, recorder),
            open_tree(verification_tree(parts), world=world, store=store, watchdog=watchdog, tracing=tracing) as tree,
            anyio.create_task_group() as group,
        ):
            tree.events.listen(ending.heed)
            run: Ref[RunActor] = await tree.supervisor(RUNS).start_child(run_child(parts, start.run_id))
            if threading.current_thread() is threading.main_thread():  # only there signals are heard
                group.start_soon(explain_on_signal, tree, folder)
            if configuration.chaos_seed is not None:
                phase = partial(_phase_of, tree, start.run_id)
                group.start_soon(unleash, tree, configuration.chaos_seed, folder / "chaos.jsonl", phase)
            group.start_soon(_hand_over, run, start, ending)
            await ending.over.wait()
            if ending.finished is not None:
                recorder.record(root_span(ending.finished, configuration.target, world))
            group.cancel_scope.cancel()
    if ending.finished is None:
        raise TreeFailed(ending.given_up)
    return ending.finished


async def _hand_over(run: Ref[RunActor], start: StartRun, ending: _Ending) -> None:
    """Ask until the run is accepted, however often it is killed meanwhile, and for as long as it takes.

    One that goes on from its checkpoint does so before it reads its mail: it answers after the phase that is under way.
    """
    while not ending.over.is_set():
        try:
            await run.ask(start, timeout_s=None)
        except ActorRestarting:
            continue
        except ActorStopped:
            # One that is resumed may be over before it is asked.
            if not ending.over.is_set():
                raise
        return


@dataclass(slots=True, eq=False)
class _Ending:
    """Waits for the end of the run: its own, or that of the part of the tree that it needs."""

    on_news: Callable[[RunNews], object]
    on_note: Callable[[str], object]
    over: anyio.Event = field(default_factory=anyio.Event)
    finished: RunFinished | None = None
    given_up: str = ""
    _crash: str = ""
    _noted: set[str] = field(default_factory=set)

    def hear(self, news: RunNews) -> None:
        self.on_news(news)
        if isinstance(news, RunProgress) and news.note is not None and news.note not in self._noted:
            self._noted.add(news.note)  # an actor that was killed in between says it again
            self.on_note(news.note)
        if isinstance(news, RunFinished):
            self.finished = news
            self.over.set()

    def heed(self, event: RuntimeEvent) -> None:
        if event.kind is EventKind.CRASHED:
            self._crash = event.detail
        # Whichever group gives up, the root starts it again and all that comes after it: without the run, the last of all.
        if event.kind is EventKind.GAVE_UP:
            self.given_up = self.given_up or f"{event.path} gave up: {event.detail} ({self._crash})"
            self.over.set()


def _phase_of(tree: Tree, run_id: str) -> str:
    """Return where a run stands by its own state; "" before it is accepted, and while it is restarted."""
    cell = tree.runtime.find(run_path(run_id))
    actor = cell.actor if cell is not None else None
    if not isinstance(actor, RunActor) or actor.state.request is None:
        return ""
    return actor.state.status.value
