"""A room's way to the proxy under load: package clients open hundreds of connections at once, and none may be lost.

Where one is closed without an answer, clients that wait for the answer to their CONNECT (npm 9 with https-proxy-agent 5)
wait for ever.
"""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from regrow.core.sandbox import CommandResult, NoSandbox, Room, SandboxCommand, SandboxLimits, open_sandbox
from regrow.core.sandbox.network import Access, Reach
from regrow.core.sandbox.sandbox import Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

BURST = """
import asyncio, os, sys
from urllib.parse import urlsplit

COUNT = 700
where = urlsplit(os.environ["HTTPS_PROXY"])

async def main():
    connections = [await asyncio.open_connection(where.hostname, where.port) for _ in range(COUNT)]

    async def ask(reader, writer):
        try:
            writer.write(b"CONNECT not-allowed.example:443 HTTP/1.1\\r\\nHost: not-allowed.example:443\\r\\n\\r\\n")
            answer = await reader.read(12)
            writer.close()
        except OSError as error:
            return repr(error).encode()
        return answer

    answers = await asyncio.gather(*(ask(*connection) for connection in connections))
    print({answer: answers.count(answer) for answer in set(answers)})

asyncio.run(asyncio.wait_for(main(), 50))
"""

STAYING = """
import os, socket
from urllib.parse import urlsplit

where = urlsplit(os.environ["HTTPS_PROXY"])
kept = []
for _ in range(160):
    client = socket.create_connection((where.hostname, where.port), timeout=40)
    client.sendall(b"CONNECT not-allowed.example:443 HTTP/1.1\\r\\n\\r\\n")
    kept.append(client)
print(sum(client.recv(12) == b"HTTP/1.1 403" for client in kept))
"""


async def ran(folder: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> CommandResult:
    async def reach(_self: Sandbox, offline: bool = False) -> Reach:
        return Reach(Access())

    # The clients of this machine are not asked: nobody may be reached, and to be refused is an answer.
    monkeypatch.setattr(Sandbox, "reach", reach, raising=True)
    command = SandboxCommand(argv=("python3", "-c", program), cwd="/", network=True)
    try:
        sandbox = await open_sandbox(folder / "cache")
    except NoSandbox as error:
        pytest.skip(str(error))
    room: Room
    async with sandbox.open_room(await sandbox.host_base(), (), folder / "room") as room:
        with anyio.fail_after(90):
            return await room.run(command, SandboxLimits(deadline_s=80.0))


async def test_each_of_hundreds_of_connections_at_once_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = await ran(tmp_path, monkeypatch, BURST)
    assert ended.output_tail == "{b'HTTP/1.1 403': 700}\n"


async def test_clients_that_keep_what_the_proxy_closed_hold_up_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = await ran(tmp_path, monkeypatch, STAYING)
    assert ended.output_tail == "160\n"
