"""Acknowledged delivery between processes: repeat until the deadline, accept once.

The specification's `requiresAck` and `timeout` are fields without behaviour; this is it (DESIGN section 9). The sender
repeats a message, with a growing pause, until it is acknowledged or its deadline has passed. The receiver accepts each
message id once and acknowledges what it has accepted, again for every repetition. So a message is accepted at most once,
and an acknowledged one was accepted; of one that was given up nobody can know (its acknowledgement may be what got lost).

How the receiver forgets: an id is kept until its message's deadline and no longer. A duplicate that comes later is
refused for being late, so no duplicate finds its id forgotten, and memory is bounded by what can arrive within a
deadline. When the window is full, new messages are refused without an acknowledgement: their senders come again.

Both sides are steps without a clock (the shell carries the commands out and says what time it is, in seconds of the one
clock in which deadlines are told). The sender's state is a frozen value for each message. The receiver's is one object
that changes, as h11's connection does: a copy of the window for each message would cost more than the message.

Not here: what survives the receiver's end. A receiver whose work is durable commits the id with the work, and hands what
it finds there to `Window` as `accepted`.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

__all__ = [
    "Accept",
    "Acknowledge",
    "Acknowledged",
    "Drop",
    "DropReason",
    "Due",
    "GiveUp",
    "Repetition",
    "Resolve",
    "Send",
    "Sending",
    "Window",
    "begin",
    "step",
]


# -- sender -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Repetition:
    """Pauses between one sending and the next: the first, times `factor` each, at most `maximum_s`.

    A pause is drawn from its upper half, so that many senders that lost the same peer do not come back in one wave, and
    none comes back at once.

    Raises:
        ValueError: A field is outside its range.
    """

    first_s: float = 0.2
    maximum_s: float = 5.0
    factor: float = 2.0

    def __post_init__(self) -> None:
        if not 0 < self.first_s <= self.maximum_s < float("inf"):
            msg = f"repetition needs 0 < first_s <= maximum_s, got {self.first_s} and {self.maximum_s}"
            raise ValueError(msg)
        if not 1 <= self.factor <= MAXIMUM_FACTOR:
            msg = f"repetition factor must be from 1 to {MAXIMUM_FACTOR}, got {self.factor}"
            raise ValueError(msg)

    def after(self, pause_s: float) -> float:
        """Return the ceiling that follows the ceiling `pause_s`."""
        return min(self.maximum_s, pause_s * self.factor)


MAXIMUM_FACTOR = 100.0


@dataclass(frozen=True, slots=True)
class Sending:
    """One message on its way. `next_s` is when the sender wants to hear `Due`, None once it is settled."""

    deadline_s: float
    repetition: Repetition
    next_s: float | None
    pause_s: float
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """The time is `now_s`. `chance` is drawn evenly from [0, 1)."""

    now_s: float
    chance: float


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The receiver said that it has accepted the message; `durable`: that it is committed there."""

    durable: bool


@dataclass(frozen=True, slots=True)
class Send:
    """Put the message on the wire; `attempt` counts from 1."""

    attempt: int


@dataclass(frozen=True, slots=True)
class Resolve:
    """Tell the caller that the message was accepted."""

    durable: bool


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Tell the caller that the deadline has passed. With 0 attempts it was never sent; else nobody knows."""

    attempts: int


def begin(deadline_s: float, now_s: float, repetition: Repetition | None = None) -> Sending:
    """Return a message that was not sent yet: its first `Due` is now."""
    repetition = repetition or Repetition()
    return Sending(deadline_s, repetition, now_s, repetition.first_s)


def step(state: Sending, event: Due | Acknowledged) -> tuple[Sending, tuple[Send | Resolve | GiveUp, ...]]:
    """Return what to do about one message. Total: an event that comes too late or too early changes nothing.

    >>> state, commands = step(begin(deadline_s=1.0, now_s=0.0), Due(now_s=0.0, chance=0.0))
    >>> commands, state.next_s
    ((Send(attempt=1),), 0.1)
    >>> step(state, Acknowledged(durable=True))[1]
    (Resolve(durable=True),)
    """
    if state.next_s is None:
        return state, ()
    if isinstance(event, Acknowledged):
        return replace(state, next_s=None), (Resolve(event.durable),)
    if event.now_s >= state.deadline_s:
        return replace(state, next_s=None), (GiveUp(state.attempts),)
    if event.now_s < state.next_s:
        return state, ()
    pause_s = state.pause_s * (0.5 + event.chance / 2)
    sent = replace(
        state,
        next_s=min(event.now_s + pause_s, state.deadline_s),
        pause_s=state.repetition.after(state.pause_s),
        attempts=state.attempts + 1,
    )
    return sent, (Send(sent.attempts),)


# -- receiver ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Accept:
    """Hand the message on; then say `accepted` or `refused`."""


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Send an acknowledgement; `repeated` says that the message had been accepted before."""

    durable: bool
    repeated: bool


class DropReason(Enum):
    """Why a message is neither handed on nor acknowledged."""

    EXPIRED = "its deadline has passed"
    IN_HAND = "the same message is being accepted; the acknowledgement comes when that is done"
    FULL = "the window is full; the sender comes again"


@dataclass(frozen=True, slots=True)
class Drop:
    """Do nothing with the message, and count it."""

    reason: DropReason


class Window:
    """The message ids that one receiver remembers.

    Args:
        capacity: The most ids that are remembered at a time.
        accepted: Ids that were accepted and committed in an earlier life: (message id, deadline in seconds).

    Raises:
        ValueError: `capacity` is below 1.
    """

    def __init__(self, capacity: int = 100_000, accepted: Iterable[tuple[str, float]] = ()) -> None:
        if capacity < 1:
            msg = f"the capacity of a window must be at least 1, got {capacity}"
            raise ValueError(msg)
        self._capacity = capacity
        self._now_s = float("-inf")
        # None while the message is being accepted, else whether it is durable.
        self._known: dict[str, bool | None] = {}
        self._deadlines: list[tuple[float, str]] = []
        for message_id, deadline_s in accepted:
            if message_id not in self._known:
                self._known[message_id] = True
                heapq.heappush(self._deadlines, (deadline_s, message_id))

    def __len__(self) -> int:
        """How many ids are remembered."""
        return len(self._known)

    def receive(self, message_id: str, deadline_s: float, now_s: float) -> Accept | Acknowledge | Drop:
        """Say what to do with a message that came in."""
        self.forget_expired(now_s)
        if message_id in self._known:
            durable = self._known[message_id]
            return Drop(DropReason.IN_HAND) if durable is None else Acknowledge(durable, repeated=True)
        if deadline_s <= self._now_s:
            return Drop(DropReason.EXPIRED)
        if len(self._known) >= self._capacity:
            return Drop(DropReason.FULL)
        self._known[message_id] = None
        heapq.heappush(self._deadlines, (deadline_s, message_id))
        return Accept()

    def accepted(self, message_id: str, *, durable: bool) -> tuple[Acknowledge, ...]:
        """Note that a message was handed on (durable kinds: committed). Nothing is sent for one that has expired."""
        if self._known.get(message_id, True) is not None:
            return ()
        self._known[message_id] = durable
        return (Acknowledge(durable, repeated=False),)

    def refused(self, message_id: str) -> None:
        """Note that a message could not be handed on: a repetition of it may be accepted."""
        if self._known.get(message_id, True) is None:
            del self._known[message_id]
            self._deadlines = [entry for entry in self._deadlines if entry[1] != message_id]
            heapq.heapify(self._deadlines)

    def forget_expired(self, now_s: float) -> None:
        """Drop what no duplicate can be accepted of any more. Called by `receive`; call it too when nothing comes."""
        # A clock that is set back must not make a forgotten message young again.
        self._now_s = max(self._now_s, now_s)
        while self._deadlines and self._deadlines[0][0] <= self._now_s:
            _, message_id = heapq.heappop(self._deadlines)
            del self._known[message_id]
