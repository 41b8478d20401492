"""Shell: the listening and the accepted ends of a Unix socket, on any event loop.

anyio has both, but on asyncio they hand a bare `Future.set_result` to the loop as the reader. A reader that fires in the
same turn in which its wait is cancelled then finds the future done, and the loop prints "Exception in callback
Future.set_result(None) ... InvalidStateError" into the user's terminal (here: whenever one direction of a tunnel ends while
the other becomes readable, and whenever a command ends). `wait_readable` and `wait_writable` have no such race, so these
streams read and write without blocking and wait with them.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import anyio.lowlevel
from anyio.abc import ByteStream

__all__ = ["UnixStream", "listen_unix", "serve_unix"]

_CHUNK_BYTES = 65_536
_PASSING = frozenset(
    {errno.ECONNABORTED, errno.EINTR, errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EPROTO}
)
"""A connection that went, or a machine that is short of something: later ones can be accepted. Source: accept(2)."""
_PAUSE_S = 0.1


class UnixStream(ByteStream):
    """One connection. One task may receive and one may send at a time; it is closed after both have ended.

    Attributes:
        raw: The socket, which does not block; owned by this.
    """

    def __init__(self, raw: socket.socket) -> None:
        raw.setblocking(False)
        self.raw = raw

    async def receive(self, max_bytes: int = _CHUNK_BYTES) -> bytes:
        """Return the next bytes.

        Raises:
            EndOfStream: The other side has sent all.
            BrokenResourceError: The other side is gone.
        """
        # Also when there always is something to read, the loop must get its turn, and a cancellation its way.
        await anyio.lowlevel.checkpoint()
        while True:
            try:
                data = self.raw.recv(max_bytes)
            except BlockingIOError:
                await anyio.wait_readable(self.raw)
            except OSError as error:
                raise self._broken() from error
            else:
                if not data:
                    raise anyio.EndOfStream
                return data

    async def send(self, item: bytes) -> None:
        """Send all of the bytes, at the pace of the other side."""
        await anyio.lowlevel.checkpoint()
        left = memoryview(item)
        while left:
            try:
                left = left[self.raw.send(left) :]
            except BlockingIOError:
                await anyio.wait_writable(self.raw)
            except OSError as error:
                raise self._broken() from error

    async def send_eof(self) -> None:
        """Say that nothing more will be sent; what comes back can still be received."""
        try:
            self.raw.shutdown(socket.SHUT_WR)
        except OSError as error:
            raise self._broken() from error
        await anyio.lowlevel.checkpoint()

    async def aclose(self) -> None:
        """Close the connection."""
        self.raw.close()
        await anyio.lowlevel.checkpoint()

    def _broken(self) -> Exception:
        return anyio.ClosedResourceError() if self.raw.fileno() < 0 else anyio.BrokenResourceError()


def listen_unix(path: str | Path, *, mode: int, backlog: int) -> socket.socket:
    """Listen on a new socket at a path of at most 107 bytes.

    Args:
        mode: Who may connect: to connect is to write.

    Raises:
        OSError: Something is there already, or the path is too long.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.setblocking(False)
        listener.bind(os.fspath(path))
        Path(path).chmod(mode)
        listener.listen(backlog)
    except BaseException:
        listener.close()
        raise
    return listener


async def serve_unix(
    listener: socket.socket, serve: Callable[[UnixStream], Awaitable[object]], *, connections: int
) -> None:
    """Accept for ever; serve each connection in a task of its own.

    Args:
        serve: Owns the stream that it is handed, and closes it.
        connections: As many are served at once; others wait in the listener's backlog, where a client sees no more than
            a slow answer.
    """
    slots = anyio.Semaphore(connections)

    async def serve_one(stream: UnixStream) -> None:
        try:
            await serve(stream)
        finally:
            slots.release()

    async with anyio.create_task_group() as group:
        while True:
            await slots.acquire()
            group.start_soon(serve_one, UnixStream(await _accept(listener)))


async def _accept(listener: socket.socket) -> socket.socket:
    await anyio.lowlevel.checkpoint()
    while True:
        try:
            return listener.accept()[0]
        except BlockingIOError:
            await anyio.wait_readable(listener)
        except OSError as error:
            if error.errno not in _PASSING:
                raise
            await anyio.sleep(_PAUSE_S)
