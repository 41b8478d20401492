"""Shell: carries a verification out for the terminal: signals, progress, the run's folder, reports, the exit code."""

from __future__ import annotations

import datetime as dt
import os
import shlex
import signal
import sys
import time
import traceback
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import anyio

import regrow
from regrow.cli.endings import EndState, RunEnd, end_of_error, end_of_report, print_end
from regrow.cli.exit_codes import Interrupted, only_cause
from regrow.cli.faults import fault_of
from regrow.cli.folders import folders_for
from regrow.cli.interrupts import heeded_signals, signals_raise
from regrow.cli.report.outputs import Output, check_places, outputs_for, unpatched, write_outputs
from regrow.cli.report.progress import TICK_S, ProgressPrinter, drop_output, open_printer
from regrow.cli.run_folders import REPORT, REQUEST, begin, hold
from regrow.cli.runs.collecting import collect_after_run
from regrow.cli.runs.reading import finished_steps, read_report
from regrow.cli.targets import check_own_file
from regrow.config import load_settings
from regrow.core.redaction import redact
from regrow.daemon.recording import read_timeline
from regrow.daemon.reporting import build_report
from regrow.daemon.verification import Folders, verify_once
from regrow.protocols.actor_errors import ActorError
from regrow.protocols.plurals import counted
from regrow.protocols.report import RunReport
from regrow.protocols.run_messages import RunFinished, StartRun
from regrow.protocols.status import BuildStatus, Verdict
from regrow.protocols.verification import BuildConfig, BuildError, BuildResults, RunMetadata

PROGRAM = os.environ.get("REGROW_PROGRAM", "regrow")
"""What the user types: `./run` says so of itself."""

FAULT_FILE_NAME = "fault.txt"
"""In the run's folder: where in regrow the error arose that ended the run."""

__all__ = [
    "Presentation",
    "carry_out",
    "give_up_what_is_too_much",
    "new_start",
    "report_so_far",
    "resume_command",
    "say_own_fault",
    "stop_on_signal",
]


@dataclass(frozen=True, slots=True)
class Presentation:
    """How a run is shown and what is written about it.

    Attributes:
        json_out: One JSON object on standard output, at the end, and nothing else there.
        events: JSON lines on standard output as things happen.
        outputs: Reports to be written, `(kind, path)`.
        accept_healed: Whether healed is success.
        require_reproducible: Whether builds have to be equal for it.
    """

    json_out: bool = False
    events: bool = False
    outputs: Sequence[Output] = ()
    accept_healed: bool = False
    require_reproducible: bool = False


def new_start(configuration: BuildConfig) -> StartRun:
    """Return the request for a new run."""
    run_id = str(uuid.uuid4())
    metadata = RunMetadata(triggered_by="command line", environment="dev", correlation_id=run_id)
    return StartRun(run_id=run_id, configuration=configuration, metadata=metadata)


def carry_out(start: StartRun, folders: Folders, presentation: Presentation) -> int:
    """Carry the run out on the terminal; returns the exit code. A machine that reads is told the end, whatever it is.

    Raises:
        RegrowError: A folder, file or store that is needed cannot be had; another process works on the run.
    """
    folder = folders.runs / start.run_id
    began_s = time.monotonic()
    begun = False
    try:
        with signals_raise():
            outputs = outputs_for(presentation.outputs, [(start.configuration.target, start.run_id)])[0]
            presentation = replace(presentation, outputs=outputs)
            check_places(outputs)
            if not start.resume:
                check_own_file(start.configuration.target)
                begin(folders.runs, start)
            with hold(folder):
                begun = True
                code = _carry_out(start, folders, folder, presentation)
            give_up_what_is_too_much(folders, presentation)
            return code
    except BaseException as error:
        resume = resume_command(start.run_id, folders) if (folder / REQUEST).is_file() else None
        run_id = start.run_id if begun or start.resume or resume is not None else None
        end = end_of_error(error, run_id=run_id, target=start.configuration.target, resume=resume, begun=begun)
        report = report_so_far(start, end, folder, int((time.monotonic() - began_s) * 1000)) if begun else None
        print_end(end, report, json_out=presentation.json_out, events=presentation.events)
        if end.state is EndState.INTERRUPTED:
            _say_how_to_go_on(folder, resume)
        elif begun and isinstance(only_cause(error), ActorError):
            say_own_fault(end, error, folder)
        else:
            raise
        return end.exit_code


def give_up_what_is_too_much(folders: Folders, presentation: Presentation) -> None:
    """Keep what lies on the disk within the limits of the settings, and say so. It never ends a run otherwise."""
    gone = collect_after_run(folders, load_settings().gc, dt.datetime.now(dt.UTC))
    if gone and not presentation.json_out and not presentation.events:
        what = f"{counted(gone, 'old run or cache', 'old runs or caches')}"
        sys.stderr.write(f"note: removed {what}; 'regrow config show' has the limits, [gc] runs_kept and others\n")


def resume_command(run_id: str, folders: Folders) -> str:
    """Return what to type to go on with a run."""
    elsewhere = "" if folders.runs == folders_for().runs else f" --run-dir {shlex.quote(str(folders.runs))}"
    return f"{PROGRAM} resume {run_id}{elsewhere}"


def _carry_out(start: StartRun, folders: Folders, folder: Path, presentation: Presentation) -> int:
    json_out, events = presentation.json_out, presentation.events
    if start.resume and (folder / REPORT).is_file():  # it is over, and what it found stands
        if not json_out and not events:
            sys.stderr.write(f"note: run {start.run_id} was over already; this is its report\n")
        report = read_report(folder.parent, start.run_id)
    else:
        with open_printer(sys.stderr, start.configuration.target, events=events, quiet=json_out) as printer:
            outcome = _run_here(start, folders, printer)
        with signals_raise():
            timeline = anyio.run(read_timeline, folders.store, start.run_id)
            report = build_report(start, outcome, folder, timeline, regrow.__version__)
    with signals_raise():
        try:
            unwritten = write_outputs(report, presentation.outputs, json_out=json_out, events=events)
            sys.stdout.flush()
        except BrokenPipeError:
            drop_output()
            raise Interrupted(signal.SIGPIPE) from None
        end = end_of_report(
            report,
            unwritten,
            accept_healed=presentation.accept_healed,
            require_reproducible=presentation.require_reproducible,
        )
        print_end(end, report, json_out=json_out, events=events)
    for told in (unwritten, unpatched(report, presentation.outputs)):
        if told is not None:
            sys.stderr.write(f"{told}\n")
    return end.exit_code


def report_so_far(start: StartRun, end: RunEnd, folder: Path, duration_ms: int) -> RunReport | None:
    """Return the report of a run without a verdict: what is done of it. None when there is nothing of it to be read."""
    assert end.error is not None
    verdict = Verdict.CANCELLED if end.state is EndState.INTERRUPTED else Verdict.UNDECIDED
    finished = RunFinished(
        run_id=start.run_id,
        status=BuildStatus.FAILED,
        verdict=verdict,
        results=BuildResults(verdict=verdict, reason=end.error.message),
        errors=(BuildError(code=end.error.code, message=end.error.message),),
        duration_ms=duration_ms,
    )
    with suppress(OSError, ValueError):  # a folder that cannot be read may be what ended the run
        return build_report(start, finished, folder, version=regrow.__version__)
    return None


def _run_here(start: StartRun, folders: Folders, printer: ProgressPrinter) -> RunFinished:
    try:
        return anyio.run(_run, start, folders, printer)
    except* OSError as group:
        first = next(iter(_leaves(group)))
        where = f"file {first.filename!r}" if first.filename else f"the run folder {str(folders.runs / start.run_id)!r}"
        remedy = f"mend it, then go on with '{resume_command(start.run_id, folders)}'"
        raise fault_of(first, where, remedy) from group


def _leaves(group: BaseExceptionGroup[OSError]) -> Iterator[OSError]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


async def _run(start: StartRun, folders: Folders, printer: ProgressPrinter) -> RunFinished:
    """Return how the run ended.

    Raises:
        Interrupted: A signal ended it first, or nobody reads any more (SIGPIPE).
    """
    finished: RunFinished | None = None
    heard: list[int] = []
    async with anyio.create_task_group() as group:

        def stop(number: int) -> None:
            heard.append(number)
            group.cancel_scope.cancel()

        printer.on_reader_gone = partial(stop, signal.SIGPIPE)
        group.start_soon(stop_on_signal, stop)
        group.start_soon(_tick, printer)
        finished = await verify_once(
            start,
            folders,
            printer.show,
            model=load_settings().model if start.configuration.model is not None else None,
            further_hosts=load_settings().builder.further_hosts,
            on_preparation=printer.prepare,
            on_note=printer.note,
        )
        group.cancel_scope.cancel()
    if finished is None:
        raise Interrupted(heard[0])
    return finished


async def _tick(printer: ProgressPrinter) -> None:
    while True:
        await anyio.sleep(TICK_S)
        printer.tick()


async def stop_on_signal(stop: Callable[[int], None]) -> None:
    """Call `stop` with the first signal that asks the process to end."""
    with anyio.open_signal_receiver(*heeded_signals()) as signals:
        async for number in signals:
            stop(number)
            return


def say_own_fault(end: RunEnd, error: BaseException, folder: Path) -> None:
    """Say in one line what ended the run inside of regrow; the lines that a person who mends regrow needs go into a file."""
    assert end.error is not None
    file = folder / FAULT_FILE_NAME
    with suppress(OSError):  # the disk may be what ended the run
        file.write_text(redact("".join(traceback.format_exception(error))), "utf-8")
    kept = f"; please report it with {file}" if file.is_file() else ""
    sys.stderr.write(f"{end.error.code} {end.error.message}; this is a fault of regrow, not of the project{kept}\n")
    if end.resume is not None:
        sys.stderr.write(f"go on with: {end.resume}\n")


def _say_how_to_go_on(folder: Path, resume: str | None) -> None:
    if resume is None:
        sys.stderr.write("interrupted before anything was begun\n")
        return
    done = finished_steps(folder)
    saved = f"{counted(done, 'finished step')} and the run's state are saved in {folder}"
    sys.stderr.write(f"interrupted; {saved}\ngo on with: {resume}\n")
