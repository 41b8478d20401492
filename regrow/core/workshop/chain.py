"""The keys of steps: a step is done when it was done with the same command after the same steps on the same files.

Each key is a hash over the key before it, so that a plan that was amended keeps what comes before the amendment and
nothing after it. The key names the layer that the step wrote; a run that is resumed, or repeated after a repair, goes on
from the last key that is still there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NewType

from regrow.protocols.plan import PlanStep

__all__ = ["StepKey", "chain_keys", "layer_id_of", "source_key"]

StepKey = NewType("StepKey", str)


def source_key(base_key: str, source_digest: str) -> StepKey:
    """Return the key of an untouched copy of the source on a base."""
    return _hash("source", base_key, source_digest)


def chain_keys(first: StepKey, steps: Iterable[PlanStep]) -> tuple[StepKey, ...]:
    """Return the key of each step, in order, given the key of what they begin with."""
    keys: list[StepKey] = []
    before = first
    for step in steps:
        before = _hash(before, step.command, step.cwd, str(step.network))
        keys.append(before)
    return tuple(keys)


def layer_id_of(key: StepKey) -> str:
    """Return the name of the layer that a step with this key leaves."""
    return f"layer-{key[:20]}"


def _hash(*parts: str) -> StepKey:
    return StepKey(hashlib.sha256("\0".join(parts).encode()).hexdigest())
