"""Shell: runs inside a room: passes connections of the room's own loopback on to the proxy's socket, then becomes a command.

`python3 forward.py SOCKET COMMAND...` with the room's Python and nothing but the standard library. The port is whatever is
free, so it clashes with none of the project's. The forwarder is an orphan (a child of the room's first process), so that
a command which waits for all of its children does not wait for it, and it ends with the room.
"""

import os
import socket
import sys
from typing import NoReturn


def listen() -> socket.socket:
    """Listen on a free port of the loopback."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    listener.set_inheritable(False)
    return listener


def announce(port: int) -> None:
    """Tell clients where their proxy is, under each name that one of them reads."""
    address = f"http://127.0.0.1:{port}"
    for name in (
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "http_proxy",
        "https_proxy",
        "npm_config_proxy",
        "npm_config_https_proxy",
    ):
        os.environ[name] = address
    for name in ("NO_PROXY", "no_proxy", "npm_config_noproxy"):
        os.environ[name] = "localhost,127.0.0.1,::1"


def forward(listener: socket.socket, path: str) -> None:
    """Serve until the room ends."""
    import asyncio  # Only here: the command shall not wait for it.

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
            writer.write_eof()
        except OSError:
            writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            outer_reader, outer_writer = await asyncio.open_unix_connection(path)
        except OSError:
            writer.close()
            return
        await asyncio.gather(pump(reader, outer_writer), pump(outer_reader, writer))
        for each in (writer, outer_writer):
            each.close()

    async def main() -> None:
        server = await asyncio.start_server(serve, sock=listener)
        await server.serve_forever()

    asyncio.run(main())


def leave_standard_streams() -> None:
    """Let go of the command's output: whoever reads it must see its end."""
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)


def run(path: str, command: "list[str]") -> NoReturn:
    """Start the forwarder and become the command."""
    listener = listen()
    child = os.fork()
    if child == 0:
        if os.fork() == 0:
            os.setsid()
            leave_standard_streams()
            forward(listener, path)
        os._exit(0)
    os.waitpid(child, 0)
    announce(listener.getsockname()[1])
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2:])
