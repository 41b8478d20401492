"""Trap 25: the same tree in every kind of host: a plain run, an application's lifespan, fixtures, a service that is ended."""

from __future__ import annotations

import asyncio
import functools
import gc
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import anyio
import pytest
import pytest_trio  # type: ignore[import-untyped]  # it has no types
import trio
import uvloop

from regrow import Supervisor, Tree, open_tree
from regrow.core.watchdog import WatchdogSettings

from .actors import Boom, Journal, Note, Notes, Worker, until, worker

WHOLE_LIFE = [("started", 1), ("stopped", 1), ("started", 2), ("stopped", 2)]
"""Of an actor that crashes once and is stopped with its tree."""


def tree_with(journal: Journal) -> AbstractAsyncContextManager[Tree]:
    return open_tree(Supervisor("s", children=[worker("a", journal)]), watchdog=WatchdogSettings(limit_s=60.0))


async def crash_once(tree: Tree) -> list[int]:
    """Let the actor crash; return what its next incarnation was told."""
    ref = tree.ref("s/a", Worker)
    await ref.tell(Boom())
    await until(lambda: tree.snapshot().find("s/a").restarts == 1)
    await ref.tell(Note(number=2))
    return await ref.ask(Notes())


def life_of(journal: Journal) -> list[tuple[str, int]]:
    return [(what, incarnation) for what, _, incarnation in journal if what in ("started", "stopped")]


async def whole_program(journal: Journal) -> list[int]:
    async with tree_with(journal) as tree:
        return await crash_once(tree)


def by_asyncio_debug(program: Callable[[], Coroutine[Any, Any, list[int]]]) -> list[int]:
    return asyncio.run(program(), debug=True)


def by_uvloop(program: Callable[[], Coroutine[Any, Any, list[int]]]) -> list[int]:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(program())


@pytest.mark.parametrize(
    "run",
    [lambda program: asyncio.run(program()), by_asyncio_debug, by_uvloop, trio.run, anyio.run],
    ids=["asyncio.run", "asyncio.run(debug)", "uvloop", "trio.run", "anyio.run"],
)
def test_trap_25_a_plain_run_starts_restarts_and_stops_without_a_warning(
    run: Callable[[Callable[[], Coroutine[Any, Any, list[int]]]], list[int]],
) -> None:
    journal: Journal = []
    assert run(functools.partial(whole_program, journal)) == [2]
    assert life_of(journal) == WHOLE_LIFE
    gc.collect()  # what was never awaited is a warning, and warnings are errors


Receive = Callable[[], Awaitable[str]]
Send = Callable[[str], Awaitable[None]]


async def serve_lifespan(lifespan: AbstractAsyncContextManager[object], receive: Receive, send: Send) -> None:
    """Do what an ASGI framework does with the lifespan of an application: one task of the server begins and ends it."""
    assert await receive() == "lifespan.startup"
    async with lifespan:
        await send("lifespan.startup.complete")
        assert await receive() == "lifespan.shutdown"
    await send("lifespan.shutdown.complete")


@pytest.mark.anyio
async def test_trap_25_a_tree_lives_in_the_lifespan_of_an_application_and_serves_its_requests() -> None:
    journal: Journal = []
    app: dict[str, Tree] = {}
    told: list[str] = []
    to_app_in, to_app = anyio.create_memory_object_stream[str](1)
    answered = anyio.Event()

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        async with tree_with(journal) as tree:
            app["tree"] = tree
            yield

    async def send(what: str) -> None:
        told.append(what)
        answered.set()

    async def request() -> None:
        assert await app["tree"].ref("s/a", Worker).ask(Notes()) == [2]

    with to_app_in, to_app:
        async with anyio.create_task_group() as server:
            server.start_soon(serve_lifespan, lifespan(), to_app.receive, send)
            await to_app_in.send("lifespan.startup")
            await answered.wait()
            assert await crash_once(app["tree"]) == [2]
            async with anyio.create_task_group() as requests:
                for _ in range(10):
                    requests.start_soon(request)
            await to_app_in.send("lifespan.shutdown")
    assert told == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert life_of(journal) == WHOLE_LIFE


@pytest.mark.anyio
async def test_trap_25_an_application_that_is_cancelled_stops_its_tree() -> None:
    journal: Journal = []
    up = anyio.Event()

    async def never() -> str:
        await anyio.sleep_forever()
        raise AssertionError

    async def receive_one_then_never() -> str:
        return await never() if up.is_set() else "lifespan.startup"

    async def send(what: str) -> None:
        up.set()

    async with anyio.create_task_group() as server:
        server.start_soon(serve_lifespan, tree_with(journal), receive_one_then_never, send)
        await up.wait()
        server.cancel_scope.cancel()
    assert life_of(journal) == WHOLE_LIFE[:2]


@pytest.fixture
async def tree_of_anyios_plugin(anyio_backend: object) -> AsyncIterator[Tree]:
    journal: Journal = []
    async with tree_with(journal) as tree:
        yield tree
    assert life_of(journal) == WHOLE_LIFE


@pytest.mark.anyio
async def test_trap_25_a_fixture_of_anyios_plugin_can_hold_a_tree(tree_of_anyios_plugin: Tree) -> None:
    assert await crash_once(tree_of_anyios_plugin) == [2]


@pytest_trio.trio_fixture  # type: ignore[untyped-decorator]
async def tree_of_trios_plugin() -> AsyncIterator[Tree]:
    journal: Journal = []
    async with tree_with(journal) as tree:
        yield tree
    assert life_of(journal) == WHOLE_LIFE


@pytest.mark.trio
async def test_trap_25_a_fixture_of_trios_plugin_can_hold_a_tree(tree_of_trios_plugin: Tree) -> None:
    assert await crash_once(tree_of_trios_plugin) == [2]


@pytest.mark.anyio
async def test_trap_25_the_signals_stay_the_hosts() -> None:
    def handlers() -> dict[signal.Signals, object]:
        return {number: signal.getsignal(number) for number in signal.Signals}

    before, wakeup = handlers(), signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(wakeup)
    async with tree_with([]) as tree:
        assert await crash_once(tree) == [2]
        assert handlers() == before
        now = signal.set_wakeup_fd(-1)
        signal.set_wakeup_fd(now)
        assert now == wakeup
    assert handlers() == before


SERVICE = """
import signal, sys
import anyio
from regrow import Actor, ChildSpec, Supervisor, open_tree

class Hooked(Actor):
    async def on_start(self):
        await anyio.sleep(0)

    async def on_stop(self, reason):
        await anyio.sleep(0)
        print("stopped", flush=True)

async def main():
    with anyio.open_signal_receiver(signal.SIGTERM) as signals:
        async with open_tree(Supervisor("s", children=[ChildSpec("a", Hooked)])):
            print("open", flush=True)  # a signal before this ends a tree that is only being opened
            async for _ in signals:
                break

# Whoever runs the tests in the background may have told all their children to ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)
anyio.run(main, backend=sys.argv[1])
"""


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_trap_25_a_service_that_is_told_to_end_stops_its_actors_and_ends_as_its_host_says(
    backend: str, number: signal.Signals
) -> None:
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", SERVICE, backend]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as service:
        try:
            assert service.stdout is not None
            assert service.stdout.readline() == "open\n"
            service.send_signal(number)
            out, errors = service.communicate(timeout=20)
        finally:
            service.kill()
    assert out == "stopped\n"
    if number is signal.SIGTERM:  # its host handles this one, and Python the other
        assert (service.returncode, errors) == (0, "")
    else:
        assert service.returncode == -signal.SIGINT
        assert errors.endswith("KeyboardInterrupt\n")
