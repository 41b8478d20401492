"""Real rooms on this machine: what a command can reach, what it may use, and what is left of it.

They need a sandbox; where none can be had they are skipped with the reason that a user would read.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from regrow.core.sandbox import (
    CHECKOUT,
    CommandEnd,
    CommandResult,
    NoSandbox,
    Room,
    RoomBroken,
    SandboxCommand,
    SandboxLimits,
    open_sandbox,
)

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
MIB = 1024 * 1024


@asynccontextmanager
async def a_room(folder: Path, layers: tuple[str, ...] = ()) -> AsyncIterator[Room]:
    try:
        sandbox = await open_sandbox(folder / "cache")
    except NoSandbox as error:
        pytest.skip(str(error))
    async with sandbox.open_room(await sandbox.host_base(), layers, folder / "room") as room:
        yield room


async def run(room: Room, script: str, **limits: float | None) -> CommandResult:
    bounds = {"deadline_s": 20.0, **limits}
    return await room.run(SandboxCommand(script=script), SandboxLimits(**bounds))  # type: ignore[arg-type]


@pytest.fixture
def mark() -> Iterator[str]:
    """A number of seconds that no other process sleeps; afterwards nobody may sleep it."""
    seconds = str(100_000 + time.monotonic_ns() % 800_000)
    yield seconds
    assert not sleeping(seconds)


def sleeping(seconds: str) -> list[int]:
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if Path(f"/proc/{name}/cmdline").read_bytes().split(b"\0")[:2] == [b"sleep", seconds.encode()]:
                    found.append(int(name))
            except OSError:
                continue
    return found


async def wait_until_sleeping(seconds: str) -> None:
    with anyio.fail_after(20):
        while not sleeping(seconds):
            await anyio.sleep(0.02)


async def test_a_command_reports_its_output_and_its_status(tmp_path: Path) -> None:
    chunks: list[str] = []
    async with a_room(tmp_path) as room:
        command = SandboxCommand(script="echo out; echo err >&2; pwd; exit 3", env={"A": "b"})
        result = await room.run(command, on_output=chunks.append)
    assert (result.ended, result.exit_code, result.signal) == (CommandEnd.EXITED, 3, None)
    assert "".join(chunks) == result.output_tail == f"out\nerr\n{CHECKOUT}\n"
    assert result.isolated


async def test_a_command_is_not_root_and_sees_a_clean_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOST_SECRET", "leaked")
    async with a_room(tmp_path) as room:
        result = await run(room, "id -u; id -un; echo ~; umask; env; ls /proc/self/fd | wc -l; tty; read x || echo eof")
    assert result.output_tail.startswith("1000\nbuilder\n/home/builder\n0022\n")
    assert "leaked" not in result.output_tail
    assert result.output_tail.endswith("4\nnot a tty\neof\n")  # 0, 1, 2 and the listing's own


async def test_the_hosts_loopback_cannot_be_reached(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        async with a_room(tmp_path) as room:
            result = await run(room, f"exec 3<>/dev/tcp/127.0.0.1/{port}")
            others = await run(room, "cat /proc/net/dev | tail -n +3 | cut -d: -f1; cat /proc/net/route | wc -l")
    assert result.exit_code == 1
    assert "refused" in result.output_tail
    assert others.output_tail.split() == ["lo", "1"]


async def test_the_host_cannot_be_written_to(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("untouched")
    async with a_room(tmp_path) as room:
        result = await run(
            room, f"echo x >{secret}; cat {secret}; touch /usr/evil; echo 7 >/proc/sys/vm/swappiness; ls /home /root"
        )
        again = await run(room, "touch /tmp/mine && echo written")
    assert secret.read_text() == "untouched"
    assert "untouched" not in result.output_tail
    assert not Path("/usr/evil").exists()
    assert "/proc/sys/vm/swappiness" in result.output_tail
    assert again.output_tail == "written\n"


async def test_a_command_cannot_become_root_again(tmp_path: Path) -> None:
    async with a_room(tmp_path) as room:
        result = await run(
            room, "grep -E 'CapEff|CapBnd|CapPrm|NoNewPrivs' /proc/self/status; mount -t tmpfs x /mnt && echo mounted"
        )
    values = dict(line.split() for line in result.output_tail.splitlines() if ":\t" in line)
    assert values["CapEff:"] == values["CapPrm:"] == "0" * 16
    assert values["NoNewPrivs:"] == "1"
    assert "mounted" not in result.output_tail


async def test_a_deadline_ends_what_ran_away(tmp_path: Path, mark: str) -> None:
    script = f"setsid sleep {mark} & (setsid sleep {mark} &) & trap '' TERM INT; echo -n 'Password: '; sleep {mark}"
    async with a_room(tmp_path) as room:
        result = await run(room, script, deadline_s=0.7)
        assert not sleeping(mark)
    assert result.ended is CommandEnd.DEADLINE
    assert result.exit_code is None
    assert result.waiting_on == "Password: "
    assert 700 <= result.wall_ms < 5000


async def test_the_end_of_a_command_is_the_end_of_what_it_left(tmp_path: Path, mark: str) -> None:
    async with a_room(tmp_path) as room:
        result = await run(room, f"setsid sleep {mark} >/dev/null 2>&1 & (setsid sleep {mark} &); echo done")
        assert not sleeping(mark)
    assert result.succeeded
    assert result.wall_ms < 5000


async def test_a_cancelled_command_leaves_nothing(tmp_path: Path, mark: str) -> None:
    async with a_room(tmp_path) as room:
        async with anyio.create_task_group() as group:
            group.start_soon(run, room, f"setsid sleep {mark} & sleep {mark}")
            await wait_until_sleeping(mark)
            group.cancel_scope.cancel()
        assert not sleeping(mark)
        assert (await run(room, "true")).succeeded


async def test_a_command_can_be_ended_from_elsewhere(tmp_path: Path, mark: str) -> None:
    results: list[CommandResult] = []
    async with a_room(tmp_path) as room:

        async def go() -> None:
            results.append(await run(room, f"sleep {mark}"))

        async with anyio.create_task_group() as group:
            group.start_soon(go)
            await wait_until_sleeping(mark)
            room.cancel_command()
    assert [result.ended for result in results] == [CommandEnd.CANCELLED]


async def test_an_error_of_the_listener_ends_the_command_and_keeps_its_type(tmp_path: Path, mark: str) -> None:
    def fail(_text: str) -> None:
        raise LookupError("mine")

    async with a_room(tmp_path) as room:
        with pytest.raises(LookupError, match="mine"):
            await room.run(SandboxCommand(script=f"echo x; sleep {mark}"), on_output=fail)
        assert not sleeping(mark)


async def test_a_fork_bomb_is_bounded(tmp_path: Path) -> None:
    async with a_room(tmp_path) as room:
        result = await run(room, ":(){ :|:& };:; sleep 15", processes=60)
    assert result.ended is CommandEnd.PROCESSES
    assert result.wall_ms < 15_000


async def test_a_memory_hog_is_ended(tmp_path: Path) -> None:
    # Two processes, each within the limit, together over it.
    hog = "exec python3 -c 'x = bytearray(150 << 20); import time; time.sleep(15)'"
    async with a_room(tmp_path) as room:
        result = await run(room, f"({hog}) & {hog}", memory_bytes=200 * MIB)
    assert result.ended is CommandEnd.MEMORY
    assert result.peak_memory_bytes > 200 * MIB
    assert result.wall_ms < 15_000


async def test_shared_pages_count_once(tmp_path: Path) -> None:
    script = (
        "python3 -c 'import os, time; x = b\"a\" * (120 << 20); pids = [os.fork() for _ in range(2)]; time.sleep(0.6)'"
    )
    async with a_room(tmp_path) as room:
        result = await run(room, script, memory_bytes=250 * MIB)
    assert result.succeeded, result.reason


async def test_processor_time_is_summed(tmp_path: Path) -> None:
    async with a_room(tmp_path) as room:
        one = await run(room, "while :; do :; done", cpu_s=0.5)
        sum_of_many = await run(room, "while :; do (for i in {1..20000}; do :; done); done", cpu_s=0.5)
    assert one.ended is sum_of_many.ended is CommandEnd.CPU
    assert one.cpu_ms >= 400


async def test_a_flood_of_output_is_capped_and_ended(tmp_path: Path) -> None:
    async with a_room(tmp_path) as room:
        result = await run(room, "yes", output_bytes=100_000)
    assert result.ended is CommandEnd.OUTPUT
    assert result.output_bytes > 1_600_000
    assert result.output_path.stat().st_size < 101_000


@pytest.mark.parametrize("size", [30_000_000, 9_000_000])
async def test_the_disk_is_bounded_for_one_file_and_for_many(tmp_path: Path, size: int) -> None:
    async with a_room(tmp_path) as room:
        script = f"for i in 1 2 3; do head -c {size} /dev/zero >/tmp/f$i || exit; done"
        result = await run(room, script, disk_bytes=10 * MIB)
    assert result.ended is CommandEnd.DISK


async def test_a_server_that_never_returns_is_named_by_its_port(tmp_path: Path) -> None:
    async with a_room(tmp_path) as room:
        result = await run(room, "exec python3 -m http.server 18000", deadline_s=2.0)
    assert result.ended is CommandEnd.DEADLINE
    assert result.listening_ports == (18000,)


async def test_a_layer_is_frozen_rolled_back_to_and_reopened(tmp_path: Path) -> None:
    async with a_room(tmp_path) as room:
        await run(room, "echo one >f; mkdir d; touch d/a d/b")
        layer = await room.freeze("one")
        assert layer.size_bytes > 0
        await run(room, "echo two >f; rm -r d; mkdir d; touch d/c; chmod 000 d")
        await room.rollback()
        assert await room.read_file(f"{CHECKOUT}/f") == b"one\n"
        await run(room, "rm f; rm d/a; touch d/new")
        await room.freeze("two")
        await run(room, "echo lost >lost")
    async with a_room(tmp_path, ("one", "two")) as room:
        result = await run(room, "ls -A . d")
        assert result.output_tail == ".:\nd\n\nd:\nb\nnew\n"
        assert await room.list_folder(f"{CHECKOUT}/d") == ("b", "new")
        assert await room.find(f"{CHECKOUT}/f") is None
        await room.rollback(1)
        assert (await run(room, "cat f")).output_tail == "one\n"
    async with a_room(tmp_path, ("one",)) as room:
        assert (await run(room, "ls -A d")).output_tail == "a\nb\n"
    with pytest.raises(ValueError, match="two"):
        async with a_room(tmp_path, ("two",)):
            pass


async def test_a_folder_that_is_replaced_hides_the_old_one(tmp_path: Path) -> None:
    async with a_room(tmp_path) as room:
        await run(room, "mkdir d; touch d/old")
        await room.freeze("one")
        await run(room, "rm -r d; mkdir d; touch d/new")
        await room.freeze("two")
        assert (await run(room, "ls d")).output_tail == "new\n"
        assert await room.list_folder(f"{CHECKOUT}/d") == ("new",)


async def test_a_folder_is_copied_in_and_the_hosts_is_only_read(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "sub").mkdir(parents=True)
    (project / "sub/run.sh").write_text("#!/bin/sh\necho ran\n")
    (project / "sub/run.sh").chmod(0o755)
    (project / "link").symlink_to("sub/run.sh")
    os.mkfifo(project / "pipe")
    before = sorted((path.name, path.lstat().st_mtime_ns) for path in project.rglob("*"))
    async with a_room(tmp_path) as room:
        await room.copy_in(project, layer_id="source")
        result = await run(room, "./link && rm -r sub && touch mine && test ! -e pipe")
        assert result.output_tail == "ran\n"
        assert result.succeeded
        copied = await room.export(CHECKOUT, tmp_path / "out")
        with pytest.raises(ValueError, match="freeze or roll back"):
            await room.copy_in(project, layer_id="again")
    assert set(copied) == {"link", "mine"}
    assert sorted((path.name, path.lstat().st_mtime_ns) for path in project.rglob("*")) == before


async def test_a_room_that_lacks_something_is_refused(tmp_path: Path) -> None:
    sandbox = await open_sandbox(tmp_path / "cache")
    base = await sandbox.host_base()
    (base.path / "etc/hosts").write_text("")
    with pytest.raises(RoomBroken, match="localhost"):
        async with sandbox.open_room(base, (), tmp_path / "room"):
            pass
    (base.path / "etc/hosts").write_text("127.0.0.1 localhost room\n::1 localhost\n")
    async with sandbox.open_room(base, (), tmp_path / "room") as room:
        assert (await run(room, "ls -A")).output_tail == ""


async def test_two_rooms_listen_on_one_port_and_write_to_one_name(tmp_path: Path) -> None:
    script = "python3 -m http.server 8000 >/dev/null 2>&1 & for i in {1..100}; do "
    script += "(exec 3<>/dev/tcp/127.0.0.1/8000) 2>/dev/null && break; sleep 0.05; done; "
    script += "echo x >>/tmp/name; sleep 0.3; wc -l </tmp/name; kill -0 %1 && echo serving"
    results: list[CommandResult] = []

    async def go(room: Room) -> None:
        results.append(await run(room, script))

    async with a_room(tmp_path / "a") as first, a_room(tmp_path / "b") as second, anyio.create_task_group() as group:
        group.start_soon(go, first)
        group.start_soon(go, second)
    assert [result.output_tail for result in results] == ["1\nserving\n"] * 2


async def test_a_wrong_folder_is_the_commands_fault(tmp_path: Path) -> None:
    async with a_room(tmp_path) as room:
        result = await room.run(SandboxCommand(argv=("true",), cwd="/nowhere"))
    assert (result.ended, result.exit_code) == (CommandEnd.EXITED, 1)
    assert "/nowhere" in result.output_tail


KILLED = """
import sys, anyio
from pathlib import Path
from regrow.core.sandbox import SandboxCommand, open_sandbox
async def main():
    folder = Path(sys.argv[1])
    sandbox = await open_sandbox(folder / "cache")
    async with sandbox.open_room(await sandbox.host_base(), (), folder / "room") as room:
        await room.run(SandboxCommand(script="touch kept"))
        await room.freeze("one")
        await room.run(SandboxCommand(script=f"touch lost; setsid sleep {sys.argv[2]} & sleep {sys.argv[2]}"))
anyio.run(main, backend=sys.argv[3])
"""


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
async def test_nothing_outlives_our_own_sudden_death(tmp_path: Path, mark: str, backend: str) -> None:
    async with a_room(tmp_path / "probe"):
        pass
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path), mark, backend], env=environment)  # noqa: ASYNC220
    try:
        await wait_until_sleeping(mark)
        await anyio.sleep(0.3)
        assert len(sleeping(mark)) == 2
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    with anyio.fail_after(5):
        while sleeping(mark):
            await anyio.sleep(0.02)
    async with a_room(tmp_path, ("one",)) as room:
        assert (await run(room, "ls -A")).output_tail == "kept\n"
    assert sorted(path.name for path in (tmp_path / "room").iterdir()) == ["layers", "output", "tools"]


async def test_a_client_in_a_room_without_network_does_not_wait_for_one(tmp_path: Path) -> None:
    async with a_room(tmp_path) as room:
        ended = await room.run(SandboxCommand(script="echo $npm_config_fetch_retries $PIP_RETRIES"))
    assert ended.output_tail.split() == ["0", "0"]
