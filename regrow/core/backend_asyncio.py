"""Shell: the primitives of `regrow.core.backend` on asyncio, with any loop (uvloop among them)."""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Callable, Coroutine, Generator
from types import TracebackType
from typing import Any, cast

from regrow.core.backend import Alarm, Interrupted, Slot, TaskHandle

__all__ = ["AsyncioBackend"]


class _AsyncioTask:
    __slots__ = ("_future", "_loop", "begun", "cancel_requested", "task")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.cancel_requested = False
        self.begun = False
        self.task: asyncio.Task[None] | None = None
        self._loop = loop
        self._future: asyncio.Future[None] | None = None

    def park(self) -> asyncio.Future[None]:
        self._future = future = self._loop.create_future()
        return future

    def wake(self) -> None:
        future = self._future
        if future is not None:
            self._future = None
            if not future.done():
                future.set_result(None)

    def cancel(self) -> None:
        if self.cancel_requested:
            return
        self.cancel_requested = True
        # A task that is cancelled before its first step never runs at all, and could not report its end.
        if self.task is not None and self.begun:
            self.task.cancel()

    def __enter__(self) -> None:
        self.begun = True
        if self.cancel_requested:
            raise Interrupted

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> None:
        if self.cancel_requested and isinstance(error, asyncio.CancelledError):
            if self.task is not None:
                self.task.uncancel()
            raise Interrupted from None

    def calm(self) -> None:
        """Nothing to do: asyncio delivers a cancellation once."""

    def renew(self) -> bool:
        if self.cancel_requested or self.task is None or self.task.cancelling():
            return False
        self.begun = False
        return True


class _Yield:
    """Give way once. `asyncio.sleep(0)` does the same through one more coroutine."""

    __slots__ = ()

    def __await__(self) -> Generator[None, None, None]:
        yield


_YIELD = _Yield()


class AsyncioBackend:
    """`regrow.core.backend.Backend` on the running asyncio loop."""

    name = "asyncio"

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.context = contextvars.copy_context()
        self._tasks: set[asyncio.Task[None]] = set()
        self._forget = (
            self._tasks.discard
        )  # one for all: each look-up would make an object that lives as long as its task
        # A loop with a clock of its own keeps it; the usual one only wraps this.
        plain = type(self._loop).time is asyncio.BaseEventLoop.time
        self.now_s: Callable[[], float] = time.monotonic if plain else self._loop.time
        self.new_slot = cast("Callable[[], Slot]", self._loop.create_future)
        self.call_at = cast("Callable[[float, Callable[[], object]], Alarm]", self._loop.call_at)

    def spawn(self, run: Callable[[TaskHandle], Coroutine[Any, Any, None]], name: str) -> TaskHandle:
        handle = _AsyncioTask(self._loop)
        coroutine = run(handle)
        task = self._loop.create_task(coroutine, name=name, context=self.context.copy())
        handle.task = task
        self._tasks.add(task)
        task.add_done_callback(self._forget, context=self.context)
        return handle

    async def checkpoint(self) -> None:
        await _YIELD

    def is_cancellation(self, error: BaseException) -> bool:
        return isinstance(error, asyncio.CancelledError)

    async def open(self) -> None:
        """Nothing to open: tasks belong to the loop."""

    async def close(self, wait: bool) -> None:
        while wait and self._tasks:
            await asyncio.wait(self._tasks)
