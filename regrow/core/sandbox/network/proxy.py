"""Shell: the filtering proxy that a room's steps reach package registries through.

It listens on a Unix socket that is bound into the room, answers CONNECT and plain HTTP, and lives exactly as long as one
command. Refusals say why, in the body and in a header, so that a step's own log names the cause. Where this machine
itself goes through a proxy, its address comes from the environment and the connection is chained through it; then the
other proxy resolves the name, and no address can be checked here.

With a download cache, connections to allowed hosts end here: the client is shown a certificate that only rooms trust, and its
requests are answered from what is kept or from the server. A client that does not trust it, because it brings authorities of
its own, gets a plain tunnel when it tries again. A run that is offline gets what is kept, and nothing else.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import anyio
from anyio.abc import ByteStream
from anyio.streams.tls import TLSStream

from regrow.core.downloads.cache import DownloadCache
from regrow.core.downloads.upstream import Unreachable
from regrow.core.sandbox.network.names import Names
from regrow.core.sandbox.network.outer import BROKEN, Unconnected, outer_proxy, receive_head, through
from regrow.core.sandbox.network.rules import (
    HEAD_LIMIT_BYTES,
    BadRequest,
    ProxyRequest,
    answer,
    find_allowed,
    read_head,
    refuse_address,
)
from regrow.core.sandbox.network.settings import AllowedHost
from regrow.core.sandbox.network.unix_streams import listen_unix, serve_unix
from regrow.core.sandbox.network.web_server import Served, serve_client
from regrow.core.sandbox.processes import alone
from regrow.core.sandbox.values import NetworkLog

__all__ = ["SOCKET_NAME", "Interception", "Proxy", "open_proxy"]

SOCKET_NAME = "proxy.sock"
_CONNECT_TIMEOUT_S = 20.0
_HEAD_TIMEOUT_S = 30.0
_LINGER_S = 5.0
"""How long a client may keep a connection that its server has closed."""
_CONNECTIONS = 128
_TRANSFER_LIMIT_BYTES = 8 * 1024**3
"""What one command may send and receive in all. A hostile step could otherwise fill a metered line."""
_LOG_LIMIT = 2_000
_OFFLINE = "this run is offline, and what this client asks for cannot be taken from the download cache"


@dataclass(frozen=True, slots=True)
class Interception:
    """How the proxy answers for the hosts that it may reach.

    Attributes:
        context: With the certificate that clients are shown; None leaves tunnels alone.
        make: Makes the command's cache, of what resolves and checks a host and what names this machine's own proxy.
    """

    context: ssl.SSLContext | None
    make: Callable[[Callable[[str, int], Awaitable[Sequence[str]]], Callable[[str], str | None]], DownloadCache]


@dataclass(slots=True)
class Proxy:
    """A proxy that is open.

    Attributes:
        allowed: Who may be reached.
        own: This machine's addresses, which never may.
        environment: Names the proxy that this machine itself uses, if any.
        context: What clients are shown of the hosts that `cache` answers for.
        cache: Answers from what is kept; None passes everything through.
        offline: Nothing is passed through.
    """

    allowed: Sequence[AllowedHost]
    own: Collection[str]
    environment: Mapping[str, str]
    context: ssl.SSLContext | None = None
    cache: DownloadCache | None = None
    offline: bool = False
    _distrusted: set[str] = field(default_factory=set)
    _entries: list[NetworkLog] = field(default_factory=list)
    _dropped: int = 0
    _transferred: int = 0
    _names: Names = field(default_factory=Names)

    @property
    def log(self) -> tuple[NetworkLog, ...]:
        """The requests so far, at most some thousand, in the order in which they ended."""
        return tuple(self._entries)

    def _note(self, entry: NetworkLog) -> None:
        if len(self._entries) < _LOG_LIMIT:
            self._entries.append(entry)
        else:
            self._dropped += 1

    async def serve(self, client: ByteStream) -> None:
        """Answer one connection."""
        with suppress(*BROKEN):
            async with client:
                await self._serve(client)

    async def _serve(self, client: ByteStream) -> None:
        try:
            with anyio.fail_after(_HEAD_TIMEOUT_S):
                head, rest = await receive_head(client)
        except TimeoutError:
            # Closed without a word, some clients wait for ever (https-proxy-agent 5, which npm 9 has).
            await client.send(answer(408, f"no request came within {_HEAD_TIMEOUT_S:g} s"))
            return
        if head is None:
            await client.send(answer(431, f"the head of a request is larger than {HEAD_LIMIT_BYTES} bytes"))
            return
        try:
            request = read_head(head)
        except BadRequest as error:
            await client.send(answer(400, str(error)))
            return
        entry = find_allowed(request, self.allowed)
        if entry is None:
            named = ", ".join(sorted({host.host for host in self.allowed})) or "none"
            await self._refuse(
                client,
                request,
                403,
                f"{request.host}:{request.port} is not a host of the package clients' settings (allowed: {named})",
            )
            return
        if self.cache is not None and (not request.tunnel or self._may_intercept(request.host)):
            await self._answer(client, request, rest, self.cache)
            return
        if self.offline:
            await self._refuse(client, request, 403, _OFFLINE, missing=f"{request.host}:{request.port}")
            return
        try:
            server = await self._connect(request, entry)
        except Unconnected as error:
            await self._refuse(client, request, error.status, str(error))
            return
        async with server:
            await self._pass_on(client, server, request, rest)

    def _may_intercept(self, host: str) -> bool:
        # Offline there is no other way: who does not trust the certificate gets nothing.
        return self.context is not None and (self.offline or host not in self._distrusted)

    async def _answer(self, client: ByteStream, request: ProxyRequest, rest: bytes, cache: DownloadCache) -> None:
        """Answer for a host, in its name."""

        def note(served: Served) -> None:
            self._transferred += served.received_bytes
            entry = NetworkLog(
                request.host,
                request.port,
                allowed=not served.missing and not served.refused,
                reason="not in the download cache" if served.missing else served.refused,
                received_bytes=served.received_bytes,
                missing=served.missing,
            )
            self._note(entry)

        if self._transferred > _TRANSFER_LIMIT_BYTES:
            await self._refuse(client, request, 403, f"this command received {_TRANSFER_LIMIT_BYTES} bytes already")
            return
        named = f"[{request.host}]" if ":" in request.host else request.host
        if not request.tunnel:
            origin = f"http://{named}" + ("" if request.port == 80 else f":{request.port}")
            await serve_client(client, origin, cache, note, request.head + rest)
            return
        assert self.context is not None
        await client.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        origin = f"https://{named}" + ("" if request.port == 443 else f":{request.port}")
        answered = False

        def note_first(served: Served) -> None:
            nonlocal answered
            answered = True
            note(served)

        try:
            with anyio.fail_after(_HEAD_TIMEOUT_S):
                stream = await TLSStream.wrap(
                    _Begun(client, rest), server_side=True, ssl_context=self.context, standard_compatible=False
                )
            await serve_client(stream, origin, cache, note_first)
            await stream.aclose()
        except ssl.SSLError as error:
            if not answered and "ALERT" in (error.reason or ""):
                self._distrusted.add(request.host)

    async def _refuse(
        self, client: ByteStream, request: ProxyRequest, status: int, reason: str, missing: str = ""
    ) -> None:
        self._note(NetworkLog(request.host, request.port, allowed=False, reason=reason, missing=missing))
        await client.send(answer(status, reason))

    async def _pass_on(self, client: ByteStream, server: ByteStream, request: ProxyRequest, rest: bytes) -> None:
        counts = {"sent": 0, "received": 0}
        try:
            if request.tunnel:
                await client.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            if request.head or rest:
                await server.send(request.head + rest)
                counts["sent"] += len(request.head) + len(rest)
            async with anyio.create_task_group() as group:
                group.start_soon(self._pump, client, server, counts, "sent")
                await self._pump(server, client, counts, "received")
                # The server has sent all; what the client still has to say may go through, but it may not stay for ever.
                group.cancel_scope.deadline = anyio.current_time() + _LINGER_S
        finally:
            self._note(
                NetworkLog(
                    request.host,
                    request.port,
                    allowed=True,
                    reason="",
                    sent_bytes=counts["sent"],
                    received_bytes=counts["received"],
                )
            )

    async def _pump(self, source: ByteStream, target: ByteStream, counts: dict[str, int], name: str) -> None:
        with suppress(*BROKEN):
            while self._transferred < _TRANSFER_LIMIT_BYTES:
                data = await source.receive()
                await target.send(data)
                counts[name] += len(data)
                self._transferred += len(data)
        # Half-closing tells the other side the end without cutting off what is still on its way back.
        with suppress(*BROKEN, AttributeError):
            await target.send_eof()

    async def _connect(self, request: ProxyRequest, entry: AllowedHost) -> ByteStream:
        outer = self._outer_proxy(request)
        if outer is not None:
            return await through(outer, request)
        addresses = await self._checked(request.host, request.port, entry)
        reason = f"{request.host} has no address"
        for address in addresses:
            try:
                with anyio.fail_after(_CONNECT_TIMEOUT_S):
                    return await anyio.connect_tcp(address, request.port)
            except (OSError, TimeoutError) as error:
                reason = f"{request.host} ({address}) cannot be reached: {str(error) or 'it did not answer'}"
        self._names.forget(request.host, request.port)
        raise Unconnected(502, reason)

    async def resolve(self, host: str, port: int) -> tuple[str, ...]:
        """Return the addresses of an allowed host, each of which may be connected to.

        Raises:
            Unreachable: There is none, or one of them may not.
        """
        entry = find_allowed(ProxyRequest(host, port, tunnel=True), self.allowed)
        try:
            if entry is None:
                raise Unconnected(403, f"{host}:{port} is not a host of the package clients' settings")
            return await self._checked(host, port, entry)
        except Unconnected as error:
            raise Unreachable(str(error)) from None

    async def _checked(self, host: str, port: int, entry: AllowedHost) -> tuple[str, ...]:
        try:
            addresses = await self._names.addresses(host, port)
        except OSError as error:
            raise Unconnected(502, f"{host} cannot be resolved: {error}") from error
        for address in addresses:
            refusal = refuse_address(address, self.own, private_allowed=entry.operator)
            if refusal:
                raise Unconnected(403, f"{host}: {refusal}")
        return addresses

    def _outer_proxy(self, request: ProxyRequest) -> str | None:
        return outer_proxy(self.environment, request.host, tunnel=request.tunnel)


class _Begun(ByteStream):
    """A connection of which something was received already."""

    def __init__(self, stream: ByteStream, begun: bytes) -> None:
        self._stream = stream
        self._begun = begun

    async def receive(self, max_bytes: int = 65_536) -> bytes:
        begun, self._begun = self._begun[:max_bytes], self._begun[max_bytes:]
        return begun or await self._stream.receive(max_bytes)

    async def send(self, item: bytes) -> None:
        await self._stream.send(item)

    async def send_eof(self) -> None:
        await self._stream.send_eof()

    async def aclose(self) -> None:
        await self._stream.aclose()


@asynccontextmanager
async def open_proxy(
    folder: Path,
    allowed: Sequence[AllowedHost],
    own: Collection[str],
    environment: Mapping[str, str],
    interception: Interception | None = None,
    *,
    offline: bool = False,
) -> AsyncIterator[Proxy]:
    """Open a proxy on the socket `folder/proxy.sock`; see `Proxy` for the other arguments."""
    proxy = Proxy(allowed, own, environment, offline=offline)
    if interception is not None:
        proxy.context = interception.context

        def outer(url: str) -> str | None:
            parts = urlsplit(url)
            return outer_proxy(environment, parts.hostname or "", tunnel=parts.scheme == "https")

        proxy.cache = interception.make(proxy.resolve, outer)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # A socket's path may be 107 bytes long, a run's folder is often longer.
        path = f"/proc/self/fd/{descriptor}/{SOCKET_NAME}"
        (folder / SOCKET_NAME).unlink(missing_ok=True)
        listener = listen_unix(path, mode=0o666, backlog=_CONNECTIONS)
        # The listener is closed after its server has ended: closed under it, the server would fail.
        with closing(listener), alone():
            async with anyio.create_task_group() as group:
                group.start_soon(partial(serve_unix, listener, proxy.serve, connections=_CONNECTIONS))
                yield proxy
                group.cancel_scope.cancel()
    finally:
        os.close(descriptor)
        (folder / SOCKET_NAME).unlink(missing_ok=True)
        if proxy.cache is not None:
            await proxy.cache.upstream.aclose()
