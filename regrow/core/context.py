"""What an actor can do beside handling messages: its own place, timers, monitors, children, the stash.

Everything here belongs to one incarnation. A task that outlived its incarnation holds a context that is closed: what it
still tries is refused with `ActorStopped`, so that it cannot act in the name of its successor. It may still look up
others and send to them; and a ref to its own actor that it took before is like anybody's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, TypeVar

from regrow.core import ties
from regrow.core.deadlines import Entry
from regrow.core.ref import Ref
from regrow.protocols.actor_errors import ActorStopped, MailboxFull, UnhandledMessage
from regrow.protocols.messages import Message
from regrow.protocols.notices import Terminated

if TYPE_CHECKING:
    from regrow.core.cell import Cell
    from regrow.core.cell_roles import ActorSpec
    from regrow.core.tracing import Attribute, LiveSpan
    from regrow.core.world import World

__all__ = ["ActorContext", "Timers"]

A = TypeVar("A")


class Timers:
    """Messages to oneself, later. A key names a timer; setting it again replaces it; all end with the incarnation."""

    __slots__ = ("_cell", "_ctx", "_entries")

    def __init__(self, ctx: ActorContext, cell: Cell) -> None:
        self._ctx = ctx
        self._cell = cell
        self._entries: dict[str, Entry] = {}

    def once(self, key: str, delay_s: float, message: Message) -> None:
        """Send `message` to this actor in `delay_s` seconds.

        Raises:
            UnhandledMessage: This actor has no handler for it.
            ActorStopped: The incarnation has ended.
        """
        self._set(key, delay_s, message, lambda: self._fire(key, message))

    def interval(self, key: str, period_s: float, message: Message) -> None:
        """Send `message` to this actor every `period_s` seconds, first in `period_s`.

        The moments are fixed from the start, so a slow handler does not make them drift. A moment at which the last
        one is still unread in a full mailbox is left out.

        Raises:
            ValueError: `period_s` is not positive.
            UnhandledMessage: This actor has no handler for it.
            ActorStopped: The incarnation has ended.
        """
        if period_s <= 0:
            msg = f"period_s must be positive, got {period_s}"
            raise ValueError(msg)
        start_s = self._cell.runtime.backend.now_s()
        turn = 0

        def fire() -> None:
            nonlocal turn
            # Moments that a blocked loop has missed are left out, not made up for.
            passed = int((self._cell.runtime.backend.now_s() - start_s) / period_s)
            turn = max(turn + 1, passed)
            self._entries[key] = self._cell.runtime.wheel.call_at(start_s + (turn + 1) * period_s, fire)
            self._post(message)

        self._set(key, period_s, message, fire)

    def cancel(self, key: str) -> bool:
        """Cancel the timer `key`; returns whether there was one."""
        entry = self._entries.pop(key, None)
        if entry is None:
            return False
        entry.cancel()
        return True

    def cancel_all(self) -> None:
        """Cancel every timer. The runtime calls it when the incarnation ends."""
        for entry in self._entries.values():
            entry.cancel()
        self._entries.clear()

    @property
    def keys(self) -> tuple[str, ...]:
        """The timers that are set."""
        return tuple(self._entries)

    def _set(self, key: str, delay_s: float, message: Message, fire: Callable[[], None]) -> None:
        self._ctx._live().mailbox.refuse_unhandled(message)
        self.cancel(key)
        self._entries[key] = self._cell.runtime.wheel.call_after(delay_s, fire)

    def _fire(self, key: str, message: Message) -> None:
        self._entries.pop(key, None)
        self._post(message)

    def _post(self, message: Message) -> None:
        cell = self._cell
        if cell.mailbox.closed:
            return
        try:
            taken = cell.mailbox.offer(message)
        except MailboxFull:
            taken = False
        if not taken:
            cell.dead_letter(message, "timer: mailbox full")


class ActorContext:
    """The actor's own hands."""

    __slots__ = ("_cell", "_incarnation", "_timers")

    def __init__(self, cell: Cell) -> None:
        self._cell = cell
        self._incarnation = cell.incarnation
        self._timers: Timers | None = None

    @property
    def path(self) -> str:
        """The actor's place in the tree."""
        return self._cell.path

    @property
    def incarnation(self) -> int:
        """1 for the first life, one more after each restart."""
        return self._incarnation

    @property
    def self_ref(self) -> Ref[Any]:
        """A ref to this actor, to give to others.

        Raises:
            ActorStopped: The incarnation has ended.
        """
        return self._live().runtime.ref(self._cell)

    @property
    def world(self) -> World:
        """Clock, chance, ids and threads of this tree."""
        return self._cell.runtime.world

    @property
    def timers(self) -> Timers:
        """Messages to oneself, later."""
        if self._timers is None:
            self._timers = Timers(self, self._cell)
        return self._timers

    def ref(self, path: str, kind: type[A]) -> Ref[A]:
        """Return a ref to the actor at `path` of the same tree.

        Raises:
            LookupError: Nothing is there, or it is of another class.
        """
        return self._cell.runtime.lookup(path, kind)

    def register(self, name: str) -> None:
        """Make this actor known as `name` in its tree, until it stops for good.

        Raises:
            LookupError: Another actor has the name.
            ValueError: It has control characters.
            ActorStopped: This incarnation has ended.
        """
        self._live().tied().register(self._cell, name)

    def monitor(self, ref: Ref[Any]) -> None:
        """Ask for one `Terminated` when the present incarnation of `ref` ends; at once if it has stopped for good.

        Of one that is down, and will start again, it tells when the next incarnation ends, or when there will be none.
        A monitor ends with the incarnation that set it.

        Raises:
            UnhandledMessage: This actor has no handler for `Terminated`.
            ActorStopped: This incarnation has ended.
        """
        cell = self._live()
        if Terminated not in cell.mailbox.accepts:
            msg = f"{cell.path} must handle Terminated to monitor {ref.path}"
            raise UnhandledMessage(msg, message=Terminated)
        ties.monitor(ref._cell, cell)

    def demonitor(self, ref: Ref[Any]) -> None:
        """Take a monitor back; a `Terminated` that is already in the mailbox stays there."""
        ties.unmonitor(ref._cell, self._live())

    def link(self, ref: Ref[Any]) -> None:
        """Share fate: when one of the two ends otherwise than in order, the other one crashes with it.

        So does this actor, at once, if `ref` has stopped for good and its end was not in order. A link ends with the
        incarnation of either; of one that is down it joins the next incarnation.
        """
        ties.link(self._live(), ref._cell)

    def unlink(self, ref: Ref[Any]) -> None:
        """End a link, from either side."""
        ties.unlink(self._live(), ref._cell)

    async def spawn(self, spec: ActorSpec) -> Ref[Any]:
        """Start a child actor of this actor. It is supervised with its own spec and ends with this incarnation.

        Raises:
            SpecError: The spec cannot work.
            StartFailed: The child did not start.
        """
        return await self._live().children().start_child(spec)

    async def stop_child(self, child_id: str) -> None:
        """Stop a child actor of this actor and wait until it has."""
        await self._live().children().stop_child(child_id)

    def span(
        self, name: str, attributes: Mapping[str, Attribute] | None = None, *, traceparent: str | None = None
    ) -> AbstractContextManager[LiveSpan]:
        """Be inside a span of one's own, wherever the tree's traces go; it costs next to nothing where they go nowhere.

        Args:
            traceparent: W3C Trace Context of the span that this one is below; None takes the one that is current.
        """
        return self._cell.runtime.tracing.span(name, attributes, traceparent)

    def stash(self, message: Message) -> None:
        """Put the message that is being handled aside until `unstash_all`; an ask stays unanswered meanwhile."""
        self._live().stash(message)

    def unstash_all(self) -> None:
        """Put what was stashed back at the head of the mailbox, in its order."""
        self._live().mailbox.unstash()

    async def checkpoint(self) -> None:
        """Save the state now; when this returns, it survives `kill -9`.

        Raises:
            RuntimeError: The actor's spec asks for no checkpoints, or the tree has no store.
        """
        await self._live().save_checkpoint()

    def stop(self) -> None:
        """End this incarnation in order after the present message; a transient actor is not restarted."""
        self._live().stop_self()

    def cancel_timers(self) -> None:
        """Let no timer of this incarnation fire any more. The runtime calls it."""
        if self._timers is not None:
            self._timers.cancel_all()

    def _live(self) -> Cell:
        """Return the cell while it lives the incarnation that this context belongs to, its stop hook included.

        Raises:
            ActorStopped: The incarnation has ended.
        """
        cell = self._cell
        if cell.actor is None or cell.actor.ctx is not self or cell.mailbox.closed:
            msg = f"incarnation {self._incarnation} of {cell.path} has ended; its context can do nothing more"
            raise ActorStopped(msg, path=cell.path, reason=cell.last_exit)
        return cell
