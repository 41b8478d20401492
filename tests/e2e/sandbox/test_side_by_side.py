"""Rooms beside each other: the same port, the same temporary name, the same file in the home folder (trap 22)."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from regrow.core.sandbox import NoSandbox, SandboxCommand, SandboxLimits, open_sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

COUNT = 10
SERVE = """
import os, pathlib, socket, sys, threading, time

mine = sys.argv[1]
server = socket.create_server(("127.0.0.1", 8000))
for place in (pathlib.Path("/tmp/name"), pathlib.Path.home() / "name", pathlib.Path("name")):
    with place.open("x") as file:
        file.write(mine)

def serve():
    while True:
        client, _ = server.accept()
        client.sendall(mine.encode())
        client.close()

threading.Thread(target=serve, daemon=True).start()
for _ in range(20):
    with socket.create_connection(("127.0.0.1", 8000)) as client:
        assert client.recv(10).decode() == mine
    assert pathlib.Path("/tmp/name").read_text() == mine
    time.sleep(0.05)
print("only", mine)
"""


async def test_ten_rooms_see_nothing_of_each_other(tmp_path: Path) -> None:
    try:
        sandbox = await open_sandbox(tmp_path / "cache")
    except NoSandbox as error:
        pytest.skip(str(error))
    base = await sandbox.host_base()
    said: dict[int, str] = {}

    async def one(number: int) -> None:
        async with sandbox.open_room(base, (), tmp_path / f"room{number}", self_test=False) as room:
            command = SandboxCommand(argv=("python3", "-c", SERVE, str(number)))
            said[number] = (await room.run(command, SandboxLimits(deadline_s=100.0))).output_tail

    with anyio.fail_after(120):
        async with anyio.create_task_group() as group:
            for number in range(COUNT):
                group.start_soon(one, number)
    assert said == {number: f"only {number}\n" for number in range(COUNT)}
