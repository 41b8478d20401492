"""Shell: what every actor, task and thread of this process is doing, written down when a signal asks for it.

For a run that seems to hang: `kill -USR1 PID` writes `doing.txt` into the run's folder. The event loop writes the actors
and tasks; the threads are written by faulthandler, which needs no event loop, and so says where a blocked one stands.
"""

from __future__ import annotations

import faulthandler
import signal
from collections.abc import Iterator
from pathlib import Path

import anyio

from regrow.core.cell import Cell
from regrow.supervisors.tree import Tree

__all__ = ["FILE_NAME", "describe_doing", "explain_on_signal"]

FILE_NAME = "doing.txt"


async def explain_on_signal(tree: Tree, folder: Path) -> None:
    """Write `FILE_NAME` into `folder` at each SIGUSR1, until it is cancelled."""
    path = folder / FILE_NAME
    folder.mkdir(parents=True, exist_ok=True)
    with anyio.open_signal_receiver(signal.SIGUSR1) as signals, (folder / ".threads").open("w+") as threads:
        # After the loop's own handler, so that both are called.
        faulthandler.register(signal.SIGUSR1, file=threads, all_threads=True, chain=True)
        try:
            async for _ in signals:
                threads.seek(0)
                path.write_text("\n".join((*describe_doing(tree), "threads:", threads.read())), "utf-8")
        finally:
            faulthandler.unregister(signal.SIGUSR1)
            (folder / ".threads").unlink(missing_ok=True)


def describe_doing(tree: Tree) -> Iterator[str]:
    """Say, a line each, what the actors of the tree are doing and where each task of the loop waits."""
    yield "actors:"
    for path, cell in sorted(tree.runtime.cells.items()):
        yield f"  {path}: {_describe(cell)}"
    yield "events:"
    yield from (f"  {event}" for event in tree.events.last)
    yield "tasks:"
    for task in anyio.get_running_tasks():
        yield f"  {task.name}"
        yield from (f"    {place}" for place in _waiting_chain(task.coro))


def _describe(cell: Cell) -> str:
    waits = ", ".join(other.path for other, _ in cell.waits_for) or "nobody"
    return (
        f"{cell.status.value}, incarnation {cell.incarnation}, handles {cell.describe_current()}, waits for {waits}, "
        f"{cell.mailbox.depth} in the mailbox, last exit {cell.last_exit or 'none'}"
    )


def _waiting_chain(awaited: object) -> Iterator[str]:
    """Follow a coroutine through what it awaits, outermost first."""
    while awaited is not None:
        frame = getattr(awaited, "cr_frame", None) or getattr(awaited, "gi_frame", None)
        if frame is None:
            yield repr(awaited)
            return
        yield f"{frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_qualname}"
        awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "gi_yieldfrom", None)
