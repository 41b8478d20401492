"""What repetitions of failing tests show, and by which rules they are made."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from regrow.protocols.wire import Count, NonEmpty, WireModel

__all__ = ["RepeatedKind", "RepeatedTest", "Retesting"]

_Rate = Annotated[float, Field(ge=0, le=1)]


class Retesting(WireModel):
    """How failing tests are repeated. The bounds of the rates and errors are those of the settings.

    Attributes:
        time_s: Seconds for all repetitions of one verification; 0 repeats nothing.
        p0: A test that passes no more often than this is failing.
        p1: One that passes at least this often is flaky.
        alpha: How often a failing test may be called flaky at most.
        beta: How often a flaky one may be called failing at most.
        max_runs: Repetitions of one test at most.
        vary: Whether tests that are failing are also run in other surroundings, to find those in which they pass.
    """

    time_s: Annotated[float, Field(ge=0)] = 45.0
    p0: _Rate = 0.001
    p1: _Rate = 0.25
    alpha: _Rate = 0.05
    beta: _Rate = 0.05
    max_runs: Annotated[int, Field(ge=1)] = 60
    vary: bool = False


class RepeatedKind(StrEnum):
    """What a test that failed turned out to be.

    failing: it never passed, often enough to say so. flaky: it passed and failed with nothing changed. passes_alone: it did
    not fail again without the tests around it. undecided: the time was over before it could be said.
    """

    FAILING = "failing"
    FLAKY = "flaky"
    PASSES_ALONE = "passes_alone"
    UNDECIDED = "undecided"


class RepeatedTest(WireModel):
    """A test that failed, and its repetitions.

    Attributes:
        runs: How many there were, without the first run of the whole suite; `failed` of them failed.
        rate: The share that failed; it lies between `rate_low` and `rate_high` with 95 % confidence.
        passes_when: The surroundings in which it passes, in words; "" when none was found, or none was looked for.
        inside: Where outside of the project it fails (the standard library and its version), "" when in the project.
    """

    name: NonEmpty
    kind: RepeatedKind
    runs: Count
    failed: Count
    rate: _Rate
    rate_low: _Rate
    rate_high: _Rate
    passes_when: str = ""
    inside: str = ""
