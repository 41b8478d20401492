"""The filtering proxy on its socket: what it passes on, what it refuses, and what it writes down."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

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
