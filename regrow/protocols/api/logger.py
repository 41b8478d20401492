"""The ticker tape logger's interface: submit entries in batches, analyse a range of time.

The stream over WebSocket is in `regrow.protocols.logs`. Rates are shares of 0 to 1 of the entries in the range.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from regrow.protocols.logs import LogEntry
from regrow.protocols.wire import Count, Instant, Millis, NonEmpty, Omittable, Ratio, SpecModel

__all__ = [
    "AnalyzeLogsRequest",
    "AnalyzeLogsResponse",
    "Anomaly",
    "AnomalySeverity",
    "GroupBy",
    "LogGroup",
    "LogRequest",
    "LogResponse",
    "LogSummary",
    "RejectedEntry",
    "TimeRange",
    "Trend",
]


class LogRequest(SpecModel):
    """POST /logger/log: entries to keep, at most 10,000 at once (the specification's throughput of one second)."""

    entries: Annotated[tuple[LogEntry, ...], Field(max_length=10_000)]


class RejectedEntry(SpecModel):
    """An entry that was not kept: its place in the batch, from 0, and why."""

    index: Count
    reason: NonEmpty


class LogResponse(SpecModel):
    """How many entries are kept and survive a crash from here on, and which are not."""

    accepted: Count
    rejected: tuple[RejectedEntry, ...]


class TimeRange(SpecModel):
    """From `start` until before `end`."""

    start: Instant
    end: Instant

    @model_validator(mode="after")
    def _is_not_empty(self) -> Self:
        if self.end <= self.start:
            msg = f"a time range ends after it starts, got {self.start} to {self.end}"
            raise ValueError(msg)
        return self


class GroupBy(StrEnum):
    """What entries are counted by."""

    COMPONENT = "component"
    LEVEL = "level"
    ERROR = "error"
    PHASE = "phase"


class AnalyzeLogsRequest(SpecModel):
    """POST /logger/analyze: count and compare the entries of a range."""

    time_range: TimeRange
    group_by: GroupBy
    include_anomalies: bool


class LogSummary(SpecModel):
    """The range as a whole. The response time is over the entries that carry a duration, absent when none does."""

    total_entries: Count
    error_rate: Ratio
    warning_rate: Ratio
    average_response_time_ms: Omittable[Millis] = None


class Trend(StrEnum):
    """Whether a group grows over the range."""

    INCREASING = "increasing"
    STABLE = "stable"
    DECREASING = "decreasing"


class LogGroup(SpecModel):
    """One group of entries."""

    name: str
    count: Count
    trend: Trend


class AnomalySeverity(StrEnum):
    """How far an anomaly is from what is usual."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Anomaly(SpecModel):
    """Something unusual in the range."""

    timestamp: Instant
    type: NonEmpty
    severity: AnomalySeverity
    description: str


class AnalyzeLogsResponse(SpecModel):
    """What the range holds. `anomalies` is absent unless they were asked for, empty when there are none."""

    summary: LogSummary
    groups: tuple[LogGroup, ...]
    anomalies: Omittable[tuple[Anomaly, ...]] = None
