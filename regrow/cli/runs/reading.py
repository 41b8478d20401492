"""Shell: a run as it lies in its folder: where it stands, its report, and who works on it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from pydantic import ValidationError

from regrow.cli.faults import refusals_of
from regrow.cli.run_folders import LOCK, REPORT, REQUEST, is_held, read_start
from regrow.protocols.errors import regrow_error
from regrow.protocols.report import RunReport
from regrow.protocols.wire import Count, Instant, WireModel

__all__ = ["RunState", "finished_steps", "holder_of", "read_report", "state_of"]


class RunState(WireModel):
    """Where a run stands.

    Attributes:
        state: "finished", "running" (a process works on it) or "unfinished" (it can be gone on with).
        process: Who works on it.
        resume: The command that goes on with it.
        steps_done: Steps whose result is saved.
        report: Of a finished one.
    """

    run_id: str
    target: str
    begun_at: Instant
    state: str
    folder: str
    steps_done: Count
    process: int | None = None
    resume: str | None = None
    report: RunReport | None = None


def state_of(runs: Path, run_id: str, resume: str) -> RunState:
    """Return where a run stands. Blocking.

    Raises:
        RegrowError: Its request or its report cannot be read.
    """
    folder = runs / run_id
    start = read_start(runs, run_id)
    with refusals_of("the run's folder", folder, "name another with --run-dir"):
        begun_at = dt.datetime.fromtimestamp((folder / REQUEST).stat().st_mtime, dt.UTC)
        process = holder_of(folder)
    finished = process is None and (folder / REPORT).is_file()
    state = "running" if process is not None else "finished" if finished else "unfinished"
    return RunState(
        run_id=run_id,
        target=start.configuration.target,
        begun_at=begun_at,
        state=state,
        folder=str(folder),
        steps_done=finished_steps(folder),
        process=process or None,
        resume=resume if state == "unfinished" else None,
        report=read_report(runs, run_id) if finished else None,
    )


def read_report(runs: Path, run_id: str) -> RunReport:
    """Return the report of a finished run, with the folder where it lies now.

    Raises:
        RegrowError: The run is not over (E6001), or another version wrote the report (E4007).
    """
    path = runs / run_id / REPORT
    if not path.is_file():
        raise regrow_error(
            "E6001",
            "has no report",
            where=f"run {run_id}",
            expected="a finished run",
            got="one that is under way or was interrupted",
            remedy=f"wait for it, or go on with 'regrow resume {run_id}'",
        )
    with refusals_of("the run's report", path, "read another run"):
        data = path.read_bytes()
    try:
        return RunReport.model_validate_json(data).model_copy(update={"folder": str(path.parent)})
    except ValidationError as error:
        first = error.errors()[0]
        got = f"{'.'.join(map(str, first['loc'])) or 'the whole'}: {first['msg']}"
        raise regrow_error("E4007", "is not a report of this version", where=f"{str(path)!r}", got=got) from None


def holder_of(folder: Path) -> int | None:
    """Return the process that works on a run, 0 when it has not written its number yet; None when there is none."""
    lock = folder / LOCK
    if not is_held(lock):
        return None
    text = lock.read_text("ascii", "replace").strip()
    return int(text) if text.isdecimal() else 0


def finished_steps(folder: Path) -> int:
    """Return how many steps of a run have a saved result."""
    ledger = folder / "ledger.jsonl"
    if not ledger.exists():
        return 0
    return sum(1 for line in ledger.read_bytes().splitlines() if b'"layerId":"' in line)
