"""Shell: runs inside a room: passes each connection of the room's own loopback on to the proxy's socket, until the room ends.

`python3 passing.py DESCRIPTOR SOCKET` with the room's Python and nothing but the standard library; DESCRIPTOR is a
listener. Package clients open hundreds of connections at once (npm 9 one for each package), and some wait for ever for an
answer that does not come: none may be closed without one.
"""

import asyncio
import socket
import sys

CONNECTIONS = 128
"""As many are passed on at once as the proxy serves. More would fill the backlog of its socket; then the kernel refuses to
connect, asyncio takes the refusal for a connection, and what the client sent is lost. Those above wait in this listener's
backlog, where a client sees no more than a slow answer."""
LINGER_S = 5.0
"""How long a client may keep a connection that the proxy has ended."""
PAUSE_S = 0.1
UNREACHABLE = b"""HTTP/1.1 502 Bad Gateway\r
Content-Type: text/plain; charset=utf-8\r
Connection: close\r
\r
regrow's forwarder: the proxy's socket does not answer
"""


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy one direction to its end, and say that it has ended."""
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.close()


async def exchange(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    proxy_reader: asyncio.StreamReader,
    proxy_writer: asyncio.StreamWriter,
) -> None:
    """Copy both directions until the proxy has ended its own."""
    sending = asyncio.ensure_future(pump(reader, proxy_writer))
    try:
        await pump(proxy_reader, writer)
        # What the client still has to say may go through, but it may not keep its place for ever.
        await asyncio.wait([sending], timeout=LINGER_S)
    finally:
        sending.cancel()
        proxy_writer.close()


async def serve(client: socket.socket, path: str) -> None:
    """Pass one connection on, or say that it cannot be."""
    reader, writer = await asyncio.open_connection(sock=client)
    try:
        proxy_reader, proxy_writer = await asyncio.open_unix_connection(path)
    except OSError:
        writer.write(UNREACHABLE)
        # Closed with something unread, the connection would be reset before the answer is read.
        await asyncio.wait([asyncio.ensure_future(reader.read())], timeout=LINGER_S)
    else:
        await exchange(reader, writer, proxy_reader, proxy_writer)
    finally:
        writer.close()


async def accept(listener: socket.socket) -> socket.socket:
    """Wait for the next connection."""
    while True:
        try:
            return (await asyncio.get_running_loop().sock_accept(listener))[0]
        except OSError:  # The client is gone already, or the room is short of descriptors.
            await asyncio.sleep(PAUSE_S)


async def main(listener: socket.socket, path: str) -> None:
    """Serve for ever."""
    slots = asyncio.Semaphore(CONNECTIONS)
    serving: "set[asyncio.Task[None]]" = set()  # The loop itself keeps no task alive.

    def ended(task: "asyncio.Task[None]") -> None:
        slots.release()
        serving.discard(task)

    while True:
        await slots.acquire()
        task = asyncio.ensure_future(serve(await accept(listener), path))
        serving.add(task)
        task.add_done_callback(ended)


if __name__ == "__main__":
    the_listener = socket.socket(fileno=int(sys.argv[1]))
    the_listener.setblocking(False)
    asyncio.run(main(the_listener, sys.argv[2]))
