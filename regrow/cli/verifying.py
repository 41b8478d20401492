"""Shell: carries a verification out for the terminal: signals, progress, the run's folder, reports, the exit code."""

from __future__ import annotations

import os
import signal
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio

from regrow.cli.faults import fault_of
from regrow.cli.report.outputs import Output, check_places, write_outputs
from regrow.cli.report.progress import ProgressPrinter, open_printer
from regrow.cli.run_folders import begin, hold
from regrow.daemon.reporting import build_report
from regrow.daemon.verification import Folders, verify_once
from regrow.protocols.run_messages import RunFinished, StartRun
from regrow.protocols.status import Verdict
from regrow.protocols.verification import BuildConfig, RunMetadata

PROGRAM = os.environ.get("REGROW_PROGRAM", "regrow")
"""What the user types: `./run` says so of itself."""

__all__ = ["EXIT_INTERRUPTED", "Presentation", "carry_out", "exit_code_of", "new_start"]

EXIT_INTERRUPTED = 130

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


def carry_out(start: StartRun, folders: Folders, presentation: Presentation) -> int:
    """Carry the run out on the terminal; returns the exit code.

    Raises:
        RegrowError: A folder, file or store that is needed cannot be had; another process works on the run.
    """
    check_places(presentation.outputs)
    folder = folders.runs / start.run_id if start.resume else begin(folders.runs, start)
    with hold(folder):
        return _carry_out(start, folders, folder, presentation)


def _carry_out(start: StartRun, folders: Folders, folder: Path, presentation: Presentation) -> int:
    printer = open_printer(
        sys.stderr, start.configuration.target, events=presentation.events, quiet=presentation.json_out
    )
    with printer:
        outcome = _run_here(start, folders, printer)
    if outcome is None:
        _say_how_to_go_on(start, folder)
        return EXIT_INTERRUPTED
    report = build_report(start, outcome, folder)
    write_outputs(report, presentation.outputs, json_out=presentation.json_out, events=presentation.events)
    return exit_code_of(outcome.verdict, accept_healed=presentation.accept_healed)


def _run_here(start: StartRun, folders: Folders, printer: ProgressPrinter) -> RunFinished | None:
    try:
        return anyio.run(_run, start, folders, printer)
    except* OSError as group:
        first = next(iter(_leaves(group)))
        where = f"file {first.filename!r}" if first.filename else f"the run folder {str(folders.runs / start.run_id)!r}"
        remedy = f"mend it, then go on with '{PROGRAM} resume {start.run_id}'"
        raise fault_of(first, where, remedy) from group


def _leaves(group: BaseExceptionGroup[OSError]) -> Iterator[OSError]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


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
    sys.stderr.write(f"interrupted; {saved}\ngo on with: {PROGRAM} resume {start.run_id}\n")
