"""Shell: carries several verifications out in one tree, at most so many at a time, in the order in which they were typed.

Each is a run of its own: a folder, a lock, a report, a command that goes on with it. A signal ends those under way in
order; the others are not begun and leave nothing behind. Whatever ends the command, a machine that reads gets an object
for each target and the summary as the last.

A run's lock is let go when the tree is closed, never before: until then its actors may still write.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import anyio
from rich.console import Console

import regrow
from regrow.cli.batch.rows import Rows, open_rows, printer_for, short_target
from regrow.cli.batch.summary import BatchSummary, TargetEnd, print_table, summary_of
from regrow.cli.endings import EndState, RunEnd, end_of_error, end_of_report
from regrow.cli.exit_codes import Interrupted, only_cause
from regrow.cli.faults import fault_of
from regrow.cli.interrupts import signals_raise
from regrow.cli.report.outputs import check_places, outputs_for, unpatched, write_outputs
from regrow.cli.report.printing import print_object
from regrow.cli.report.progress import TICK_S, ProgressPrinter, drop_output
from regrow.cli.run_folders import begin, hold
from regrow.cli.targets import check_own_file
from regrow.cli.verifying import (
    Presentation,
    give_up_what_is_too_much,
    new_start,
    report_so_far,
    resume_command,
    say_own_fault,
    stop_on_signal,
)
from regrow.config import load_settings
from regrow.core.sandbox import Progress
from regrow.daemon.recording import read_timeline
from regrow.daemon.reporting import build_report
from regrow.daemon.verification import Folders, Workplace, open_workplace
from regrow.protocols.actor_errors import ActorError, TreeFailed
from regrow.protocols.errors import RegrowError
from regrow.protocols.report import RunReport
from regrow.protocols.run_messages import RunFinished, StartRun
from regrow.protocols.verification import BuildConfig

__all__ = ["carry_out_all"]


@dataclass(slots=True, eq=False)
class _Job:
    """One target. `ended` is None until it is over."""

    start: StartRun
    presentation: Presentation
    held: ExitStack = field(default_factory=ExitStack)
    begun: bool = False
    ended: TargetEnd | None = None

    @property
    def target(self) -> str:
        return self.start.configuration.target


def carry_out_all(
    configurations: Sequence[BuildConfig], folders: Folders, presentation: Presentation, jobs: int
) -> int:
    """Carry all out on the terminal; returns the exit code. `jobs` is at most `MAX_RUNS`.

    Raises:
        RegrowError: A report cannot be written where it was asked for; nothing was begun.
    """
    began_s = time.monotonic()
    starts = [new_start(configuration) for configuration in configurations]
    names = [(start.configuration.target, start.run_id) for start in starts]
    places = outputs_for(presentation.outputs, names)
    for outputs in places:
        check_places(outputs)
    found = [_Job(start, replace(presentation, outputs=outputs)) for start, outputs in zip(starts, places, strict=True)]
    batch = _Batch(found, folders, min(jobs, len(found)), presentation)
    with ExitStack() as stack:
        for job in found:
            stack.enter_context(job.held)
        try:
            with signals_raise():
                batch.refuse_wrong_files()
                if any(job.ended is None for job in found):
                    anyio.run(batch.run)
        except BaseException as error:
            batch.end_rest(_as_told(error))
            if not isinstance(only_cause(error), KeyboardInterrupt | RegrowError | ActorError | OSError):
                batch.tell_all(int((time.monotonic() - began_s) * 1000))
                raise
    code = batch.tell_all(int((time.monotonic() - began_s) * 1000))
    give_up_what_is_too_much(folders, presentation)
    return code


def _as_told(error: BaseException) -> BaseException:
    cause = only_cause(error)
    if isinstance(cause, OSError):
        where = f"file {cause.filename!r}" if cause.filename else "the folder of the runs"
        return fault_of(cause, where, "mend it, then go on with the runs")
    return cause


@dataclass(slots=True, eq=False)
class _Batch:
    """All jobs, and what shows them."""

    found: Sequence[_Job]
    folders: Folders
    lanes: int
    presentation: Presentation
    rows: Rows | None = None
    began_s: float = field(default_factory=time.monotonic)
    printers: list[ProgressPrinter] = field(default_factory=list)

    def refuse_wrong_files(self) -> None:
        """Give an end to each project whose own file cannot be used; the others go on."""
        for job in self.found:
            try:
                check_own_file(job.target)
            except RegrowError as error:
                job.ended = self._ended_by(job, error)
                self._print_object(job.ended)

    async def run(self) -> None:
        """Carry all out.

        Raises:
            Interrupted: A signal ended it first, or nobody reads any more.
        """
        heard: list[int] = []
        self.rows = open_rows(sys.stderr, len(self.found), events=self.presentation.events)
        over = False
        try:
            async with anyio.create_task_group() as group:

                def stop(number: int) -> None:
                    heard.append(number)
                    group.cancel_scope.cancel()

                group.start_soon(stop_on_signal, stop)
                group.start_soon(self._tick)
                await self._work_in_one_tree(stop)
                over = True
                group.cancel_scope.cancel()
        finally:
            if self.rows is not None:
                self.rows.clear()
        if not over:
            raise Interrupted(heard[0])

    async def _work_in_one_tree(self, stop: Callable[[int], None]) -> None:
        waiting = [job for job in self.found if job.ended is None]
        first = waiting[0].start
        queue = iter(waiting)
        folder = self._begin(waiting[0])
        async with (
            open_workplace(
                self.folders,
                folder,
                lanes=self.lanes,
                unsafe_no_sandbox=first.configuration.unsafe_no_sandbox,
                model=load_settings().model if first.configuration.model is not None else None,
                further_hosts=load_settings().builder.further_hosts,
                on_preparation=self._prepare,
                on_note=self._note,
            ) as place,
            anyio.create_task_group() as group,
        ):
            for _ in range(self.lanes):
                group.start_soon(self._work, queue, place, stop)

    async def _work(self, queue: Iterator[_Job], place: Workplace, stop: Callable[[int], None]) -> None:
        """Take the next target as soon as this lane is free: none waits for one that takes long."""
        for job in queue:
            printer = self._open(job, stop)
            self.printers.append(printer)
            try:
                job.ended = await self._carry_out(job, place, printer)
            except RegrowError as error:
                job.ended = self._ended_by(job, error)
            finally:
                self.printers.remove(printer)
            job.held.close()
            self._tell(job, printer)

    async def _carry_out(self, job: _Job, place: Workplace, printer: ProgressPrinter) -> TargetEnd:
        start = job.start
        folder = self._begin(job)
        outcome = await place.carry_out(start, printer.show, printer.note)
        if isinstance(outcome, TreeFailed):
            ended = self._ended_by(job, outcome)
            say_own_fault(ended.end, outcome, folder)
            return ended
        return await self._report(job, outcome, folder)

    def _begin(self, job: _Job) -> Path:
        """Return the run's folder, which is made and held the first time."""
        if not job.begun:
            job.held.enter_context(hold(begin(self.folders.runs, job.start)))
            job.begun = True
        return self.folders.runs / job.start.run_id

    async def _report(self, job: _Job, outcome: RunFinished, folder: Path) -> TargetEnd:
        timeline = await read_timeline(self.folders.store, job.start.run_id)
        report = await anyio.to_thread.run_sync(build_report, job.start, outcome, folder, timeline, regrow.__version__)
        write = partial(write_outputs, json_out=True, events=False)
        unwritten = await anyio.to_thread.run_sync(write, report, job.presentation.outputs)
        for told in (unwritten, unpatched(report, job.presentation.outputs)):
            if told is not None:
                self._note(f"{short_target(job.target)}: {told}")
        return TargetEnd(
            end_of_report(
                report,
                unwritten,
                accept_healed=self.presentation.accept_healed,
                require_reproducible=self.presentation.require_reproducible,
            ),
            report,
        )

    # -- what is told ----------------------------------------------------------------------------------------------

    def _open(self, job: _Job, stop: Callable[[int], None]) -> ProgressPrinter:
        gone = partial(stop, signal.SIGPIPE)
        if self.rows is not None:
            return self.rows.open(job.target, gone)
        events, quiet = self.presentation.events, self.presentation.json_out
        printer = printer_for(job.target, job.start.run_id, self.began_s, events=events, quiet=quiet)
        printer.on_reader_gone = gone
        return printer

    async def _tick(self) -> None:
        while True:
            await anyio.sleep(TICK_S)
            for printer in tuple(self.printers):
                printer.tick()

    def _prepare(self, progress: Progress) -> None:
        """A base root is made once for all: whoever is under way waits for it, or soon will."""
        for printer in self.printers[:1] if self.rows is None else self.printers:
            printer.prepare(progress)

    def _note(self, text: str) -> None:
        if self.rows is not None:
            self.rows.say(f"note: {text}")
        elif not self.presentation.events and not self.presentation.json_out:
            sys.stderr.write(f"note: {text}\n")

    def _tell(self, job: _Job, printer: ProgressPrinter) -> None:
        """Say that one is over, as soon as it is."""
        assert job.ended is not None
        self._print_object(job.ended)
        report, end = job.ended.report, job.ended.end
        word = report.verdict.value if report is not None and end.state is EndState.FINISHED else end.state.value
        told = f"{word.upper():9}  {job.target}"
        if self.rows is not None:
            self.rows.close(printer, told)  # type: ignore[arg-type]  # rows give out rows
        elif not self.presentation.events and not self.presentation.json_out:
            printer.say(f"over: {word}")

    def _print_object(self, ended: TargetEnd) -> None:
        told = ended.end.model_dump(mode="json", by_alias=True)
        report = ended.report.model_dump(mode="json", by_alias=True) if ended.report is not None else None
        if self.presentation.json_out:
            print_object({**(report or {}), **told})
        elif self.presentation.events:
            if report is not None:
                print_object({"event": "report", "report": report})
            print_object({"event": "end", **told})

    # -- how it ends -----------------------------------------------------------------------------------------------

    def _ended_by(self, job: _Job, error: BaseException) -> TargetEnd:
        """Return the end of a target without a verdict."""
        run_id = job.start.run_id
        folder = self.folders.runs / run_id
        resume = resume_command(run_id, self.folders) if job.begun else None
        end = end_of_error(
            error, run_id=run_id if job.begun else None, target=job.target, resume=resume, begun=job.begun
        )
        report: RunReport | None = None
        if job.begun:
            report = report_so_far(job.start, end, folder, int((time.monotonic() - self.began_s) * 1000))
        return TargetEnd(end, report)

    def end_rest(self, error: BaseException) -> None:
        """Give an end to each target that has none."""
        for job in self.found:
            if job.ended is None:
                job.ended = self._ended_by(job, error)
                self._print_object(job.ended)

    def tell_all(self, duration_ms: int) -> int:
        """Print the table or the last object, and what can be gone on with; returns the exit code."""
        ends = [job.ended for job in self.found if job.ended is not None]
        summary = summary_of(ends, duration_ms)
        told = summary.model_dump(mode="json", by_alias=True)
        if self.presentation.json_out:
            print_object({"summary": told})
        elif self.presentation.events:
            print_object({"event": "summary", **told})
        else:
            try:
                print_table(ends, summary, Console(file=sys.stdout, highlight=False))
                sys.stdout.flush()
            except BrokenPipeError:
                drop_output()
        self._say_how_to_go_on(ends, summary)
        return summary.exit_code

    def _say_how_to_go_on(self, ends: Sequence[TargetEnd], summary: BatchSummary) -> None:
        going_on: list[RunEnd] = [each.end for each in ends if each.end.resume is not None]
        for end in going_on:
            sys.stderr.write(f"{end.state.value}: {end.target}\n  go on with: {end.resume}\n")
        waiting = [row.target for row in summary.runs if row.run_id is None and row.state is not EndState.REFUSED]
        if waiting:
            sys.stderr.write(f"not begun: {', '.join(waiting)}\n")
