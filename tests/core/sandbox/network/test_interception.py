"""The proxy answering in a server's name: with a certificate of its own, from the cache, and through it from the server."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import anyio
import pytest
from anyio.streams.tls import TLSStream

from regrow.core.downloads import DownloadCache, DownloadStore
from regrow.core.downloads.credentials import LogIns, logins_of_urls
from regrow.core.downloads.upstream import Upstream
from regrow.core.sandbox.network import proxy as proxy_module
from regrow.core.sandbox.network.authority import Authority, make_authority
from regrow.core.sandbox.network.proxy import SOCKET_NAME, Interception, Proxy, open_proxy
from regrow.core.sandbox.network.settings import AllowedHost

pytestmark = pytest.mark.anyio


class Index(BaseHTTPRequestHandler):
    """An index that wants a log-in, and says what it was asked."""

    protocol_version = "HTTP/1.1"
    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(f"{self.command} {self.path}")
        wanted = "Basic " + base64.b64encode(b"me:hush").decode()
        found = self.headers.get("Authorization") == wanted
        body = b'<a href="/files/a-1.zip">a</a>' if found else b"log in"
        if self.path.startswith("/files"):
            body = b"archive"
        self.send_response(200 if found else 401)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class' name
        pass


@pytest.fixture
def index() -> Iterator[int]:
    Index.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Index)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def _loopback_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests may only reach the loopback, which the proxy never does."""
    monkeypatch.setattr(proxy_module, "refuse_address", lambda *_args, **_named: "")


@asynccontextmanager
async def opened(
    folder: Path, host: AllowedHost, authority: Authority | None, logins: LogIns, *, offline: bool = False
) -> AsyncIterator[Proxy]:
    def make(
        resolve: Callable[[str, int], Awaitable[Sequence[str]]], outer: Callable[[str], str | None]
    ) -> DownloadCache:
        return DownloadCache(DownloadStore(folder / "kept"), Upstream(None, outer, resolve), offline, logins)

    interception = Interception(authority.context if authority else None, make)
    async with open_proxy(folder, (host,), (), {}, interception, offline=offline) as proxy:
        yield proxy


async def said(stream: anyio.abc.ByteReceiveStream) -> bytes:
    found = b""
    with anyio.fail_after(10):
        try:
            async for chunk in stream:
                found += chunk
        except anyio.BrokenResourceError:
            pass
    return found


async def test_a_private_index_is_read_without_its_log_in_ever_coming_into_the_room(tmp_path: Path, index: int) -> None:
    logins = LogIns(logins_of_urls([f"http://me:hush@localhost:{index}/simple"], lambda _: None, lambda *_: None))
    host = AllowedHost("localhost", index, operator=True, why="test")
    for offline in (False, True):
        async with opened(tmp_path, host, None, logins, offline=offline) as proxy:
            for path, body in (("simple/a/", b'<a href="/files/a-1.zip">a</a>'), ("files/a-1.zip", b"archive")):
                async with await anyio.connect_unix(tmp_path / SOCKET_NAME) as stream:
                    request = f"GET http://localhost:{index}/{path} HTTP/1.1\r\nHost: localhost:{index}\r\n\r\n"
                    await stream.send(request.encode())
                    answer = await said(stream)
                assert answer.startswith(b"HTTP/1.1 200")
                assert answer.endswith(b"\r\n\r\n" + body)
                assert b"hush" not in answer
                assert b"bWU6aHVzaA" not in answer
        assert [entry.allowed for entry in proxy.log] == [True, True]
        assert "hush" not in str(proxy.log)
    assert Index.asked == ["GET /simple/a/", "GET /files/a-1.zip"]
    for file in (tmp_path / "kept").rglob("*"):
        assert file.is_dir() or b"bWU6aHVzaA" not in file.read_bytes()


async def test_what_an_offline_room_lacks_is_named(tmp_path: Path) -> None:
    host = AllowedHost("index.example", 80, operator=True, why="test")
    async with opened(tmp_path, host, None, LogIns(), offline=True) as proxy:
        async with await anyio.connect_unix(tmp_path / SOCKET_NAME) as stream:
            await stream.send(b"GET http://index.example/simple/a/ HTTP/1.1\r\nHost: index.example\r\n\r\n")
            answer = await said(stream)
        assert answer.startswith(b"HTTP/1.1 504 Gateway Timeout")
        async with await anyio.connect_unix(tmp_path / SOCKET_NAME) as stream:
            await stream.send(b"CONNECT index.example:80 HTTP/1.1\r\n\r\n")
            assert (await said(stream)).startswith(b"HTTP/1.1 403 Forbidden")
    assert [entry.missing for entry in proxy.log] == ["http://index.example/simple/a/", "index.example:80"]


def distrust(path: Path) -> None:
    """Do what a client does that knows other authorities."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(str(path))
        client.sendall(b"CONNECT index.example:443 HTTP/1.1\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 200")
        with pytest.raises(ssl.SSLCertVerificationError):
            ssl.create_default_context().wrap_socket(client, server_hostname="index.example")


@asynccontextmanager
async def tunnel(folder: Path, host: str, trusted: ssl.SSLContext) -> AsyncIterator[TLSStream]:
    async with await anyio.connect_unix(folder / SOCKET_NAME) as stream:
        await stream.send(f"CONNECT {host}:443 HTTP/1.1\r\n\r\n".encode())
        assert (await stream.receive()).startswith(b"HTTP/1.1 200")
        with anyio.fail_after(10):
            async with await TLSStream.wrap(
                stream, hostname=host, ssl_context=trusted, standard_compatible=False
            ) as secure:
                yield secure


async def test_a_client_that_trusts_the_room_is_answered_on_one_connection(tmp_path: Path) -> None:
    authority = await make_authority(["index.example"], tmp_path)
    assert authority is not None
    assert [path.name for path in tmp_path.iterdir()] == []  # no key is left
    trusted = ssl.create_default_context(cadata=authority.certificate)
    host = AllowedHost("index.example", 443, operator=True, why="test")
    async with (
        opened(tmp_path, host, authority, LogIns(), offline=True) as proxy,
        tunnel(tmp_path, "index.example", trusted) as secure,
    ):
        await secure.send(b"GET /simple/a/ HTTP/1.1\r\nHost: index.example\r\n\r\n")
        answer = await said(secure)
        assert b"index.example/simple/a/ is not in the download cache" in answer
    assert [entry.missing for entry in proxy.log] == ["https://index.example/simple/a/"]


async def test_a_client_with_authorities_of_its_own_gets_a_plain_tunnel_when_it_tries_again(tmp_path: Path) -> None:
    authority = await make_authority(["index.example"], tmp_path)
    assert authority is not None
    host = AllowedHost("index.example", 443, operator=True, why="test")
    async with opened(tmp_path, host, authority, LogIns()) as proxy:
        await anyio.to_thread.run_sync(distrust, tmp_path / SOCKET_NAME)
        with anyio.fail_after(5):
            while proxy._may_intercept("index.example"):
                await anyio.sleep(0.01)


async def test_a_connection_is_kept_for_the_next_request(tmp_path: Path, index: int) -> None:
    authority = await make_authority(["localhost"], tmp_path)
    assert authority is not None
    logins = LogIns(logins_of_urls([f"http://me:hush@localhost:{index}/"], lambda _: None, lambda *_: None))
    host = AllowedHost("localhost", index, operator=True, why="test")
    async with opened(tmp_path, host, authority, logins) as proxy:
        assert proxy.cache is not None
        for number in range(2):
            async with await anyio.connect_unix(tmp_path / SOCKET_NAME) as stream:
                head = f"GET http://localhost:{index}/files/a-1.zip?{number} HTTP/1.1\r\nHost: x\r\nRange: bytes=1-2\r\n\r\n"
                await stream.send(head.encode())
                answer = await said(stream)
            assert answer.startswith(b"HTTP/1.1 206")
            assert answer.endswith(b"\r\n\r\nrc")
