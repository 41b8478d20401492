"""Which runs and base roots are too many, by the limits of `[gc]`. Pure.

Finished runs and those that could be gone on with are counted apart, so that a series of quick runs takes no unfinished
work away; both end, by number and by age. What a process works on always stays.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from regrow.config import GcSettings

__all__ = ["KeptBase", "KeptRun", "bases_to_give_up", "runs_to_give_up"]


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run as it lies here."""

    run_id: str
    begun_at: dt.datetime
    finished: bool
    busy: bool = False


@dataclass(frozen=True, slots=True)
class KeptBase:
    """Something of the cache."""

    name: str
    made_at: dt.datetime
    size_bytes: int


def runs_to_give_up(runs: Sequence[KeptRun], limits: GcSettings, now: dt.datetime) -> list[tuple[str, str]]:
    """Return the ids that are too many or too old, the oldest first, each with the reason."""
    found: list[tuple[KeptRun, str]] = []
    for finished in (True, False):
        kind = sorted((run for run in runs if run.finished is finished), key=lambda run: run.begun_at, reverse=True)
        for number, run in enumerate(kind):
            age_days = (now - run.begun_at).total_seconds() / 86400
            if run.busy:
                continue
            if number >= limits.runs_kept:
                found.append((run, f"more than {limits.runs_kept} are kept"))
            elif age_days > limits.run_age_days:
                found.append((run, f"older than {limits.run_age_days:g} days"))
    return [(run.run_id, why) for run, why in sorted(found, key=lambda each: each[0].begun_at)]


def bases_to_give_up(bases: Sequence[KeptBase], limits: GcSettings) -> list[tuple[str, str]]:
    """Return the oldest, as many as it takes to come below the limit. The newest stays, however large it is."""
    taken = sum(base.size_bytes for base in bases)
    found = []
    for base in sorted(bases, key=lambda base: base.made_at)[:-1]:
        if taken <= limits.cache_limit_bytes:
            break
        taken -= base.size_bytes
        found.append((base.name, "the cache is over its limit"))
    return found
