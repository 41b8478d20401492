"""What the sender of a message is told that no handler will see, or whose handler was cut short.

Every ask is answered, with a reply or with an error (trap 18): which error depends on whether the actor is gone for
good, and `retry_safe` on whether its handler had begun.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from regrow.core.envelope import Envelope, bare
from regrow.core.receive import StopSignal
from regrow.protocols.actor_errors import ActorRestarting, ActorStopped, SendError

if TYPE_CHECKING:
    from regrow.core.cell import Cell

__all__ = ["begun_in_vain", "not_begun", "return_mail", "stopped"]


def stopped(cell: Cell, item: object) -> SendError:
    """Return the error for mail to an actor that has stopped, or to the one before it was replaced."""
    text = f"{cell.path} has stopped{f' ({cell.last_exit})' if cell.last_exit is not None else ''}"
    other = cell.runtime.cells.get(cell.path, cell)
    if other is not cell:
        now, before = other.spec.actor.__qualname__, cell.spec.actor.__qualname__
        text = f"{cell.path} was replaced and is a {now} now, this ref is for the {before} before; look it up again"
    return ActorStopped(text, message=bare(item), path=cell.path, reason=cell.last_exit)


def not_begun(cell: Cell, item: object) -> SendError:
    """Return the error for mail that a restart has thrown away unread."""
    return _restarting(cell, item, begun=False)


def begun_in_vain(cell: Cell, item: object) -> SendError:
    """Return the error for mail whose handler had begun: nobody knows what it has done."""
    error = stopped(cell, item) if cell.gone else _restarting(cell, item, begun=True)
    error.retry_safe = False
    return error


def _restarting(cell: Cell, item: object, *, begun: bool) -> SendError:
    message = bare(item)
    how = "while it handled" if begun else "before it handled"
    text = f"{cell.path} ended {how} {type(message).__name__} ({cell.last_exit})"
    return ActorRestarting(text, message=message, retry_safe=not begun, path=cell.path, reason=cell.last_exit)


def return_mail(cell: Cell, item: object, reason: str, error_for: Callable[[Cell, object], SendError]) -> None:
    """Make `item` a dead letter, and tell its asker why if there is one that still waits."""
    if isinstance(item, StopSignal):
        return
    if isinstance(item, Envelope):
        if item.done:
            reason = "expired"
        else:
            item.fail(error_for(cell, item))
    cell.dead_letter(item, reason)
