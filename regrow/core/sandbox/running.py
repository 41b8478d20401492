"""Shell: runs one command, in bubblewrap or without a sandbox, under its limits, and says how it ended.

The order of a start: bubblewrap makes the namespaces and tells the id of the room's first process; as root we write the
id maps; the starter (see `arguments.py`) says that it is ready, and becomes the command. Whatever fails before that is
the sandbox's fault (`NoSandbox`), whatever comes after is the command's.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import anyio
import anyio.to_thread

from regrow.core.sandbox import processes, usage
from regrow.core.sandbox.arguments import Identity, identity_maps
from regrow.core.sandbox.errors import NoSandbox
from regrow.core.sandbox.folders import trees
from regrow.core.sandbox.limits import ending, exceeded, explain, flood_limit, next_look_s, unfinished_line
from regrow.core.sandbox.output import OutputFile
from regrow.core.sandbox.values import CommandEnd, CommandResult, SandboxLimits, Usage

__all__ = ["MARK", "Launch", "Running", "run_launch"]

MARK = "REGROW_COMMAND"
_SETUP_DEADLINE_S = 30.0
_NAMESPACE_DEADLINE_S = 5.0
_SWEEPS = 20
_DISK_LOOK_S = 1.0
_DISK_LOOK_SHARE = 20
"""Looking at the disk takes at most a twentieth of the time."""


@dataclass(frozen=True, slots=True)
class Launch:
    """How a command is started.

    Attributes:
        build: Makes the command line from the descriptors for information, id maps and readiness. The second is None unless
            the identity is `SUBORDINATE`.
        identity: None without a sandbox.
        env: What the started program itself sees; the room's environment stands in the command line.
        cwd: Where it is started, on the host.
        writable: The folder whose size is limited.
        mark: Without a sandbox: the value of `MARK` in the environment of all that belongs to the command.
    """

    build: Callable[[int, int | None, int], Sequence[str]]
    identity: Identity | None
    env: dict[str, str]
    cwd: Path
    writable: Path
    mark: str = ""


class _Pipe:
    """Both ends of a pipe, each closed once; the reader does not block."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self.reader, False)

    def close_reader(self) -> None:
        self.reader = self._close(self.reader)

    def close_writer(self) -> None:
        self.writer = self._close(self.writer)

    def close(self) -> None:
        self.close_reader()
        self.close_writer()

    @staticmethod
    def _close(fd: int) -> int:
        if fd >= 0:
            os.close(fd)
        return -1


@dataclass(slots=True)
class Running:
    """A command while it runs."""

    limits: SandboxLimits
    output: OutputFile
    launch: Launch
    child: processes.Child
    started_s: float
    first_pid: int | None = None
    first_pid_fd: int | None = None
    stopped_for: CommandEnd | None = None
    peak_memory_bytes: int = 0
    cpu_s: float = 0.0
    ports: tuple[int, ...] = ()

    def stop(self, reason: CommandEnd) -> None:
        """Kill everything that the command started. The first reason stands; after its end this does nothing."""
        if processes.has_ended(self.child):
            return
        if self.stopped_for is None:
            self.stopped_for = reason
        if self.first_pid_fd is None:
            # No sandbox, or bubblewrap still on its way: its first process asked to die with it.
            processes.end_process_group(self.child.pid)
            return
        # The end of a namespace's first process is the end of all in it, setsid and double forks included.
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.first_pid_fd, signal.SIGKILL)

    @property
    def watched_pid(self) -> int:
        """The root of the tree of processes that is summed."""
        return self.child.pid if self.first_pid is None else self.first_pid


async def run_launch(
    launch: Launch,
    limits: SandboxLimits,
    output_path: Path,
    on_output: Callable[[str], object] | None = None,
    on_start: Callable[[Running], object] | None = None,
) -> CommandResult:
    """Run a command to its end. When this is cancelled, nothing of the command is left behind.

    Args:
        on_output: Is handed what is printed, decoded, as it comes.
        on_start: Is handed the running command, so that it can be stopped from elsewhere.

    Raises:
        NoSandbox: The room could not be made; the command did not begin.
        Exception: What `on_output` raised; it ended the command.
    """
    with ExitStack() as resources:
        output = OutputFile(output_path, limits.output_bytes)
        resources.callback(output.close)
        info, ready, block = (_Pipe() for _ in range(3))
        for pipe in (info, ready, block):
            resources.callback(pipe.close)
        running = _start(launch, limits, output, info, ready, block)
        resources.callback(os.close, running.child.output_fd)
        try:
            began = await _set_up(running, info, ready, block)
            if began:
                if on_start is not None:
                    on_start(running)
                with processes.alone():
                    await _supervise(running, on_output)
        finally:
            running.stop(CommandEnd.CANCELLED)
            with anyio.CancelScope(shield=True):
                finished = await processes.wait(running.child)
                await _end_namespace(running)
                await _kill_what_got_away(launch)
            if running.first_pid_fd is not None:
                os.close(running.first_pid_fd)
        _drain(running, on_output)
        ended_s = anyio.current_time()
        if not began:
            raise NoSandbox(
                "a room cannot be made", got=output.tail.strip()[-500:] or f"exit status {finished.exit_status}"
            )
        output.close()
        return await anyio.to_thread.run_sync(_result, running, finished, ended_s)


def _start(
    launch: Launch, limits: SandboxLimits, output: OutputFile, info: _Pipe, ready: _Pipe, block: _Pipe
) -> Running:
    with_maps = launch.identity is Identity.SUBORDINATE
    argv = launch.build(info.writer, block.reader if with_maps else None, ready.writer)
    passed = [info.writer, ready.writer, *([block.reader] if with_maps else [])]
    if with_maps:
        os.set_blocking(block.reader, True)
    started_s = anyio.current_time()
    try:
        child = processes.start(argv, env=launch.env, cwd=launch.cwd, pass_fds=passed)
    except OSError as error:
        raise NoSandbox(f"{argv[0]} cannot be started", got=error.strerror or str(error)) from error
    for pipe in (info, ready):
        pipe.close_writer()
    block.close_reader()
    return Running(limits, output, launch, child, started_s)


async def _set_up(running: Running, info: _Pipe, ready: _Pipe, block: _Pipe) -> bool:
    """Wait until the command begins; False when the room could not be made."""
    with anyio.move_on_after(_SETUP_DEADLINE_S):
        if running.launch.identity is not None:
            told = bytearray()
            while chunk := await processes.read_chunk(info.reader):
                told += chunk
                if b"}" in told:
                    break
            if not told:
                return False
            running.first_pid = int(json.loads(told)["child-pid"])
            with suppress(ProcessLookupError):
                running.first_pid_fd = os.pidfd_open(running.first_pid)
        if running.launch.identity is Identity.SUBORDINATE:
            for name in ("uid_map", "gid_map"):
                Path(f"/proc/{running.first_pid}/{name}").write_text(identity_maps(), "ascii")
            os.write(block.writer, b"1")
        return await processes.read_chunk(ready.reader) != b""
    return False


async def _supervise(running: Running, on_output: Callable[[str], object] | None) -> None:
    """Read, look and wait until the command has ended, by itself or because it was stopped."""
    async with anyio.create_task_group() as group:
        group.start_soon(_read, running, on_output)
        group.start_soon(_watch, running)
        group.start_soon(_watch_disk, running)
        await anyio.wait_readable(running.child.pid_fd)
        if running.launch.identity is None:
            processes.end_process_group(running.child.pid)
        group.cancel_scope.cancel()


async def _end_namespace(running: Running) -> None:
    """Kill what the command left in its room, and wait until it is gone.

    bubblewrap outside ends with the command, told so by its first process inside, which then goes on as long as there are
    others. It dies of its parent's end, but later: what is left could write into a layer that is being frozen.
    """
    if running.first_pid_fd is None:
        return
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(running.first_pid_fd, signal.SIGKILL)
    # Its end is shown only when the kernel has reaped all of the namespace. One in an uninterruptible wait may stay.
    with anyio.move_on_after(_NAMESPACE_DEADLINE_S):
        await anyio.wait_readable(running.first_pid_fd)


async def _kill_what_got_away(launch: Launch) -> None:
    """Without a sandbox, find what left the process group; again and again, since it may be forking."""
    for _ in range(_SWEEPS):
        if not launch.mark or not await anyio.to_thread.run_sync(usage.kill_marked, MARK, launch.mark):
            return


async def _read(running: Running, on_output: Callable[[str], object] | None) -> None:
    while chunk := await processes.read_chunk(running.child.output_fd):
        _take(running, chunk, on_output)


def _take(running: Running, chunk: bytes, on_output: Callable[[str], object] | None) -> None:
    text = running.output.write(chunk)
    if on_output is not None and text:
        on_output(text)
    flood = flood_limit(running.limits)
    if flood is not None and running.output.total_bytes > flood:
        running.stop(CommandEnd.OUTPUT)


def _drain(running: Running, on_output: Callable[[str], object] | None) -> None:
    """Take what is left in the pipe. Without a sandbox, somebody who got away may hold it open: never wait for them."""
    with suppress(BlockingIOError):
        while chunk := os.read(running.child.output_fd, 65_536):
            _take(running, chunk, on_output)


async def _watch(running: Running) -> None:
    """Look at memory, processor time, number of processes and the clock until the command ends."""
    limits = running.limits
    while True:
        age_s = anyio.current_time() - running.started_s
        if limits.deadline_s is not None and age_s >= limits.deadline_s:
            running.ports = usage.listening_ports(running.watched_pid)
            running.stop(CommandEnd.DEADLINE)
            return
        wait_s = next_look_s(age_s)
        await anyio.sleep(wait_s if limits.deadline_s is None else min(wait_s, limits.deadline_s - age_s))
        reason = await anyio.to_thread.run_sync(_look, running)
        if reason is not None:
            running.stop(reason)
            return


def _look(running: Running) -> CommandEnd | None:
    found = usage.look(running.watched_pid)
    running.cpu_s = max(running.cpu_s, found.cpu_s)
    limit = running.limits.memory_bytes
    if limit is not None and found.memory_bytes > limit:
        found = Usage(usage.shared_out_memory(running.watched_pid), found.cpu_s, found.processes)
    running.peak_memory_bytes = max(running.peak_memory_bytes, found.memory_bytes)
    running.ports = usage.listening_ports(running.watched_pid) or running.ports
    return exceeded(found, 0, running.limits)


async def _watch_disk(running: Running) -> None:
    if running.limits.disk_bytes is None:
        return
    while True:
        began_s = anyio.current_time()
        size = await anyio.to_thread.run_sync(trees.size_bytes, running.launch.writable)
        if exceeded(Usage(), size, running.limits) is not None:
            running.stop(CommandEnd.DISK)
            return
        await anyio.sleep(max(_DISK_LOOK_S, (anyio.current_time() - began_s) * _DISK_LOOK_SHARE))


def _result(running: Running, finished: processes.Finished, ended_s: float) -> CommandResult:
    limits, output = running.limits, running.output
    ended, exit_code, signal_number = ending(finished.exit_status, running.stopped_for)
    layer_bytes = trees.size_bytes(running.launch.writable)
    if running.stopped_for is None and exceeded(Usage(), layer_bytes, limits) is not None:
        ended, exit_code, signal_number = CommandEnd.DISK, None, None
    return CommandResult(
        ended=ended,
        exit_code=exit_code,
        signal=signal_number,
        reason=explain(ended, limits, exit_code, signal_number),
        output_path=output.path,
        output_tail=output.tail,
        output_bytes=output.total_bytes,
        waiting_on=unfinished_line(output.tail),
        listening_ports=running.ports,
        wall_ms=round((ended_s - running.started_s) * 1000),
        cpu_ms=max(finished.cpu_ms, round(running.cpu_s * 1000)),
        peak_memory_bytes=max(running.peak_memory_bytes, finished.peak_memory_bytes),
        layer_bytes=layer_bytes,
        isolated=running.launch.identity is not None,
        bytes_read=finished.bytes_read,
        bytes_written=finished.bytes_written,
    )
