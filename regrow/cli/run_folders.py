"""Shell: the folders of the runs: begun, found again by the beginning of an id, listed, and held by one process at a time.

The hold is a lock of the kernel on a file in the run's folder, so a process that was killed holds nothing. The file keeps
the id of the process, for the sentence that says who works on the run. Rejected: a file whose presence is the lock,
because somebody would have to remove it after `kill -9`.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from regrow.cli.faults import refusals_of
from regrow.protocols.errors import regrow_error
from regrow.protocols.run_messages import StartRun

__all__ = [
    "LOCK",
    "REPORT",
    "REQUEST",
    "StoredRun",
    "begin",
    "find_run",
    "hold",
    "is_held",
    "list_runs",
    "read_start",
]

REQUEST = "request.json"
REPORT = "report.json"
LOCK = "lock"
_ELSEWHERE = "choose another place with --run-dir"


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run that was begun here.

    Attributes:
        verdict: How it ended; "running" while a process holds it; "unfinished" when it can be gone on with.
        deviations: How many its report names; 0 while there is none.
        notes: How many notes on its target.
    """

    run_id: str
    target: str
    begun_at: dt.datetime
    verdict: str
    deviations: int = 0
    notes: int = 0


def begin(runs: Path, start: StartRun) -> Path:
    """Make the folder of a new run with its request in it, and return it.

    Raises:
        RegrowError: The folder cannot be written (E5002, E5004, E6001).
    """
    folder = runs / start.run_id
    with refusals_of("the run folder", folder, _ELSEWHERE):
        folder.mkdir(parents=True)
        (folder / REQUEST).write_bytes(start.model_dump_json(by_alias=True).encode())
    return folder


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Be the one process that works on a run.

    Raises:
        RegrowError: Another process does (E6008), or the folder cannot be written.
    """
    with refusals_of("the run folder", folder, _ELSEWHERE):
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise regrow_error(
                "E6008", f"is being worked on by process {holder}", where=f"run {folder.name}", got="a second process"
            ) from None
        with refusals_of("the run folder", folder, _ELSEWHERE):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        yield
    finally:
        os.close(descriptor)


def find_run(runs: Path, wanted: str) -> str:
    """Return the id of the run of which `wanted` is the beginning, or that was begun last for "last".

    Raises:
        RegrowError: There is none (E6004), or more than one (E6001).
    """
    ids = sorted(_ids(runs))
    if wanted == "last" and ids:
        return max(ids, key=lambda run_id: (runs / run_id / REQUEST).stat().st_mtime)
    found = [run_id for run_id in ids if wanted and run_id.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        raise regrow_error(
            "E6001",
            f"is the beginning of {len(found)} runs",
            where=f"run {wanted!r}",
            got=", ".join(found[:5]),
            remedy="write more of the id",
        )
    raise regrow_error(
        "E6004",
        f"is not {'the one run' if len(ids) == 1 else f'one of the {len(ids)} runs'} in {str(runs)!r}",
        where=f"run {wanted!r}",
        expected="the beginning of an id, or 'last'",
        remedy="list the runs with 'regrow runs', or name their folder with --run-dir",
    )


def read_start(runs: Path, run_id: str) -> StartRun:
    """Return the request of a run that was begun before, to be gone on with.

    Raises:
        RegrowError: It cannot be read (E5004), or it was written by another version (E4007).
    """
    path = runs / run_id / REQUEST
    with refusals_of("the run's request", path, _ELSEWHERE):
        data = path.read_bytes()
    try:
        return StartRun.model_validate_json(data).model_copy(update={"resume": True})
    except ValidationError as error:
        first = error.errors()[0]
        got = f"{'.'.join(map(str, first['loc'])) or 'the whole'}: {first['msg']}"
        raise regrow_error("E4007", "is not a request of this version", where=f"{str(path)!r}", got=got) from None


def list_runs(runs: Path) -> list[StoredRun]:
    """Return the runs that lie here, the oldest first. What is not readable is left out."""
    found = [run for run_id in _ids(runs) if (run := _stored(runs / run_id)) is not None]
    return sorted(found, key=lambda run: run.begun_at)


def _ids(runs: Path) -> list[str]:
    with refusals_of("the folder of the runs", runs, _ELSEWHERE):
        return [path.name for path in runs.iterdir() if (path / REQUEST).is_file()] if runs.is_dir() else []


def _stored(folder: Path) -> StoredRun | None:
    request = folder / REQUEST
    try:
        target = json.loads(request.read_bytes())["configuration"]["target"]
        begun_at = dt.datetime.fromtimestamp(request.stat().st_mtime, dt.UTC)
        return StoredRun(folder.name, str(target), begun_at, *_outcome(folder))
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _outcome(folder: Path) -> tuple[str, int, int]:
    """Verdict, number of deviations, number of notes."""
    if is_held(folder / LOCK):
        return "running", 0, 0
    path = folder / REPORT
    if not path.is_file():
        return "unfinished", 0, 0
    report = json.loads(path.read_bytes())
    return str(report["verdict"]), len(report.get("deviations", ())), len(report.get("notes", ()))


def is_held(lock: Path) -> bool:
    """Whether a process holds the lock of a run."""
    if not lock.exists():
        return False
    with lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
