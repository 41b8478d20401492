"""Shell: the one place of the sandbox that starts programs: starts, reads, waits, kills.

Rules to hold in mind:

* A program is started in the thread of the event loop, which blocks it for about a millisecond. Both backends' own ways
  will not do: trio starts programs in a worker thread, and a program that asked to die with its parent (PR_SET_PDEATHSIG,
  bubblewrap's --die-with-parent) dies when the *thread* that started it ends, ten seconds after it went idle.
* A child is waited for by a pidfd, which the loop polls like a socket; `wait4` then gives its processor time and the largest
  memory of one process, its waited-for descendants included. Nothing else may wait for it.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import anyio
import anyio.lowlevel

__all__ = [
    "Child",
    "Finished",
    "ProgramOutput",
    "alone",
    "end_process_group",
    "has_ended",
    "read_chunk",
    "run_program",
    "start",
    "wait",
]

_CHUNK_BYTES = 65_536


_BLOCK_BYTES = 512
"""What getrusage(2) counts reading and writing in."""


@dataclass(frozen=True, slots=True)
class Child:
    """A program that was started. Whoever starts it waits for it and closes `output_fd`."""

    pid: int
    pid_fd: int
    output_fd: int


@dataclass(frozen=True, slots=True)
class Finished:
    """How a program ended. `exit_status` is negative for a signal; `peak_memory_bytes` is of its largest process, 0 when not known."""  # noqa: E501

    exit_status: int
    cpu_ms: int
    peak_memory_bytes: int
    bytes_read: int = 0
    bytes_written: int = 0


def start(argv: Sequence[str], *, env: Mapping[str, str], pass_fds: Sequence[int] = (), cwd: str | Path = "/") -> Child:
    """Start a program in a session of its own, with an empty standard input and one pipe for both outputs.

    Raises:
        OSError: It cannot be started.
    """
    reader, writer = os.pipe2(os.O_CLOEXEC)
    try:
        process = subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=writer,
            stderr=writer,
            env=dict(env),
            cwd=cwd,
            close_fds=True,
            pass_fds=tuple(pass_fds),
            start_new_session=True,
        )
    except BaseException:
        os.close(reader)
        raise
    finally:
        os.close(writer)
    # We wait for it by ourselves; without this, Popen would complain that nobody did.
    process.returncode = 0
    os.set_blocking(reader, False)
    return Child(process.pid, os.pidfd_open(process.pid), reader)


async def wait(child: Child) -> Finished:
    """Wait for the child's end and collect it. To be called once."""
    await anyio.wait_readable(child.pid_fd)
    _, status, usage = os.wait4(child.pid, 0)  # noqa: ASYNC222
    os.close(child.pid_fd)
    peak = usage.ru_maxrss
    if peak <= resource.getrusage(resource.RUSAGE_SELF).ru_maxrss:
        peak = 0  # Between fork and exec a child counts as large as we are: this says nothing about the program.
    cpu_ms = round((usage.ru_utime + usage.ru_stime) * 1000)
    blocks = (usage.ru_inblock * _BLOCK_BYTES, usage.ru_oublock * _BLOCK_BYTES)
    return Finished(os.waitstatus_to_exitcode(status), cpu_ms, peak * 1024, *blocks)


async def read_chunk(fd: int) -> bytes:
    """Return the next bytes of a non-blocking pipe; b"" when all its writers are gone. Leaves it open.

    Not an asynchronous generator: one that is left in the middle lives until the garbage collector finds it.
    """
    # A program that prints without end must not keep the loop to itself.
    await anyio.lowlevel.checkpoint()
    while True:
        try:
            return os.read(fd, _CHUNK_BYTES)
        except BlockingIOError:
            await anyio.wait_readable(fd)


@contextmanager
def alone() -> Iterator[None]:
    """Take a single error out of the group that a task group wraps it in, so that a caller's `except` finds it."""
    try:
        yield
    except ExceptionGroup as group:
        if len(group.exceptions) == 1:
            raise group.exceptions[0] from None
        raise


def has_ended(child: Child) -> bool:
    """Whether a child that nobody has collected yet is at its end."""
    return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def end_process_group(pid: int) -> None:
    """Kill what is left of the process group that a program of ours was started in."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class ProgramOutput:
    """How a program of the host ended, and what it printed, decoded."""

    exit_status: int
    text: str

    def last_lines(self, count: int = 5) -> str:
        """The end of what it said, on one line."""
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        return " | ".join(lines[-count:]) or "it said nothing"


async def run_program(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: str | Path = "/",
    deadline_s: float = 60.0,
    limit_bytes: int = 4 * 1024 * 1024,
) -> ProgramOutput:
    """Run a program of the host (a package client, a probe) to its end, bounded in time and output.

    Args:
        env: All that it sees; None for this process' own environment.
        limit_bytes: How much of its output is kept; the rest is read and dropped.

    Raises:
        OSError: It cannot be started.
        TimeoutError: It did not end by its deadline, and was killed.
    """
    child = start(argv, env=os.environ if env is None else env, cwd=cwd)
    kept = bytearray()
    finished: Finished | None = None
    try:
        with anyio.fail_after(deadline_s):
            while chunk := await read_chunk(child.output_fd):
                kept += chunk[: max(0, limit_bytes - len(kept))]
            await anyio.wait_readable(child.pid_fd)
    finally:
        end_process_group(child.pid)
        with anyio.CancelScope(shield=True):
            finished = await wait(child)
        os.close(child.output_fd)
    assert finished is not None
    return ProgramOutput(finished.exit_status, kept.decode("utf-8", "replace"))
