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
    """Return the error for mail to an actor that has stopped."""
    why = f" ({cell.last_exit})" if cell.last_exit is not None else ""
    return ActorStopped(f"{cell.path} has stopped{why}", message=bare(item), retry_safe=False)


def not_begun(cell: Cell, item: object) -> SendError:
    """Return the error for mail that a restart has thrown away unread."""
    message = bare(item)
    text = f"{cell.path} ended before it handled {type(message).__name__} ({cell.last_exit})"
    return ActorRestarting(text, message=message, retry_safe=True)


def begun_in_vain(cell: Cell, item: object) -> SendError:
    """Return the error for mail whose handler had begun: nobody knows what it has done."""
    if cell.gone:
        return stopped(cell, item)
    message = bare(item)
    text = f"{cell.path} ended while it handled {type(message).__name__} ({cell.last_exit})"
    return ActorRestarting(text, message=message, retry_safe=False)


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
