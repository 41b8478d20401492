"""Actors with which the traps are set: every hook and handler can be told to be slow, to fail or to be stubborn."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import anyio

from regrow import Actor, ChildSpec, Message, Request, State, Terminated, Tree, handler
from regrow.protocols.exits import ExitReason
from regrow.supervisors import strategies as s

Journal = list[tuple[str, str, int]]
"""(what, path, incarnation), in the order in which it happened."""


class Boom(Message):
    text: str = "boom"


class Note(Message):
    number: int


class Notes(Request[list[int]]):
    pass


class Hang(Request[None]):
    for_s: float = 3600.0


class Finish(Message):
    pass


class Watch(Request[None]):
    path: str


class Downs(Request[list[str]]):
    pass


class Seen(State):
    numbers: list[int] = []
    events: list[str] = []


class Worker(Actor[Seen]):
    """See the module. `fails_start` is asked with the incarnation."""

    def __init__(
        self,
        journal: Journal | None = None,
        fails_start: Callable[[int], bool] = lambda _: False,
        start_s: float = 0.0,
        stop_s: float = 0.0,
        fails_stop: bool = False,
        stubborn: bool = False,
    ) -> None:
        self.journal: Journal = journal if journal is not None else []
        self.fails_start = fails_start
        self.start_s = start_s
        self.stop_s = stop_s
        self.fails_stop = fails_stop
        self.stubborn = stubborn

    def note_down(self, what: str) -> None:
        self.journal.append((what, self.ctx.path, self.ctx.incarnation))

    async def on_start(self) -> None:
        self.note_down("start")
        if self.start_s:
            await anyio.sleep(self.start_s)
        if self.fails_start(self.ctx.incarnation):
            raise RuntimeError("told to fail in on_start")
        self.note_down("started")

    async def on_stop(self, reason: ExitReason) -> None:
        self.note_down("stop")
        if self.stop_s:
            await anyio.sleep(self.stop_s)
        if self.fails_stop:
            raise RuntimeError("told to fail in on_stop")
        self.note_down("stopped")

    @handler
    async def boom(self, message: Boom) -> None:
        raise ValueError(message.text)

    @handler
    async def note(self, message: Note) -> None:
        self.state.numbers.append(message.number)
        self.state.events.append(str(message.number))

    @handler
    async def notes(self, message: Notes) -> list[int]:
        return self.state.numbers

    @handler
    async def hang(self, message: Hang) -> None:
        while True:
            try:
                await anyio.sleep(message.for_s)
            except BaseException:
                if not self.stubborn:
                    raise
            else:
                return

    @handler
    async def finish(self, message: Finish) -> None:
        self.ctx.stop()

    @handler
    async def watch(self, message: Watch) -> None:
        self.ctx.monitor(self.ctx.ref(message.path, Actor))

    @handler
    async def terminated(self, message: Terminated) -> None:
        self.state.events.append(f"down {message.path} {message.reason.kind.value if message.reason else 'noproc'}")

    @handler
    async def downs(self, message: Downs) -> list[str]:
        return self.state.events


def worker(
    child_id: str, journal: Journal | None = None, args: Mapping[str, object] | None = None, **spec: Any
) -> ChildSpec:
    """Return the spec of a `Worker`."""
    return ChildSpec(child_id, Worker, args={"journal": journal, **(args or {})}, **spec)


def end_backoff(tree: Tree, path: str) -> None:
    """Let the delay before the next start of what is at `path` be over, so that no test has to be quicker than one."""
    above, _, name = path.rpartition("/")
    node = tree.supervisor(above)._node
    child = node.state.children.get(name)
    assert child is not None, path
    assert child.phase is s.Phase.BACKOFF, path
    node.feed(s.BackoffOver(name, child.incarnation))


SPINS = 100
"""Rounds of the event loop before `until` begins to sleep."""


async def until(condition: Callable[[], bool], limit_s: float = 5.0) -> None:
    """Let the other tasks run until `condition` holds.

    What takes longer than a few rounds waits for a thread or a process. Those need the interpreter: a loop that never
    sleeps lets a thread have it every 5 ms only, which made a thousand commits take a minute, or ten on a busy machine.
    """
    with anyio.fail_after(limit_s):
        for turn in itertools.count():
            if condition():
                return
            await (anyio.lowlevel.checkpoint() if turn < SPINS else anyio.sleep(0.001))
