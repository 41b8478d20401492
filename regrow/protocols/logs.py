"""Log entries and what is said on the log stream: the specification's `LogEntry`, `LogLevel` and WebSocket messages.

An entry belongs to a run by its correlation id. `data` is the specification's `any`. Batches, analysis and their replies
are in `api/logger.py`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from regrow.protocols.wire import Count, Instant, Millis, NonEmpty, Omittable, SpecModel

__all__ = [
    "LogEntry",
    "LogError",
    "LogFilters",
    "LogLevel",
    "LogMessage",
    "LogPerformance",
    "StreamControl",
    "StreamMessage",
    "Subscribe",
]


class LogLevel(StrEnum):
    """How loud an entry is, softest first. The order is `LogLevel.rank`, not that of the letters."""

    DEBUG = "debug"
    INFO = "info"
    WARN = "warn"
    ERROR = "error"
    FATAL = "fatal"

    @property
    def rank(self) -> int:
        """Return 0 for debug up to 4 for fatal."""
        return tuple(LogLevel).index(self)


class LogError(SpecModel):
    """The error that an entry tells of. `code` is one of `error_codes.py`, or a foreign program's own."""

    code: str
    message: str
    stack: Omittable[str] = None


class LogPerformance(SpecModel):
    """What the work that an entry tells of used. `cpu_percent` may exceed 100 on several cores."""

    duration_ms: Omittable[Millis] = None
    memory_used_bytes: Omittable[Count] = None
    cpu_percent: Omittable[Annotated[float, Field(ge=0)]] = None


class LogEntry(SpecModel):
    """One thing that happened, told by one component."""

    timestamp: Instant
    level: LogLevel
    correlation_id: str
    component: NonEmpty
    phase: Omittable[str] = None
    message: str
    data: Omittable[JsonValue] = None
    error: Omittable[LogError] = None
    performance: Omittable[LogPerformance] = None
    tags: tuple[str, ...] = ()


class LogFilters(SpecModel):
    """What a subscriber wants to see. A filter that is absent lets everything through; several are all to be met.

    An entry passes `components` and `levels` when it has one of them, `tags` when it has all of them.
    """

    components: Omittable[tuple[str, ...]] = None
    levels: Omittable[tuple[LogLevel, ...]] = None
    correlation_id: Omittable[str] = None
    tags: Omittable[tuple[str, ...]] = None


class Subscribe(SpecModel):
    """From the client, first: what to send."""

    type: Literal["subscribe"] = "subscribe"
    filters: LogFilters = LogFilters()


class LogMessage(SpecModel):
    """From the server: one entry that passed the filters."""

    type: Literal["log"] = "log"
    entry: LogEntry


class StreamControl(SpecModel):
    """From the client: hold the stream, go on with it, or forget what is held."""

    type: Literal["pause", "resume", "clear"]


StreamMessage = Annotated[Subscribe | LogMessage | StreamControl, Field(discriminator="type")]
"""Anything that is said on the log stream, told apart by `type`."""
