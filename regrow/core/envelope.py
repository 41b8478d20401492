"""What lies in a mailbox beside bare messages: envelopes, notices, signals; and where undeliverable mail goes.

A message that is neither traced nor asked travels bare. One that only has a trace context, and no span to end, travels
as a pair (`InTrace`), the cheapest thing that holds two. An envelope is made when more must travel with it: the slot for
a reply, a deadline, the context of a span.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from typing import NamedTuple, cast

from regrow.core.backend import Slot
from regrow.core.deadlines import Expiring
from regrow.protocols.actor_errors import AskTimeout

__all__ = ["DeadLetter", "DeadLetters", "Envelope", "InTrace", "bare"]

DEAD_LETTERS_KEPT = 256

InTrace = tuple[object, object]
"""A message and the trace context of its sender. No message is a tuple."""


class Envelope:
    """One message with what travels with it: `trace` is the context of its sender, as the tracing in use has it.

    It expires itself: the deadline wheel calls `expire`.
    """

    __slots__ = ("bucket", "message", "path", "slot", "trace")

    def __init__(self, message: object, slot: Slot | None, path: str) -> None:
        self.message = message
        self.slot = slot
        self.path = path
        self.trace: object = None
        self.bucket: dict[Expiring, None] | None = None

    def expire(self) -> None:
        """Tell the asker that its time is over. Whoever takes the envelope out later sees that it is `done`."""
        self.fail(
            AskTimeout(
                f"{self.path} did not answer {type(self.message).__name__} in time; raise timeout_s, or look at its "
                "mailbox depth and its handler in tree.snapshot()",
                message=self.message,
            )
        )

    @property
    def done(self) -> bool:
        """Whether nobody waits any more: answered, expired, or the asker was cancelled."""
        return self.slot is not None and self.slot.done()

    def answer(self, value: object) -> None:
        """Give the asker its reply; a late one is dropped."""
        slot = self.slot
        if slot is not None and not slot.done():
            slot.set_result(value)

    def fail(self, error: BaseException) -> None:
        """Give the asker an error instead; a late one is dropped."""
        slot = self.slot
        if slot is not None and not slot.done():
            slot.set_exception(error)


def bare(item: object) -> object:
    """Return the message itself, out of its envelope or pair if it has one."""
    kind = type(item)
    if kind is Envelope:
        return cast("Envelope", item).message
    return cast("InTrace", item)[0] if kind is tuple else item


class DeadLetter(NamedTuple):
    """A message that no handler will see, or that ended the incarnation that handled it (`reason="poison"`)."""

    path: str
    message: object
    reason: str
    at_s: float


class DeadLetters:
    """Every dead letter is counted by reason and shown to listeners; the last `DEAD_LETTERS_KEPT` are kept."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._counts: Counter[str] = Counter()
        self._last: deque[DeadLetter] = deque(maxlen=DEAD_LETTERS_KEPT)
        self._listeners: list[Callable[[DeadLetter], object]] = []

    def add(self, path: str, item: object, reason: str) -> None:
        """Record one. An envelope is opened; its asker has been told by the caller."""
        self._counts[reason] += 1
        letter = DeadLetter(path, bare(item), reason, self._now_s())
        self._last.append(letter)
        for listener in self._listeners:
            listener(letter)

    def listen(self, listener: Callable[[DeadLetter], object]) -> Callable[[], None]:
        """Call `listener` with each new one, in the sender's task; it must not wait or raise. Returns how to stop."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @property
    def last(self) -> tuple[DeadLetter, ...]:
        """The last ones, oldest first."""
        return tuple(self._last)

    @property
    def counts(self) -> dict[str, int]:
        """How many, by reason, since the tree was opened."""
        return dict(self._counts)

    def __repr__(self) -> str:
        last = [f"{type(letter.message).__qualname__} to {letter.path} ({letter.reason})" for letter in self._last][-5:]
        return f"<DeadLetters: {self.total}{', the last: ' if last else ''}{', '.join(last)}>"

    @property
    def total(self) -> int:
        """How many since the tree was opened."""
        return self._counts.total()
