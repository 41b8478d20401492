"""Shell: event loops whose clock jumps: a test that waits for a minute takes a millisecond.

When nothing is ready, the clock goes to the next timer at once. On asyncio this is `VirtualTimeLoop`; on trio it is
trio's own `MockClock`. The order in which timers fire is the real one; only the waiting is left out.

What is outside the loop cannot be hurried. On asyncio, while a thread works for the loop or a socket, pipe or child is
watched, time goes at its real pace. trio's clock does not know of either: a thread in flight is overtaken by the next
deadline. So a test in virtual time keeps to memory: `MemoryStore` rather than SQLite, a `World` whose `run_blocking` is
scripted rather than one that starts threads.

A loop that has nothing to wait for at all would wait for ever: `Deadlock` names the tasks that wait and where.

Rejected: replacing `time.monotonic` for the whole process, as libraries that freeze time do. It changes the clock of
threads and of pytest too, and timers of the loop still wait for real.
"""

from __future__ import annotations

import asyncio
import math
import selectors
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from types import FrameType
from typing import Any, Literal, NoReturn, Protocol, TypeVar, TypeVarTuple, runtime_checkable

import anyio

__all__ = [
    "Clock",
    "Deadlock",
    "VirtualClock",
    "VirtualTimeLoop",
    "clock_of",
    "deadlock",
    "run_virtual",
    "too_late",
    "virtual_backend",
]

T = TypeVar("T")
Args = TypeVarTuple("Args")

SLICE_S = 0.01
"""How long to wait for the outside before looking whether it is still needed."""

LIMIT_S = 6 * 3600.0
"""A tree has timers of its own, so that a test that hangs in one would jump for ever; six hours take a few seconds."""

_LIBRARY_PREFIXES = ("asyncio.", "trio.", "anyio.", "regrow.testing.virtual_time.", "regrow.testing.virtual_trio.")
"""Modules whose frames say nothing of what a task waits for."""

BackendName = Literal["asyncio", "trio"]

_Events = list[tuple[selectors.SelectorKey, int]]


class Deadlock(RuntimeError):
    """Every task waits, and there is neither a timer nor anything outside that could wake one."""


@runtime_checkable
class Clock(Protocol):
    """What a test does with virtual time. trio's `MockClock` has it too."""

    def current_time(self) -> float: ...
    def jump(self, seconds: float) -> None: ...


class VirtualClock:
    """The clock of one `VirtualTimeLoop`."""

    def __init__(self) -> None:
        self._now_s = 0.0

    def current_time(self) -> float:
        """Return how many virtual seconds have passed since the clock was made."""
        return self._now_s

    def jump(self, seconds: float) -> None:
        """Let time pass while the present task runs, as if it had computed for so long.

        Raises:
            ValueError: `seconds` is negative.
        """
        if seconds < 0:
            msg = f"time cannot go back: jump({seconds})"
            raise ValueError(msg)
        before_s, self._now_s = self._now_s, self._now_s + seconds
        if seconds and math.ulp(self._now_s) > 1e-9:
            # After half a year the sum may fall short of the timer by more than asyncio's tolerance.
            self._now_s = max(math.nextafter(self._now_s, math.inf), math.nextafter(before_s, math.inf))


class _Selector(selectors.DefaultSelector):
    """Where a loop sleeps. Instead of sleeping it moves the clock, unless something outside is under way."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock
        self.outside_is_busy: Callable[[float | None], bool] = lambda _: False
        self.may_jump: Callable[[float | None], bool] = lambda by_s: by_s is not None

    def select(self, timeout: float | None = None) -> _Events:
        if timeout is not None and timeout <= 0:
            return super().select(0)
        left_s = timeout
        while True:
            # In this order: whoever is no longer busy has already written to the loop's pipe.
            busy = self.outside_is_busy(left_s)
            events = super().select(0)
            if events:
                return events
            if not busy:
                break
            events, waited_s = self._wait_for_real(left_s)
            if left_s is not None:
                left_s -= waited_s
            if events or left_s == 0:
                return events
        if self.may_jump(left_s) and left_s is not None:
            self._clock.jump(left_s)
        return []

    def _wait_for_real(self, limit_s: float | None) -> tuple[_Events, float]:
        slice_s = SLICE_S if limit_s is None else min(SLICE_S, limit_s)
        began_s = time.monotonic()
        events = super().select(slice_s)
        waited_s = min(time.monotonic() - began_s, slice_s) if events else slice_s
        self._clock.jump(waited_s)
        return events, waited_s


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An asyncio loop in virtual time, which begins at 0.

    Usable wherever a loop factory is: `asyncio.Runner(loop_factory=VirtualTimeLoop)`, or as anyio's backend option.

    Args:
        clock: To look at the time from outside, or to move it; None makes one.
        limit_s: The virtual time at which a loop that would jump further is given up.

    Raises, out of whatever runs the loop:
        Deadlock: Nothing can happen any more.
        TimeoutError: `limit_s` would be passed.
    """

    def __init__(self, clock: VirtualClock | None = None, *, limit_s: float = math.inf) -> None:
        self.clock = clock if clock is not None else VirtualClock()
        self._limit_s = limit_s
        self._give_up: Callable[[Exception], None] = _raise
        self._threads_before = frozenset(threading.enumerate())
        self._in_threads = 0
        selector = _Selector(self.clock)
        super().__init__(selector)
        self._own_descriptors = len(selector.get_map())
        self._watched = selector.get_map()
        self._signals: set[int] = set()
        selector.outside_is_busy = self._outside_is_busy
        selector.may_jump = self._may_jump

    def time(self) -> float:
        """Return the virtual clock, in seconds."""
        return self.clock.current_time()

    def run_in_executor(self, executor: Executor | None, func: Callable[[*Args], T], *args: *Args) -> asyncio.Future[T]:
        """Run a function in a thread; time goes at its real pace until it is done."""
        future = super().run_in_executor(executor, func, *args)
        self._in_threads += 1
        future.add_done_callback(self._thread_is_done)
        return future

    def add_signal_handler(self, sig: int, callback: Callable[[*Args], object], *args: *Args) -> None:
        """Watch a signal: a loop that waits for nothing else is then not in a deadlock."""
        super().add_signal_handler(sig, callback, *args)
        self._signals.add(sig)

    def remove_signal_handler(self, sig: int) -> bool:
        """Watch it no more."""
        self._signals.discard(sig)
        return super().remove_signal_handler(sig)

    def _thread_is_done(self, _: object) -> None:
        self._in_threads -= 1

    def _outside_is_busy(self, timeout_s: float | None) -> bool:
        if self._in_threads or len(self._watched) > self._own_descriptors:
            return True
        if timeout_s is None and self._signals:
            return True
        return any(
            thread not in self._threads_before and not _is_idle_worker(thread) for thread in threading.enumerate()
        )

    def when_hopeless(self, give_up: Callable[[Exception], None]) -> None:
        """Call `give_up` once instead of raising, with the error: it makes something happen, a cancellation for instance."""
        self._give_up = give_up

    def _may_jump(self, by_s: float | None) -> bool:
        if by_s is None:
            self._end(deadlock(self.time()))
            return False
        if self.time() + by_s > self._limit_s:
            self._end(too_late(self._limit_s))
            return False
        return True

    def _end(self, error: Exception) -> None:
        self._limit_s = math.inf  # what is stopped now may take its time
        give_up, self._give_up = self._give_up, _raise
        give_up(error)


def _raise(error: Exception) -> NoReturn:
    raise error


def _is_idle_worker(thread: threading.Thread) -> bool:
    """Whether it is a thread of a pool that waits for work. Those of an executor are counted by their calls instead."""
    target = getattr(thread, "_target", None)
    if getattr(target, "__module__", "") == "concurrent.futures.thread":
        return True
    unfinished = getattr(getattr(thread, "queue", None), "unfinished_tasks", None)
    return unfinished == 0 and type(thread).__module__.startswith("anyio.")


def deadlock(now_s: float) -> Deadlock:
    """Make the error of a loop on which nothing can happen, called on that loop."""
    return Deadlock(
        f"nothing will ever happen on this loop (virtual time {now_s:g} s): every task waits, no timer is set, no thread "
        f"or descriptor is under way. What waits:{_where_tasks_wait()}"
    )


def too_late(limit_s: float) -> TimeoutError:
    """Make the error of a test that takes too much virtual time, called on its loop."""
    return TimeoutError(f"not done after {limit_s:g} virtual seconds. What waits:{_where_tasks_wait()}")


def _where_tasks_wait() -> str:
    lines = []
    for task in anyio.get_running_tasks():
        frame = _innermost(task.coro)
        if frame is not None:
            place = f"{frame.f_code.co_qualname}, {frame.f_code.co_filename}:{frame.f_lineno}"
            lines.append(f"\n  {task.name or 'a task'}: {place}")
    return "".join(sorted(lines)) or " no task"


def _innermost(awaited: object) -> FrameType | None:
    """Return the frame of the last coroutine on the way down that is not the event loop library's own."""
    found: FrameType | None = None
    while awaited is not None:
        frame = getattr(awaited, "cr_frame", None)
        if frame is not None and not f"{frame.f_globals['__name__']}.".startswith(_LIBRARY_PREFIXES):
            found = frame
        awaited = getattr(awaited, "cr_await", None)
    return found


def virtual_backend(backend: str, *, limit_s: float = math.inf) -> tuple[str, dict[str, Any]]:
    """Return a backend in virtual time as anyio's `anyio_backend` fixture gives it: a name, and options.

    Each call makes a new clock, which begins at 0; `clock_of` finds it in the options.

    Args:
        limit_s: As for `VirtualTimeLoop`; not for trio, whose clock has none.

    Raises:
        ValueError: There is no such backend.
    """
    if backend == "asyncio":
        return "asyncio", {"loop_factory": _LoopFactory(limit_s)}
    if backend == "trio":
        from regrow.testing.virtual_trio import new_clock

        return "trio", {"clock": new_clock()}
    msg = f"backend must be 'asyncio' or 'trio', got {backend!r}"
    raise ValueError(msg)


def clock_of(backend: object) -> Clock | None:
    """Return the virtual clock of a value of the `anyio_backend` fixture, or None if its time is real."""
    if not (isinstance(backend, tuple) and len(backend) == 2 and isinstance(backend[1], dict)):
        return None
    options = backend[1]
    clock = options.get("clock") or getattr(options.get("loop_factory"), "clock", None)
    return clock if isinstance(clock, Clock) else None


class _LoopFactory:
    """Makes loops with one clock."""

    def __init__(self, limit_s: float) -> None:
        self.clock = VirtualClock()
        self._limit_s = limit_s

    def __call__(self) -> VirtualTimeLoop:
        return VirtualTimeLoop(self.clock, limit_s=self._limit_s)


def run_virtual(
    async_fn: Callable[[*Args], Awaitable[T]],
    *args: *Args,
    backend: BackendName = "asyncio",
    limit_s: float = LIMIT_S,
) -> T:
    """Run a coroutine function in virtual time, on a loop of its own, and return its result.

    Args:
        limit_s: Virtual seconds after which it is given up, since whatever it waits for will not come.

    Raises:
        Deadlock: Every task waits, and nothing could wake one.
        TimeoutError: `limit_s` has passed. Both errors name the tasks that wait, and where.
    """
    name, options = virtual_backend(backend, limit_s=limit_s)
    if name == "trio":
        from regrow.testing.virtual_trio import run_watched

        return run_watched(async_fn, args, options["clock"], limit_s)
    return anyio.run(_cancelled_when_hopeless, async_fn, args, backend=name, backend_options=options)


async def _cancelled_when_hopeless(async_fn: Callable[[*Args], Awaitable[T]], args: tuple[*Args]) -> T:
    """Run it so that it ends by a cancellation, as tests do elsewhere: its trees are then stopped in order."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert isinstance(loop, VirtualTimeLoop)
    assert task is not None
    given_up: list[Exception] = []

    def give_up(error: Exception) -> None:
        given_up.append(error)
        task.cancel()

    loop.when_hopeless(give_up)
    try:
        return await async_fn(*args)
    except asyncio.CancelledError:
        if given_up:
            raise given_up[0] from None
        raise
