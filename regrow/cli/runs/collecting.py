"""Shell: gives up the runs and base roots that are too many, and what the store keeps of those runs.

After each `regrow verify` it is done cheaply: a run is measured once, when it is over, and the cache, whose size takes a walk
through it, once a day. A run is held while it is removed.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import anyio

from regrow.actors.logger import LOG
from regrow.cli.run_folders import LOCK, REPORT, REQUEST, hold, is_held
from regrow.cli.runs.keeping import KeptBase, KeptRun, bases_to_give_up, runs_to_give_up
from regrow.config import GcSettings
from regrow.core.downloads.evicting import downloads_to_give_up, forget_notes
from regrow.core.recording import SpanRecorder
from regrow.core.sandbox.folders import trees
from regrow.core.store import open_store
from regrow.daemon.tree import run_path
from regrow.daemon.verification import Folders
from regrow.protocols.errors import RegrowError

__all__ = ["Superfluous", "collect", "collect_after_run", "find_superfluous"]

RUN, BASE, DOWNLOAD = "run", "base", "download"
DOWNLOADS = "downloads"
SIZE = "size.json"
"""In a finished run's folder: what it takes."""
STAMP = ".looked-at"
"""Beside the base roots: its time is when its size was last looked at."""

LOOK_EVERY = dt.timedelta(days=1)
CHECKPOINTS = "checkpoints"
LOG_ENTRIES_KEPT = 100_000
"""Of the log of all runs: some 30 MB."""


@dataclass(frozen=True, slots=True)
class Superfluous:
    """A folder that goes. `size_bytes` is None where it was not measured."""

    kind: str
    name: str
    path: Path
    why: str
    size_bytes: int | None = None


def find_superfluous(
    folders: Folders, limits: GcSettings, now: dt.datetime, *, cache: bool = True, measured: bool = True
) -> list[Superfluous]:
    """Return what is over a limit, the oldest first. Blocking.

    Args:
        folders: Where runs and caches lie.
        limits: What is kept.
        now: The time.
        cache: Whether the cache is looked at too; it never is while a run is under way.
        measured: Whether runs are measured that are not over.
    """
    runs = list(_runs(folders.runs, thoroughly=measured))
    found = []
    sizes = {run.run_id: run.size_bytes for run in runs}
    for run_id, why in runs_to_give_up(runs, limits, now):
        path = folders.runs / run_id
        found.append(Superfluous(RUN, run_id, path, why, sizes[run_id] or None))
    if cache and not any(run.busy for run in runs):
        bases = list(_bases(folders.cache / "bases"))
        sizes = {base.name: base.size_bytes for base in bases}
        for name, why in bases_to_give_up(bases, limits):
            found.append(Superfluous(BASE, name, folders.cache / "bases" / name, why, sizes[name]))
        why = f"more than {limits.download_limit_bytes} bytes of downloads"
        for each in downloads_to_give_up(folders.cache / DOWNLOADS, limits.download_limit_bytes):
            found.append(Superfluous(DOWNLOAD, each.path.name, each.path, why, each.size_bytes))
    return found


def collect(found: Sequence[Superfluous], store: Path) -> list[Superfluous]:
    """Remove them; returns those that are gone. One that a process has taken up meanwhile stays. Blocking."""
    gone = []
    for each in found:
        with suppress(RegrowError, FileNotFoundError):
            if each.kind == RUN:
                with hold(each.path):
                    trees.discard(each.path)
            elif each.path.is_dir():
                trees.discard(each.path)
            else:
                each.path.unlink()
            gone.append(each)
    if lost := next((each.path for each in gone if each.kind == DOWNLOAD), None):
        forget_notes(next(parent for parent in lost.parents if parent.name == DOWNLOADS))
    runs = [each.name for each in gone if each.kind == RUN]
    if runs and store.is_file():
        anyio.run(_forget, store, runs)
    return gone


def collect_after_run(folders: Folders, limits: GcSettings, now: dt.datetime) -> int:
    """Do it cheaply, at the end of a verification; returns how many folders are gone. What cannot be removed stays."""
    with suppress(OSError, RegrowError):
        stamp = folders.cache / "bases" / STAMP
        seen = dt.datetime.fromtimestamp(stamp.stat().st_mtime, dt.UTC) if stamp.exists() else None
        look = stamp.parent.is_dir() and (seen is None or now - seen > LOOK_EVERY)
        if look:
            stamp.touch()
        found = find_superfluous(folders, limits, now, cache=look, measured=False)
        return len(collect(found, folders.store)) if found else 0
    return 0


def _runs(runs: Path, *, thoroughly: bool) -> Iterator[KeptRun]:
    """The runs that lie here. One that could be gone on with is measured only `thoroughly`: it may still grow."""
    for folder in runs.iterdir() if runs.is_dir() else ():
        request = folder / REQUEST
        with suppress(FileNotFoundError, NotADirectoryError):
            begun_at = dt.datetime.fromtimestamp(request.stat().st_mtime, dt.UTC)
            finished, busy = (folder / REPORT).is_file(), is_held(folder / LOCK)
            yield KeptRun(
                folder.name, begun_at, finished, busy, _size(folder, over=finished and not busy, now=thoroughly)
            )


def _size(folder: Path, *, over: bool, now: bool) -> int:
    """What a run takes. One that is over is measured once, and that is written down; another `now`, or not at all."""
    if not over:
        return trees.size_bytes(folder) if now else 0
    note = folder / SIZE
    with suppress(OSError, ValueError):
        return int(json.loads(note.read_text("ascii"))["sizeBytes"])
    size = trees.size_bytes(folder)
    with suppress(OSError):  # then it is measured again
        note.write_text(json.dumps({"sizeBytes": size}), "ascii")
    return size


def _bases(bases: Path) -> Iterator[KeptBase]:
    for place in bases.glob("[a-z]*-*") if bases.is_dir() else ():
        made_at = dt.datetime.fromtimestamp(place.stat().st_mtime, dt.UTC)
        yield KeptBase(place.name, made_at, trees.size_bytes(place))


async def _forget(store: Path, run_ids: Sequence[str]) -> None:
    """Forget the checkpoints and the spans of runs that are gone, and all but the last entries of the log."""
    async with open_store(store) as opened:
        for run_id in run_ids:
            items = await opened.list_items(CHECKPOINTS, f"{run_path(run_id)}\x1f")
            await opened.put_many([], delete=[(CHECKPOINTS, item.key) for item in items])
            await SpanRecorder(opened).forget_run(run_id)
        last = await opened.append(LOG, ())
        await opened.trim(LOG, max(0, last - LOG_ENTRIES_KEPT))
