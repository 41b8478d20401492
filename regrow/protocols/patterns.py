"""Errors that were seen, and the strategies that help: the specification's `DebugPattern` and `RecoveryStrategy`.

A pattern's id is the SHA-256 of its normalised error, computed by the learner; here it is only a digest. Durations are in
milliseconds. `config` and `system_state` are the specification's `any`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, model_validator

from regrow.protocols.wire import Count, Instant, Millis, NonEmpty, Omittable, Sha256, SpecModel, WireModel

__all__ = [
    "DebugPattern",
    "FollowUp",
    "KnownPattern",
    "LearnedUse",
    "PatternContext",
    "PatternResolution",
    "RecoveryStrategy",
    "ResourceMetrics",
    "StrategyImplementation",
    "StrategyPerformance",
    "StrategyRecord",
    "StrategyType",
]

Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
"""A count that decays: what it is worth at the moment that stands beside it."""

MAX_RECORDS = 200
MAX_FOLLOW_UPS = 200
"""Of one pattern: some tens of rules in some ten kinds of project. A longer list is refused."""


class ResourceMetrics(SpecModel):
    """What a piece of work used. The specification names it and leaves it open; these fields are ours.

    `wall_ms` is elapsed time, `cpu_ms` processor time of the whole process tree, both in milliseconds.
    """

    wall_ms: Millis = 0.0
    cpu_ms: Millis = 0.0
    peak_memory_bytes: Count = 0
    bytes_read: Count = 0
    bytes_written: Count = 0


class StrategyType(StrEnum):
    """What a recovery strategy does, in kind."""

    RETRY = "retry"
    ROLLBACK = "rollback"
    RESTART = "restart"
    DEGRADE = "degrade"
    CUSTOM = "custom"


class StrategyImplementation(SpecModel):
    """The kind of a strategy and its settings; the shape of `config` belongs to the strategy."""

    type: StrategyType
    config: JsonValue


class StrategyPerformance(SpecModel):
    """The record of a strategy. `average_recovery_time_ms` is over its successes, 0 when there is none."""

    attempts: Count = 0
    successes: Count = 0
    failures: Count = 0
    average_recovery_time_ms: Millis = 0.0
    last_used: Omittable[Instant] = None

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.successes + self.failures > self.attempts:
            msg = f"{self.successes} successes and {self.failures} failures are more than {self.attempts} attempts"
            raise ValueError(msg)
        return self


class RecoveryStrategy(SpecModel):
    """A way to recover. `applicable_errors` are ids of patterns; empty means that it applies to any."""

    strategy_id: NonEmpty
    name: NonEmpty
    description: str
    applicable_errors: tuple[str, ...] = ()
    implementation: StrategyImplementation
    performance: StrategyPerformance = StrategyPerformance()


class PatternContext(SpecModel):
    """Where an error was seen. `environment_vars` holds the allowed names only, redacted."""

    system_state: JsonValue
    environment_vars: dict[str, str]
    resource_usage: ResourceMetrics


class PatternResolution(SpecModel):
    """What helps against an error: strategies, best first; a test that would have caught it; the sentence to document."""

    strategies: tuple[RecoveryStrategy, ...] = ()
    prevention_test: Omittable[str] = None
    documentation: Omittable[str] = None


class DebugPattern(SpecModel):
    """A class of errors that was seen `frequency` times."""

    pattern_id: Sha256
    error_type: NonEmpty
    error_message: str
    stack_trace: Omittable[str] = None
    component: str
    phase: str
    frequency: Count
    first_seen: Instant
    last_seen: Instant
    context: PatternContext
    resolution: PatternResolution

    @model_validator(mode="after")
    def _was_first_seen_first(self) -> Self:
        if self.last_seen < self.first_seen:
            msg = f"pattern {self.pattern_id[:12]} was last seen {self.last_seen}, before it was first seen {self.first_seen}"
            raise ValueError(msg)
        return self


class StrategyRecord(WireModel):
    """What one rule has achieved against a pattern in one kind of project.

    Attributes:
        kind: The kind of project (`python`, `python+native`, `c+cmake`, ...).
        rule: The rule of recovery (`install_requirements`), without what it was about in one project.
        attempts: All that were ever made, of which `successes` and `failures` were settled.
        good: Successes, each worth less with time, as of `last_used`; `bad` likewise.
        failures_in_a_row: Since the last success.
        cost_ms: What an attempt takes on average, from the failure until it is known whether it helped.
    """

    kind: str
    rule: NonEmpty
    attempts: Count = 0
    successes: Count = 0
    failures: Count = 0
    good: Weight = 0.0
    bad: Weight = 0.0
    failures_in_a_row: Count = 0
    cost_ms: Millis = 0.0
    last_used: Instant


class FollowUp(WireModel):
    """What came after a rule had helped, in one kind of project: the next failure and the rule that helped there.

    Attributes:
        after: The rule that had helped against this pattern.
        rule: The next one that helped; "" where nothing more was needed.
        effect: What the next one changed, so that two ways to the same change count together; "" likewise.
        next_pattern: The id of the next failure's pattern; None likewise.
        code, phase, evidence, exit_code: Of the next failure as it was seen, so that its rule can be asked again.
        weight: How often, each time worth less with time, as of `last_seen`.
    """

    kind: str
    after: NonEmpty
    rule: str = ""
    effect: str = ""
    next_pattern: Sha256 | None = None
    code: str = ""
    phase: str = ""
    evidence: str = ""
    exit_code: int | None = None
    weight: Weight = 0.0
    last_seen: Instant


class KnownPattern(WireModel):
    """A pattern as it is kept, exported and imported: the specification's, and what was learned of it.

    Attributes:
        normal_form: The text that `pattern_id` is the digest of, with `code` and `phase`.
        group: Where near-duplicates of it are looked for.
        worth: Its place among all patterns when there are too many: the text sorts as what it is worth does.
    """

    version: Literal[1] = 1
    pattern: DebugPattern
    code: NonEmpty
    normal_form: str
    group: NonEmpty
    worth: str = ""
    records: Annotated[tuple[StrategyRecord, ...], Field(max_length=MAX_RECORDS)] = ()
    follow_ups: Annotated[tuple[FollowUp, ...], Field(max_length=MAX_FOLLOW_UPS)] = ()


class LearnedUse(WireModel):
    """Why a run took the recovery that it took: what it knew, and what chance had to do with it.

    Attributes:
        pattern_id: The failure's pattern; `near` is that of another whose record stood in for it.
        kind: The kind of project.
        strategy_id: What was tried.
        why: The reason for this one, in a sentence.
        expected: The mean of the posterior of its rule; a half when nothing was known.
        drawn: What was drawn from it; equal to `expected` where nothing was known, for then nothing is drawn.
        seed: Of the draw.
        assumed: Further strategies that were carried out at once, since their failures followed before.
    """

    pattern_id: Sha256
    near: Sha256 | None = None
    kind: str
    strategy_id: NonEmpty
    why: str
    expected: float
    drawn: float
    seed: Count = 0
    assumed: tuple[str, ...] = ()
