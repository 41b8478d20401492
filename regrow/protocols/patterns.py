"""Errors that were seen, and the strategies that help: the specification's `DebugPattern` and `RecoveryStrategy`.

A pattern's id is the SHA-256 of its normalised error, computed by the learner; here it is only a digest. Durations are in
milliseconds. `config` and `system_state` are the specification's `any`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import JsonValue, model_validator

from regrow.protocols.wire import Count, Instant, Millis, NonEmpty, Omittable, Sha256, SpecModel

__all__ = [
    "DebugPattern",
    "PatternContext",
    "PatternResolution",
    "RecoveryStrategy",
    "ResourceMetrics",
    "StrategyImplementation",
    "StrategyPerformance",
    "StrategyType",
]


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
