"""Says whether a count that a reporter or a JUnit file tells is believed. Pure.

Both are files that the step could write itself, so each needs a second voice that comes about otherwise:

- pytest's own report needs the JUnit file that pytest was told to write, or its printed summary and a pytest that is not
  the project's;
- unittest's needs tests that were seen to be called;
- a JUnit file without our reporter needs a reason why a real pytest would not have loaded that: tox, nox, an isolated
  interpreter;
- where a step starts nothing but shell lines that print, nothing ran;
- what the control of a session found (`in_room/regrow_control.py`) spoils its count.

Not found out: code inside the runner that knows all of this and imitates each part.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from regrow.actors.verifier.counting.witness import Witness
from regrow.protocols.plan import CountSource, TestCounts

__all__ = ["Voices", "why_doubted"]

_PYTESTS = frozenset({"pytest", "py.test"})
_HIDE_OUR_MODULES = frozenset({"tox", "nox"})


@dataclass(frozen=True, slots=True)
class Voices:
    """What was told of a step beside its count.

    Attributes:
        junit: Of the file that pytest was asked for.
        printed: Of the output.
        witness: What the processes noted.
        kinds: Of the programs that were started; `tools`, the names of those that are not the project's.
        untold: There may be more programs than these.
        could_report: Nothing in the command keeps pytest from loading our reporter.
        unreported: What the control found.
    """

    junit: TestCounts | None = None
    printed: TestCounts | None = None
    witness: Witness = field(default_factory=Witness)
    kinds: frozenset[str] = frozenset()
    tools: frozenset[str] = frozenset()
    untold: bool = False
    could_report: bool = True
    unreported: tuple[str, ...] = ()


def why_doubted(counts: TestCounts, voices: Voices) -> str | None:
    """What speaks against a count of passed tests; None when nothing does. A count with a failure is not doubted."""
    if counts.source not in {CountSource.REPORTER, CountSource.JUNIT} or not counts.all_passed:
        return None
    if voices.unreported:
        return voices.unreported[0]
    if voices.kinds <= {"prints"} and not voices.untold:
        return "a report is there, but nothing was started that could have run tests"
    if counts.source is CountSource.JUNIT:
        hidden = not voices.could_report or voices.tools & _HIDE_OUR_MODULES or voices.untold
        return None if hidden else "a JUnit file is there, but no pytest was seen to run"
    runners = set(counts.runner.split("+"))
    if "pytest" in runners and voices.junit is None and not _pytest_printed(voices):
        return "a report of pytest is there, but no pytest was seen to run"
    if "unittest" in runners and not voices.witness.tests:
        return "a report of unittest is there, but no test was seen to be called"
    return None


def _pytest_printed(voices: Voices) -> bool:
    printed = voices.printed is not None and "pytest" in voices.printed.runner
    return printed and (bool(voices.tools & _PYTESTS) or voices.untold)
