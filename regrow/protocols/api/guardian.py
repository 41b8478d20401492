"""The recovery guardian's interface: monitor a process, ask how it is, have it recovered.

Durations are in milliseconds, memory in bytes, processor use in percent of one core.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from regrow.protocols.health import HealthCheckConfig, HealthCheckResult, ProcessStatus
from regrow.protocols.patterns import RecoveryStrategy
from regrow.protocols.wire import Count, Instant, Millis, NonEmpty, Omittable, SpecModel

__all__ = [
    "MonitorRequest",
    "MonitorResponse",
    "MonitoringState",
    "MonitoringStatusResponse",
    "ProcessInfo",
    "ProcessMetrics",
    "RecoverRequest",
    "RecoverResponse",
    "RecoveryProgress",
]


class ProcessInfo(SpecModel):
    """A process that runs already. `cwd` is absolute."""

    pid: Annotated[int, Field(ge=1)]
    command: NonEmpty
    args: tuple[str, ...]
    cwd: NonEmpty


class MonitorRequest(SpecModel):
    """POST /guardian/monitor: watch a process by these checks and recover it by these strategies, in order."""

    process_id: NonEmpty
    process_info: ProcessInfo
    health_checks: tuple[HealthCheckConfig, ...]
    recovery_strategies: tuple[NonEmpty, ...]


class MonitoringState(StrEnum):
    """Whether the first check has been done."""

    ACTIVE = "active"
    PENDING = "pending"


class MonitorResponse(SpecModel):
    """The process is monitored. `check_interval_ms` is the shortest of its checks'."""

    monitoring_id: NonEmpty
    status: MonitoringState
    check_interval_ms: Millis


class ProcessMetrics(SpecModel):
    """What a monitored process uses now, and how often it was started again."""

    uptime_ms: Millis
    restarts: Count
    last_restart: Omittable[Instant] = None
    memory_usage_bytes: Count
    cpu_usage_percent: Annotated[float, Field(ge=0)]


class MonitoringStatusResponse(SpecModel):
    """GET /guardian/status/{monitoringId}: how a process is, and the last result of each check."""

    monitoring_id: NonEmpty
    process_status: ProcessStatus
    metrics: ProcessMetrics
    health_check_results: tuple[HealthCheckResult, ...]


class RecoverRequest(SpecModel):
    """POST /guardian/recover: recover now. `strategy` is an id, or `auto` for the one with the best record."""

    monitoring_id: NonEmpty
    strategy: NonEmpty
    reason: str


class RecoveryProgress(StrEnum):
    """How far a recovery is."""

    INITIATED = "initiated"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"


class RecoverResponse(SpecModel):
    """The recovery that was begun. `estimated_time_ms` is the strategy's average, absent when it has no record."""

    recovery_id: NonEmpty
    strategy: RecoveryStrategy
    status: RecoveryProgress
    estimated_time_ms: Omittable[Millis] = None
