"""The specification's resource limits and service levels, as data in base units.

Memory in bytes (its MB and GB are taken for binary ones, as container runtimes do for Mi and Gi), time in seconds, cores in
fractions of one, availability as a share of 1. They are the defaults of settings; what holds in a run are the settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

__all__ = ["COMPONENT_LIMITS", "SERVICE_LEVELS", "ComponentLimits", "ServiceLevels"]

_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ComponentLimits:
    """What one component may use. `timeout_s` is None for one that is `persistent`: it runs as long as the tree."""

    memory_bytes: int
    cpu_cores: float
    timeout_s: float | None = None
    persistent: bool = False

    def __post_init__(self) -> None:
        if (self.timeout_s is None) != self.persistent:
            msg = f"a component has a timeout or is persistent, got timeout {self.timeout_s} and persistent {self.persistent}"
            raise ValueError(msg)


COMPONENT_LIMITS: Final[Mapping[str, ComponentLimits]] = MappingProxyType(
    {
        "documentation_analyzer": ComponentLimits(512 * _MIB, 0.5, timeout_s=60.0),
        "llm_builder": ComponentLimits(2048 * _MIB, 2.0, timeout_s=300.0),
        "verification_engine": ComponentLimits(1024 * _MIB, 1.0, timeout_s=180.0),
        "debug_orchestrator": ComponentLimits(256 * _MIB, 0.25, persistent=True),
        "recovery_guardian": ComponentLimits(128 * _MIB, 0.1, persistent=True),
        "ticker_logger": ComponentLimits(256 * _MIB, 0.25, persistent=True),
    }
)
"""The specification's component -> its limits."""


@dataclass(frozen=True, slots=True)
class ServiceLevels:
    """The specification's service levels. Times are upper bounds; counts and rates are what must be carried."""

    availability: float = 0.999
    critical_path_availability: float = 0.9995
    documentation_analysis_s: float = 10.0
    build_generation_s: float = 300.0
    verification_s: float = 180.0
    total_runtime_s: float = 600.0
    detection_s: float = 5.0
    recovery_s: float = 30.0
    lost_records: int = 0
    concurrent_builds: int = 10
    log_entries_per_s: int = 10_000
    stored_patterns: int = 100_000


SERVICE_LEVELS: Final = ServiceLevels()
