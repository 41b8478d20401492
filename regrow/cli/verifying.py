"""Shell: carries a verification out for the terminal: signals, progress, the run's folder, reports, the exit code."""

from __future__ import annotations

import signal
import sys
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio

from regrow.cli.report.outputs import Output, write_outputs
from regrow.cli.report.progress import ProgressPrinter, open_printer
from regrow.daemon.reporting import build_report
from regrow.daemon.verification import Folders, verify_once
from regrow.protocols.run_messages import RunFinished, StartRun
from regrow.protocols.status import Verdict
from regrow.protocols.verification import BuildConfig, RunMetadata

__all__ = ["EXIT_INTERRUPTED", "Presentation", "carry_out", "exit_code_of", "find_run", "new_start", "read_start"]

EXIT_INTERRUPTED = 130
REQUEST = "request.json"

_EXIT_CODES = {
    Verdict.PASS: 0,
    Verdict.HEALED: 1,
    Verdict.FAIL: 1,
    Verdict.UNDECIDED: 4,
    Verdict.CANCELLED: EXIT_INTERRUPTED,
}


@dataclass(frozen=True, slots=True)
class Presentation:
    """How a run is shown and what is written about it.

    Attributes:
        json_out: One JSON object on standard output, at the end, and nothing else there.
        events: JSON lines on standard output as things happen.
        outputs: Reports to be written, `(kind, path)`.
        accept_healed: Whether healed is success.
    """

    json_out: bool = False
    events: bool = False
    outputs: Sequence[Output] = ()
    accept_healed: bool = False


def new_start(configuration: BuildConfig) -> StartRun:
    """Return the request for a new run."""
    run_id = str(uuid.uuid4())
    metadata = RunMetadata(triggered_by="command line", environment="dev", correlation_id=run_id)
    return StartRun(run_id=run_id, configuration=configuration, metadata=metadata)


def exit_code_of(verdict: Verdict, *, accept_healed: bool) -> int:
    """Return the exit code that a verdict stands for."""
    if verdict is Verdict.HEALED and accept_healed:
        return 0
    return _EXIT_CODES[verdict]


def find_run(folders: Folders, wanted: str) -> str:
    """Return the id of a run of which `wanted` is the beginning, or that was begun last for "last".

    Raises:
        LookupError: There is none, or more than one.
    """
    runs = [path for path in folders.runs.iterdir() if (path / REQUEST).exists()] if folders.runs.is_dir() else []
    if wanted == "last" and runs:
        return max(runs, key=lambda path: (path / REQUEST).stat().st_mtime).name
    found = [path.name for path in runs if path.name.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    what = f"{len(found)} runs begin with {wanted!r}: {', '.join(sorted(found))}" if found else f"no run {wanted!r}"
    msg = f"{what}; the runs lie in {folders.runs}"
    raise LookupError(msg)


def read_start(folders: Folders, run_id: str) -> StartRun:
    """Return the request of a run that was begun before, to be gone on with."""
    data = (folders.runs / run_id / REQUEST).read_bytes()
    return StartRun.model_validate_json(data).model_copy(update={"resume": True})


def carry_out(start: StartRun, folders: Folders, presentation: Presentation) -> int:
    """Carry the run out on the terminal; returns the exit code."""
    folder = folders.runs / start.run_id
    folder.mkdir(parents=True, exist_ok=True)
    if not start.resume:
        (folder / REQUEST).write_bytes(start.model_dump_json(by_alias=True).encode())
    printer = open_printer(
        sys.stderr, start.configuration.target, events=presentation.events, quiet=presentation.json_out
    )
    with printer:
        outcome = anyio.run(_run, start, folders, printer)
    if outcome is None:
        _say_how_to_go_on(start, folder)
        return EXIT_INTERRUPTED
    report = build_report(start, outcome, folder)
    write_outputs(report, presentation.outputs, json_out=presentation.json_out, events=presentation.events)
    return exit_code_of(outcome.verdict, accept_healed=presentation.accept_healed)


async def _run(start: StartRun, folders: Folders, printer: ProgressPrinter) -> RunFinished | None:
    """Return how the run ended, or None when it was interrupted."""
    finished: RunFinished | None = None
    async with anyio.create_task_group() as group:
        group.start_soon(_stop_on_signal, group.cancel_scope.cancel)
        finished = await verify_once(
            start,
            folders,
            printer.show,
            on_preparation=printer.prepare,
            on_note=printer.note,
        )
        group.cancel_scope.cancel()
    return finished


async def _stop_on_signal(stop: Callable[[], None]) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
        async for _ in signals:
            stop()
            return


def _say_how_to_go_on(start: StartRun, folder: Path) -> None:
    done = 0
    ledger = folder / "ledger.jsonl"
    if ledger.exists():
        done = sum(1 for line in ledger.read_bytes().splitlines() if b'"layerId":"' in line)
    saved = f"{done} finished step{'' if done == 1 else 's'} and the run's state are saved in {folder}"
    sys.stderr.write(f"interrupted; {saved}\ngo on with: regrow resume {start.run_id}\n")
