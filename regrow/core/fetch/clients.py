"""Shell: runs a client of this machine (git, npm, apt-get) in a process group of its own, bounded in time and output.

These are the only programs that regrow runs outside the sandbox. They are told by their arguments to run nothing of
the target, and they get this machine's environment, because that is where their settings (proxies, certificates,
mirrors) are.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import anyio
from anyio.abc import ByteReceiveStream, Process

from regrow.core.fetch.errors import ClientMissing, NetworkDown
from regrow.core.fetch.limits import FetchLimits
from regrow.core.redaction import redact


@dataclass(frozen=True, slots=True)
class ClientResult:
    """How a client ended. Of its output the first `limits.client_output_bytes` are kept; `is_cut` says there was more."""

    exit_code: int
    stdout: str
    stderr: str
    is_cut: bool = False

    def last_lines(self, count: int = 5) -> str:
        """The end of what it said about its failure, on one line, without secrets."""
        lines = [line.strip() for line in (self.stderr or self.stdout).splitlines() if line.strip()]
        return redact(" | ".join(lines[-count:])) or "it said nothing"


async def run_client(
    argv: Sequence[str], *, cwd: Path, limits: FetchLimits, env: Mapping[str, str] | None = None
) -> ClientResult:
    """Run a client to its end.

    Raises:
        ClientMissing: the program is not installed.
        NetworkDown: it did not end within `limits.deadline_s`.
    """
    try:
        process = await anyio.open_process(
            list(argv),
            cwd=cwd,
            env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})},
            start_new_session=True,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError:
        raise ClientMissing(argv[0]) from None
    out, err = bytearray(), bytearray()
    try:
        with anyio.fail_after(limits.deadline_s):
            async with anyio.create_task_group() as group:
                group.start_soon(_keep, process.stdout, out, limits.client_output_bytes)
                group.start_soon(_keep, process.stderr, err, limits.client_output_bytes)
                await process.wait()
    except TimeoutError:
        raise NetworkDown(f"{argv[0]!r} did not end within {limits.deadline_s:g} s") from None
    finally:
        await _end(process)
    return ClientResult(
        exit_code=process.returncode or 0,
        stdout=out.decode("utf-8", "surrogateescape"),
        stderr=err.decode("utf-8", "replace"),
        is_cut=len(out) >= limits.client_output_bytes,
    )


async def _keep(stream: ByteReceiveStream | None, kept: bytearray, limit_bytes: int) -> None:
    """Read to the end, so that the client never waits for us, and keep the beginning."""
    if stream is None:
        return
    async for chunk in stream:
        kept.extend(chunk[: max(0, limit_bytes - len(kept))])


async def _end(process: Process) -> None:
    """Kill whatever is left of the client's process group and collect it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with anyio.CancelScope(shield=True):
        await process.wait()
        await process.aclose()
