"""Shell: the loop in which one incarnation handles its mail.

It drains what is there in batches and gives way to the event loop once a batch: a checkpoint for every message is what
makes other actor loops slow. The system lane is looked at before each message. Whatever a handler raises goes out of
here unchanged; `cell` decides what it means.
"""

from __future__ import annotations

import enum
from types import CoroutineType
from typing import TYPE_CHECKING, cast

from regrow.core.backend import Parker
from regrow.core.envelope import Envelope
from regrow.protocols.exits import ExitKind

if TYPE_CHECKING:
    from regrow.core.cell import Cell
    from regrow.core.tracing import Tracing

__all__ = ["LinkedExit", "LinkedExitError", "StopSignal", "obey", "receive"]

BATCH = 256
"""Messages handled before the other tasks get a turn."""

RECENT = 8
"""Messages kept for introspection. A power of two: the place is found with a mask."""


class StopSignal:
    """End in order. In the system lane: before the next message; in the user lane: after the mail that is there."""

    __slots__ = ("kind",)

    def __init__(self, kind: ExitKind) -> None:
        self.kind = kind


class LinkedExit:
    """A linked actor ended otherwise than in order."""

    __slots__ = ("path", "reason")

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason


class LinkedExitError(Exception):
    """Ends an actor because one that it is linked to has ended."""


class _Next(enum.Enum):
    GO_ON = enum.auto()
    STOP = enum.auto()


async def receive(cell: Cell, parker: Parker) -> ExitKind:
    """Handle mail until told to stop; returns how the incarnation ends."""
    mailbox, backend = cell.mailbox, cell.runtime.backend
    mailbox.reader_arrived(parker)
    while mailbox.parker is parker:
        if mailbox.system:
            return obey(cell, mailbox.system.popleft())
        if mailbox.user:
            mailbox.busy = True
            ended = await _handle_batch(cell, parker)
            if ended is not None:
                return ended
            mailbox.busy = False
            if mailbox.waiting:
                mailbox.admit_waiting()
            if cell.checkpoints is not None:
                cell.count_for_checkpoint(mailbox.handled)
            if mailbox.user:
                await backend.checkpoint()
        elif mailbox.waiting:
            mailbox.admit_waiting()
        elif cell.dirty:
            cell.save_when_idle()
        else:
            mailbox.parked = True
            try:
                await parker.park()
            finally:
                mailbox.parked = False
    return ExitKind.UNSTOPPED


async def _handle_batch(cell: Cell, parker: Parker) -> ExitKind | None:
    """Handle what is there; returns how the incarnation ends if it does."""
    mailbox, actor, handlers = cell.mailbox, cell.actor, cell.mailbox.accepts
    user, recent, handled = mailbox.user, mailbox.recent, mailbox.handled
    if recent is None:
        recent = mailbox.recent = [None] * RECENT
    tracing, inside, token = cell.runtime.tracing, None, None
    message: object = None
    try:
        for _ in range(min(len(user), BATCH)):
            recent[handled & (RECENT - 1)] = message = user.popleft()
            handle = handlers.get(type(message))
            if handle is None and type(message) is tuple:
                message, trace = message
                handle = handlers[type(message)]
                if trace is not inside:  # one that is followed already costs nothing more
                    inside, token = trace, _follow(tracing, trace, token)
            elif token is not None:
                tracing.unfollow(token)
                inside = token = None
            if handle is None or cell.observed:
                if await _handle_special(cell, message) is _Next.STOP:
                    return cell.stop_kind
            else:
                if mailbox.waiting:  # the message's own place is free, for however long its handler waits
                    mailbox.admit_waiting()
                result = handle(actor, message)
                if type(result) is CoroutineType:
                    await result
            if mailbox.parker is not parker:
                return ExitKind.UNSTOPPED  # cancelled in vain: this mail is another incarnation's now
            handled += 1
            mailbox.handled = handled
            if mailbox.system:
                break
    except BaseException:
        cell.failed = message
        raise
    finally:
        if token is not None:
            tracing.unfollow(token)
    return None


def _follow(tracing: Tracing, trace: object, token: object) -> object:
    if token is not None:
        tracing.unfollow(token)
    return tracing.follow(trace)


def obey(cell: Cell, signal: object) -> ExitKind:  # noqa: ARG001
    """Return how a signal of the runtime ends the incarnation.

    Raises:
        LinkedExitError: A linked actor ended badly.
    """
    if isinstance(signal, StopSignal):
        return signal.kind
    assert isinstance(signal, LinkedExit), signal
    msg = f"linked actor {signal.path} ended: {signal.reason}"
    raise LinkedExitError(msg)


async def _handle_special(cell: Cell, item: object) -> _Next:
    """Everything but a bare message of a cell that nobody observes."""
    if type(item) is StopSignal:
        cell.stop_kind = item.kind
        return _Next.STOP
    envelope = item if type(item) is Envelope else None
    if envelope is not None and envelope.done:
        cell.dead_letter(envelope, "expired")
        return _Next.GO_ON
    cell.envelope = envelope
    started_s = cell.runtime.backend.now_s() if cell.observed else 0.0
    token = None
    traced = envelope is not None and envelope.trace is not None
    if traced:
        token = cell.runtime.tracing.enter(cell, cast("Envelope", envelope))
    error: BaseException | None = None
    try:
        await _handle(cell, item if envelope is None else envelope.message, envelope)
    except BaseException as raised:
        error = raised
        raise
    finally:
        if traced:
            cell.runtime.tracing.leave(cell, token, error)
        if cell.observed:
            cell.observe(item, started_s, error)
    cell.envelope = None
    return _Next.GO_ON


async def _handle(cell: Cell, message: object, envelope: Envelope | None) -> None:
    result = cell.mailbox.accepts[type(message)](cell.actor, message)
    if type(result) is CoroutineType:
        if cell.mailbox.waiting:
            cell.mailbox.admit_waiting()
        result = await result
    if envelope is None or envelope.slot is None or cell.envelope is not envelope:
        return
    if cell.checkpoints is not None and cell.checkpoints.before_reply:
        # The reply acknowledges what the handler did, so it leaves only when that is saved.
        await cell.save_checkpoint()
    envelope.answer(result)
