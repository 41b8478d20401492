"""Shell: the primitives of `regrow.core.backend` on trio.

The only module of the runtime that imports trio, and only when trio runs already.
"""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import partial
from types import TracebackType
from typing import Any, Generic, TypeVar, cast

import trio

from regrow.core.backend import Alarm, Interrupted, Slot, TaskHandle

__all__ = ["TrioBackend"]

T = TypeVar("T")


class _TrioSlot(Generic[T]):
    __slots__ = ("_done", "_error", "_task", "_value")

    def __init__(self) -> None:
        self._done = False
        self._value: T | None = None
        self._error: BaseException | None = None
        self._task: trio.lowlevel.Task | None = None

    def done(self) -> bool:
        return self._done

    def set_result(self, value: T) -> None:
        self._value = value
        self._finish()

    def set_exception(self, error: BaseException) -> None:
        self._error = error
        self._finish()

    def _finish(self) -> None:
        self._done = True
        task = self._task
        if task is not None:
            self._task = None
            trio.lowlevel.reschedule(task)

    def __await__(self) -> Generator[object, object, T]:
        return self._wait().__await__()

    async def _wait(self) -> T:
        if not self._done:
            self._task = trio.lowlevel.current_task()

            def abort(_: object) -> trio.lowlevel.Abort:
                self._task = None
                self._done = True
                return trio.lowlevel.Abort.SUCCEEDED

            await trio.lowlevel.wait_task_rescheduled(abort)
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        return cast("T", self._value)


class _TrioTask:
    __slots__ = ("_inner", "_outer", "_sleeper", "cancel_requested")

    def __init__(self) -> None:
        self.cancel_requested = False
        self._outer = trio.CancelScope()
        self._inner = trio.CancelScope()
        self._sleeper: trio.lowlevel.Task | None = None

    async def park(self) -> None:
        self._sleeper = trio.lowlevel.current_task()

        def abort(_: object) -> trio.lowlevel.Abort:
            self._sleeper = None
            return trio.lowlevel.Abort.SUCCEEDED

        await trio.lowlevel.wait_task_rescheduled(abort)

    def wake(self) -> None:
        task = self._sleeper
        if task is not None:
            self._sleeper = None
            trio.lowlevel.reschedule(task)

    def cancel(self) -> None:
        if not self.cancel_requested:
            self.cancel_requested = True
            self._outer.cancel()

    def calm(self) -> None:
        self._inner.shield = True

    def renew(self) -> bool:
        self._outer = trio.CancelScope()
        self._inner = trio.CancelScope()
        return not self.cancel_requested

    def __enter__(self) -> None:
        if self.cancel_requested:
            raise Interrupted
        self._outer.__enter__()
        self._inner.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> None:
        self._inner.__exit__(kind, error, traceback)
        if self._outer.__exit__(kind, error, traceback) and error is not None:
            raise Interrupted from None


class _TrioAlarm:
    __slots__ = ("_scope",)

    def __init__(self, scope: trio.CancelScope) -> None:
        self._scope = scope

    def cancel(self) -> None:
        self._scope.cancel()


class TrioBackend:
    """`regrow.core.backend.Backend` on trio. The tasks live in a nursery of a system task: outside every cancel scope of the host, so that a cancelled
    host can still stop its actors in order.
    """  # noqa: E501

    name = "trio"

    def __init__(self) -> None:
        self.now_s = trio.lowlevel.current_clock().current_time  # unlike `trio.current_time`, from any thread
        self.context = contextvars.copy_context()
        self._nursery: trio.Nursery | None = None
        self._live = 0
        self._closing = trio.Event()
        self._idle = trio.Event()

    def new_slot(self) -> Slot:
        return cast("Slot", _TrioSlot[object]())

    def call_at(self, at_s: float, callback: Callable[[], object]) -> Alarm:
        scope = trio.CancelScope()

        async def wait() -> None:
            with scope:
                await trio.sleep_until(at_s)
                callback()

        self._start(wait, "alarm")
        return _TrioAlarm(scope)

    def spawn(self, run: Callable[[TaskHandle], Coroutine[Any, Any, None]], name: str) -> TaskHandle:
        handle = _TrioTask()

        async def body() -> None:
            self._live += 1
            try:
                await run(handle)
            finally:
                self._live -= 1
                if not self._live:
                    self._idle.set()

        self._start(body, name)
        return handle

    def _start(self, run: Callable[[], Awaitable[object]], name: str) -> None:
        assert self._nursery is not None, "the backend is not open"
        start = partial(self._nursery.start_soon, run, name=name)
        self.context.copy().run(start)

    async def checkpoint(self) -> None:
        await trio.lowlevel.checkpoint()

    def is_cancellation(self, error: BaseException) -> bool:
        return isinstance(error, trio.Cancelled)

    async def open(self) -> None:
        ready = trio.Event()

        async def host() -> None:
            with contextlib.suppress(trio.Cancelled):
                async with trio.open_nursery() as nursery:
                    self._nursery = nursery
                    ready.set()
                    await self._closing.wait()
                    nursery.cancel_scope.cancel()

        trio.lowlevel.spawn_system_task(host, name="regrow actors", context=self.context)
        try:
            await ready.wait()
        except BaseException:
            self._closing.set()  # nobody will close what was never opened
            raise

    async def close(self, wait: bool) -> None:
        while wait and self._live:
            self._idle = trio.Event()
            await self._idle.wait()
        if not self._live:
            self._closing.set()
