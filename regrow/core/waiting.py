"""Who waits for whom: an ask that would close a cycle of waiting actors is refused at once, with the path by name.

An actor waits for another from the moment its handler asks until the ask ends. It cannot answer meanwhile, since it
handles one message at a time; so a cycle can only end by time-outs. The check walks the edges that exist at the moment
of the ask: the last ask that closes a cycle finds it. An edge counts while the actor is at the message at which it asked:
what a task of its own goes on to wait for, once the handler that made it has returned, keeps nobody from answering.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

from regrow.protocols.actor_errors import DeadlockError

if TYPE_CHECKING:
    from regrow.core.cell import Cell

__all__ = ["CURRENT_CELL", "begin_waiting"]

CURRENT_CELL: ContextVar[Cell | None] = ContextVar("regrow_current_cell", default=None)
"""The actor whose task this is, or None outside every actor."""


def begin_waiting(asker: Cell, target: Cell, message: object) -> None:
    """Note that `asker` waits for `target`.

    Raises:
        DeadlockError: `target` waits, directly or through others, for `asker`.
    """
    if asker.mailbox.busy or not asker.ready:
        path = _path_to(asker, target)
        if path:
            names = " -> ".join([asker.path, *path])
            text = f"asking would never end: {names}; answer from state, use tell, or ask before the cycle begins"
            raise DeadlockError(text, message=message, retry_safe=True)
    asker.begin_waiting(target)


def _path_to(asker: Cell, target: Cell) -> list[str]:
    """Return the paths from `target` to `asker` along the waiting edges, or nothing."""
    trail: dict[Cell, Cell | None] = {target: None}
    front = [target]
    while front:
        cell = front.pop()
        if cell is asker:
            names: list[str] = []
            step: Cell | None = cell
            while step is not None:
                names.append(step.path)
                step = trail[step]
            return names[::-1]
        if cell.mailbox.parked:
            continue  # it waits for mail, and answers
        for after, at_message in cell.waits_for:
            if after not in trail and at_message == cell.mailbox.handled:
                trail[after] = cell
                front.append(after)
    return []
