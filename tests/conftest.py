"""Fixtures that every test may use, and the three things that no test may do: reach the network, block a loop, leave
something behind.

For the first, Python tells an audit hook of every connection and look-up, whatever library begins them; for the second,
`time.sleep` is replaced. Both raise where the call stands, and the test fails even if what they raise is caught. What is
left behind is compared before and after each test.
"""

from __future__ import annotations

import asyncio
import gc
import ipaddress
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import hypothesis
import pytest
import uvloop

collect_ignore_glob = ["torture/projects/*"]
"""Projects that regrow is tried on, with tests of their own."""

BACKENDS: dict[str, tuple[str, dict[str, object]]] = {
    "asyncio": ("asyncio", {"use_uvloop": False}),
    "uvloop": ("asyncio", {"use_uvloop": True}),
    "trio": ("trio", {}),
}

# A machine that does something else meanwhile is no failure.
hypothesis.settings.register_profile("regrow", deadline=None)
hypothesis.settings.load_profile("regrow")


@pytest.fixture(params=sorted(BACKENDS))
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, object]]:
    """Run the test on asyncio, on asyncio with uvloop, and on trio."""
    return BACKENDS[request.param]


@pytest.fixture(scope="session", autouse=True)
def _pipe_of_libuv() -> None:
    """Make the one pipe that libuv keeps for the children of all its loops, so that no test is blamed for it."""

    async def run_a_child() -> None:
        child = await asyncio.create_subprocess_exec("true")
        await child.wait()

    loop = uvloop.new_event_loop()
    loop.run_until_complete(run_a_child())
    loop.close()


class Forbidden(RuntimeError):
    """A test did what no test may."""


class Guard:
    """What the test that runs now may do."""

    def __init__(self) -> None:
        self.watching = False
        self.may_block = False
        self.caught: list[str] = []

    def audit(self, event: str, arguments: tuple[object, ...]) -> None:
        """Raise for a call that is forbidden now. Called by Python for every audit event of the process."""
        if not self.watching:
            return
        if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
            host = host_of(event, arguments)
            problem = None if is_here(host) else f"reaches out to the network: {event} {host!r}"
            if problem:
                self.refuse(problem)

    def sleep(self, delay_s: float, /) -> None:
        """Sleep in place of `time.sleep`, which has an audit event from Python 3.13 on only."""
        if self.watching and not self.may_block and in_event_loop():
            self.refuse(f"blocks the event loop with time.sleep({delay_s})")
        real_sleep(delay_s)

    def refuse(self, problem: str) -> NoReturn:
        """Remember it, since the code under test may catch what is raised."""
        self.caught.append(problem)
        raise Forbidden(problem)


def host_of(event: str, arguments: tuple[object, ...]) -> object:
    """Return the host that a call names: text, bytes, or None for a Unix socket and for the wildcard address."""
    if event == "socket.getaddrinfo":
        return arguments[0]
    address = arguments[1]
    return address[0] if isinstance(address, tuple) else None


def is_here(host: object) -> bool:
    """Whether nothing that is sent there leaves this machine."""
    if isinstance(host, bytes):
        host = host.decode()
    if host in (None, "localhost", ""):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def in_event_loop() -> bool:
    """Whether this thread runs an event loop now."""
    if asyncio._get_running_loop() is not None:
        return True
    trio = sys.modules.get("trio")
    return trio is not None and bool(trio.lowlevel.in_trio_run())


GUARD = Guard()
real_sleep = time.sleep
sys.addaudithook(GUARD.audit)
time.sleep = GUARD.sleep  # type: ignore[assignment]  # typeshed also allows objects with __index__


@pytest.fixture(autouse=True)
def _nothing_forbidden(request: pytest.FixtureRequest) -> Iterator[None]:
    """Forbid the network, and blocking a loop, for the time of one test."""
    GUARD.may_block = request.node.get_closest_marker("blocks_the_loop") is not None
    GUARD.caught.clear()
    GUARD.watching = True
    yield
    GUARD.watching = False
    if GUARD.caught:
        pytest.fail(f"the test {'; '.join(GUARD.caught)}", pytrace=False)


@pytest.fixture(autouse=True)
def _nothing_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test after which there are more threads, descriptors or child processes than before."""
    if request.node.get_closest_marker("leaves_things") is not None:
        yield
        return
    before = what_is_there()
    yield
    left = leftovers(before)
    if left:
        gc.collect()  # what only a cycle holds is not left behind
        deadline_s = time.monotonic() + 2.0
        while left and time.monotonic() < deadline_s:  # a thread that was told to end ends a moment later
            time.sleep(0.01)
            left = leftovers(before)
    if left:
        pytest.fail(f"the test leaves behind: {', '.join(sorted(left))}", pytrace=False)


def leftovers(before: set[str]) -> set[str]:
    """Return what is there now and was not before."""
    return what_is_there() - before


def what_is_there() -> set[str]:
    """Name the threads, descriptors and children of this process. Without /proc only the threads."""
    found = {f"thread {thread.name}" for thread in threading.enumerate() if not is_pooled(thread)}
    for number in entries("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{number}")
        except OSError:  # the descriptor of the listing itself
            continue
        if int(number) > 2 and not target.startswith(("/dev/", "/proc/")):
            found.add(f"descriptor {number} ({target})")
    for task in entries("/proc/self/task"):
        try:
            children = Path(f"/proc/self/task/{task}/children").read_text(encoding="ascii")
        except OSError:  # a thread that has just ended
            continue
        found |= {f"child process {pid}" for pid in children.split()}
    return found


def entries(folder: str) -> list[str]:
    """Return the names in a folder of /proc, or nothing where there is none."""
    try:
        return os.listdir(folder)
    except OSError:
        return []


def is_pooled(thread: threading.Thread) -> bool:
    """Whether the thread is an idle worker that trio keeps for ten seconds, for whoever comes next."""
    return thread.daemon and thread.name.startswith(("Trio thread", "trio"))
