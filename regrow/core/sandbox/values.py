"""The sandbox's vocabulary: limits, commands, results, layers, bases. Frozen values; nothing here does anything.

Sizes are in bytes, times in seconds where the name ends in `_s` and in milliseconds where it ends in `_ms`. Paths called
`path` lie on the host unless the docstring says that they are the room's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final

__all__ = [
    "CHECKOUT",
    "ROOM_HOME",
    "ROOM_USER",
    "BaseKind",
    "BaseRoot",
    "CommandEnd",
    "CommandResult",
    "Fact",
    "FactState",
    "Layer",
    "LayerMode",
    "NetworkLog",
    "Progress",
    "SandboxCommand",
    "SandboxLimits",
    "Usage",
    "Way",
]

_MIB: Final = 1024 * 1024

CHECKOUT: Final = "/build/checkout"
"""Where the project lies in every room: one path, so that two builds differ in nothing but what they should (trap 19)."""

ROOM_USER: Final = "builder"
ROOM_HOME: Final = "/home/builder"


class Way(StrEnum):
    """How steps are kept apart from the machine."""

    BUBBLEWRAP = "bubblewrap"
    NONE = "none"
    """Limits and a process group only; the report says that nothing was isolated."""


class LayerMode(StrEnum):
    """How the writable part of a room is kept apart from its read-only layers."""

    OVERLAY = "overlay"
    """The kernel's overlayfs: a step writes into a layer of its own, whatever it writes to."""
    COPY = "copy"
    """Copies (reflinks where the file system can): /build, /home, /tmp and /var are writable, all else is read-only."""


class CommandEnd(StrEnum):
    """How a command ended. All but `exited` and `signalled` are the room's doing, or the caller's."""

    EXITED = "exited"
    SIGNALLED = "signalled"
    DEADLINE = "deadline"
    MEMORY = "memory"
    CPU = "cpu"
    OUTPUT = "output"
    DISK = "disk"
    PROCESSES = "processes"
    CANCELLED = "cancelled"


class BaseKind(StrEnum):
    """What a base root is for: `c` adds a compiler and make, `node` adds Node and npm."""

    PYTHON = "python"
    NODE = "node"
    C = "c"
    HOST = "host"
    """The host's own programs, read-only: the room is not a clean machine, and the report says so."""


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """What one command and everything that it starts may use. None means no limit.

    Attributes:
        memory_bytes: Summed over the tree, looked at every few tens of milliseconds, so it can be overshot by what is
            allocated between two looks.
        cpu_s: Processor time summed over the tree, ended processes included.
        processes: Processes and threads at one time.
        output_bytes: What is kept of the output, its head and its tail. A command that prints
            `limits.FLOOD_FACTOR` times as much is ended.
        disk_bytes: What the room's writable layer may hold, and the largest single file.
        deadline_s: Wall time from the start of the command.
    """

    memory_bytes: int | None = 2048 * _MIB
    cpu_s: float | None = 600.0
    processes: int | None = 512
    output_bytes: int | None = 64 * _MIB
    disk_bytes: int | None = 4096 * _MIB
    deadline_s: float | None = 300.0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if value is not None and value <= 0:
                msg = f"{name} must be above 0, or None for no limit, got {value}"
                raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class SandboxCommand:
    """What is run: either a bash script or an argument vector, never both. Standard input is empty.

    Attributes:
        script: Text for bash, run with `pipefail` (a pipe fails when any part of it fails), without `errexit`.
        argv: A program of the room and its arguments.
        cwd: A folder of the room.
        env: Added to the room's clean environment, or replacing what stands there.
        network: Whether the package clients' hosts may be reached through the filtering proxy.
        offline: Whether the proxy answers from the download cache alone.
        in_turn: Whether it waits for one of the places that all steps on this machine share.
    """

    script: str | None = None
    argv: tuple[str, ...] = ()
    cwd: str = CHECKOUT
    env: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    network: bool = False
    offline: bool = False
    in_turn: bool = False

    def __post_init__(self) -> None:
        if (self.script is None) == (not self.argv):
            msg = "a command is a script or an argv, one of the two"
            raise ValueError(msg)
        if not self.cwd.startswith("/"):
            msg = f"cwd must be an absolute path in the room, got {self.cwd!r}"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a tree of processes uses at one moment. `cpu_s` includes processes that have ended and were waited for."""

    memory_bytes: int = 0
    cpu_s: float = 0.0
    processes: int = 0


@dataclass(frozen=True, slots=True)
class NetworkLog:
    """One host that a command asked the proxy for. `missing` is an address that was not kept, in a run that is offline."""

    host: str
    port: int
    allowed: bool
    reason: str
    sent_bytes: int = 0
    received_bytes: int = 0
    missing: str = ""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """How a command ended and what it used.

    Attributes:
        ended: How.
        exit_code: Only when it exited by itself.
        signal: Only when it was ended by a signal that was not ours. Deduced from exit codes 128 + n of the signals that
            end programs, since a shell passes a signal on in no other way.
        reason: One sentence, for a report; "" when it exited with 0.
        output_path: What was kept of its output (standard output and error, as they came).
        output_tail: The end of it, decoded, at most `limits.TAIL_CHARS` characters.
        output_bytes: All that it printed, kept or not.
        waiting_on: Its last line when that had no newline (a prompt), else "".
        listening_ports: TCP ports that were open at the last look before it ended.
        wall_ms: From its start to the end of its last process.
        cpu_ms: User and system time of all its processes.
        peak_memory_bytes: The largest sum that was seen.
        layer_bytes: Size of the room's writable layer after it.
        isolated: False when it ran without a sandbox.
        bytes_read: What all its processes read from disks; what was in memory already is not counted.
        bytes_written: What they wrote.
        network: The hosts that it asked for.
    """

    ended: CommandEnd
    exit_code: int | None
    signal: int | None
    reason: str
    output_path: Path
    output_tail: str
    output_bytes: int
    waiting_on: str
    listening_ports: tuple[int, ...]
    wall_ms: int
    cpu_ms: int
    peak_memory_bytes: int
    layer_bytes: int
    isolated: bool = True
    network: tuple[NetworkLog, ...] = ()
    bytes_read: int = 0
    bytes_written: int = 0

    @property
    def succeeded(self) -> bool:
        """Whether it exited by itself with status 0."""
        return self.ended is CommandEnd.EXITED and self.exit_code == 0


@dataclass(frozen=True, slots=True)
class Layer:
    """A read-only part of a room: a folder whose files lie over those of the layers below it."""

    layer_id: str
    path: Path
    size_bytes: int


@dataclass(frozen=True, slots=True)
class BaseRoot:
    """The lowest layer of a room.

    Attributes:
        path: The folder.
        key: Names its content: the same key, the same packages.
        created_at: When it was made, ISO 8601 in UTC; the age of what a verdict stands on (trap 45).
        packages: Name -> version of what is in it; empty for the host's own programs.
        binds: Folders of the host that show through, read-only, at the same path.
        note: What a report must say about it; "" for a clean root.
    """

    kind: BaseKind
    path: Path
    key: str
    created_at: str
    packages: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    binds: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of a long piece of work. `total` is 0 where it is not known."""

    what: str
    done: int = 0
    total: int = 0


class FactState(StrEnum):
    """Whether a fact about this machine is as it should be."""

    OK = "ok"
    LIMITED = "limited"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of `regrow doctor`. `remedy` is a command to type, "" when nothing is to be done."""

    name: str
    state: FactState
    detail: str
    remedy: str = ""
