"""Shell: the few primitives of the event loop that actors are built on, as protocols, and the choice among them.

anyio's own streams, events and task groups put a checkpoint, an event object and a cancel scope where an actor needs a
future or a rescheduled task: they cost 7 to 10 times a queue, and 4 to 6 times a task (survey of actor runtimes, 3.2).
So parking, reply slots, alarms and tasks are native (`backend_asyncio`, `backend_trio`), and everything above is written
against these protocols.

Two rules hold for both. A task is cancelled once (an edge): trio's level-triggered scopes are made edge-triggered by
`calm`, since a task that swallows its cancellation would otherwise spin (trap 9). Every task starts in a copy of the
context that the tree was opened in, so that nothing leaks from one incarnation into the next (trap 21).
"""

from __future__ import annotations

import asyncio
import contextvars
import sys
from collections.abc import Awaitable, Callable, Coroutine, Generator
from types import TracebackType
from typing import Any, Protocol

__all__ = ["Alarm", "Backend", "Interrupted", "Parker", "Slot", "TaskHandle", "current_backend"]


class Interrupted(Exception):
    """The runtime cancelled this task, and the cancellation arrived."""


class Parker(Protocol):
    """Where one task sleeps until it is woken. One sleeper at a time; a wake without a sleeper is lost."""

    def park(self) -> Awaitable[None]: ...
    def wake(self) -> None: ...


class Slot(Protocol):
    """One reply, set once, awaited by one task. `done` is also true when the waiting task was cancelled."""

    def __await__(self) -> Generator[object, object, object]: ...
    def done(self) -> bool: ...
    def set_result(self, value: object, /) -> None: ...
    def set_exception(self, error: BaseException, /) -> None: ...


class Alarm(Protocol):
    """A call that is due at a moment."""

    def cancel(self) -> None: ...


class TaskHandle(Parker, Protocol):
    """A running task, which parks in its own handle; the context manager of that part of it that `cancel` may cut.

    Raises:
        Interrupted: On entry, when it was cancelled before it ran; on exit, when it was cut.
    """

    cancel_requested: bool

    def __enter__(self) -> object: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> None: ...

    def cancel(self) -> None:
        """Deliver one cancellation. Later calls do nothing."""

    def calm(self) -> None:
        """Deliver no more of it: the task swallowed it and is left alone."""

    def renew(self) -> bool:
        """Make the handle ready for another life in the same task; returns whether that can be: nobody cancelled it."""


class Backend(Protocol):
    """What the runtime needs of an event loop."""

    name: str

    @property
    def context(self) -> contextvars.Context:
        """The context that the tree was opened in. Every task starts in a copy of it."""

    def now_s(self) -> float:
        """Return the loop's monotonic clock, in seconds; virtual under trio's `MockClock`."""

    def new_slot(self) -> Slot: ...
    def call_at(self, at_s: float, callback: Callable[[], object]) -> Alarm: ...
    def spawn(self, run: Callable[[TaskHandle], Coroutine[Any, Any, None]], name: str) -> TaskHandle:
        """Start a task that must not raise; it is handed its own handle."""

    async def checkpoint(self) -> None:
        """Let the other tasks run once."""

    def is_cancellation(self, error: BaseException) -> bool: ...
    async def open(self) -> None: ...
    async def close(self, wait: bool) -> None:
        """Wait for the tasks, or, with `wait=False`, leave those that still run behind."""


def current_backend() -> Backend:
    """Return the primitives of the event loop that runs now.

    Raises:
        RuntimeError: Neither asyncio nor trio is running here.
    """
    # Only a program that has imported trio can be inside trio; so asyncio programs never pay for its import.
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        from regrow.core.backend_trio import TrioBackend

        return TrioBackend()
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        msg = "regrow needs a running event loop: call it from a coroutine under asyncio or trio"
        raise RuntimeError(msg) from None
    from regrow.core.backend_asyncio import AsyncioBackend

    return AsyncioBackend()
