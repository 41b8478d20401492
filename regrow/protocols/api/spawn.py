"""The life spawn manager's interface: start managed processes, save their state, restore it.

Durations are in milliseconds, sizes in bytes. A managed process gives and takes its state as JSON.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, JsonValue

from regrow.protocols.wire import Count, Instant, Millis, NonEmpty, Omittable, SpecModel

__all__ = [
    "BackoffStrategy",
    "CheckpointConfig",
    "CheckpointPayload",
    "CheckpointRequest",
    "CheckpointResponse",
    "LifecycleConfig",
    "ProcessConfig",
    "RestoreRequest",
    "RestoreResponse",
    "RestoreStrategy",
    "SpawnRequest",
    "SpawnResponse",
    "SpawnStatus",
]


class ProcessConfig(SpecModel):
    """What to start. `env` is added to an allowed few variables of the daemon's own, `cwd` is the daemon's when absent."""

    name: NonEmpty
    command: NonEmpty
    args: tuple[str, ...]
    env: Omittable[dict[str, str]] = None
    cwd: Omittable[NonEmpty] = None


class BackoffStrategy(StrEnum):
    """How the delay before a restart grows: by the same step, or twofold."""

    LINEAR = "linear"
    EXPONENTIAL = "exponential"


class LifecycleConfig(SpecModel):
    """When to start it again. `restart_delay_ms` is the first delay."""

    auto_restart: bool
    max_restarts: Count
    restart_delay_ms: Millis
    backoff_strategy: BackoffStrategy


class CheckpointConfig(SpecModel):
    """How often its state is saved, and how many of them are kept."""

    enabled: bool
    interval_ms: Annotated[float, Field(gt=0)]
    max_checkpoints: Annotated[int, Field(ge=1)]


class SpawnRequest(SpecModel):
    """POST /spawn/process: start a process and look after it."""

    process_config: ProcessConfig
    lifecycle_config: LifecycleConfig
    checkpoint_config: Omittable[CheckpointConfig] = None


class SpawnStatus(StrEnum):
    """Whether the process is known to be up."""

    RUNNING = "running"
    STARTING = "starting"


class SpawnResponse(SpecModel):
    """The process that was started. `monitoring_url` is where its status is served."""

    process_id: NonEmpty
    pid: Annotated[int, Field(ge=1)]
    status: SpawnStatus
    monitoring_url: NonEmpty


class CheckpointPayload(SpecModel):
    """The state to save, and what the process was doing."""

    phase: str
    state: JsonValue
    metadata: Omittable[JsonValue] = None


class CheckpointRequest(SpecModel):
    """POST /spawn/checkpoint: save the state of a process."""

    process_id: NonEmpty
    checkpoint_data: CheckpointPayload


class CheckpointResponse(SpecModel):
    """The checkpoint; once this is received it survives a crash. `size_bytes` is what it takes in the store."""

    checkpoint_id: NonEmpty
    timestamp: Instant
    size_bytes: Count


class RestoreStrategy(StrEnum):
    """Whether the saved state takes the place of the present one, or is laid over it."""

    REPLACE = "replace"
    MERGE = "merge"


class RestoreRequest(SpecModel):
    """POST /spawn/restore: take a process back to a checkpoint."""

    process_id: NonEmpty
    checkpoint_id: NonEmpty
    restore_strategy: RestoreStrategy


class RestoreResponse(SpecModel):
    """What was restored. `new_pid` is there when the process had to be started again."""

    success: bool
    restored_state: JsonValue
    new_pid: Omittable[Annotated[int, Field(ge=1)]] = None
