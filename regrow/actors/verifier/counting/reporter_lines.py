"""Reads the lines that our reporters write from inside a runner (`in_room/`).

The lines come from a room in which code runs that nobody vouches for, so they are evidence, not truth. What holds: a
failure that was once reported stays one (the worst outcome of a test counts), a session that does not end is an error,
and gaps in the numbers of the lines are seen. What does not hold: code that runs in the runner's own process can write
whatever the reporter can. So the count is compared with the exit status and with what the runner printed, and a
disagreement is never a pass (`judging.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, ValidationError

from regrow.actors.verifier.counting.summary import FAILING_LIMIT
from regrow.protocols.plan import EXPECTED_TO_FAIL, UNNAMED, CountSource, SkippedTests, TestCounts

LINES_LIMIT = 1_000_000
"""More lines than any suite writes; the rest is not read and the count is called incomplete."""
_RANK = {"skipped": 0, "xfailed": 1, "passed": 2, "xpassed": 3, "error": 4, "failed": 5}


@dataclass(frozen=True, slots=True)
class TestedModule:
    """Where a module that the tests used was loaded from; `sha256` for those of the project and for compiled ones."""

    __test__ = False

    name: str
    file: str
    sha256: str | None


@dataclass(frozen=True, slots=True)
class ReporterFacts:
    """What the reporter saw.

    Attributes:
        counts: None when no session was opened: nothing was counted.
        complete: Every session that was opened ended, and no line is missing.
        exit_codes: Of the sessions, in order.
        modules: Of all sessions and their workers.
        failures: Name of a failing test -> the end of its message.
        sessions: How many runs of a runner reported, workers aside.
        unreported: What the control of a session found: failures that would not have been reported.
    """

    counts: TestCounts | None
    complete: bool
    exit_codes: tuple[int, ...] = ()
    modules: tuple[TestedModule, ...] = ()
    failures: tuple[tuple[str, str], ...] = ()
    python: str | None = None
    sessions: int = 0
    unreported: tuple[str, ...] = ()


class _Module(BaseModel):
    model_config = ConfigDict(extra="ignore")
    name: str
    file: str
    sha256: str | None = None


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore")
    event: str
    pid: int
    sequence: int
    id: str = ""
    outcome: str = ""
    reason: str = ""
    runner: str = ""
    python: str = ""
    cwd: str = ""
    count: int = 0
    exit_code: int = 0
    worker: bool = False
    modules: tuple[_Module, ...] = ()
    unreported: tuple[str, ...] = ()


@dataclass(slots=True)
class _Session:
    runner: str
    cwd: str
    ended: bool = False
    worker: bool = False
    deselected: int = 0
    outcomes: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(slots=True)
class _Reading:
    sessions: dict[int, _Session] = field(default_factory=dict)
    closed: list[_Session] = field(default_factory=list)
    sequences: dict[int, int] = field(default_factory=dict)
    complete: bool = True
    exit_codes: list[int] = field(default_factory=list)
    modules: dict[tuple[str, str], TestedModule] = field(default_factory=dict)
    python: str | None = None
    unreported: list[str] = field(default_factory=list)

    def take(self, line: _Line) -> None:
        if line.sequence != self.sequences.get(line.pid, 0) + 1:
            self.complete = False
        self.sequences[line.pid] = line.sequence
        if line.event == "start":
            if line.pid in self.sessions:
                self.closed.append(self.sessions.pop(line.pid))
            self.sessions[line.pid] = _Session(line.runner, line.cwd, worker=line.worker)
            self.python = line.python or self.python
            return
        session = self.sessions.get(line.pid)
        if session is None:
            self.complete = False
        else:
            self._take_in(session, line)

    def _take_in(self, session: _Session, line: _Line) -> None:
        match line.event:
            case "test" if line.outcome in _RANK:
                before = session.outcomes.get(line.id)
                if before is None or _RANK[line.outcome] > _RANK[before[0]]:
                    session.outcomes[line.id] = (line.outcome, line.reason)
            case "deselected":
                session.deselected += max(0, line.count)
            case "modules":
                self.modules.update(
                    {(each.name, each.file): TestedModule(each.name, each.file, each.sha256) for each in line.modules}
                )
            case "control":
                self.unreported.extend(line.unreported)
            case "finish":
                session.ended = True
                self.exit_codes.extend(() if session.worker else (line.exit_code,))
            case _:
                self.complete = False


def read_reporter(text: str) -> ReporterFacts:
    """Read what the reporters of one step wrote; an empty text counts nothing and is incomplete."""
    reading = _Reading()
    for number, line in enumerate(_lines(text)):
        if line is None or number >= LINES_LIMIT:
            reading.complete = False
            continue
        reading.take(line)
    all_sessions = [*reading.closed, *reading.sessions.values()]
    sessions = [each for each in all_sessions if not each.worker]
    # Each worker of a session is given the same list, and leaves the same tests out; the session itself collects none then.
    deselected = sum(each.deselected for each in sessions) or max((each.deselected for each in all_sessions), default=0)
    outcomes = _outcomes(sessions)
    failures = [(name, reason) for name, (outcome, reason) in outcomes.items() if outcome in {"failed", "error"}]
    return ReporterFacts(
        counts=_counts(outcomes, sessions, deselected) if sessions else None,
        complete=reading.complete and bool(sessions) and all(each.ended for each in sessions),
        exit_codes=tuple(reading.exit_codes),
        modules=tuple(module for _, module in sorted(reading.modules.items())),
        failures=tuple(failures[:FAILING_LIMIT]),
        python=reading.python,
        sessions=len(sessions),
        unreported=tuple(dict.fromkeys(reading.unreported)),
    )


def _lines(text: str) -> Iterator[_Line | None]:
    for line in text.split("\n"):
        if not line.strip():
            continue
        try:
            yield _Line.model_validate(json.loads(line))
        except (ValueError, ValidationError, RecursionError):
            yield None


def _outcomes(sessions: list[_Session]) -> dict[str, tuple[str, str]]:
    """The worst outcome of each test. Sessions of different folders may hold tests of the same name."""
    folders = {session.cwd for session in sessions}
    merged: dict[str, tuple[str, str]] = {}
    for session in sessions:
        for name, outcome in session.outcomes.items():
            key = f"{session.cwd}: {name}" if len(folders) > 1 else name
            if key not in merged or _RANK[outcome[0]] > _RANK[merged[key][0]]:
                merged[key] = outcome
    return merged


def _counts(outcomes: dict[str, tuple[str, str]], sessions: list[_Session], deselected: int) -> TestCounts:
    tally = dict.fromkeys(_RANK, 0)
    reasons: dict[str, int] = {}
    for outcome, reason in outcomes.values():
        tally[outcome] += 1
        if outcome == "skipped":
            reasons[reason or UNNAMED] = reasons.get(reason or UNNAMED, 0) + 1
    if tally["xfailed"]:
        reasons[EXPECTED_TO_FAIL] = tally["xfailed"]
    passed = tally["passed"] + tally["xpassed"]
    return TestCounts(
        run=passed + tally["failed"] + tally["error"],
        passed=passed,
        failed=tally["failed"],
        errors=tally["error"],
        skipped=sum(reasons.values()),
        deselected=deselected,
        source=CountSource.REPORTER,
        runner="+".join(dict.fromkeys(session.runner for session in sessions)),
        failing=tuple(name for name, (outcome, _) in outcomes.items() if outcome in {"failed", "error"})[
            :FAILING_LIMIT
        ],
        skipped_reasons=tuple(
            SkippedTests(reason=reason, count=count)
            for reason, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
        ),
    )
