"""Shell: looks at what a tree of processes uses: memory, processor time, number, open ports. The one importer of psutil.

A look at the tree is two looks: the sum of resident sets is cheap and counts shared pages once for each process; only
when it is over the limit are the pages shared out (PSS), which costs a walk over every mapping. Pages of a room's
/dev/shm are in no process; its size is bounded by the mount.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path

import psutil

from regrow.core.sandbox.values import Usage

__all__ = ["host_addresses", "kill_marked", "listening_ports", "look", "shared_out_memory"]

_GONE = (psutil.NoSuchProcess, psutil.AccessDenied, ProcessLookupError, FileNotFoundError)
_LISTEN = "0A"
_TCP_TABLES = ("tcp", "tcp6")


def _tree(pid: int) -> list[psutil.Process]:
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except _GONE:
        return []


def look(pid: int) -> Usage:
    """Sum what a process and its descendants use. Those that end meanwhile count for nothing. Blocking, about 1 ms."""
    memory = threads = 0
    cpu_s = 0.0
    for process in _tree(pid):
        with suppress(*_GONE), process.oneshot():
            times = process.cpu_times()
            cpu_s += times.user + times.system + times.children_user + times.children_system
            memory += process.memory_info().rss
            threads += process.num_threads()
    return Usage(memory, cpu_s, threads)


def shared_out_memory(pid: int) -> int:
    """Sum the memory of a tree with shared pages counted once, in bytes. Blocking, 1 ms for each 100 MB."""
    total = 0
    for process in _tree(pid):
        with suppress(*_GONE, OSError):
            rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text("ascii")
            total += sum(
                int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith(("Pss:", "SwapPss:"))
            )
    return total


def listening_ports(pid: int) -> tuple[int, ...]:
    """Return the TCP ports that anybody listens on in the network namespace of a process."""
    ports: set[int] = set()
    for table in _TCP_TABLES:
        with suppress(OSError):
            rows = Path(f"/proc/{pid}/net/{table}").read_text("ascii").splitlines()[1:]
            ports |= {int(row.split()[1].rpartition(":")[2], 16) for row in rows if row.split()[3] == _LISTEN}
    return tuple(sorted(ports))


def kill_marked(name: str, value: str) -> int:
    """Kill every process whose environment has this value, however it was started; return how many there were. Blocking.

    Without a namespace nothing else finds a process that left its group and whose parent has ended. One that was given
    another environment gets away.
    """
    found = 0
    for process in psutil.process_iter():
        with suppress(*_GONE, OSError):
            if process.environ().get(name) == value:
                process.kill()
                found += 1
    return found


def host_addresses() -> frozenset[str]:
    """Return the addresses of this machine's own interfaces, IPv4 and IPv6, without scope."""
    families = (socket.AF_INET, socket.AF_INET6)
    return frozenset(
        address.address.partition("%")[0]
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family in families
    )
