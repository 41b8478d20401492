"""Shell: one task for the mail of all actors of a tree that ask for none of their own (`ChildSpec(dispatch="shared")`).

To wake a parked task costs more than to handle a message (survey of actor runtimes, 2.3 and 3.2). An actor whose
handlers are all plain functions never waits in the middle of a message, so it needs no task to wait in: its mail is
handled here, in batches, in the order in which the actors were woken. Its hooks may wait; they run in a task of their own.

Each batch runs in a fresh copy of the tree's context: nothing that a handler sets there reaches another actor.
"""

from __future__ import annotations

from collections import deque
from types import CoroutineType
from typing import TYPE_CHECKING

from regrow.core.backend import Backend, Interrupted, TaskHandle
from regrow.core.envelope import Envelope
from regrow.core.incarnation import describe_end
from regrow.core.receive import BATCH, RECENT, StopSignal, obey
from regrow.core.waiting import CURRENT_CELL
from regrow.protocols.exits import ExitReason

if TYPE_CHECKING:
    from regrow.core.cell import Cell

__all__ = ["Dispatcher", "SharedParker"]


class SharedParker:
    """Where the mail of one actor waits for the dispatcher: to wake it is to queue up."""

    __slots__ = ("_cell", "_dispatcher")

    def __init__(self, dispatcher: Dispatcher, cell: Cell) -> None:
        self._dispatcher = dispatcher
        self._cell = cell

    async def park(self) -> None:
        """Nobody sleeps here."""

    def wake(self) -> None:
        """Let the dispatcher come by."""
        self._dispatcher.queue_up(self._cell)


class Dispatcher:
    """See the module. It has no task before the first message that needs it."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._ready: deque[Cell] = deque()
        self._handle: TaskHandle | None = None
        self._sleeps = False

    def queue_up(self, cell: Cell) -> None:
        """Handle the mail of `cell` soon. It is queued once: its mailbox is not parked until the queue was gone through."""
        self._ready.append(cell)
        if self._handle is None:
            self._handle = self._backend.spawn(self._run, "regrow dispatcher")
        elif self._sleeps:
            self._sleeps = False
            self._handle.wake()

    def close(self) -> None:
        """End the task."""
        if self._handle is not None:
            self._handle.cancel()

    async def _run(self, handle: TaskHandle) -> None:
        ready, context = self._ready, self._backend.context
        try:
            with handle:
                while True:
                    handled = 0
                    while ready and handled < BATCH:
                        handled += context.copy().run(_handle_batch, ready.popleft())
                    if ready:
                        await self._backend.checkpoint()
                    else:
                        self._sleeps = True
                        await handle.park()
        except Interrupted:
            return


def _handle_batch(cell: Cell) -> int:
    """Handle what one actor has; returns how many messages that were."""
    mailbox, parker = cell.mailbox, cell.mailbox.parker
    if not isinstance(parker, SharedParker):
        return 0  # it ended while it was queued
    CURRENT_CELL.set(cell)
    begun, message = mailbox.handled, None
    mailbox.busy = True
    try:
        if cell.actor is None:
            cell.make_actor()
        for _ in range(BATCH):
            if mailbox.system:
                cell.finish_shared(ExitReason(obey(cell, mailbox.system.popleft())))
                return mailbox.handled - begun
            if mailbox.waiting:
                mailbox.admit_waiting()
            if not mailbox.user:
                break
            message = mailbox.user.popleft()
            _handle(cell, message)
            if mailbox.parker is not parker:
                return mailbox.handled - begun
    except BaseException as error:
        cell.failed = message
        cell.finish_shared(describe_end(cell, error))
        error.__traceback__ = None
        return mailbox.handled - begun + 1
    mailbox.busy = False
    if mailbox.user or mailbox.system:
        parker.wake()
    else:
        mailbox.parked = True
    return mailbox.handled - begun


def _handle(cell: Cell, item: object) -> None:
    mailbox = cell.mailbox
    recent = mailbox.recent
    if recent is None:
        recent = mailbox.recent = [None] * RECENT
    recent[mailbox.handled & (RECENT - 1)] = item
    handle = mailbox.accepts.get(type(item))
    if handle is not None and not cell.observed:
        result = handle(cell.actor, item)
        if type(result) is CoroutineType:
            _refuse(result, item)
    elif type(item) is StopSignal:
        mailbox.put_system(item)
        return
    elif type(item) is tuple:
        message, trace = item
        token = cell.runtime.tracing.follow(trace)
        try:
            _handle_special(cell, message, None)
        finally:
            cell.runtime.tracing.unfollow(token)
    elif not (type(item) is Envelope and item.done):
        _handle_special(cell, item, item if type(item) is Envelope else None)
    else:
        cell.dead_letter(item, "expired")
    mailbox.handled += 1


def _handle_special(cell: Cell, item: object, envelope: Envelope | None) -> None:
    message = item if envelope is None else envelope.message
    cell.envelope = envelope
    started_s = cell.runtime.backend.now_s() if cell.observed else 0.0
    traced = envelope is not None and envelope.trace is not None
    token = cell.runtime.tracing.enter(cell, envelope) if envelope is not None and traced else None
    error: BaseException | None = None
    try:
        result = cell.mailbox.accepts[type(message)](cell.actor, message)
        if type(result) is CoroutineType:
            _refuse(result, message)
        if envelope is not None and envelope.slot is not None and cell.envelope is envelope:
            envelope.answer(result)
    except BaseException as raised:
        error = raised
        raise
    finally:
        if traced:
            cell.runtime.tracing.leave(cell, token, error)
        if cell.observed:
            cell.observe(item, started_s, error)
    cell.envelope = None


def _refuse(coroutine: CoroutineType[object, object, object], message: object) -> None:
    coroutine.close()
    msg = f"the handler of {type(message).__qualname__} returned a coroutine; with dispatch='shared' it must not wait"
    raise TypeError(msg)
