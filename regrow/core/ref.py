"""Refs: what you hold to send to an actor. A ref outlives every incarnation, and names one place in one tree.

`tell` waits for room and says nothing more; `tell_nowait` never waits; `ask` always ends: by the reply, by a failure or
by its deadline. Sending is written out here, and not composed of the mailbox's methods, because the common case (the
mailbox has room, nothing is traced) is the hottest path of the library.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from regrow.core.envelope import Envelope
from regrow.core.waiting import CURRENT_CELL, begin_waiting
from regrow.protocols.messages import Message, Request

if TYPE_CHECKING:
    from regrow.core.cell import Cell

__all__ = ["ASK_TIMEOUT_S", "Ref", "TracedRef"]

R = TypeVar("R")
ActorT_co = TypeVar("ActorT_co", covariant=True)

ASK_TIMEOUT_S = 5.0
"""The default of OTP's `gen_server:call`."""


class Ref(Generic[ActorT_co]):
    """Where to send messages for one actor. Equal refs name the same actor."""

    __slots__ = ("_cell", "_mailbox")

    def __init__(self, cell: Cell) -> None:
        self._cell = cell
        self._mailbox = cell.mailbox

    @property
    def path(self) -> str:
        """The actor's place in its tree, such as `bank/account`."""
        return self._cell.path

    async def tell(self, message: Message) -> None:
        """Send `message`, waiting for room if the mailbox is full and its policy is to wait.

        Raises:
            UnhandledMessage: The actor has no handler for it.
            ActorStopped: The actor has stopped for good.
            MailboxFull: The mailbox is full and its policy is to raise.
        """
        mailbox = self._mailbox
        user = mailbox.user
        if len(user) < mailbox.room and type(message) in mailbox.accepts:
            user.append(message)
            if mailbox.parked:
                mailbox.wake()
                await self._cell.runtime.give_way()
        elif not mailbox.offer(message):
            await mailbox.wait_for_room(message)

    def tell_nowait(self, message: Message) -> None:
        """Send `message` without ever waiting.

        Raises:
            MailboxFull: There is no room and the policy is to wait or to raise.
            UnhandledMessage, ActorStopped: As for `tell`.
        """
        mailbox = self._mailbox
        user = mailbox.user
        if len(user) < mailbox.room and type(message) in mailbox.accepts:
            user.append(message)
            if mailbox.parked:
                mailbox.wake()
        elif not mailbox.offer(message):
            raise mailbox.full(message)

    async def ask(self, request: Request[R], *, timeout_s: float | None = ASK_TIMEOUT_S) -> R:
        """Send `request` and wait for its reply.

        Args:
            request: Names the type of the reply.
            timeout_s: Seconds until the ask ends with `AskTimeout`; None, or infinity, waits without a limit.

        Raises:
            AskTimeout: No reply in time. A request that had not begun will not be executed.
            ActorRestarting: The actor crashed; `retry_safe` says whether the handler had begun.
            ActorStopped: The actor has stopped for good.
            DeadlockError: The actor waits, directly or not, for the asker.
            UnhandledMessage, MailboxFull: As for `tell`.
        """
        cell = self._cell
        envelope = Envelope(request, cell.runtime.backend.new_slot(), cell.path)
        return cast("R", await self._exchange(envelope, timeout_s))

    async def _exchange(self, envelope: Envelope, timeout_s: float | None) -> object:
        cell, mailbox = self._cell, self._mailbox
        asker = CURRENT_CELL.get()
        if asker is not None:
            begin_waiting(asker, cell, envelope.message)
        try:
            if timeout_s is not None and timeout_s != math.inf:
                runtime = cell.runtime
                runtime.wheel.add(envelope, runtime.backend.now_s() + timeout_s)
            user = mailbox.user
            if len(user) < mailbox.room and type(envelope.message) in mailbox.accepts:
                user.append(envelope)
                if mailbox.parked:
                    mailbox.wake()
            elif not mailbox.offer(envelope):
                mailbox.queue_up(envelope)
            assert envelope.slot is not None
            return await envelope.slot
        finally:
            if envelope.bucket is not None:
                envelope.bucket.pop(envelope, None)
            if mailbox.waiting:
                mailbox.leave_line(envelope)
            if asker is not None:
                asker.end_waiting(cell)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ref) and other._cell is self._cell

    def __hash__(self) -> int:
        return hash(self._cell.path)

    def __repr__(self) -> str:
        return f"<Ref {self._cell.path}>"


class TracedRef(Ref[ActorT_co]):
    """The ref of a tree with telemetry: mail sent inside a trace takes the trace's context along.

    Outside a trace it costs one read of a context variable more than a plain ref.
    """

    __slots__ = ("_context",)

    def __init__(self, cell: Cell) -> None:
        super().__init__(cell)
        self._context = cell.runtime.tracing.context

    async def tell(self, message: Message) -> None:
        context, mailbox = self._context(), self._mailbox
        user = mailbox.user
        # Twice the same lines, since what is not needed outside a trace, or one call more, would be seen in the price.
        if not context:
            if len(user) < mailbox.room and type(message) in mailbox.accepts:
                user.append(message)
                if mailbox.parked:
                    mailbox.wake()
                    await self._cell.runtime.give_way()
            elif not mailbox.offer(message):
                await mailbox.wait_for_room(message)
        elif self._cell.runtime.tracing.is_sampled(context):
            await self._tell_with_span(message, context)
        else:
            item = (message, context)
            if len(user) < mailbox.room and type(message) in mailbox.accepts:
                user.append(item)
                if mailbox.parked:
                    mailbox.wake()
                    await self._cell.runtime.give_way()
            elif not mailbox.offer(item):
                await mailbox.wait_for_room(item)

    async def _tell_with_span(self, message: Message, context: object) -> None:
        mailbox = self._mailbox
        with self._sending(message, context) as envelope:
            if not mailbox.offer(envelope):
                await mailbox.wait_for_room(envelope)

    def tell_nowait(self, message: Message) -> None:
        context, mailbox = self._context(), self._mailbox
        if context and self._cell.runtime.tracing.is_sampled(context):
            with self._sending(message, context) as envelope:
                if not mailbox.offer(envelope):
                    raise mailbox.full(envelope)
            return
        item = (message, context) if context else message
        if not mailbox.offer(item):
            raise mailbox.full(item)

    async def ask(self, request: Request[R], *, timeout_s: float | None = ASK_TIMEOUT_S) -> R:
        cell = self._cell
        tracing, context = cell.runtime.tracing, self._context()
        if context and tracing.is_sampled(context):
            with self._sending(request, context) as envelope:
                envelope.slot = cell.runtime.backend.new_slot()
                return cast("R", await self._exchange(envelope, timeout_s))
        envelope = Envelope(request, cell.runtime.backend.new_slot(), cell.path)
        if context:
            envelope.trace = context
        return cast("R", await self._exchange(envelope, timeout_s))

    @contextmanager
    def _sending(self, message: object, context: object) -> Iterator[Envelope]:
        tracing = self._cell.runtime.tracing
        envelope = Envelope(message, None, self._cell.path)
        token = tracing.sending(envelope, context)
        try:
            yield envelope
        except BaseException as error:
            tracing.sent(token, error)
            raise
        tracing.sent(token, None)
