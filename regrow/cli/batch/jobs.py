"""Shell: how many runs this machine carries well at a time."""

from __future__ import annotations

import os
from typing import Final

__all__ = ["default_jobs"]

MOST_BY_DEFAULT: Final = 4
"""More than these mostly wait for one another's downloads and compilers; whoever knows better says --jobs."""


def default_jobs() -> int:
    """Return half of the processors that this process may use: a step may use two."""
    return max(1, min(MOST_BY_DEFAULT, len(os.sched_getaffinity(0)) // 2))
