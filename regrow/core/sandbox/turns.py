"""Shell: how many steps work at once on this machine, whichever process they belong to.

A step's limits are about the step: ten that share two processors would each take five times as long, and be ended for it. So
a step waits for one of as many places as there are processors. Places are locks of the kernel on files, so a process that was
killed holds none. Nobody waits for ever, since a process that holds a place may be suspended: after a while a step begins
without one. Rejected: `MAKEFLAGS` and processor sets, which a step can see, and which would make it do something else than on
a reader's machine; niceness, which cannot be taken back without rights.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import anyio

__all__ = ["LONGEST_WAIT_S", "places", "step_turn"]

LONGEST_WAIT_S: Final = 60.0
_LOOK_S: Final = 0.05
_LEAST_PLACES: Final = 2
"""One step that waits for a download must not keep all others from working."""


def places() -> int:
    """Return how many steps work at once: as many as there are processors for us."""
    return max(_LEAST_PLACES, len(os.sched_getaffinity(0)))


@asynccontextmanager
async def step_turn(folder: Path, count: int, *, longest_wait_s: float = LONGEST_WAIT_S) -> AsyncIterator[bool]:
    """Wait for a place, and hold it; yields False when it has taken too long and the step begins without one.

    One after the other comes to the head of the queue, and each looks twenty times a second; who comes is not promised.

    Args:
        folder: Of the places; the same for all processes.
        count: How many there are.
        longest_wait_s: After this the step begins all the same.
    """
    folder.mkdir(parents=True, exist_ok=True)
    queue = os.open(folder / "queue", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    descriptors = [
        os.open(folder / f"{number}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600) for number in range(count)
    ]
    held = False
    try:
        with anyio.move_on_after(longest_wait_s):
            # At the head of the queue stands one who looks for a place; the others look for the head.
            while not _taken(queue):
                await anyio.sleep(_LOOK_S)
            while not (held := any(map(_taken, descriptors))):
                await anyio.sleep(_LOOK_S)
        fcntl.flock(queue, fcntl.LOCK_UN)
        yield held
    finally:
        for descriptor in (queue, *descriptors):
            os.close(descriptor)


def _taken(descriptor: int) -> bool:
    """Take a lock if nobody has it. Called until it is: a lock that we have already counts as taken."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
