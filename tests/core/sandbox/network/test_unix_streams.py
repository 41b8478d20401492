"""Unix streams: bytes at both sides' pace, half-closing, and no word from the event loop when a wait is cancelled."""

from __future__ import annotations

import asyncio
import logging
import socket
from pathlib import Path

import anyio
import pytest
import sniffio

from regrow.core.sandbox.network.unix_streams import UnixStream, listen_unix, serve_unix

pytestmark = pytest.mark.anyio


def a_pair() -> tuple[UnixStream, UnixStream]:
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    return UnixStream(one), UnixStream(other)


async def test_more_than_the_kernel_holds_arrives_whole_and_in_order() -> None:
    one, other = a_pair()
    sent = bytes(range(256)) * 8_192
    received = bytearray()
    async with one, other:
        with anyio.fail_after(10):
            async with anyio.create_task_group() as group:

                async def send() -> None:
                    await one.send(sent)
                    await one.send_eof()

                group.start_soon(send)
                async for chunk in other:
                    received += chunk
    assert received == sent


async def test_after_the_end_of_one_direction_the_other_still_carries() -> None:
    one, other = a_pair()
    async with one, other:
        with anyio.fail_after(5):
            await one.send_eof()
            with pytest.raises(anyio.EndOfStream):
                await other.receive()
            await other.send(b"late")
            assert await one.receive() == b"late"


async def test_a_peer_that_is_gone_breaks_the_stream() -> None:
    one, other = a_pair()
    async with one:
        await other.aclose()
        with pytest.raises(anyio.BrokenResourceError):
            await one.send(b"x")
    with pytest.raises(anyio.ClosedResourceError):
        await one.receive()


async def test_a_wait_that_is_cancelled_as_its_bytes_arrive_leaves_no_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """anyio's own Unix streams fail this on asyncio's loop: `Future.set_result` finds the future cancelled."""
    said: list[str] = []
    if sniffio.current_async_library() == "asyncio":
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: said.append(str(context["message"])))
    for _ in range(20):
        one, other = a_pair()
        async with one, other, anyio.create_task_group() as group:
            group.start_soon(one.receive)
            await anyio.wait_all_tasks_blocked()
            other.raw.send(b"x")
            # The loop polls, queues the reader behind this task, and this task ends the wait before the reader's turn.
            await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()
    assert said == []
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_server_takes_no_more_connections_at_once_than_it_may(tmp_path: Path) -> None:
    serving = most = served = 0
    done = anyio.Event()

    async def serve(stream: UnixStream) -> None:
        nonlocal serving, most, served
        async with stream:
            serving += 1
            most = max(most, serving)
            await stream.receive()
            serving -= 1
            served += 1
        if served == 12:
            done.set()

    with listen_unix(tmp_path / "s", mode=0o600, backlog=16) as listener:
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: serve_unix(listener, serve, connections=3))
            clients = [socket.socket(socket.AF_UNIX) for _ in range(12)]
            for client in clients:
                client.connect(str(tmp_path / "s"))
            await anyio.wait_all_tasks_blocked()
            assert serving == 3
            for client in clients:
                client.send(b"x")
            with anyio.fail_after(5):
                await done.wait()
            group.cancel_scope.cancel()
    for client in clients:
        client.close()
    assert most == 3


async def test_a_path_that_is_taken_is_refused(tmp_path: Path) -> None:
    with listen_unix(tmp_path / "s", mode=0o600, backlog=1), pytest.raises(OSError, match="in use"):
        listen_unix(tmp_path / "s", mode=0o600, backlog=1)
