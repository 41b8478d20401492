"""Shell: virtual time on trio, which has a clock for it; what it lacks is an end of a test that waits for nothing.

Imported only when a test is to run on trio.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import TypeVar, TypeVarTuple

import trio
import trio.testing

from regrow.testing.virtual_time import deadlock, too_late

__all__ = ["new_clock", "run_watched"]

T = TypeVar("T")
Args = TypeVarTuple("Args")


def new_clock() -> trio.testing.MockClock:
    """Return a clock that begins at 0 and jumps to the next deadline whenever every task waits."""
    return trio.testing.MockClock(autojump_threshold=0)


def run_watched(
    async_fn: Callable[[*Args], Awaitable[T]], args: tuple[*Args], clock: trio.abc.Clock, limit_s: float
) -> T:
    """Run a coroutine function on trio, and end it when `limit_s` has passed on `clock`.

    Raises:
        Deadlock: It was the only deadline that was left.
        TimeoutError: There were others.
    """

    async def main() -> T:
        given_up: list[Exception] = []
        with trio.CancelScope() as scope:
            # A system task, since a nursery would wrap what comes out of the test in a group.
            trio.lowlevel.spawn_system_task(_watch, limit_s, given_up, scope, name="limit of virtual time")
            return await async_fn(*args)
        raise given_up[0]

    return trio.run(main, clock=clock)


async def _watch(limit_s: float, given_up: list[Exception], scope: trio.CancelScope) -> None:
    await trio.sleep(limit_s)
    # What was due at the same moment goes first, and sets its next deadline.
    await trio.testing.wait_all_tasks_blocked()
    left = trio.lowlevel.current_statistics()
    nothing_left = math.isinf(left.seconds_to_next_deadline) and not left.tasks_runnable
    given_up.append(deadlock(trio.current_time()) if nothing_left else too_late(limit_s))
    scope.cancel()
