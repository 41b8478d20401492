"""Shell: signals that ask the process to end, as an exception that says which.

Python raises for Ctrl-C alone: SIGTERM and SIGHUP end the process where it stands, without a word to whoever reads. A
signal that the process was started to ignore (`nohup`, a job in the background) stays ignored.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from regrow.cli.exit_codes import Interrupted

__all__ = ["heeded_signals", "signals_raise"]

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def heeded_signals() -> tuple[signal.Signals, ...]:
    """Return the signals that end a run here."""
    return tuple(number for number in _ENDING if signal.getsignal(number) is not signal.SIG_IGN)


@contextmanager
def signals_raise() -> Iterator[None]:
    """Raise `Interrupted` where the main thread stands when such a signal comes. Elsewhere nothing is changed.

    An event loop that listens to the signals itself takes them over, and leaves the system's own handlers behind: what
    comes after the loop needs this again.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _raise) for number in heeded_signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _raise(number: int, _frame: FrameType | None) -> None:
    raise Interrupted(number)
