"""Which runs and base roots are too many, by the limits of `[gc]`. Pure.

Finished runs and those that could be gone on with are counted apart, so that a series of quick runs takes no unfinished
work away; both end, by number, by age and by size. What a process works on always stays. Of size, what can be gone on with
and is young stays too, and the finished run that is the newest: its report has just been promised to somebody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from regrow.config import GcSettings

__all__ = ["KeptBase", "KeptRun", "bases_to_give_up", "runs_to_give_up"]

YOUNG_DAYS: Final = 7.0
"""A run that could be gone on with is left for so long, however large: a weekend lies between a stop and a resume."""


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run as it lies here. `size_bytes` is 0 where it was not measured."""

    run_id: str
    begun_at: dt.datetime
    finished: bool
    busy: bool = False
    size_bytes: int = 0


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
    gone = {run.run_id for run, _ in found}
    left = [run for run in runs if run.run_id not in gone]
    found += [(run, f"the runs are over {limits.runs_limit_bytes} bytes") for run in _too_large(left, limits, now)]
    return [(run.run_id, why) for run, why in sorted(found, key=lambda each: each[0].begun_at)]


def _too_large(runs: Sequence[KeptRun], limits: GcSettings, now: dt.datetime) -> Iterator[KeptRun]:
    """Those that go until the rest fits: finished ones, then what nobody has gone on with for long; the oldest first."""
    taken = sum(run.size_bytes for run in runs)
    by_age = sorted(runs, key=lambda run: run.begun_at)
    finished = [run for run in by_age if run.finished][:-1]
    stale = [run for run in by_age if not run.finished and (now - run.begun_at).total_seconds() / 86400 > YOUNG_DAYS]
    for run in (*finished, *stale):
        if taken <= limits.runs_limit_bytes:
            return
        if not run.busy and run.size_bytes:
            taken -= run.size_bytes
            yield run


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
