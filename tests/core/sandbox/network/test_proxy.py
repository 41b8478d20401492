"""The filtering proxy on its socket: what it passes on, what it refuses, and what it writes down."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.abc import SocketStream

from regrow.core.sandbox.network import proxy as proxy_module
from regrow.core.sandbox.network.proxy import SOCKET_NAME, Proxy, open_proxy
from regrow.core.sandbox.network.rules import HEAD_LIMIT_BYTES
from regrow.core.sandbox.network.settings import AllowedHost
from regrow.core.sandbox.values import NetworkLog

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def an_origin() -> AsyncIterator[int]:
    """A server that says back what it was sent first, in capitals, and ends."""

    async def serve(stream: SocketStream) -> None:
        async with stream:
            await stream.send((await stream.receive()).upper())

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, serve)
        yield listener.extra(anyio.abc.SocketAttribute.local_port)
        group.cancel_scope.cancel()


def allowed(port: int, host: str = "localhost") -> tuple[AllowedHost, ...]:
    return (AllowedHost(host, port, operator=False, why="test"),)


async def asked(folder: Path, data: bytes, more: bytes = b"") -> bytes:
    """Send to the proxy, then `more` after its first answer; return all that comes back."""
    async with await anyio.connect_unix(folder / SOCKET_NAME) as stream:
        with anyio.fail_after(5):
            await stream.send(data)
            answer = await stream.receive()
            if more:
                await stream.send(more)
            async for chunk in stream:
                answer += chunk
    return answer


@pytest.fixture
def loopback_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests may only reach the loopback, which the proxy never does."""
    monkeypatch.setattr(proxy_module, "refuse_address", lambda *_args, **_named: "")


@pytest.mark.usefixtures("loopback_allowed")
async def test_a_tunnel_carries_bytes_both_ways_and_counts_them(tmp_path: Path) -> None:
    async with an_origin() as port, open_proxy(tmp_path, allowed(port), (), {}) as proxy:
        answer = await asked(tmp_path, f"CONNECT localhost:{port} HTTP/1.1\r\n\r\n".encode(), b"hello")
        assert answer == b"HTTP/1.1 200 Connection established\r\n\r\nHELLO"
        entry = await logged(proxy)
    assert (entry.host, entry.port, entry.allowed, entry.sent_bytes, entry.received_bytes) == (
        "localhost",
        port,
        True,
        5,
        5,
    )


@pytest.mark.usefixtures("loopback_allowed")
async def test_a_plain_request_goes_to_the_host_that_was_judged(tmp_path: Path) -> None:
    async with an_origin() as port, open_proxy(tmp_path, allowed(port), (), {}):
        answer = await asked(tmp_path, f"GET http://localhost:{port}/a HTTP/1.1\r\nHost: other\r\n\r\n".encode())
    assert answer.startswith(b"GET /A HTTP/1.1\r\nHOST: LOCALHOST:")


async def logged(proxy: Proxy) -> NetworkLog:
    with anyio.fail_after(5):
        while not proxy.log:
            await anyio.lowlevel.checkpoint()
    return proxy.log[0]


async def test_a_name_of_the_loopback_is_refused_with_the_reason(tmp_path: Path) -> None:
    async with an_origin() as port, open_proxy(tmp_path, allowed(port), (), {}) as proxy:
        answer = await asked(tmp_path, f"CONNECT localhost:{port} HTTP/1.1\r\n\r\n".encode())
        assert answer.startswith(b"HTTP/1.1 403 ")
        assert b"loopback" in answer
        assert not (await logged(proxy)).allowed


async def test_one_bad_address_of_a_name_refuses_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(*_args: object, **_named: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("8.8.8.8", "10.0.0.1")]

    monkeypatch.setattr(anyio, "getaddrinfo", resolve)
    async with open_proxy(tmp_path, allowed(443, "index.example"), (), {}):
        answer = await asked(tmp_path, b"CONNECT index.example:443 HTTP/1.1\r\n\r\n")
    assert b"10.0.0.1 is a private address" in answer


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (b"CONNECT other.example:443 HTTP/1.1\r\n\r\n", b"403"),
        (b"CONNECT 169.254.169.254:80 HTTP/1.1\r\n\r\n", b"403"),
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET /" + b"x" * (HEAD_LIMIT_BYTES + 10), b"431"),
    ],
)
async def test_what_is_not_allowed_is_answered(tmp_path: Path, request_head: bytes, status: bytes) -> None:
    async with open_proxy(tmp_path, allowed(443, "index.example"), (), {}):
        answer = await asked(tmp_path, request_head)
    assert answer.split(b" ")[1] == status


@pytest.mark.usefixtures("loopback_allowed")
async def test_a_host_that_does_not_listen_is_a_bad_gateway(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    async with open_proxy(tmp_path, allowed(port), (), {}):
        assert b" 502 " in await asked(tmp_path, f"CONNECT localhost:{port} HTTP/1.1\r\n\r\n".encode())


async def test_the_machines_own_proxy_is_gone_through(tmp_path: Path) -> None:
    heads: list[bytes] = []

    async def serve(stream: SocketStream) -> None:
        async with stream:
            heads.append(await stream.receive())
            await stream.send(b"HTTP/1.1 200 OK\r\n\r\n")
            await stream.send((await stream.receive()).upper())

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, serve)
        outer = f"http://me:p%40ss@127.0.0.1:{listener.extra(anyio.abc.SocketAttribute.local_port)}"
        async with open_proxy(tmp_path, allowed(443, "index.example"), (), {"HTTPS_PROXY": outer}):
            answer = await asked(tmp_path, b"CONNECT index.example:443 HTTP/1.1\r\n\r\n", b"hello")
        group.cancel_scope.cancel()
    assert answer.endswith(b"HELLO")
    assert heads[0].startswith(b"CONNECT index.example:443 HTTP/1.1\r\n")
    assert b"Basic bWU6cEBzcw==" in heads[0]


async def test_the_socket_may_lie_deep_and_goes_with_the_proxy(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 100) / ("y" * 100)
    deep.mkdir(parents=True)
    async with open_proxy(deep, (), (), {}):
        assert (deep / SOCKET_NAME).is_socket()
    assert not (deep / SOCKET_NAME).exists()


async def test_what_the_caller_raises_keeps_its_type(tmp_path: Path) -> None:
    with pytest.raises(LookupError):
        async with open_proxy(tmp_path, (), (), {}):
            raise LookupError


@asynccontextmanager
async def a_tunnel(folder: Path, port: int) -> AsyncIterator[SocketStream]:
    """A tunnel to the loopback that is open."""
    async with await anyio.connect_unix(folder / SOCKET_NAME) as stream:
        await stream.send(f"CONNECT localhost:{port} HTTP/1.1\r\n\r\n".encode())
        assert (await stream.receive()).endswith(b"established\r\n\r\n")
        yield stream


@asynccontextmanager
async def a_server(serve: Callable[[SocketStream], Awaitable[None]]) -> AsyncIterator[int]:
    async def serve_one(stream: SocketStream) -> None:
        async with stream:
            await serve(stream)

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", backlog=256)
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, serve_one)
        yield listener.extra(anyio.abc.SocketAttribute.local_port)
        group.cancel_scope.cancel()


async def echo(stream: SocketStream) -> None:
    async for data in stream:
        await stream.send(data)


@pytest.mark.usefixtures("loopback_allowed")
async def test_a_hundred_tunnels_at_once_ask_for_the_name_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked_for: list[object] = []
    real = anyio.getaddrinfo

    async def resolve(host: str, port: int, **named: Any) -> object:
        asked_for.append(host)
        return await real(host, port, **named)

    monkeypatch.setattr(anyio, "getaddrinfo", resolve)
    answers: list[bytes] = []

    async def use(port: int, number: int) -> None:
        async with a_tunnel(tmp_path, port) as stream:
            await stream.send(b"%d" % number)
            answers.append(await stream.receive())

    with anyio.fail_after(20):
        async with a_server(echo) as port, open_proxy(tmp_path, allowed(port), (), {}) as proxy:
            async with anyio.create_task_group() as group:
                for number in range(100):
                    group.start_soon(use, port, number)
            while len(proxy.log) < 100:
                await anyio.lowlevel.checkpoint()
    assert sorted(map(int, answers)) == list(range(100))
    assert asked_for.count("localhost") == 1
    assert sum(entry.received_bytes for entry in proxy.log) == sum(len(answer) for answer in answers)


@pytest.mark.usefixtures("loopback_allowed")
async def test_a_tunnel_that_is_kept_alive_carries_request_after_request(tmp_path: Path) -> None:
    with anyio.fail_after(10):
        async with (
            a_server(echo) as port,
            open_proxy(tmp_path, allowed(port), (), {}),
            a_tunnel(tmp_path, port) as stream,
        ):
            for number in range(200):
                await stream.send(b"request %d" % number)
                assert await stream.receive() == b"request %d" % number


@pytest.mark.usefixtures("loopback_allowed")
async def test_a_client_that_has_said_all_still_gets_its_answer(tmp_path: Path) -> None:
    async def answer_at_the_end(stream: SocketStream) -> None:
        heard = b"".join([chunk async for chunk in stream])
        await stream.send(heard.upper() * 100_000)

    with anyio.fail_after(10):
        async with (
            a_server(answer_at_the_end) as port,
            open_proxy(tmp_path, allowed(port), (), {}),
            a_tunnel(tmp_path, port) as stream,
        ):
            await stream.send(b"hello")
            await stream.send_eof()
            assert b"".join([chunk async for chunk in stream]) == b"HELLO" * 100_000


@pytest.mark.usefixtures("loopback_allowed")
async def test_a_server_that_has_said_all_still_hears_the_client(tmp_path: Path) -> None:
    heard: list[bytes] = []
    done = anyio.Event()

    async def say_goodbye_first(stream: SocketStream) -> None:
        await stream.send(b"goodbye")
        await stream.send_eof()
        heard.extend([chunk async for chunk in stream])
        done.set()

    with anyio.fail_after(10):
        async with (
            a_server(say_goodbye_first) as port,
            open_proxy(tmp_path, allowed(port), (), {}),
            a_tunnel(tmp_path, port) as stream,
        ):
            assert b"".join([chunk async for chunk in stream]) == b"goodbye"
            await stream.send(b"and thanks")
            await stream.send_eof()
            await done.wait()
    assert b"".join(heard) == b"and thanks"


@pytest.mark.usefixtures("loopback_allowed")
async def test_a_client_that_keeps_what_its_server_closed_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy_module, "_LINGER_S", 0.0)

    async def leave(stream: SocketStream) -> None:
        await stream.send(b"bye")

    with anyio.fail_after(10):
        async with (
            a_server(leave) as port,
            open_proxy(tmp_path, allowed(port), (), {}) as proxy,
            a_tunnel(tmp_path, port) as stream,
        ):
            assert await stream.receive() == b"bye"
            assert (await logged(proxy)).received_bytes == 3


@pytest.mark.usefixtures("loopback_allowed")
async def test_a_client_that_does_not_read_holds_up_nobody_else(tmp_path: Path) -> None:
    async def flood(stream: SocketStream) -> None:
        with suppress(anyio.BrokenResourceError):
            await stream.send(b"x" * 4_000_000)

    with anyio.fail_after(20):
        async with (
            a_server(flood) as port,
            open_proxy(tmp_path, allowed(port), (), {}),
            a_tunnel(tmp_path, port) as slow,
        ):
            async with a_tunnel(tmp_path, port) as quick:
                assert sum([len(chunk) async for chunk in quick]) == 4_000_000
            assert sum([len(chunk) async for chunk in slow]) == 4_000_000


async def test_a_refused_host_is_answered_at_once_and_named(tmp_path: Path) -> None:
    async with (
        open_proxy(tmp_path, allowed(443, "index.example"), (), {}),
        await anyio.connect_unix(tmp_path / SOCKET_NAME) as stream,
    ):
        with anyio.fail_after(1):
            # A client may have more to say: it shall not get a broken connection in place of the reason.
            await stream.send(b"CONNECT audit.example:443 HTTP/1.1\r\n\r\nmore")
            answer = b"".join([chunk async for chunk in stream])
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"audit.example:443 is not a host of the package clients' settings (allowed: index.example)" in answer


async def test_a_client_that_is_late_with_its_request_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy_module, "_HEAD_TIMEOUT_S", 0.05)
    async with open_proxy(tmp_path, (), (), {}):
        assert (await asked(tmp_path, b"CONNECT ")).startswith(b"HTTP/1.1 408 Request Timeout\r\n")
