"""Shell: the filtering proxy that a room's steps reach package registries through.

It listens on a Unix socket that is bound into the room, answers CONNECT and plain HTTP, and lives exactly as long as one
command. Refusals say why, in the body and in a header, so that a step's own log names the cause. Where this machine
itself goes through a proxy, its address comes from the environment and the connection is chained through it; then the
other proxy resolves the name, and no address can be checked here.
"""

from __future__ import annotations

import base64
import os
import ssl
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # typeshed does not know it

import anyio
from anyio.abc import ByteStream

from regrow.core.sandbox.network.names import Names
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
from regrow.core.sandbox.processes import alone
from regrow.core.sandbox.values import NetworkLog

__all__ = ["SOCKET_NAME", "Proxy", "open_proxy"]

SOCKET_NAME = "proxy.sock"
_CONNECT_TIMEOUT_S = 20.0
_HEAD_TIMEOUT_S = 30.0
_LINGER_S = 5.0
"""How long a client may keep a connection that its server has closed."""
_CONNECTIONS = 128
_TRANSFER_LIMIT_BYTES = 8 * 1024**3
"""What one command may send and receive in all. A hostile step could otherwise fill a metered line."""
_LOG_LIMIT = 2_000
_BROKEN = (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream, TimeoutError)


@dataclass(slots=True)
class Proxy:
    """A proxy that is open.

    Attributes:
        allowed: Who may be reached.
        own: This machine's addresses, which never may.
        environment: Names the proxy that this machine itself uses, if any.
    """

    allowed: Sequence[AllowedHost]
    own: Collection[str]
    environment: Mapping[str, str]
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
        with suppress(*_BROKEN):
            async with client:
                await self._serve(client)

    async def _serve(self, client: ByteStream) -> None:
        try:
            with anyio.fail_after(_HEAD_TIMEOUT_S):
                head, rest = await _receive_head(client)
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
        try:
            server = await self._connect(request, entry)
        except _Refused as error:
            await self._refuse(client, request, error.status, str(error))
            return
        async with server:
            await self._pass_on(client, server, request, rest)

    async def _refuse(self, client: ByteStream, request: ProxyRequest, status: int, reason: str) -> None:
        self._note(NetworkLog(request.host, request.port, allowed=False, reason=reason))
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
        with suppress(*_BROKEN):
            while self._transferred < _TRANSFER_LIMIT_BYTES:
                data = await source.receive()
                await target.send(data)
                counts[name] += len(data)
                self._transferred += len(data)
        # Half-closing tells the other side the end without cutting off what is still on its way back.
        with suppress(*_BROKEN, AttributeError):
            await target.send_eof()

    async def _connect(self, request: ProxyRequest, entry: AllowedHost) -> ByteStream:
        outer = self._outer_proxy(request)
        if outer is not None:
            return await _through(outer, request)
        try:
            addresses = await self._names.addresses(request.host, request.port)
        except OSError as error:
            raise _Refused(502, f"{request.host} cannot be resolved: {error}") from error
        reason = f"{request.host} has no address"
        for address in addresses:
            refusal = refuse_address(address, self.own, private_allowed=entry.operator)
            if refusal:
                raise _Refused(403, f"{request.host}: {refusal}")
        for address in addresses:
            try:
                with anyio.fail_after(_CONNECT_TIMEOUT_S):
                    return await anyio.connect_tcp(address, request.port)
            except (OSError, TimeoutError) as error:
                reason = f"{request.host} ({address}) cannot be reached: {str(error) or 'it did not answer'}"
        self._names.forget(request.host, request.port)
        raise _Refused(502, reason)

    def _outer_proxy(self, request: ProxyRequest) -> str | None:
        wanted = "https_proxy" if request.tunnel else "http_proxy"
        lower = {name.lower(): value for name, value in self.environment.items() if name.lower().endswith("_proxy")}
        bypass = proxy_bypass_environment(request.host, {"no": lower.get("no_proxy", "")})
        found = lower.get(wanted) or lower.get("all_proxy")
        return None if bypass or not found else found


class _Refused(Exception):
    """The proxy will not, or cannot, connect."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


async def _receive_head(client: ByteStream) -> tuple[bytes | None, bytes]:
    """Return the head of a request and what came after it; None when it is too long."""
    kept = bytearray()
    while b"\r\n\r\n" not in kept:
        if len(kept) > HEAD_LIMIT_BYTES:
            return None, b""
        kept += await client.receive()
    head, _, rest = bytes(kept).partition(b"\r\n\r\n")
    return head, rest


async def _through(outer: str, request: ProxyRequest) -> ByteStream:
    """Connect to a host through another proxy."""
    parts = urlsplit(outer if "://" in outer else f"http://{outer}")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    log_in = ""
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        log_in = f"Proxy-Authorization: Basic {base64.b64encode(pair.encode()).decode()}\r\n"
    stream: ByteStream
    try:
        with anyio.fail_after(_CONNECT_TIMEOUT_S):
            if parts.scheme == "https":
                stream = await anyio.connect_tcp(parts.hostname or "", port, ssl_context=ssl.create_default_context())
            else:
                stream = await anyio.connect_tcp(parts.hostname or "", port)
            target = f"{request.host}:{request.port}"
            await stream.send(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{log_in}\r\n".encode())
            head, _ = await _receive_head(stream)
    except _BROKEN as error:
        raise _Refused(502, f"this machine's own proxy {parts.hostname} cannot be reached: {error}") from error
    status = (head or b"").split(b" ")[1:2]
    if status != [b"200"]:
        await stream.aclose()
        said = (head or b"").split(b"\r\n")[0].decode("latin-1")
        raise _Refused(502, f"this machine's own proxy {parts.hostname} said {said!r}")
    return stream


@asynccontextmanager
async def open_proxy(
    folder: Path, allowed: Sequence[AllowedHost], own: Collection[str], environment: Mapping[str, str]
) -> AsyncIterator[Proxy]:
    """Open a proxy on the socket `folder/proxy.sock`; see `Proxy` for the other arguments."""
    proxy = Proxy(allowed, own, environment)
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
