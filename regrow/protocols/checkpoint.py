"""The checkpoint protocol: what a saved state looks like, where it is kept, and for how long.

The specification's `CheckpointProtocol`, version 1.0. `signature` is the SHA-256 of the saved bytes as they lie in the
store, that is after compression and encryption, so that a corrupt checkpoint is refused (E4002) before anything is read out
of it. The storage types `sqlite` (the default) and `memory` are ours.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from regrow.protocols.wire import Instant, NonEmpty, Omittable, Sha256, SpecModel

__all__ = [
    "CheckpointData",
    "CheckpointEncryption",
    "CheckpointProtocol",
    "CheckpointRecord",
    "CheckpointStorage",
    "Retention",
    "RetentionPolicy",
    "StorageType",
]


class CheckpointData(SpecModel):
    """What is saved: the state of the application, its metrics, and how far it had come."""

    state: JsonValue
    metrics: JsonValue
    position: JsonValue


class CheckpointEncryption(SpecModel):
    """How the saved bytes are encrypted, and with which key of the ring."""

    algorithm: NonEmpty
    key_id: NonEmpty


class CheckpointRecord(SpecModel):
    """One checkpoint. `process_id` names the process or the actor's path, `phase` what it was doing."""

    id: NonEmpty
    timestamp: Instant
    process_id: NonEmpty
    phase: str
    data: CheckpointData
    signature: Sha256
    compressed: bool
    encryption: Omittable[CheckpointEncryption] = None


class StorageType(StrEnum):
    """What keeps the checkpoints."""

    FILE = "file"
    REDIS = "redis"
    S3 = "s3"
    SQLITE = "sqlite"
    MEMORY = "memory"


class RetentionPolicy(StrEnum):
    """Which checkpoints go first when there are too many.

    fifo: the oldest. importance: the oldest that is not pinned, then the oldest (pinned first, then newest, are kept).
    """

    FIFO = "fifo"
    IMPORTANCE = "importance"


class Retention(SpecModel):
    """How long checkpoints are kept: at most `max_age_s` seconds and at most `max_count` of one process.

    The last good one is kept whatever its age.
    """

    max_age_s: Annotated[float, Field(gt=0)]
    max_count: Annotated[int, Field(ge=1)]
    policy: RetentionPolicy


class CheckpointStorage(SpecModel):
    """Where checkpoints are kept; the shape of `config` belongs to the backend."""

    type: StorageType
    config: JsonValue
    retention: Retention


class CheckpointProtocol(SpecModel):
    """One checkpoint with the storage that it belongs to: the form in which checkpoints are exported and imported."""

    version: Literal["1.0"] = "1.0"
    checkpoint: CheckpointRecord
    storage: CheckpointStorage
