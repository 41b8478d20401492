"""How values look outside a process: the two wire models, the one alias generator and the one alias table.

Inside, fields are snake_case and carry their unit (`duration_ms`); on the wire they are camelCase. `WireModel` is for what
regrow itself defines: the unit stays in the name (`durationMs`). `SpecModel` is for what the specification defines: there
the alias table keeps the specification's name, which carries no unit (`duration`). Both accept either spelling when they
read and write camelCase only, so hand-off files in snake_case are readable too.

Rules: values are frozen and sequences are tuples; unknown fields are refused; a moment is an aware `datetime`, written as
ISO 8601 in UTC and never as a number; `JsonValue` stands for the specification's `any`; an optional field of the
specification (`name?: type`) is `Omittable`, left out when it is None, because TypeScript's optional is not null.

Rejected: aliases written on each field (the same name would be spelled in a hundred places), and `exclude_none` on dump
(it also drops a required `any` that happens to be null, and what is read back then lacks the field).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

__all__ = [
    "SPEC_NAMES",
    "Count",
    "Instant",
    "JsonObject",
    "Millis",
    "NonEmpty",
    "Omittable",
    "Percent",
    "Port",
    "Ratio",
    "Sha256",
    "SpecModel",
    "Uuid4",
    "WireModel",
    "camel_name",
    "spec_name",
]

T = TypeVar("T")

SPEC_NAMES: Final[dict[str, str]] = {
    # Durations. The specification states milliseconds for most and nothing for the rest; the rest are milliseconds too.
    "average_recovery_time_ms": "averageRecoveryTime",
    "average_response_time_ms": "averageResponseTime",
    "check_interval_ms": "checkInterval",
    "duration_ms": "duration",
    "estimated_time_ms": "estimatedTime",
    "interval_ms": "interval",
    "restart_delay_ms": "restartDelay",
    "timeout_ms": "timeout",
    "uptime_ms": "uptime",
    # Those for which it states another unit.
    "key_rotation_days": "keyRotation",
    "max_age_s": "maxAge",
    "window_s": "window",
    # Sizes and shares.
    "cpu_usage_percent": "cpuUsage",
    "critical_percent": "critical",
    "degraded_percent": "degraded",
    "healthy_percent": "healthy",
    "memory_usage_bytes": "memoryUsage",
    "memory_used_bytes": "memoryUsed",
    "size_bytes": "size",
    # A word that Python keeps for itself.
    "global_limit": "global",
}
"""Field name inside -> name in the specification, where the camelCase of ours would differ from it."""


def camel_name(name: str) -> str:
    """Return the camelCase form of a snake_case name.

    >>> camel_name("peak_memory_bytes"), camel_name("oauth2"), camel_name("pid")
    ('peakMemoryBytes', 'oauth2', 'pid')
    """
    head, *tail = name.split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in tail)


def spec_name(name: str) -> str:
    """Return the specification's name of a field: from the table, else its camelCase form.

    >>> spec_name("duration_ms"), spec_name("retry_count")
    ('duration', 'retryCount')
    """
    return SPEC_NAMES.get(name) or camel_name(name)


_WIRE_CONFIG = ConfigDict(
    frozen=True,
    extra="forbid",
    alias_generator=camel_name,
    validate_by_name=True,
    validate_by_alias=True,
    serialize_by_alias=True,
    allow_inf_nan=False,
)


class WireModel(BaseModel):
    """A value that regrow defines and that may leave the process: frozen, closed, camelCase with units on the wire."""

    model_config = _WIRE_CONFIG


class SpecModel(WireModel):
    """A value that the specification defines: as `WireModel`, with the specification's own names on the wire."""

    model_config = ConfigDict(alias_generator=spec_name)


def _refuse_number(value: object) -> object:
    """Refuse seconds since 1970, in digits too, which pydantic would take (guessing between seconds and milliseconds)."""
    if isinstance(value, int | float) or (isinstance(value, str) and "-" not in value[1:]):
        msg = f"a moment is ISO 8601 text such as 2026-01-31T12:00:00Z, got {value!r}"
        raise ValueError(msg)
    return value


def _to_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _is_none(value: object) -> bool:
    return value is None


Instant = Annotated[AwareDatetime, BeforeValidator(_refuse_number), AfterValidator(_to_utc)]
"""A moment in UTC. Naive times are refused; other zones are converted. On the wire ISO 8601, ending in `Z`."""

Omittable = Annotated[T | None, Field(exclude_if=_is_none)]
"""An optional field of the specification: None inside, absent on the wire. Give it `= None`."""

Count = Annotated[int, Field(ge=0)]
"""How many: 0 or more."""

Millis = Annotated[float, Field(ge=0)]
"""A duration in milliseconds, 0 or more. A float, because the specification's `number` may have a fraction."""

Percent = Annotated[float, Field(ge=0, le=100)]
"""A share of 0 to 100."""

Ratio = Annotated[float, Field(ge=0, le=1)]
"""A share of 0 to 1."""

Port = Annotated[int, Field(ge=1, le=65535)]
"""A TCP port."""

NonEmpty = Annotated[str, Field(min_length=1)]
"""Text of at least one character: a name, an identifier."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 digest, 64 lower-case hexadecimal digits."""

Uuid4 = Annotated[str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")]
"""A random UUID (version 4) in its lower-case text form."""

JsonObject = dict[str, JsonValue]
"""A JSON object of any shape. Shared by reference inside a process: never change one that you were handed."""
