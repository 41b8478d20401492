"""Shell: what the phases of a run use of regrow's own process: time, processor, memory, disk.

Processor time and bytes are those of the whole process; where several runs are under way in it, each phase counts what
happened meanwhile. What steps use is counted with the steps.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from regrow.protocols.verification import Component, ComponentUse

__all__ = ["added", "in_order", "metered"]

_BLOCK_BYTES = 512
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


@contextmanager
def metered(component: Component, uses: dict[Component, ComponentUse]) -> Iterator[None]:
    """Add to `uses` what this process uses in the block."""
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
    try:
        yield
    finally:
        after = resource.getrusage(resource.RUSAGE_SELF)
        use = ComponentUse(
            component=component,
            wall_ms=round((time.monotonic() - began) * 1000, 3),
            cpu_ms=round((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000, 3),
            peak_memory_bytes=after.ru_maxrss * _MAXRSS_UNIT,
            bytes_read=(after.ru_inblock - before.ru_inblock) * _BLOCK_BYTES,
            bytes_written=(after.ru_oublock - before.ru_oublock) * _BLOCK_BYTES,
        )
        uses[component] = added(uses.get(component), use)


def added(one: ComponentUse | None, other: ComponentUse) -> ComponentUse:
    """Return what both used together."""
    if one is None:
        return other
    changes: Mapping[str, float] = {
        name: getattr(one, name) + getattr(other, name)
        for name in ("wall_ms", "cpu_ms", "bytes_read", "bytes_written", "steps_run", "steps_failed", "retries")
    }
    peak = max(one.peak_memory_bytes, other.peak_memory_bytes)
    return one.model_copy(update={**changes, "peak_memory_bytes": peak})


def in_order(uses: Iterable[ComponentUse]) -> tuple[ComponentUse, ...]:
    """Return them in the order of a run."""
    places = list(Component)
    return tuple(sorted(uses, key=lambda use: places.index(use.component)))
