"""The argument vectors that make a room: bubblewrap's, and the one of the small shell that every command starts in.

Rules to hold in mind:

* A room never gets the host's network, terminal, environment, descriptors or writable folders.
* The lower layers of an overlay are folders of their own, never the host's `/`: in a user namespace the kernel refuses to
  make an overlay over a mount that has others locked beneath it (EINVAL, "failed to clone lowerpath").
* As root a room has two user ids (see `Identity`). With the one id that bubblewrap maps by itself, the room's user *is* the
  host's uid 0 to every check by owner: without any capability it could write /proc/sys of the host (tried).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from regrow.core.sandbox.values import SandboxLimits

__all__ = [
    "GUEST_ID",
    "HOST_ID_OF_GUEST",
    "OVERLAY_OPTIONS_LIMIT_BYTES",
    "PROXY",
    "TOOLS",
    "WRITABLE",
    "Identity",
    "RoomView",
    "bubblewrap_arguments",
    "identity_maps",
    "overlay_options_bytes",
    "shell_command",
    "starter_arguments",
]

GUEST_ID: Final = 1000
"""User and group of every command, inside the room. Never 0: root passes tests that nobody else passes."""

HOST_ID_OF_GUEST: Final = 1_900_000_000
"""As root: the host's id behind the guest. Beyond the ranges that systemd gives to users, services and containers."""

OVERLAY_OPTIONS_LIMIT_BYTES: Final = 4000
"""mount(2) passes at most one page of options, and the paths of all layers stand in it."""

WRITABLE: Final = ("build", "home", "tmp", "var")
"""The folders that can be written to in copy mode."""

TOOLS: Final = "/run/regrow/tools"
PROXY: Final = "/run/regrow/proxy"
_BASH: Final = ("/bin/bash", "--noprofile", "--norc")

_STARTER: Final = """
ulimit -c 0
[ "$1" = - ] || ulimit -f "$1"
[ "$2" = - ] || ulimit -u "$2"
[ "$3" = - ] || { ulimit -S -t "$3"; ulimit -H -t "$(($3 + 5))"; }
umask 022
{ echo 800 >/proc/self/oom_score_adj; } 2>/dev/null
printf r >&"$5"
eval "exec $5>&-"
[ "$6" = - ] || eval "exec $6<&-"
cd -- "$4" || exit 1
shift 6
exec "$@"
"""
# bash counts `ulimit -f` in KiB. Processor time ends a process by SIGXCPU, and by SIGKILL only if it ignores that. The
# limit of processes is set here and not outside: it is counted for each user namespace, and outside it would count the
# host's. The byte "r" says that the room stands and the command begins; whatever goes wrong before it is the sandbox's
# fault, whatever comes after is the command's.


class Identity(StrEnum):
    """Which host ids stand behind a room's."""

    SINGLE = "single"
    """The room's user is the user that runs us: all that can be had without root."""
    SUBORDINATE = "subordinate"
    """As root: the room's root is the host's root without capabilities, its user an id that owns nothing of the host."""


@dataclass(frozen=True, slots=True)
class RoomView:
    """What a room shows.

    Attributes:
        layers: Lowest first; all read-only.
        upper: The writable layer. `work` is overlayfs' own folder beside it. None in copy mode.
        area: Copy mode: the writable folder whose subfolders stand at `/build`, `/home`, `/tmp` and `/var`.
        read_only: Path on the host -> path in the room.
        empty: Folders of the room that are laid over with an empty one, so that mount points can be made in them.
        hostname: The machine's name inside.
        shm_bytes: Size of /dev/shm; its pages are memory that no process owns.
    """

    layers: tuple[Path, ...]
    upper: Path | None = None
    work: Path | None = None
    area: Path | None = None
    read_only: Mapping[str, str] = field(default_factory=dict)
    empty: tuple[str, ...] = ()
    hostname: str = "room"
    shm_bytes: int = 256 * 1024 * 1024


def bubblewrap_arguments(
    program: Path,
    view: RoomView,
    identity: Identity,
    environment: Mapping[str, str],
    *,
    info_fd: int,
    block_fd: int | None,
) -> list[str]:
    """Return bubblewrap's command line up to and including `--`.

    Args:
        program: bubblewrap.
        view: What the room shows.
        identity: Which ids. `SUBORDINATE` needs `block_fd`: bubblewrap waits on it for the id maps.
        environment: All that the command sees.
        info_fd: Where bubblewrap writes the id of the room's first process.
        block_fd: See `identity`.
    """
    guest = identity is Identity.SINGLE
    number = str(GUEST_ID if guest else 0)
    arguments = [str(program), "--unshare-all", "--unshare-user", "--uid", number, "--gid", number]
    if guest:
        arguments += ["--disable-userns", "--cap-drop", "ALL"]
    else:
        # The starter drops to the guest and gives these up; see `starter_arguments`.
        for name in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):
            arguments += ["--cap-add", name]
        arguments += ["--userns-block-fd", str(block_fd)]
    arguments += ["--hostname", view.hostname, "--die-with-parent", "--new-session", "--info-fd", str(info_fd)]
    arguments += _root(view)
    for folder in view.empty:
        arguments += ["--tmpfs", folder]
    for source, target in view.read_only.items():
        arguments += ["--ro-bind", source, target]
    arguments += ["--proc", "/proc", "--dev", "/dev"]
    arguments += ["--perms", "1777", "--size", str(view.shm_bytes), "--tmpfs", "/dev/shm"]  # noqa: S108 - the room's own
    arguments += ["--chdir", "/", "--clearenv"]
    for name, value in environment.items():
        arguments += ["--setenv", name, value]
    return [*arguments, "--"]


def _root(view: RoomView) -> list[str]:
    if view.upper is not None:
        layers = [part for layer in view.layers for part in ("--overlay-src", str(layer))]
        return [*layers, "--overlay", str(view.upper), str(view.work), "/"]
    arguments = ["--ro-bind", str(view.layers[0]), "/"]
    for name in WRITABLE:
        arguments += ["--bind", f"{view.area}/{name}", f"/{name}"]
    return arguments


def starter_arguments(
    limits: SandboxLimits, identity: Identity, cwd: str, command: Sequence[str], *, ready_fd: int, block_fd: int | None
) -> list[str]:
    """Return the command line that sets the limits of each process, says that the room stands, and becomes the command.

    `block_fd` is the one of `bubblewrap_arguments`: bubblewrap leaves it open, and the command shall inherit nothing.
    """
    drop = ["/usr/bin/setpriv", "--reuid", str(GUEST_ID), "--regid", str(GUEST_ID), "--clear-groups"]
    drop += ["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
    file_kib = "-" if limits.disk_bytes is None else str(max(1, limits.disk_bytes // 1024))
    # Some more than the limit: a fork bomb shall be seen over its limit and ended, not linger at it until its deadline.
    processes = "-" if limits.processes is None else str(limits.processes + limits.processes // 8 + 16)
    cpu_s = "-" if limits.cpu_s is None else str(max(1, -int(-limits.cpu_s // 1)))
    starter = [*_BASH, "-c", _STARTER, "room", file_kib, processes, cpu_s, cwd, str(ready_fd)]
    starter.append("-" if block_fd is None else str(block_fd))
    return [*(drop if identity is Identity.SUBORDINATE else []), *starter, *command]


def shell_command(script: str) -> list[str]:
    """Return the command line that runs a script: without profile files, with `pipefail`."""
    return [*_BASH, "-o", "pipefail", "-c", script]


def identity_maps() -> str:
    """Return the text for `/proc/PID/uid_map` and `gid_map` of a room with two ids."""
    return f"0 0 1\n{GUEST_ID} {HOST_ID_OF_GUEST} 1\n"


def overlay_options_bytes(view: RoomView) -> int:
    """Return how many bytes of mount options an overlay of this room takes: each path, with bubblewrap's prefix."""
    paths = [*view.layers, *(path for path in (view.upper, view.work) if path is not None)]
    return sum(len(str(path).encode()) + len("/oldroot:") for path in paths) + 60
