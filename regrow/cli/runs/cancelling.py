"""Shell: cancels a run that another process works on: asks that process to end, and waits until it has let go of the run."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from regrow.cli.run_folders import REPORT
from regrow.cli.runs.reading import finished_steps, holder_of
from regrow.protocols.errors import regrow_error

__all__ = ["Cancelled", "cancel"]

LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What became of it.

    Attributes:
        process: Who was asked; None when nobody works on the run.
        ended: Whether the run has been let go.
        finished: Whether it came to its verdict first.
        others: Further runs of the same process, which end with it.
    """

    process: int | None
    ended: bool
    finished: bool
    steps_done: int
    others: tuple[str, ...] = ()


def cancel(
    folder: Path,
    limit_s: float,
    *,
    now_s: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> Cancelled:
    """Send SIGTERM to the process that holds a run, and wait at most so long until it holds it no more. Blocking.

    The lock is the kernel's, so the number in it is that of a living process, and no other's.

    Raises:
        RegrowError: The process belongs to somebody else (E5004).
    """
    process = holder_of(folder)
    if not process:
        return _told(folder, None, ended=process is None)
    others = tuple(
        sorted(path.name for path in folder.parent.iterdir() if path != folder and holder_of(path) == process)
    )
    try:
        os.kill(process, signal.SIGTERM)
    except ProcessLookupError:  # it has ended since
        pass
    except PermissionError:
        raise regrow_error(
            "E5004", "belongs to another user", where=f"process {process}", remedy="cancel the run as that user"
        ) from None
    until_s = now_s() + limit_s
    while holder_of(folder) == process and now_s() < until_s:
        sleep(LOOK_EVERY_S)
    return _told(folder, process, ended=holder_of(folder) != process, others=others)


def _told(folder: Path, process: int | None, *, ended: bool, others: tuple[str, ...] = ()) -> Cancelled:
    return Cancelled(process, ended, (folder / REPORT).is_file(), finished_steps(folder), others)
