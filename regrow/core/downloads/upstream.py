"""Shell: asks the servers that downloads come from, for a cache that stands between them and the rooms.

Nothing is followed and nothing is retried here: a redirection goes to the client, which follows it through the cache, and
clients know best how often they try. Where no other proxy is in between, the connection goes to an address that was checked
before, with the server's name for its certificate.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import anyio.to_thread
import httpx2

__all__ = ["Reply", "Unreachable", "Upstream"]

_TIMEOUT = httpx2.Timeout(60.0, connect=20.0)
_PORTS = {"http": 80, "https": 443}


class Unreachable(Exception):
    """A server did not answer, or broke off."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answers, while it does. `headers` are lower case."""

    status: int
    headers: Mapping[str, str]
    _response: httpx2.Response

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes, unpacked.

        Raises:
            Unreachable: It broke off.
        """
        try:
            async for chunk in self._response.aiter_bytes():
                yield chunk
        except httpx2.HTTPError as error:
            raise Unreachable(f"the answer of {self._response.url.host} broke off ({type(error).__name__})") from error


@dataclass(slots=True)
class Upstream:
    """The servers, as one command reaches them.

    Attributes:
        context: With the authorities that this machine trusts; None takes the system's.
        outer: Returns the proxy that this machine itself uses for an address, None without one.
        resolve: Returns the checked addresses of a host.
    """

    context: ssl.SSLContext | None
    outer: Callable[[str], str | None]
    resolve: Callable[[str, int], Awaitable[Sequence[str]]]
    _clients: dict[str | None, httpx2.AsyncClient] = field(default_factory=dict)
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    @asynccontextmanager
    async def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> AsyncIterator[Reply]:
        """Send a request, with these headers and no others.

        Raises:
            Unreachable: No server answered.
        """
        outer = self.outer(url)
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
        addresses: Sequence[str | None] = (None,)
        if outer is None:
            addresses = await self.resolve(parts.hostname or "", port)
        client = await self._client(outer)
        failure = "it has no address"
        async with AsyncExitStack() as stack:
            for address in addresses:
                request = _request(client, method, url, headers, body, address)
                try:
                    response = await client.send(request, stream=True)
                except httpx2.HTTPError as error:
                    failure = str(error) or type(error).__name__
                    continue
                stack.push_async_callback(response.aclose)
                found = {name.lower(): value for name, value in response.headers.items()}
                yield Reply(response.status_code, found, response)
                return
        raise Unreachable(f"{parts.hostname} cannot be reached: {failure}")

    async def _client(self, outer: str | None) -> httpx2.AsyncClient:
        if self.context is None:
            self.context = await anyio.to_thread.run_sync(ssl.create_default_context)
        if outer not in self._clients:
            client = httpx2.AsyncClient(
                verify=self.context, trust_env=False, proxy=outer, timeout=_TIMEOUT, follow_redirects=False
            )
            self._clients[outer] = await self._open.enter_async_context(client)
        return self._clients[outer]

    async def aclose(self) -> None:
        """Close the connections."""
        with anyio.CancelScope(shield=True):
            await self._open.aclose()


def _request(
    client: httpx2.AsyncClient, method: str, url: str, headers: Mapping[str, str], body: bytes, address: str | None
) -> httpx2.Request:
    target = httpx2.URL(url)
    extensions: dict[str, object] = {"timeout": _TIMEOUT.as_dict()}
    host = target.netloc.decode("ascii")
    if address is not None:
        extensions["sni_hostname"] = target.host
        target = target.copy_with(host=address)
    request = client.build_request(method, target, content=body or None, extensions=extensions)
    request.headers = httpx2.Headers({"host": host, **headers})
    if body:
        request.headers["content-length"] = str(len(body))
    return request
