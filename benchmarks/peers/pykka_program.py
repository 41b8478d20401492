# mypy: disable-error-code="import-not-found, import-untyped, misc, no-any-unimported"
"""Shell: Pykka. An actor is a thread with an unbounded inbox; there is no supervisor, so a failed actor starts its own
successor in `on_failure`, as its users would write it.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable

import pykka

from benchmarks.clocks import cpu_s, resident_bytes, wall_s
from benchmarks.figures import percentile
from benchmarks.peers.lines import Request, read_request, show

__all__ = ["main"]


class Counter(pykka.ThreadingActor):
    """Counts messages; answers an ask with the count."""

    use_daemon_thread = True

    def __init__(self) -> None:
        super().__init__()
        self.got = 0

    def on_receive(self, message: object) -> object:
        """Handle one message."""
        if message == "count":
            return self.got
        self.got += 1
        return None


class Node(pykka.ThreadingActor):
    """Passes a number on, one less each time."""

    use_daemon_thread = True

    def __init__(self, done: threading.Event) -> None:
        super().__init__()
        self.done = done
        self.following: pykka.ActorRef[Node] | None = None

    def on_receive(self, message: object) -> None:
        """Learn the successor, or pass a number on."""
        if isinstance(message, pykka.ActorRef):
            self.following = message
        elif message == 0:
            self.done.set()
        elif self.following is not None and isinstance(message, int):
            self.following.tell(message - 1)


class Victim(pykka.ThreadingActor):
    """Fails at every message, and replaces itself."""

    use_daemon_thread = True

    def __init__(self, ready: Callable[[object], None]) -> None:
        super().__init__()
        self.ready = ready

    def on_start(self) -> None:
        """Say who is there now."""
        self.ready(self.actor_ref)

    def on_receive(self, message: object) -> None:
        """Fail."""
        raise RuntimeError("boom")

    def on_failure(self, *error: object) -> None:
        """Start the successor."""
        Victim.start(self.ready)


def tell(request: Request) -> None:
    """Messages a second of processor time."""
    count = request.of(100_000, 500)
    actor = Counter.start()
    begin = cpu_s()
    for _ in range(count):
        actor.tell(1)
    got = actor.ask("count")
    seconds = cpu_s() - begin
    actor.stop()
    assert got == count, got
    show("tell", count / seconds)


def ask(request: Request) -> None:
    """The median time of an ask."""
    actor = Counter.start()
    seconds = []
    for _ in range(request.of(5_000, 100)):
        begin = wall_s()
        actor.ask("count")
        seconds.append(wall_s() - begin)
    actor.stop()
    show("ask", percentile(seconds, 0.5) * 1e6)


def spawn(request: Request) -> None:
    """Time and resident memory of an idle actor. Its thread's stack counts only as far as it was touched."""
    count = request.of(2_000, 50)
    before, begin = resident_bytes(), cpu_s()
    for _ in range(count):
        Counter.start()
    seconds = cpu_s() - begin
    taken = resident_bytes() - before
    pykka.ActorRegistry.stop_all(block=True)
    show("spawn", seconds / count * 1e6)
    show("memory", taken / count)


class Roll:
    """Collects the refs of actors that have started, and says when enough have."""

    def __init__(self, expected: int) -> None:
        self._lock = threading.Lock()
        self._expected = expected
        self.refs: list[pykka.ActorRef[Victim]] = []
        self.complete = threading.Event()

    def ready(self, ref: object) -> None:
        """Add one."""
        with self._lock:
            self.refs.append(ref)
            if len(self.refs) == self._expected:
                self.complete.set()

    def take(self) -> list[pykka.ActorRef[Victim]]:
        """Wait until all are there, hand them out, and begin anew."""
        self.complete.wait()
        with self._lock:
            refs, self.refs = self.refs, []
            self.complete.clear()
        return refs


def restart(request: Request) -> None:
    """One crash after the other, and a thousand at once."""
    roll = Roll(1)
    Victim.start(roll.ready)
    seconds = []
    for _ in range(request.of(500, 20)):
        ref = roll.take()[0]
        begin = wall_s()
        ref.tell("die")
        roll.complete.wait()
        seconds.append(wall_s() - begin)
    show("restart", percentile(seconds, 0.5) * 1e6)
    children = request.of(1000, 20)
    crowd = Roll(children)
    for _ in range(children):
        Victim.start(crowd.ready)
    refs = crowd.take()
    cpu_begin = cpu_s()
    for ref in refs:
        ref.tell("die")
    crowd.complete.wait()
    show("storm", (cpu_s() - cpu_begin) * 1e3 * 1000 / children)


def ring(request: Request) -> None:
    """Hops a second of processor time."""
    size, hops = request.of(1000, 20), request.of(10_000, 100)
    done = threading.Event()
    nodes = [Node.start(done) for _ in range(size)]
    for index, node in enumerate(nodes):
        node.ask(nodes[(index + 1) % size])
    begin = cpu_s()
    nodes[0].tell(hops)
    done.wait()
    show("ring", hops / (cpu_s() - begin))


def main() -> None:
    """Measure what was asked for."""
    logging.disable(logging.CRITICAL)
    request = read_request()
    if request.wants("tell"):
        tell(request)
    if request.wants("ask"):
        ask(request)
    if request.wants("spawn", "memory"):
        spawn(request)
    if request.wants("restart", "storm"):
        restart(request)
    if request.wants("ring"):
        ring(request)
    # Thousands of daemon threads need not be joined.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
