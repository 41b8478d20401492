"""Shell: what the event loop's thread is doing now, seen from another thread: its stack, and the actor that runs.

An actor is found by the frame of its task, which is on the stack whenever its handler or hook runs. Code that a handler
has started in a task of its own has no such frame; then the first method of an actor on the stack names it.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from types import FrameType
from typing import NamedTuple

from regrow.core import dispatcher, incarnation
from regrow.core.actor import Actor
from regrow.core.cell import Cell

__all__ = ["Sight", "look_at_thread"]

FRAMES_SHOWN = 24
"""The innermost ones. Those of the event loop itself, far outside, say nothing."""

BY_TASK = {incarnation.live.__code__: "cell", dispatcher._handle_batch.__code__: "cell"}
"""The functions that run an actor, and the variable in which each holds its cell."""


class Sight(NamedTuple):
    """One look. `path`, `incarnation` and `message` are of the actor that runs, or "", 0 and "nothing".

    `stack` is text, the innermost call last, as in a traceback.
    """

    path: str
    incarnation: int
    message: str
    stack: str


def look_at_thread(thread_id: int) -> Sight:
    """Return what a thread is doing. Nothing of what was seen is kept alive by the result."""
    frame = sys._current_frames().get(thread_id)
    try:
        frames = list(_outwards(frame))
        depth, cell = _actor_in(frames)
        summary = traceback.StackSummary.extract((each, each.f_lineno) for each in frames[: min(depth, FRAMES_SHOWN)])
        summary.reverse()
        stack = "".join(summary.format())
        if cell is None:
            return Sight("", 0, "nothing", stack)
        return Sight(cell.path, cell.incarnation, cell.describe_current(), stack)
    finally:
        del frame  # a frame that is kept keeps every local variable of a running program


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _actor_in(frames: list[FrameType]) -> tuple[int, Cell | None]:
    """Return how many frames are the actor's, from the innermost, and its cell; all of them and None without one."""
    for place, frame in enumerate(frames):
        name = BY_TASK.get(frame.f_code)
        if name is not None:
            found = frame.f_locals.get(name)
            return place, found if isinstance(found, Cell) else None
    for frame in frames:
        actor = frame.f_locals.get("self") if "self" in frame.f_code.co_varnames[:1] else None
        if isinstance(actor, Actor) and hasattr(actor, "ctx"):  # one whose `__init__` runs has none yet
            return len(frames), actor.ctx._cell
    return len(frames), None
