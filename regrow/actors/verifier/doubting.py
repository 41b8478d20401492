"""Shell: asks the room what a count of passed tests rests on, while the room still shows what the step wrote.

Nothing is asked for a count that is no pass.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from regrow.actors.verifier.counting.reporter_lines import ReporterFacts
from regrow.actors.verifier.counting.second_voice import Voices, why_doubted
from regrow.actors.verifier.counting.traces import Trace, missing_traces
from regrow.actors.verifier.counting.witness import read_witness, why_not_believed
from regrow.actors.verifier.following import Started, programs_started
from regrow.core.sandbox import CHECKOUT, Room, SandboxCommand, SandboxLimits
from regrow.protocols.plan import CountSource, PlanStep, TestCounts

__all__ = ["Told", "doubt_of"]

SEARCH_LIMIT_S = 60.0
_DOCUMENTS = ("*.md", "*.rst", "*.txt", "*.adoc", "*.html", "README*", "NEWS*", "ChangeLog*")


@dataclass(frozen=True, slots=True)
class Told:
    """What a step told of its tests.

    Attributes:
        best: The count that would be taken; the others are those of each source.
        seen: The words of the processes.
        could_report: Nothing in the command keeps pytest from loading our reporter.
    """

    best: TestCounts | None
    facts: ReporterFacts
    junit: TestCounts | None
    printed: TestCounts | None
    output: str
    seen: str
    could_report: bool


async def doubt_of(room: Room, step: PlanStep, told: Told) -> str:
    """Why a count is not believed; empty when it is."""
    counts = told.best
    if counts is None or not counts.all_passed or counts.source is CountSource.NONE:
        return ""
    witness = read_witness(told.seen)
    started = await programs_started(room, step.command, step.cwd)
    if counts.source is not CountSource.OUTPUT:
        voices = Voices(
            told.junit, told.printed, witness, started.kinds, started.tools, started.untold, told.could_report,
            told.facts.unreported,
        )  # fmt: skip
        return why_doubted(counts, voices) or ""
    doubt = why_not_believed(counts, witness, started.kinds, told.output)
    if doubt is not None or witness.node_runners or witness.tests:
        return doubt or ""
    return await _without_trace(room, counts, started)


async def _without_trace(room: Room, counts: TestCounts, started: Started) -> str:
    for runner, trace in missing_traces(counts.runner.split("+"), started.tools):
        if not trace.words:
            if started.untold:
                continue
        elif await _is_in_tree(room, trace):
            continue
        if trace.is_own_word:
            return (
                f"it prints a summary like one of {runner}, and its program cannot report a failure: no file of the "
                "build holds the words for one"
            )
        return f"it prints a summary like one of {runner}, but no {runner} was seen to run"
    return ""


async def _is_in_tree(room: Room, trace: Trace) -> bool:
    which = [f"--include={trace.files}"] if trace.files else [f"--exclude={name}" for name in _DOCUMENTS]
    words = ["/usr/bin/grep", "-rqaE", "--exclude-dir=.git", *which, "-e", trace.words, CHECKOUT]
    command = SandboxCommand(script=shlex.join(words), cwd="/")
    return (await room.run(command, SandboxLimits(deadline_s=SEARCH_LIMIT_S))).exit_code == 0
