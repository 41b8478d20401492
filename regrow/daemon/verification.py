"""Shell: verifications in this process: a tree is opened, runs are started or resumed in it, and their news passed on."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import anyio
from anyio.abc import TaskGroup

from regrow.actors.run import RunActor
from regrow.actors.verifier.actor import REPORTERS
from regrow.config import ModelSettings
from regrow.core.events import EventKind, RuntimeEvent
from regrow.core.progress import ProgressBoard, RunNews
from regrow.core.recording import SpanRecorder
from regrow.core.ref import Ref
from regrow.core.sandbox import Progress
from regrow.core.store import open_store
from regrow.core.watchdog import WatchdogSettings
from regrow.core.workshop.rooms import Rooms
from regrow.core.world import World
from regrow.daemon.chaos import unleash
from regrow.daemon.explaining import explain_on_signal
from regrow.daemon.modelling import desk_of
from regrow.daemon.recording import flush_spans, recorded, root_span
from regrow.daemon.tree import ROOM_GRACE_S, RUNS, Parts, lane_path, run_child, run_path, verification_tree
from regrow.protocols.actor_errors import ActorError, ActorRestarting, ActorStopped, TreeFailed
from regrow.protocols.run_messages import RunFinished, RunProgress, StartRun
from regrow.supervisors.tree import Tree, open_tree

__all__ = ["Folders", "Workplace", "open_workplace", "verify_once"]

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
    model: ModelSettings | None = None,
    further_hosts: Sequence[str] = (),
    on_preparation: Callable[[Progress], object] | None = None,
    on_note: Callable[[str], object] = lambda _: None,
) -> RunFinished:
    """Carry one run to its end, or go on with it, in a tree of its own.

    Args:
        start: The run; with `resume` set, the run of that id is gone on with and the rest of it is ignored.
        folders: Where things are kept.
        on_news: Told the progress and the end; must not wait.
        model: How the language model is reached that the run may ask for; None asks none.
        further_hosts: Hosts that steps which install may reach besides those of the package clients.
        on_preparation: Told when base roots are made.
        on_note: Told in a sentence what an operator should know (a damaged store, what the plan leaves out).

    Raises:
        TreeFailed: A supervisor gave up; the run can be resumed.
    """
    async with open_workplace(
        folders,
        folders.runs / start.run_id,
        unsafe_no_sandbox=start.configuration.unsafe_no_sandbox,
        model=model,
        further_hosts=further_hosts,
        on_preparation=on_preparation,
        on_note=on_note,
    ) as place:
        ended = await place.carry_out(start, on_news, on_note)
    if isinstance(ended, TreeFailed):
        raise ended
    return ended


@asynccontextmanager
async def open_workplace(
    folders: Folders,
    folder: Path,
    *,
    lanes: int = 1,
    unsafe_no_sandbox: bool = False,
    model: ModelSettings | None = None,
    further_hosts: Sequence[str] = (),
    on_preparation: Callable[[Progress], object] | None = None,
    on_note: Callable[[str], object] = lambda _: None,
) -> AsyncIterator[Workplace]:
    """Open one tree for several runs, and close it in order.

    Args:
        folders: Where things are kept.
        folder: Where it is written down what keeps the event loop, and what the tree is doing at SIGUSR1.
        lanes: How many runs may be carried out at a time; at most `MAX_RUNS`.
        unsafe_no_sandbox: Whether steps may run without a sandbox where there is none.
        model: How language models are reached that runs may ask for; None asks none.
        further_hosts: Hosts that steps which install may reach besides those of the package clients.
        on_preparation: Told when base roots are made.
        on_note: Told in a sentence what an operator should know of the store.
    """
    world = World()
    board = ProgressBoard(world.now_s)
    rooms = Rooms(
        folders.cache,
        REPORTERS,
        unsafe_no_sandbox=unsafe_no_sandbox,
        further_hosts=further_hosts,
        on_progress=on_preparation,
    )
    async with open_store(folders.store, on_damage=on_note) as store:
        desk = desk_of(model, folders.runs) if model is not None else None
        parts = Parts(folders.runs, store, rooms, board, rooms.downloads, desk)
        watchdog = WatchdogSettings(stack_dumps=folder / BLOCKED_FILE_NAME)
        root = verification_tree(parts, lanes)
        async with (
            recorded(store, world) as (tracing, recorder),
            open_tree(root, world=world, store=store, watchdog=watchdog, tracing=tracing) as tree,
            anyio.create_task_group() as group,
        ):
            if threading.current_thread() is threading.main_thread():  # only there signals are heard
                group.start_soon(explain_on_signal, tree, folder)
            yield Workplace(tree, parts, recorder, world, [lane_path(lane, lanes) for lane in range(lanes)])
            group.cancel_scope.cancel()


@dataclass(frozen=True, slots=True, eq=False)
class Workplace:
    """An open tree in which runs are carried out. `free` are the paths of the lanes that nobody works in."""

    tree: Tree
    parts: Parts
    recorder: SpanRecorder
    world: World
    free: list[str]

    async def carry_out(
        self, start: StartRun, on_news: Callable[[RunNews], object], on_note: Callable[[str], object]
    ) -> RunFinished | TreeFailed:
        """Carry one run to its end, or go on with it, in a free lane: the caller sees to it that there is one.

        Returns:
            How it ended, or that a supervisor gave up which it needs; then it can be resumed.
        """
        lane = self.free.pop()
        ending = _Ending(on_news, on_note, lane)
        stop_listening = self.parts.board.listen(_only_of(start.run_id, ending.hear))
        stop_heeding = self.tree.events.listen(ending.heed)
        try:
            async with anyio.create_task_group() as group:
                spec = run_child(self.parts, start.run_id, lane)
                run: Ref[RunActor] = await self.tree.supervisor(RUNS).start_child(spec)
                self._unleash(start, group)
                group.start_soon(_hand_over, run, start, ending)
                await ending.over.wait()
                group.cancel_scope.cancel()
        finally:
            stop_listening()
            stop_heeding()
            self.free.append(lane)
        if ending.finished is None:
            await self._leave(start.run_id)
            return TreeFailed(ending.given_up)
        self.recorder.record(root_span(ending.finished, start.configuration.target, self.world))
        await flush_spans(self.recorder)
        return ending.finished

    async def _leave(self, run_id: str) -> None:
        """End the actor of a run whose lane has given up, so that it asks nothing more. Where more gave up, it is gone."""
        child_id = run_path(run_id).rpartition("/")[2]
        with suppress(LookupError, ActorError), anyio.move_on_after(ROOM_GRACE_S):
            await self.tree.supervisor(RUNS).stop_child(child_id)

    def _unleash(self, start: StartRun, group: TaskGroup) -> None:
        if start.configuration.chaos_seed is not None:
            phase = partial(_phase_of, self.tree, start.run_id)
            kills = self.parts.runs_dir / start.run_id / "chaos.jsonl"
            group.start_soon(unleash, self.tree, start.configuration.chaos_seed, kills, phase)


def _only_of(run_id: str, hear: Callable[[RunNews], object]) -> Callable[[RunNews], object]:
    return lambda news: hear(news) if news.run_id == run_id else None


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
    lane: str = "root/workers"
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
        # The lanes of other runs are started again by the group of all lanes, and that is all.
        if event.kind is EventKind.GAVE_UP and (event.path.count("/") < 2 or event.path == self.lane):
            self.given_up = self.given_up or f"{event.path} gave up: {event.detail} ({self._crash})"
            self.over.set()


def _phase_of(tree: Tree, run_id: str) -> str:
    """Return where a run stands by its own state; "" before it is accepted, and while it is restarted."""
    cell = tree.runtime.find(run_path(run_id))
    actor = cell.actor if cell is not None else None
    if not isinstance(actor, RunActor) or actor.state.request is None:
        return ""
    return actor.state.status.value
