"""Virtual time: what it leaves out, what it keeps, and how it ends when nothing can happen."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Literal

import anyio
import anyio.abc
import anyio.lowlevel
import anyio.to_thread
import pytest

from regrow import Actor, ChildSpec, Message, Request, Supervisor, handler, open_tree
from regrow.testing import Deadlock, VirtualClock, VirtualTimeLoop, run_virtual, virtual_backend
from regrow.testing.virtual_time import clock_of

BackendName = Literal["asyncio", "trio"]
both = pytest.mark.parametrize("backend", ["asyncio", "trio"])


@both
def test_a_long_wait_takes_no_time_and_the_clock_shows_it(backend: BackendName) -> None:
    async def wait(seconds: float) -> float:
        await anyio.sleep(seconds)
        return anyio.current_time()

    began_s = time.monotonic()
    assert run_virtual(wait, 3600.0, backend=backend) == 3600.0
    assert time.monotonic() - began_s < 60.0


@both
def test_timers_fire_in_the_order_of_their_moments(backend: BackendName) -> None:
    async def main() -> list[tuple[float, str]]:
        seen: list[tuple[float, str]] = []

        async def note(after_s: float, name: str) -> None:
            await anyio.sleep(after_s)
            seen.append((anyio.current_time(), name))

        async with anyio.create_task_group() as group:
            group.start_soon(note, 30.0, "last")
            group.start_soon(note, 0.5, "first")
            group.start_soon(note, 2.0, "second")
        return seen

    assert run_virtual(main, backend=backend) == [(0.5, "first"), (2.0, "second"), (30.0, "last")]


@both
def test_what_the_function_raises_comes_out_as_it_is(backend: BackendName) -> None:
    async def main() -> None:
        await anyio.sleep(1)
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        run_virtual(main, backend=backend)


@both
def test_a_task_that_waits_for_nobody_is_a_deadlock_that_names_it(backend: BackendName) -> None:
    cleaned_up = []

    async def wait_for_nobody() -> None:
        try:
            await anyio.Event().wait()
        finally:
            cleaned_up.append(True)

    with pytest.raises(Deadlock, match=r"wait_for_nobody, .*test_virtual_time\.py:\d+"):
        run_virtual(wait_for_nobody, backend=backend)
    assert cleaned_up


@both
def test_a_hang_that_keeps_setting_timers_ends_at_the_limit(backend: BackendName) -> None:
    async def never_done() -> None:
        while True:
            await anyio.sleep(1.0)

    # Several, since its timer and the limit are due at the same moment, and trio lets chance decide which goes first.
    for limit_s in range(3, 15):
        with pytest.raises(TimeoutError, match=rf"after {limit_s} virtual seconds. What waits:\n.*never_done"):
            run_virtual(never_done, backend=backend, limit_s=limit_s)


@both
def test_what_ends_within_the_limit_is_let_be(backend: BackendName) -> None:
    assert run_virtual(anyio.sleep, 600.0, backend=backend, limit_s=600.5) is None


@both
def test_years_pass_without_a_hang(backend: BackendName) -> None:
    async def main() -> float:
        for _ in range(3):
            await anyio.sleep(1e9 / 3)
        return anyio.current_time()

    assert run_virtual(main, backend=backend, limit_s=1e12) == pytest.approx(1e9)


def test_an_unknown_backend_is_refused() -> None:
    with pytest.raises(ValueError, match="'asyncio' or 'trio', got 'curio'"):
        run_virtual(anyio.sleep, 1, backend="curio")  # type: ignore[arg-type]


# -- what is outside the loop, on asyncio ----------------------------------------------------------------------------


@pytest.mark.blocks_the_loop
@pytest.mark.parametrize("way", ["anyio", "asyncio"])
def test_a_thread_at_work_is_not_overtaken_by_a_timer(way: str) -> None:
    async def main() -> tuple[str, float]:
        with anyio.fail_after(30.0):
            if way == "anyio":
                await anyio.to_thread.run_sync(time.sleep, 0.05)
            else:
                await asyncio.to_thread(time.sleep, 0.05)
        worked_s = anyio.current_time()
        await anyio.sleep(1000.0)  # the idle worker is still there
        return "done", worked_s

    began_s = time.monotonic()
    result, worked_s = run_virtual(main)
    assert result == "done"
    assert worked_s < 25.0
    assert time.monotonic() - began_s < 60.0


def test_a_timeout_around_a_thread_fires_after_real_time() -> None:
    go_on = threading.Event()

    async def main() -> float:
        with anyio.move_on_after(0.1):
            await anyio.to_thread.run_sync(go_on.wait, 10.0, abandon_on_cancel=True)
        waited_s = anyio.current_time()
        go_on.set()
        return waited_s

    assert run_virtual(main) == pytest.approx(0.1, abs=1e-6)


def test_a_child_process_is_waited_for() -> None:
    async def main() -> bytes:
        with anyio.fail_after(60.0):
            done = await anyio.run_process([sys.executable, "-c", "print('hello')"], stderr=subprocess.PIPE)
        return done.stdout

    assert run_virtual(main) == b"hello\n"


def test_a_socket_is_waited_for() -> None:
    async def main() -> bytes:
        async def answer(stream: anyio.abc.ByteStream) -> None:
            await stream.send(b"pong" + await stream.receive())
            await stream.aclose()

        listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
        async with anyio.create_task_group() as group:
            group.start_soon(listener.serve, answer)
            port = listener.extra(anyio.abc.SocketAttribute.local_port)
            async with await anyio.connect_tcp("127.0.0.1", port) as stream:
                with anyio.fail_after(30.0):
                    await stream.send(b"ping")
                    answered = await stream.receive()
            group.cancel_scope.cancel()
        await listener.aclose()
        return answered

    assert run_virtual(main) == b"pongping"


@pytest.mark.parametrize("with_timer", [False, True])
def test_a_descriptor_that_is_watched_is_waited_for(with_timer: bool) -> None:
    ours, theirs = socket.socketpair()

    async def main() -> tuple[bytes, float]:
        with anyio.fail_after(30.0 if with_timer else None):
            await anyio.wait_readable(ours)
        return ours.recv(5), anyio.current_time()

    with ours, theirs:
        # Begun before the loop is made: it is not one of the threads that the loop waits for.
        sender = threading.Timer(0.05, theirs.send, (b"hello",))
        sender.start()
        received, at_s = run_virtual(main)
        sender.join()
    assert received == b"hello"
    assert 0.0 < at_s < 30.0


def test_a_loop_that_waits_for_a_signal_is_no_deadlock() -> None:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        arrived = asyncio.Event()
        loop.add_signal_handler(signal.SIGUSR1, arrived.set)
        ready.set()
        await arrived.wait()
        assert loop.remove_signal_handler(signal.SIGUSR1)
        return loop.time()

    def send() -> None:
        ready.wait()
        os.kill(os.getpid(), signal.SIGUSR1)

    ready = threading.Event()
    sender = threading.Thread(target=send)
    sender.start()
    assert run_virtual(main) < 60.0
    sender.join()


# -- the parts -------------------------------------------------------------------------------------------------------


def test_the_class_is_a_loop_factory() -> None:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(asyncio.sleep(3600))
        assert runner.get_loop().time() == 3600.0


def test_a_clock_is_moved_while_a_task_runs() -> None:
    clock = VirtualClock()

    async def main() -> bool:
        with anyio.move_on_after(5.0) as scope:
            clock.jump(6.0)
            await anyio.lowlevel.checkpoint()
            await anyio.sleep(1.0)
        return scope.cancelled_caught

    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(clock)) as runner:
        assert runner.run(main())
    assert clock.current_time() == 6.0
    with pytest.raises(ValueError, match="cannot go back"):
        clock.jump(-1.0)


@both
def test_each_backend_value_has_a_clock_of_its_own(backend: BackendName) -> None:
    first, second = clock_of(virtual_backend(backend)), clock_of(virtual_backend(backend))
    assert first is not None
    assert second is not None
    first.jump(3.0)
    assert (first.current_time(), second.current_time()) == (3.0, 0.0)


@pytest.mark.parametrize("value", ["asyncio", ("asyncio", {}), ("asyncio", {"use_uvloop": True}), ("trio", {}), None])
def test_a_real_backend_has_no_virtual_clock(value: object) -> None:
    assert clock_of(value) is None


# -- with actors -----------------------------------------------------------------------------------------------------


class Tick(Message):
    pass


class GetTicks(Request[tuple[float, ...]]):
    pass


class Ticker(Actor):
    def __init__(self) -> None:
        self.times: list[float] = []

    async def on_start(self) -> None:
        self.ctx.timers.interval("tick", 60.0, Tick())

    @handler
    def tick(self, message: Tick) -> None:
        self.times.append(anyio.current_time())

    @handler
    def get(self, message: GetTicks) -> tuple[float, ...]:
        return tuple(self.times)


@both
def test_an_hour_of_an_actor_takes_a_moment(backend: BackendName) -> None:
    async def main() -> tuple[float, ...]:
        async with open_tree(Supervisor("root", children=[ChildSpec("ticker", Ticker)])) as tree:
            await anyio.sleep(3605.0)
            return await tree.ref("root/ticker", Ticker).ask(GetTicks())

    times = run_virtual(main, backend=backend)
    assert len(times) == 60
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert gaps == pytest.approx([60.0] * 59, abs=0.006)  # a tick of the wheel


@both
def test_a_test_that_hangs_in_a_tree_stops_the_tree(backend: BackendName) -> None:
    stopped = []

    class Guest(Ticker):
        async def on_stop(self, reason: object) -> None:
            await anyio.sleep(4.0)
            stopped.append(str(reason))

    async def main() -> None:
        async with open_tree(Supervisor("root", children=[ChildSpec("guest", Guest)])):
            await anyio.sleep_forever()

    with pytest.raises(TimeoutError, match="300 virtual seconds"):
        run_virtual(main, backend=backend, limit_s=300.0)
    assert stopped == ["shutdown"]
