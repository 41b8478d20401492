"""Health checks: the specification's `HealthCheckConfig`, and how a success rate becomes a process status.

The specification gives thresholds in percent and no window; the rate is that of the last `sample_size` checks (ours, DESIGN
section 9; `DEFAULT_SAMPLE_SIZE` when absent). A check is done every `interval_ms`, given up after `timeout_ms`, and tried `retries` times more before it counts
as failed.
"""  # noqa: E501

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, JsonValue, model_validator

from regrow.protocols.wire import Count, Instant, NonEmpty, Omittable, Percent, Port, SpecModel

__all__ = [
    "DEFAULT_SAMPLE_SIZE",
    "CheckStatus",
    "HealthCheckConfig",
    "HealthCheckResult",
    "HealthCheckTarget",
    "HealthCheckType",
    "HealthThresholds",
    "ProcessStatus",
]

DEFAULT_SAMPLE_SIZE: Final = 10
"""The checks that a success rate is taken over when the configuration does not say."""


class HealthCheckType(StrEnum):
    """How a health check looks: a request, a connection, the process table, a script."""

    HTTP = "http"
    TCP = "tcp"
    PROCESS = "process"
    CUSTOM = "custom"


class ProcessStatus(StrEnum):
    """How a monitored process is, best first."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    CRITICAL = "critical"
    DEAD = "dead"


class CheckStatus(StrEnum):
    """How one check came out."""

    PASS = "pass"
    FAIL = "fail"


class HealthCheckTarget(SpecModel):
    """Where a check looks and what it expects; which fields count depends on the type of the check.

    http: `url`, `method` (GET when absent), `expected_status` (any 2xx when absent). tcp: `host`, `port`. process:
    `pid_file` (the monitored process itself when absent). custom: `script`, run in the sandbox, and `expected_output`
    (exit status 0 alone when absent).
    """

    url: Omittable[NonEmpty] = None
    method: Omittable[NonEmpty] = None
    expected_status: Omittable[Annotated[int, Field(ge=100, le=599)]] = None
    host: Omittable[NonEmpty] = None
    port: Omittable[Port] = None
    pid_file: Omittable[NonEmpty] = None
    script: Omittable[NonEmpty] = None
    expected_output: Omittable[str] = None


_REQUIRED: Final[dict[HealthCheckType, tuple[str, ...]]] = {
    HealthCheckType.HTTP: ("url",),
    HealthCheckType.TCP: ("host", "port"),
    HealthCheckType.PROCESS: (),
    HealthCheckType.CUSTOM: ("script",),
}


class HealthThresholds(SpecModel):
    """Success rates in percent, from which a process is called healthy, degraded or critical; below all it is dead."""

    healthy_percent: Percent
    degraded_percent: Percent
    critical_percent: Percent

    @model_validator(mode="after")
    def _descends(self) -> Self:
        if not self.healthy_percent >= self.degraded_percent >= self.critical_percent:
            msg = (
                "thresholds descend from healthy over degraded to critical, got "
                f"{self.healthy_percent:g}, {self.degraded_percent:g}, {self.critical_percent:g}"
            )
            raise ValueError(msg)
        return self

    def grade(self, success_rate_percent: float) -> ProcessStatus:
        """Return the status of a process of which this share of the last checks passed.

        >>> HealthThresholds(healthy_percent=90, degraded_percent=50, critical_percent=10).grade(50).value
        'degraded'
        """
        if success_rate_percent >= self.healthy_percent:
            return ProcessStatus.HEALTHY
        if success_rate_percent >= self.degraded_percent:
            return ProcessStatus.DEGRADED
        if success_rate_percent >= self.critical_percent:
            return ProcessStatus.CRITICAL
        return ProcessStatus.DEAD


class HealthCheckConfig(SpecModel):
    """One check of one process. The timeout is at most the interval, so that checks never overlap."""

    name: NonEmpty
    type: HealthCheckType
    interval_ms: Annotated[float, Field(gt=0)]
    timeout_ms: Annotated[float, Field(gt=0)]
    retries: Count
    config: HealthCheckTarget
    thresholds: HealthThresholds
    sample_size: Omittable[Annotated[int, Field(ge=1, le=1000)]] = None

    @model_validator(mode="after")
    def _can_be_done(self) -> Self:
        missing = [name for name in _REQUIRED[self.type] if getattr(self.config, name) is None]
        if missing:
            msg = f"health check {self.name!r} of type {self.type.value} needs config.{', config.'.join(missing)}"
            raise ValueError(msg)
        if self.timeout_ms > self.interval_ms:
            msg = f"health check {self.name!r}: timeout {self.timeout_ms:g} ms exceeds its interval {self.interval_ms:g} ms"
            raise ValueError(msg)
        return self


class HealthCheckResult(SpecModel):
    """How a check came out the last time it was done."""

    check_name: NonEmpty
    status: CheckStatus
    last_check: Instant
    details: Omittable[JsonValue] = None
