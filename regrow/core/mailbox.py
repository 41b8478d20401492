"""The mailbox: two lanes, a bound, a policy when full, and senders that wait their turn.

The user lane is a bounded deque; the system lane is unbounded and looked at before every message. A notice
(`Terminated`) goes into the user lane, after the last message of the actor it tells of, but past the bound: it is
neither refused nor dropped.

`room` makes sending cheap: it is the capacity while a sender may simply append, and -1 in every other case (not opened
yet, senders waiting, closed), so that one comparison covers them all. `accepts` is the handler table of the actor's
class: what it does not hold is refused at the sender.

Rejected: a checkpoint in every send. It caps a loop at 70 thousand messages a second whatever else is done. A sender
gives way when the mailbox is full, and after every `WAKES_PER_YIELD` receivers that it woke.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Literal, Protocol, cast

from regrow.core.backend import Parker, Slot
from regrow.core.envelope import Envelope, bare
from regrow.core.handlers import HandlerTable, accepts
from regrow.protocols.actor_errors import MailboxFull, SendError, UnhandledMessage
from regrow.protocols.notices import Notice

__all__ = ["Mailbox", "MailboxOwner", "MailboxSpec", "WhenFull"]

WhenFull = Literal["wait", "raise", "drop_oldest", "drop_new"]

NOT_OPENED: deque[object] = deque(maxlen=0)
"""Shared by every mailbox that has had no mail: an empty deque of its own would be most of an idle actor's memory."""

STASH_FACTOR = 4
"""A stash may hold this many times the capacity; more is a protocol that never becomes ready."""


@dataclass(frozen=True, slots=True)
class MailboxSpec:
    """How much mail waits, and what happens to more.

    Args:
        capacity: Messages in the user lane, at least 1.
        when_full: `wait` (the sender waits), `raise` (`MailboxFull`), `drop_oldest`, `drop_new` (a dead letter each).
        on_restart: `keep` hands unread mail to the next incarnation; `drop` makes it dead letters and fails its asks.
            Notices are kept in either case.
    """

    capacity: int = 1024
    when_full: WhenFull = "wait"
    on_restart: Literal["keep", "drop"] = "keep"

    def problem(self) -> str | None:
        """Say what is wrong with it, or None."""
        capacity: object = self.capacity  # whatever its annotation says
        if not isinstance(capacity, int) or capacity < 1:
            return f"mailbox capacity must be a whole number, at least 1, got {self.capacity!r}"
        if self.when_full not in ("wait", "raise", "drop_oldest", "drop_new"):
            return f"when_full must be wait, raise, drop_oldest or drop_new, got {self.when_full!r}"
        if self.on_restart not in ("keep", "drop"):
            return f"on_restart must be keep or drop, got {self.on_restart!r}"
        return None


class Stash(deque[object]):
    """What was put aside. `newest` is how much had been handled when the message being handled was, or -1."""

    __slots__ = ("newest",)

    def __init__(self) -> None:
        super().__init__()
        self.newest = -1


class HasMailboxSpec(Protocol):
    """A child spec, as far as a mailbox looks at it."""

    @property
    def mailbox(self) -> MailboxSpec: ...


class MailboxOwner(Protocol):
    """The cell that a mailbox belongs to."""

    path: str

    @property
    def spec(self) -> HasMailboxSpec: ...

    def activate(self) -> None:
        """Start the task that reads, if none runs."""

    def refusal(self, item: object) -> SendError:
        """Return the error for mail to an actor that has stopped."""

    def dead_letter(self, item: object, reason: str) -> None: ...
    def new_slot(self) -> Slot: ...


class Mailbox:
    """Pending mail of one actor, across its incarnations."""

    __slots__ = (
        "accepts", "busy", "closed", "dropped", "handled", "owner", "parked", "parker", "recent", "room",
        "stash", "system", "user", "waiting",
    )  # fmt: skip

    def __init__(self, owner: MailboxOwner, table: HandlerTable) -> None:
        self.owner = owner
        self.accepts = table
        self.user: deque[object] = NOT_OPENED
        self.system: deque[object] | None = None
        self.stash: Stash | None = None
        self.waiting: OrderedDict[Envelope | Slot, object] | None = None
        """Who waits for room, in turn: an ask by its envelope, a tell by the slot that its sender sleeps in, with its mail."""
        self.parker: Parker | None = None
        self.recent: list[object] | None = None
        self.room = -1
        self.handled = 0
        self.dropped = 0
        self.parked = False
        self.busy = False
        self.closed = False

    @property
    def spec(self) -> MailboxSpec:
        """Its bound, and what happens beyond it."""
        return self.owner.spec.mailbox

    @property
    def depth(self) -> int:
        """Messages that wait in the user lane, the senders that wait for room not counted."""
        return len(self.user)

    def recent_messages(self) -> tuple[object, ...]:
        """Return the last messages that a handler was given, oldest first, out of their envelopes."""
        recent = self.recent or []
        # The message being handled has its place already, though it is not counted yet.
        oldest = self.handled + self.busy
        taken = [recent[(oldest + offset) % len(recent)] for offset in range(len(recent))]
        return tuple(bare(item) for item in taken if item is not None)

    def now_handled(self) -> object:
        """Return what the handler was given last, with what travelled with it; None before the first mail."""
        return self.recent[self.handled % len(self.recent)] if self.recent else None

    def offer(self, item: object) -> bool:
        """Take `item`, or return False when its sender has to wait.

        Raises:
            UnhandledMessage: The actor has no handler for it.
            ActorStopped: The actor has stopped for good.
            MailboxFull: It is full and its policy is to raise.
        """
        user, spec = self._opened(item), self.spec
        if len(user) < spec.capacity and not self.waiting:
            user.append(item)
        elif spec.when_full == "wait":
            return False
        elif spec.when_full == "raise":
            raise self.full(item)
        elif spec.when_full == "drop_new":
            self._drop(item)
            return True
        else:
            self._drop_oldest(user)
            user.append(item)
        if self.parked:
            self.wake()
        return True

    async def wait_for_room(self, item: object) -> None:
        """Put `item` in as soon as there is room, after those who have waited longer.

        Raises:
            ActorStopped: The actor stopped meanwhile.
        """
        slot = self.owner.new_slot()
        self._queue_up(slot, item)
        try:
            await slot
        except BaseException:
            self.leave_line(slot)
            raise

    def queue_up(self, envelope: Envelope) -> None:
        """Let an ask wait for room; its asker waits for the reply, not for the room, so its deadline covers both."""
        self._queue_up(envelope, envelope)

    def leave_line(self, waits: Envelope | Slot) -> None:
        """Wait for room no more: it was cancelled, or its deadline has passed."""
        if self.waiting and self.waiting.pop(waits, None) is not None:
            self._set_room()

    def _queue_up(self, waits: Envelope | Slot, item: object) -> None:
        if self.waiting is None:
            self.waiting = OrderedDict()
        self.waiting[waits] = item
        self.room = -1

    def admit_waiting(self) -> None:
        """Move what waits for room into the lane, as far as it goes. The reader calls it after each batch."""
        user, waiting, capacity = self.user, self.waiting, self.spec.capacity
        if not waiting:
            return
        while waiting and len(user) < capacity:
            waits, item = waiting.popitem(last=False)
            if type(waits) is Envelope:
                if not waits.done:
                    user.append(item)
            elif not (slot := cast("Slot", waits)).done():
                user.append(item)
                slot.set_result(None)
        self._set_room()

    def put_notice(self, item: object) -> None:
        """Append past the bound. A notice for a closed mailbox is forgotten: nobody reads it."""
        if self.closed:
            return
        self._ensure_open().append(item)
        if self.parked:
            self.wake()

    def put_system(self, signal: object) -> None:
        """Put a signal of the runtime before all user mail."""
        if self.system is None:
            self.system = deque()
        self.system.append(signal)
        if self.parked:
            self.wake()

    def wake(self) -> None:
        """Wake the reader."""
        self.parked = False
        if self.parker is not None:
            self.parker.wake()

    def put_aside(self, item: object, *, in_hand: bool) -> None:
        """Stash `item`.

        Args:
            item: A message, with what travelled with it.
            in_hand: It is what is being handled; to stash that once more does nothing.

        Raises:
            MailboxFull: The stash is full as well.
        """
        if self.stash is None:
            self.stash = Stash()
        if in_hand and self.stash.newest == self.handled:
            return
        if len(self.stash) >= self.spec.capacity * STASH_FACTOR:
            msg = f"the stash of {self.owner.path} is full ({len(self.stash)} messages); unstash what is ready"
            raise MailboxFull(msg, message=bare(item), retry_safe=True)
        self.stash.append(item)
        if in_hand:
            self.stash.newest = self.handled

    def unstash(self) -> None:
        """Put the stash back at the head of the lane, in its order."""
        if self.stash:
            self._ensure_open().extendleft(reversed(self.stash))
            self.stash.clear()

    def close(self) -> list[object]:
        """Take no more mail, and hand out all that was unread, the senders that waited included (they are told)."""
        self.closed = True
        self.room = -1
        unread = self.take_all()
        for waits, item in (self.waiting or {}).items():
            if type(waits) is Envelope:
                unread.append(item)
            elif not (slot := cast("Slot", waits)).done():
                slot.set_exception(self.owner.refusal(item))
        self.waiting = None
        # The lane is given up, not emptied: a reader that could not be stopped must never see the mail of the next one.
        self.user = NOT_OPENED
        self.parker = None
        return unread

    def reopen(self) -> None:
        """Take mail again: the actor was stopped by hand and is started again."""
        self.closed = False
        self.parked = self.busy = False

    def hand_over(self, failed: object) -> list[object]:
        """Make the mail ready for the next incarnation, the stash first; returns what it is not given.

        Args:
            failed: What the incarnation has not handled to its end, or None. It is not given again, stashed or not.
        """
        stash = self.stash
        if stash is not None:
            self.unstash()
            if failed is not None and stash.newest == self.handled:
                self._take_out(failed)
            self.stash = None
        if self.spec.on_restart == "keep":
            return []
        unread = tuple(self.user)
        self.user.clear()
        self.user.extend(item for item in unread if isinstance(bare(item), Notice))
        return [item for item in unread if not isinstance(bare(item), Notice)]

    def _take_out(self, failed: object) -> None:
        message = bare(failed)
        for index, item in enumerate(self.user):
            if item is failed or (type(item) is tuple and item[0] is message):
                del self.user[index]
                return

    def take_all(self) -> list[object]:
        """Hand out all unread and stashed mail."""
        unread = [*(self.stash or ()), *self.user]
        self.user.clear()
        self.stash = None
        return unread

    def full(self, item: object) -> MailboxFull:
        """Return the error for a full mailbox."""
        text = (
            f"the mailbox of {self.owner.path} is full ({self.spec.capacity} messages); "
            "await tell() to wait for room, or raise MailboxSpec.capacity"
        )
        return MailboxFull(text, message=bare(item), retry_safe=True)

    def _opened(self, item: object) -> deque[object]:
        message = bare(item)
        if self.closed:  # before the handlers are looked at: they are those of a class that may not be here any more
            self.owner.dead_letter(item, "stopped")
            raise self.owner.refusal(item)
        self.refuse_unhandled(message)
        return self._ensure_open()

    def refuse_unhandled(self, message: object) -> None:
        """Return when the actor handles such messages.

        Raises:
            UnhandledMessage: It does not.
        """
        if not accepts(self.accepts, type(message)):
            msg = (
                f"{self.owner.path} has no handler for {type(message).__qualname__}; it handles "
                f"{', '.join(sorted(kind.__qualname__ for kind in self.accepts)) or 'nothing'}"
            )
            raise UnhandledMessage(msg, message=message)

    def _ensure_open(self) -> deque[object]:
        user = self.user
        if user is NOT_OPENED:
            user = self.user = deque()
            self._set_room()
        if self.parker is None:
            self.owner.activate()
        return user

    def _set_room(self) -> None:
        # While the reader's task or the lane is not there, a sender must come by `offer`, which sees to it.
        shut = self.closed or self.waiting or self.parker is None or self.user is NOT_OPENED
        self.room = -1 if shut else self.spec.capacity

    def reader_arrived(self, parker: Parker) -> None:
        """The reading task runs: plain appends wake it from now on."""
        self.parker = parker
        self._set_room()

    def reader_left(self) -> None:
        """The reading task ended; the next sender starts a new one, if the actor still lives."""
        self.parker = None
        self.parked = False
        self.busy = False
        self.room = -1
        # Signals are for the incarnation that ended: an old stop must not end the next one.
        self.system = None

    def _drop(self, item: object) -> None:
        self.dropped += 1
        self.owner.dead_letter(item, "dropped")
        if type(item) is Envelope:
            item.fail(self.full(item))

    def _drop_oldest(self, user: deque[object]) -> None:
        for index, item in enumerate(user):
            if not isinstance(item, Notice):
                del user[index]
                self._drop(item)
                return
