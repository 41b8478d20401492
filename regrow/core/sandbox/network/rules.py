"""What the proxy decides: how a request is read, which hosts and addresses may be reached, and what is answered.

Rules to hold in mind:

* A name is resolved by the proxy, outside; the address that was checked is the one that is connected to, so that a name
  that changes its address meanwhile (DNS rebinding) gains nothing.
* A host is allowed by its name. An address in its place is not: no package client's setting that we allow is one, unless the
  operator wrote it there.
* Never reachable: loopback, link-local (cloud metadata among them), multicast, unspecified, reserved, and this machine's own
  addresses. Private networks only for a host that the operator's own client settings name: a company's mirror.
* The ranges kept for documentation are not refused: nothing lives there but what a closed network's operator put there.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from regrow.core.sandbox.network.settings import AllowedHost

__all__ = ["HEAD_LIMIT_BYTES", "BadRequest", "ProxyRequest", "answer", "find_allowed", "read_head", "refuse_address"]

HEAD_LIMIT_BYTES: Final = 32 * 1024
"""The largest request head: twice what common servers accept."""

_NEVER: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "192.0.0.0/24",
        "198.18.0.0/15",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/128",
        "::1/128",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
        "fd00:ec2::254/128",
    )
)
_PRIVATE: Final = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)
# Source: IANA's registries of special-purpose addresses; fd00:ec2::254 is a cloud's metadata service.
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_PHRASES: Final = {
    400: "Bad Request",
    403: "Forbidden",
    408: "Request Timeout",
    431: "Request Header Fields Too Large",
    502: "Bad Gateway",
    504: "Gateway Timeout",
}
_REQUEST_LINE = re.compile(rb"([A-Z]+) (\S+) HTTP/1\.[01]")
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}")
_DROPPED = frozenset({b"connection", b"keep-alive", b"proxy-authorization", b"proxy-connection"})


class BadRequest(ValueError):
    """What came is no request to a proxy."""


@dataclass(frozen=True, slots=True)
class ProxyRequest:
    """A request to the proxy.

    Attributes:
        host: Lower case, without a final dot.
        tunnel: CONNECT; else one plain HTTP request.
        head: What is sent on to the host; b"" for a tunnel. Says `Connection: close`, so that each request is judged.
    """

    host: str
    port: int
    tunnel: bool
    head: bytes = b""


def read_head(head: bytes) -> ProxyRequest:
    r"""Read the head of a request, without the empty line after it.

    Raises:
        BadRequest: It is none, or not one to a proxy.

    >>> read_head(b"CONNECT Index.Example:443 HTTP/1.1\r\nHost: x").host
    'index.example'
    """
    first, *lines = head.split(b"\r\n")
    found = _REQUEST_LINE.fullmatch(first)
    if found is None:
        msg = "the request line is not HTTP/1.x"
        raise BadRequest(msg)
    method, target = found[1], found[2].decode("ascii", "replace")
    if method == b"CONNECT":
        host, _, port = target.rpartition(":")
        return ProxyRequest(_host(host), _port(port), tunnel=True)
    parts = urlsplit(target)
    if parts.scheme != "http" or parts.hostname is None or parts.username is not None:
        msg = "expected CONNECT, or an absolute http address without credentials"
        raise BadRequest(msg)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    kept = [line for line in lines if line.partition(b":")[0].strip().lower() not in _DROPPED | {b"host"}]
    try:
        port_number = parts.port or 80
    except ValueError as error:
        raise BadRequest(str(error)) from error
    host = _host(parts.hostname)
    named = host if port_number == 80 else f"{host}:{port_number}"
    new = [method + b" " + path.encode() + b" HTTP/1.1", b"Host: " + named.encode(), *kept, b"Connection: close"]
    return ProxyRequest(host, port_number, tunnel=False, head=b"\r\n".join(new) + b"\r\n\r\n")


def _host(text: str) -> str:
    host = text.strip("[]").rstrip(".").lower()
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    if not _HOST.fullmatch(host):
        msg = f"{text[:80]!r} is not the name of a host"
        raise BadRequest(msg)
    return host


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        msg = f"{text[:20]!r} is not a port"
        raise BadRequest(msg)
    return int(text)


def find_allowed(request: ProxyRequest, allowed: Iterable[AllowedHost]) -> AllowedHost | None:
    """Return the entry that allows a request, None when none does. Names are compared whole: no wildcards, no suffixes."""
    return next((entry for entry in allowed if (entry.host, entry.port) == (request.host, request.port)), None)


def refuse_address(address: str, own: Collection[str], *, private_allowed: bool) -> str:
    """Say why an address may not be connected to; "" when it may.

    Args:
        address: IPv4 or IPv6, as text.
        own: This machine's own addresses.
        private_allowed: Whether the operator's settings name the host.

    >>> refuse_address("169.254.169.254", (), private_allowed=True)
    '169.254.169.254 is a loopback, link-local or reserved address'
    """
    number = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(number, ipaddress.IPv6Address):
        inner = number.ipv4_mapped or number.sixtofour
        if inner is None and number in _NAT64:
            inner = ipaddress.IPv4Address(int(number) & 0xFFFFFFFF)
        if inner is not None:
            return refuse_address(str(inner), own, private_allowed=private_allowed)
    if str(number) in own:
        return f"{number} is an address of this machine"
    if any(number in network for network in _NEVER):
        return f"{number} is a loopback, link-local or reserved address"
    if not private_allowed and any(number in network for network in _PRIVATE):
        return f"{number} is a private address, and no setting of a package client names its host"
    return ""


def answer(status: int, reason: str) -> bytes:
    r"""Return a whole answer of the proxy's own, with the reason as its text.

    >>> answer(403, "no").splitlines()[0]
    b'HTTP/1.1 403 Forbidden'
    """
    phrase = _PHRASES[status]
    body = f"regrow's proxy: {reason}\n".encode()
    head = (
        f"HTTP/1.1 {status} {phrase}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nX-Regrow-Reason: {re.sub(r'[^ -~]', '?', reason)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
