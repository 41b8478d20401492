# mypy: disable-error-code="import-not-found, import-untyped, misc, no-any-unimported"
"""Shell: Thespian on its simple base: every actor runs within the call of the sender, on one thread. It does not
restart actors, so there is no restart figure.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable

from thespian.actors import Actor, ActorSystem

from benchmarks.clocks import cpu_s, resident_bytes, wall_s
from benchmarks.figures import percentile
from benchmarks.peers.lines import Request, read_request, show

__all__ = ["main"]

LIMIT = dt.timedelta(seconds=60)


class Counter(Actor):
    """Counts messages; answers an ask with the count."""

    def __init__(self) -> None:
        self.got = 0

    def receiveMessage(self, message: object, sender: object) -> None:  # noqa: N802 - Thespian's name
        """Handle one message."""
        if message == "count":
            self.send(sender, self.got)
        elif message == 1:
            self.got += 1


class Node(Actor):
    """Passes a number on, one less each time, and keeps the last one."""

    following: object = None
    finished = False

    def receiveMessage(self, message: object, sender: object) -> None:  # noqa: N802 - Thespian's name
        """Learn the successor, pass a number on, or say whether the last one came here."""
        if isinstance(message, tuple):
            self.following = message[0]
            self.send(sender, "linked")
        elif message == "finished":
            self.send(sender, self.finished)
        elif message == 0:
            self.finished = True
        elif isinstance(message, int):
            self.send(self.following, message - 1)


def tell(system: ActorSystem, request: Request) -> None:
    """Messages a second of processor time."""
    count = request.of(30_000, 300)
    actor = system.createActor(Counter)
    system.ask(actor, "count", LIMIT)
    begin = cpu_s()
    for _ in range(count):
        system.tell(actor, 1)
    got = system.ask(actor, "count", LIMIT)
    assert got == count, got
    show("tell", count / (cpu_s() - begin))


def ask(system: ActorSystem, request: Request) -> None:
    """The median time of an ask."""
    actor = system.createActor(Counter)
    seconds = []
    for _ in range(request.of(5_000, 100)):
        begin = wall_s()
        system.ask(actor, "count", LIMIT)
        seconds.append(wall_s() - begin)
    show("ask", percentile(seconds, 0.5) * 1e6)


def spawn(system: ActorSystem, request: Request) -> None:
    """Time and memory of an idle actor."""
    count = request.of(10_000, 100)
    before, begin = resident_bytes(), cpu_s()
    actors = [system.createActor(Counter) for _ in range(count)]
    system.ask(actors[-1], "count", LIMIT)
    show("spawn", (cpu_s() - begin) / count * 1e6)
    show("memory", (resident_bytes() - before) / count)


def ring(system: ActorSystem, request: Request) -> None:
    """Hops a second of processor time."""
    size, hops = request.of(1000, 20), request.of(5_000, 100)
    nodes = [system.createActor(Node) for _ in range(size)]
    for index, node in enumerate(nodes):
        system.ask(node, (nodes[(index + 1) % size],), LIMIT)
    begin = cpu_s()
    system.tell(nodes[0], hops)
    finished = system.ask(nodes[hops % size], "finished", LIMIT)
    assert finished is True, finished
    show("ring", hops / (cpu_s() - begin))


def main() -> None:
    """Measure what was asked for."""
    logging.disable(logging.CRITICAL)
    request = read_request()
    programs: tuple[tuple[bool, Callable[[ActorSystem, Request], None]], ...] = (
        (request.wants("tell"), tell),
        (request.wants("ask"), ask),
        (request.wants("spawn", "memory"), spawn),
        (request.wants("ring"), ring),
    )
    system = ActorSystem("simpleSystemBase", logDefs={"version": 1, "handlers": {}, "loggers": {}})
    try:
        for wanted, program in programs:
            if wanted:
                program(system, request)
    finally:
        system.shutdown()


if __name__ == "__main__":
    main()
