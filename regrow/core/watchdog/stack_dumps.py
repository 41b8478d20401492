"""Shell: faulthandler's own thread, which writes all stacks into a file even while something holds the interpreter's lock.

Python has one such timer for the whole process and does not tell whether somebody has set it. So it is used only where
the host has asked for it, which says that the host does not use `faulthandler.dump_traceback_later` itself; of two trees
in one process the first has it; and it is only ever cancelled by who has set it. The handlers of fatal errors
(`faulthandler.enable`, `register`) are another thing and are left alone.

It is set anew by the event loop, at most once in `REARM_S`, since each time costs a thread. It knows no clock but the
machine's: a process that was suspended for long writes its stacks once when it goes on. They are an aid, not a report.
"""

from __future__ import annotations

import faulthandler
from pathlib import Path
from threading import Lock
from typing import IO

__all__ = ["REARM_S", "StackDumps"]

REARM_S = 1.0

_TIMER = Lock()
"""Held by whoever has set the one timer of this process."""


class StackDumps:
    """Writes the stacks of all threads into `path` when `beat` has not been called for `silent_s`, once until it is.

    The file is appended to, and removed at the end if nothing was written.
    """

    def __init__(self, path: Path, silent_s: float) -> None:
        self._path = path
        self._after_s = silent_s + REARM_S
        self._file: IO[bytes] | None = None
        self._armed_s = 0.0

    def open(self, now_s: float) -> None:
        """Set the timer, unless another one in this process has it."""
        if not _TIMER.acquire(blocking=False):
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("ab")
        except BaseException:
            _TIMER.release()
            raise
        self._arm(now_s)

    def beat(self, now_s: float) -> None:
        """The loop runs."""
        if now_s - self._armed_s >= REARM_S:
            self._arm(now_s)

    def close(self) -> None:
        """Take the timer off, if it is ours."""
        file, self._file = self._file, None
        if file is None:
            return
        faulthandler.cancel_dump_traceback_later()
        file.close()
        if self._path.exists() and not self._path.stat().st_size:
            self._path.unlink()
        _TIMER.release()

    def _arm(self, now_s: float) -> None:
        if self._file is not None:
            self._armed_s = now_s
            faulthandler.dump_traceback_later(self._after_s, file=self._file)
