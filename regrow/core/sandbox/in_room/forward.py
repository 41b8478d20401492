"""Shell: runs inside a room: lets the room's own loopback be passed on to the proxy's socket, then becomes a command.

`python3 forward.py SOCKET COMMAND...` with the room's Python and nothing but the standard library. The port is whatever is
free, so it clashes with none of the project's. What passes connections on (`passing.py`) is an orphan (a child of the room's
first process), so that a command which waits for all of its children does not wait for it, and it ends with the room.
"""

import os
import socket
import sys
from typing import NoReturn

BACKLOG = 4096
"""The kernel's own limit (somaxconn since Linux 5.4). Above it a connection is tried again only after seconds."""


def listen() -> socket.socket:
    """Listen on a free port of the loopback."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
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


def forward(listener: socket.socket, path: str) -> NoReturn:
    """Become the forwarder: a program of its own, so that the command does not wait for what it imports."""
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "passing.py")
    listener.set_inheritable(True)
    os.execv(sys.executable, [sys.executable, "-IS", program, str(listener.fileno()), path])  # noqa: S606


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
            try:
                forward(listener, path)
            finally:  # Never two of us: what could not be started says nothing, and clients find nobody.
                os._exit(1)
        os._exit(0)
    os.waitpid(child, 0)
    announce(listener.getsockname()[1])
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2:])
