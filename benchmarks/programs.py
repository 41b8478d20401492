"""The actors and messages that several questions share, and the trees that they live in.

Both sides of a row run the same handler body: `Tally.count`. What differs is what carries the message to it.
"""

from __future__ import annotations

from collections.abc import Callable

import anyio

from regrow import Actor, ChildSpec, Message, Request, Supervisor, handler
from regrow.protocols.messages import NoState

__all__ = ["CAPACITY", "Counter", "Increment", "Started", "Tally", "WhatCount", "crowd", "one_child"]

CAPACITY = 1024
"""Of every mailbox and queue here: regrow's default, and the survey's."""

MANY = 1_000_000_000
"""A restart intensity that is never exceeded: the figure is the restart, not the limit."""


class Increment(Message):
    """Two fields, as in the survey: what building it costs is a figure of its own."""

    amount: int = 1
    note: str = ""


class WhatCount(Request[int]):
    """Ask for the count."""


class Tally:
    """Counts to `expected`, then says so. Shared by the program, which waits, and the handler, which counts."""

    __slots__ = ("done", "expected", "got")

    def __init__(self, expected: int) -> None:
        self.got = 0
        self.expected = expected
        self.done = anyio.Event()

    def expect(self, more: int) -> None:
        """Begin to count anew."""
        self.got = 0
        self.expected = more
        self.done = anyio.Event()

    def one(self) -> None:
        """Count one without a coroutine."""
        self.got += 1
        if self.got == self.expected:
            self.done.set()

    async def count(self, message: object) -> None:
        """Count one, as an `async def` handler does."""
        self.got += 1
        if self.got == self.expected:
            self.done.set()


class Counter(Actor[NoState]):
    """Counts what it is told."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally

    @handler
    async def count(self, message: Increment) -> None:
        """Count one: the body of `Tally.count`, and not a call to it, which would be one coroutine more."""
        tally = self.tally
        tally.got += 1
        if tally.got == tally.expected:
            tally.done.set()

    @handler
    async def value(self, message: WhatCount) -> int:
        """Answer an ask."""
        return self.tally.got


class Started(Counter):
    """The same actor with a start hook, so that it has a task before its first message."""

    async def on_start(self) -> None:
        """Count the start."""
        self.tally.one()


def one_child(actor: type[Counter], tally: Tally) -> Supervisor:
    """Return a supervisor `bench` with the one child `counter`."""
    return crowd(1, lambda _: ChildSpec("counter", actor, args={"tally": tally}))


def crowd(size: int, spec: Callable[[int], ChildSpec]) -> Supervisor:
    """Return a supervisor `bench` with `size` children that may restart as often as they like."""
    return Supervisor("bench", children=[spec(index) for index in range(size)], max_restarts=MANY, period_s=1.0)
