"""Shell: the server's side of HTTP/1.1 on one connection, for the download cache.

It speaks as the server that the client believes it is talking to. What the cache cannot do is answered with the reason, in
the body and in a header, so that a step's own log names the cause.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import anyio
import h11
from anyio.abc import ByteStream

from regrow.core.downloads.cache import DownloadCache, Missing, Wanted, WrongContent
from regrow.core.downloads.upstream import Unreachable
from regrow.core.sandbox.network.rules import HEAD_LIMIT_BYTES, answer

__all__ = ["Served", "serve_client"]

_IDLE_S: Final = 120.0
"""How long a client may keep a connection on which it asks nothing."""
_BODY_LIMIT_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Served:
    """What became of one request. `missing` names what would have had to be fetched; `refused` says why it was not passed on."""

    url: str
    received_bytes: int = 0
    missing: str = ""
    refused: str = ""


class _TooLarge(Exception):
    """A request's body exceeds the limit."""


async def serve_client(
    stream: ByteStream, origin: str, cache: DownloadCache, note: Callable[[Served], object], begun: bytes = b""
) -> None:
    """Answer requests until the client ends the connection.

    Args:
        stream: Owned by the caller.
        origin: Scheme, host and port: `https://index.example`.
        note: Told of each request at its end.
        begun: What was received already.
    """
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_LIMIT_BYTES)
    if begun:
        connection.receive_data(begun)
    while True:
        try:
            wanted = await _next_request(stream, connection, origin)
        except (h11.RemoteProtocolError, _TooLarge) as error:
            await stream.send(answer(400, str(error)))
            return
        if wanted is None:
            return
        client = _Client(stream, connection)
        served = await _answer(cache, wanted, client)
        note(served)
        if client.failed or connection.our_state is h11.MUST_CLOSE or connection.their_state is not h11.DONE:
            return
        connection.start_next_cycle()


async def _answer(cache: DownloadCache, wanted: Wanted, client: _Client) -> Served:
    try:
        return Served(wanted.url, await cache.answer(wanted, client))
    except Missing as error:
        await client.refuse(504, str(error))
        return Served(wanted.url, missing=error.url)
    except Unreachable as error:
        await client.refuse(502, str(error))
        return Served(wanted.url)
    except WrongContent as error:
        await client.refuse(502, str(error))
        return Served(wanted.url, refused=str(error))


async def _next_request(stream: ByteStream, connection: h11.Connection, origin: str) -> Wanted | None:
    """Return the next request with its body; None when the client is done."""
    request: h11.Request | None = None
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            if connection.they_are_waiting_for_100_continue:
                await stream.send(connection.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
            with anyio.move_on_after(_IDLE_S) as scope:
                try:
                    connection.receive_data(await stream.receive())
                except anyio.EndOfStream:
                    connection.receive_data(b"")
            if scope.cancelled_caught:
                return None
        elif isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > _BODY_LIMIT_BYTES:
                raise _TooLarge(f"the body of a request is larger than {_BODY_LIMIT_BYTES} bytes")
        elif isinstance(event, h11.EndOfMessage):
            assert request is not None
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers}
            target = request.target.decode("latin-1")
            path = target if target.startswith("/") else "/" + target.partition("://")[2].partition("/")[2]
            return Wanted(request.method.decode("ascii"), origin + path.partition("#")[0], headers, bytes(body))
        else:  # closed, or paused, which we never ask for
            return None


class _Client:
    """The client of one request, as the cache sees it (`regrow.core.downloads.cache.Client`)."""

    def __init__(self, stream: ByteStream, connection: h11.Connection) -> None:
        self._stream = stream
        self._connection = connection
        self.failed = False

    async def begin(self, status: int, headers: Mapping[str, str]) -> None:
        pairs = [(name, value) for name, value in headers.items()]
        await self._send(h11.Response(status_code=status, headers=pairs))

    async def send(self, data: bytes) -> None:
        await self._send(h11.Data(data=data))

    async def end(self) -> None:
        await self._send(h11.EndOfMessage())

    async def refuse(self, status: int, reason: str) -> None:
        """Answer with a reason of our own; where an answer has begun, the connection is cut, so that it is not taken for whole."""
        self.failed = True
        if self._connection.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            await self._stream.send(answer(status, reason))

    async def _send(self, event: h11.Event) -> None:
        data = self._connection.send(event)
        if data:
            await self._stream.send(data)
