"""Shell: resolves the names of hosts, each once for a while, however many connections ask for it at the same time.

Package clients open a connection for each package, often hundreds. A look-up for each of them is slow where a name server
answers slowly, and worse where it drops what comes too fast: the C library then waits five seconds before it asks again,
and every connection behind it waits too.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

import anyio

__all__ = ["Names"]

_KEPT_S = 60.0
"""Shorter than most names' own time to live; a registry that moves meanwhile is found again within a minute."""


@dataclass(slots=True)
class _Name:
    turn: anyio.Lock = field(default_factory=anyio.Lock)
    addresses: tuple[str, ...] = ()
    until_s: float = 0.0


class Names:
    """The names that one proxy was asked for. Whoever connects checks the addresses: here nothing is allowed or refused."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], _Name] = {}

    async def addresses(self, host: str, port: int) -> tuple[str, ...]:
        """Return the addresses of a host, IPv4 and IPv6, the preferred one first. A failure is not remembered.

        Only for hosts that are allowed: each name that was asked for is kept.

        Raises:
            OSError: The name cannot be resolved.
        """
        name = self._known.setdefault((host, port), _Name())
        async with name.turn:
            if anyio.current_time() >= name.until_s:
                found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                name.addresses = tuple(dict.fromkeys(str(each[4][0]) for each in found))
                name.until_s = anyio.current_time() + _KEPT_S
            return name.addresses

    def forget(self, host: str, port: int) -> None:
        """Ask again next time: nothing answered at the addresses."""
        self._known.pop((host, port), None)
