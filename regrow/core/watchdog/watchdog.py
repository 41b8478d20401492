"""Shell: a thread that asks the event loop again and again whether it still runs, and reports when it does not.

A loop that is blocked cannot see it itself, and every actor of it stands still (trap 19 of the survey of actor
runtimes). The thread sees `time.sleep` and a loop in Python while they last, with the stack and the actor; a call in C
that holds the interpreter's lock stops the thread too and is reported when it ends. Only `StackDumps` and another
process see that one while it lasts. An `await` that never ends blocks nobody: that is what handler deadlines are for.

The questions go through the loop's own door for other threads and not through its clock, which a test may hold still.
So it is the real clocks that are read here, and not the world's. Four questions a limit cost some ten microseconds each.

A report goes at once to the log (`regrow.watchdog`) and to `on_report`, in this thread; into the events of the tree it
goes in the loop, when that runs again: listeners may count on being called there.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import anyio.lowlevel

from regrow.core.events import EventKind
from regrow.core.runtime import Runtime
from regrow.core.watchdog import blockage
from regrow.core.watchdog.blockage import BlockageState, Look, Unblocked, Verdict
from regrow.core.watchdog.sight import Sight, look_at_thread
from regrow.core.watchdog.stack_dumps import StackDumps

__all__ = ["LoopReport", "Watchdog", "WatchdogSettings"]

STOP_LIMIT_S = 1.0
"""A look takes a millisecond. Beyond this an `on_report` hangs, and its thread, a daemon, is left behind."""

LOG = logging.getLogger("regrow.watchdog")
LOG.addHandler(logging.NullHandler())  # Standard error is the host's: nothing is printed unless it has set up logging.


class LoopReport(NamedTuple):
    """What is wrong with the loop, or was.

    Args:
        blocked_s: For how long it has not run. Time in which the whole process was suspended is not in it.
        over: It runs again. A blockage is reported when it is found and when it is over; one that held the
            interpreter's lock only when it is over.
        path: The actor that ran, or "" when none did.
        incarnation: Of that actor; 0 without.
        message: The type of the message in hand, or "nothing".
        stack: Where the loop's thread stood, innermost call last. Empty when it is over, and was reported before.
    """

    blocked_s: float
    over: bool
    path: str
    incarnation: int
    message: str
    stack: str

    def __str__(self) -> str:
        who = f"{self.path} (incarnation {self.incarnation}, handles {self.message})" if self.path else "no actor"
        if not self.over:
            return f"the event loop has been blocked for {self.blocked_s:.3g} s by {who}:\n{self.stack}"
        text = f"the event loop was blocked for {self.blocked_s:.3g} s by {who}"
        if not self.stack:
            return text
        return f"{text}, which held the interpreter's lock; just after it stood here:\n{self.stack}"


@dataclass(frozen=True, slots=True)
class WatchdogSettings:
    """Whether and how the event loop of a tree is watched.

    Args:
        limit_s: A loop that has not run for longer is blocked; reported within one and a half times this. Positive.
        on_report: Called with each report in the watchdog's thread; must not wait or raise.
        stack_dumps: Where faulthandler writes all stacks when the loop has not run for about `limit_s` and a second.
            None: not at all. See `regrow.core.watchdog.stack_dumps` before you switch it on.

    Raises:
        ValueError: The limit is not positive and finite.
    """

    limit_s: float = 1.0
    on_report: Callable[[LoopReport], object] | None = None
    stack_dumps: Path | None = None

    def __post_init__(self) -> None:
        BlockageState.begin(self.limit_s, 0.0, 0.0)


class _Post(Protocol):
    """Have a function called in the loop, soon, from any thread."""

    def __call__(self, callback: Callable[[], object], /) -> object: ...


class Watchdog:
    """Watches the loop in which it is started, until it is stopped there."""

    def __init__(self, settings: WatchdogSettings, runtime: Runtime) -> None:
        self._settings = settings
        self._runtime = runtime
        self._thread = threading.Thread(target=self._watch, name="regrow watchdog", daemon=True)
        self._stopping = threading.Event()
        self._answered_s: float | None = None
        self._sight = Sight("", 0, "nothing", "")
        self._dumps: StackDumps | None = None
        self._loop_thread_id = 0
        self._post: _Post = _nowhere

    def start(self) -> None:
        """Begin; called in the loop."""
        self._loop_thread_id = threading.get_ident()
        self._post = _door_of_this_loop()
        if self._settings.stack_dumps is not None:
            interval_s = self._settings.limit_s / blockage.LOOKS_PER_LIMIT
            self._dumps = StackDumps(self._settings.stack_dumps, self._settings.limit_s + 2 * interval_s)
            self._dumps.open(time.monotonic())
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it; called in the loop. Nothing happens when it was not started."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(STOP_LIMIT_S)
        if self._dumps is not None:
            self._dumps.close()

    def _watch(self) -> None:
        state = BlockageState.begin(self._settings.limit_s, time.monotonic(), time.process_time())
        asked_s = self._ask()
        while not self._stopping.wait(state.interval_s):
            answered_s = self._answered_s
            state, verdict = blockage.look(state, Look(time.monotonic(), time.process_time(), answered_s))
            self._runtime.watched_lag_s = state.open_s if answered_s is None else answered_s - asked_s
            if verdict is not None:
                self._report(verdict)
            if answered_s is not None:
                asked_s = self._ask()

    def _ask(self) -> float:
        self._answered_s = None
        asked_s = time.monotonic()
        self._call_in_loop(self._answer)
        return asked_s

    def _answer(self) -> None:
        """The loop runs this."""
        self._answered_s = now_s = time.monotonic()
        if self._dumps is not None:
            self._dumps.beat(now_s)

    def _call_in_loop(self, callback: Callable[[], object]) -> None:
        try:
            self._post(callback)
        except RuntimeError:  # the loop was closed, and the tree was not: there is nothing left to watch
            self._stopping.set()

    def _report(self, verdict: Verdict) -> None:
        report = self._describe(verdict)
        LOG.warning("%s", report)
        if self._settings.on_report is not None:
            self._settings.on_report(report)
        kind = EventKind.LOOP_UNBLOCKED if report.over else EventKind.LOOP_BLOCKED
        self._call_in_loop(lambda: self._runtime.events.emit(kind, report.path, report.incarnation, report))

    def _describe(self, verdict: Verdict) -> LoopReport:
        over = isinstance(verdict, Unblocked)
        if isinstance(verdict, Unblocked) and not verdict.held_back:
            return LoopReport(verdict.for_s, over, *self._sight._replace(stack=""))
        self._sight = look_at_thread(self._loop_thread_id)
        return LoopReport(verdict.for_s, over, *self._sight)


def _door_of_this_loop() -> _Post:
    native = anyio.lowlevel.current_token().native_token
    post: _Post = getattr(native, "call_soon_threadsafe", None) or native.run_sync_soon  # type: ignore[attr-defined]
    return post


def _nowhere(callback: Callable[[], object], /) -> object:
    """Before the start there is no loop."""
