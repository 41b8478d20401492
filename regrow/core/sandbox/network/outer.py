"""Shell: the proxy that this machine itself goes through, where it has one: which it is, and how it is passed."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # typeshed does not know it

import anyio
from anyio.abc import ByteStream

from regrow.core.sandbox.network.rules import HEAD_LIMIT_BYTES, ProxyRequest

__all__ = ["BROKEN", "Unconnected", "outer_proxy", "receive_head", "through"]

BROKEN = (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream, TimeoutError)
"""What a connection that is gone raises."""
_CONNECT_TIMEOUT_S = 20.0


class Unconnected(Exception):
    """The proxy will not, or cannot, connect."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def outer_proxy(environment: Mapping[str, str], host: str, *, tunnel: bool) -> str | None:
    """Return the proxy that this machine itself reaches a host through, None without one."""
    wanted = "https_proxy" if tunnel else "http_proxy"
    lower = {name.lower(): value for name, value in environment.items() if name.lower().endswith("_proxy")}
    bypass = proxy_bypass_environment(host, {"no": lower.get("no_proxy", "")})
    found = lower.get(wanted) or lower.get("all_proxy")
    return None if bypass or not found else found


async def receive_head(client: ByteStream) -> tuple[bytes | None, bytes]:
    """Return the head of a request and what came after it; None when it is too long."""
    kept = bytearray()
    while b"\r\n\r\n" not in kept:
        if len(kept) > HEAD_LIMIT_BYTES:
            return None, b""
        kept += await client.receive()
    head, _, rest = bytes(kept).partition(b"\r\n\r\n")
    return head, rest


async def through(outer: str, request: ProxyRequest) -> ByteStream:
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
            head, _ = await receive_head(stream)
    except BROKEN as error:
        raise Unconnected(502, f"this machine's own proxy {parts.hostname} cannot be reached: {error}") from error
    status = (head or b"").split(b" ")[1:2]
    if status != [b"200"]:
        await stream.aclose()
        said = (head or b"").split(b"\r\n")[0].decode("latin-1")
        raise Unconnected(502, f"this machine's own proxy {parts.hostname} said {said!r}")
    return stream
