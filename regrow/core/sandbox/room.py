"""Shell: a room: read-only layers, one writable one, and commands that run in them one after another."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import anyio
import anyio.to_thread

from regrow.core.sandbox.arguments import (
    OVERLAY_OPTIONS_LIMIT_BYTES,
    PROXY,
    TOOLS,
    Identity,
    RoomView,
    bubblewrap_arguments,
    overlay_options_bytes,
    shell_command,
    starter_arguments,
)
from regrow.core.sandbox.bases.clean import finish_tree
from regrow.core.sandbox.bases.kept_packages import DebianDownloads
from regrow.core.sandbox.bases.packages import find_package_source, unpack_packages
from regrow.core.sandbox.environment import WITHOUT_NETWORK, room_environment
from regrow.core.sandbox.errors import NoSandbox, RoomBroken
from regrow.core.sandbox.folders import lookup, trees
from regrow.core.sandbox.folders.layers import LayerStack
from regrow.core.sandbox.folders.written import written
from regrow.core.sandbox.limits import read_self_test
from regrow.core.sandbox.means import Means
from regrow.core.sandbox.network import Reach, open_proxy
from regrow.core.sandbox.network.proxy import SOCKET_NAME
from regrow.core.sandbox.running import MARK, Launch, Running, run_launch
from regrow.core.sandbox.turns import places, step_turn
from regrow.core.sandbox.usage import host_addresses
from regrow.core.sandbox.values import (
    CHECKOUT,
    BaseRoot,
    CommandEnd,
    CommandResult,
    Layer,
    LayerMode,
    SandboxCommand,
    SandboxLimits,
)

__all__ = ["Room"]

TURNS = "turns"
STATUS_FILE = "/var/lib/dpkg/status"


class Room:
    """A room that is open. Made by `Sandbox.open_room`; commands run one at a time.

    Attributes:
        base: What it stands on.
        work_dir: Its folder on the host.
    """

    def __init__(
        self,
        means: Means,
        base: BaseRoot,
        work_dir: Path,
        stack: LayerStack,
        reach: Callable[[bool], Awaitable[Reach]],
        downloads: Path,
    ) -> None:
        self._downloads = downloads
        self.base = base
        self._reach = reach
        self.work_dir = work_dir
        self._means = means
        self._stack = stack
        self._turn = anyio.Lock()
        self._running: Running | None = None
        self._number = 0
        self._network_notes: tuple[str, ...] = ()

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The frozen layers, lowest first: what a checkpoint has to remember (their ids) to open the room again."""
        return self._stack.layers

    @property
    def notes(self) -> tuple[str, ...]:
        """What a report must say about this room."""
        return tuple(note for note in (self._means.note, self.base.note, *self._network_notes) if note)

    async def run(
        self,
        command: SandboxCommand,
        limits: SandboxLimits | None = None,
        on_output: Callable[[str], object] | None = None,
        *,
        output_path: Path | None = None,
        source_date_epoch: int | None = None,
    ) -> CommandResult:
        """Run a command to its end; nothing that it started outlives it.

        Args:
            command: What to run.
            limits: What it may use; None for the defaults.
            on_output: Is handed what it prints, decoded, as it comes. Must not block. An exception from it ends the command.
            output_path: Where its output is kept; None for a file of its own in the room's folder.
            source_date_epoch: For reproducible builds, at least 315532800.

        Raises:
            NoSandbox: The room could not be made; the command did not begin.
        """
        async with self._turn, AsyncExitStack() as stack:
            if command.in_turn:
                await stack.enter_async_context(step_turn(self._downloads.parent / TURNS, places()))
            self._number += 1
            path = output_path or self.work_dir / "output" / f"{self._number:04d}.log"
            bounds = limits or SandboxLimits()
            try:
                if not command.network or self._means.program is None:
                    told = None if self._means.program is None else WITHOUT_NETWORK
                    environment = room_environment(command.env, told, source_date_epoch)
                    launch = self._launch(command, bounds, environment)
                    return await run_launch(launch, bounds, path, on_output, self._set_running)
                return await self._run_with_network(command, bounds, path, on_output, source_date_epoch)
            finally:
                self._running = None

    async def _run_with_network(
        self,
        command: SandboxCommand,
        limits: SandboxLimits,
        path: Path,
        on_output: Callable[[str], object] | None,
        source_date_epoch: int | None,
    ) -> CommandResult:
        """Run a command whose clients find their proxy on the room's own loopback; it ends with the command."""
        reach = await self._reach(command.offline)
        access = reach.access
        self._network_notes = access.notes
        folder = self.work_dir / "proxy"
        await anyio.to_thread.run_sync(trees.make_folder, folder)
        own = await anyio.to_thread.run_sync(host_addresses)
        told = {**reach.env, **(WITHOUT_NETWORK if command.offline else {})}
        environment = room_environment(command.env, told, source_date_epoch)
        shown = {str(folder): PROXY, **await anyio.to_thread.run_sync(reach.shown, folder)}
        opened = open_proxy(folder, access.allowed, own, os.environ, reach.interception, offline=command.offline)
        async with opened as proxy:
            launch = self._launch(command, limits, environment, shown)
            result = await run_launch(launch, limits, path, on_output, self._set_running)
            return replace(result, network=proxy.log)

    async def check(self) -> None:
        """Check that the room has what programs take for granted; leaves no trace in it.

        A room without Python is not checked.

        Raises:
            RoomBroken: Something is missing. Nothing that happens in the room says anything about the project (trap 28).
        """
        if await self.find("/usr/bin/python3") is None:
            return
        command = SandboxCommand(argv=("/usr/bin/python3", "-IS", f"{TOOLS}/self_test.py"), cwd="/")
        result = await self.run(command, SandboxLimits(deadline_s=30.0))
        failures = read_self_test(result.output_tail) if result.succeeded else {"self-test": result.reason}
        await self.rollback()
        if failures:
            raise RoomBroken(failures)

    def _set_running(self, running: Running) -> None:
        self._running = running

    def cancel_command(self) -> None:
        """End the command that runs now, if any: its `run` returns with `cancelled`."""
        if self._running is not None:
            self._running.stop(CommandEnd.CANCELLED)

    def _launch(
        self,
        command: SandboxCommand,
        limits: SandboxLimits,
        environment: dict[str, str],
        network: Mapping[str, str] | None = None,
    ) -> Launch:
        inner = list(command.argv) if command.script is None else shell_command(command.script)
        if network is not None:
            inner = ["/usr/bin/python3", "-IS", f"{TOOLS}/forward.py", f"{PROXY}/{SOCKET_NAME}", *inner]
        program, identity = self._means.program, self._means.identity
        if program is None:
            return self._unsafe_launch(command, limits, environment, inner)
        shown = self._view(network or {})

        def build(info_fd: int, block_fd: int | None, ready_fd: int) -> list[str]:
            outer = bubblewrap_arguments(program, shown, identity, environment, info_fd=info_fd, block_fd=block_fd)
            return [
                *outer,
                *starter_arguments(limits, identity, command.cwd, inner, ready_fd=ready_fd, block_fd=block_fd),
            ]

        return Launch(build, identity, {"PATH": "/usr/bin:/bin"}, self.work_dir, self._stack.upper)

    def _unsafe_launch(
        self, command: SandboxCommand, limits: SandboxLimits, environment: dict[str, str], inner: list[str]
    ) -> Launch:
        """Without a sandbox the room's folders are folders of the host, and only relative paths stay in them."""
        root = self._stack.upper
        cwd = str(root) + command.cwd if command.cwd.startswith(("/build", "/home", "/tmp", "/var")) else command.cwd  # noqa: S108
        mark = f"{os.getpid()}:{self.work_dir}:{self._number}"
        environment = {**environment, "HOME": f"{root}{environment['HOME']}", "TMPDIR": f"{root}/tmp", MARK: mark}  # noqa: S108

        def build(_info_fd: int, _block_fd: int | None, ready_fd: int) -> list[str]:
            return starter_arguments(limits, Identity.SINGLE, cwd, inner, ready_fd=ready_fd, block_fd=None)

        return Launch(build, None, environment, self.work_dir, root, mark)

    def _view(self, network: Mapping[str, str]) -> RoomView:
        stack = self._stack
        read_only = {path: path for path in self.base.binds} | {str(self.work_dir / "tools"): TOOLS} | dict(network)
        if self._means.mode is LayerMode.COPY:
            empty = lookup.empty_ancestors(self.base.path, read_only.values())
            return RoomView((self.base.path,), area=stack.upper, read_only=read_only, empty=empty)
        paths = (self.base.path, *(layer.path for layer in stack.layers))
        shown = RoomView(paths, stack.upper, stack.work, read_only=read_only)
        if overlay_options_bytes(shown) > OVERLAY_OPTIONS_LIMIT_BYTES:
            raise NoSandbox(
                f"{len(paths)} layers do not fit into one mount",
                got=f"{overlay_options_bytes(shown)} bytes of paths, limit {OVERLAY_OPTIONS_LIMIT_BYTES}",
                remedy="use a work folder with a shorter path, or make fewer steps",
            )
        return shown

    async def freeze(self, layer_id: str) -> Layer:
        """Make what was written since the last layer a read-only layer. It is there as a whole or not at all.

        Raises:
            ValueError: The id cannot be a file name, or the room has such a layer.
        """
        async with self._turn:
            return await anyio.to_thread.run_sync(self._stack.freeze, layer_id)

    async def rollback(self, layers: int = 0) -> None:
        """Drop what was written since the last layer, and the topmost `layers` layers with it."""
        async with self._turn:
            await anyio.to_thread.run_sync(self._stack.pop, layers)

    async def copy_in(self, host_folder: Path, path: str = CHECKOUT, *, layer_id: str = "copied") -> Layer:
        """Put a copy of a folder of the host into the room, as a layer. The host's folder is only read.

        Links are copied as links; sockets, pipes and devices are left out; set-user-id bits are dropped.

        Raises:
            ValueError: Commands have written since the last layer, the id is taken, or `path` is not one of the room's.
        """
        async with self._turn:
            return await anyio.to_thread.run_sync(self._copy_in, host_folder, path, layer_id)

    def _copy_in(self, host_folder: Path, path: str, layer_id: str) -> Layer:
        parts = lookup.room_parts(path)
        made = self._stack.folder / "layers" / f".{layer_id}.making"
        trees.discard(made)
        target = made
        owner = self._means.owner
        trees.make_folder(made)
        for part in parts:
            target = target / part
            target.mkdir()
            found = self._find(f"/{target.relative_to(made)}")
            # A folder in an upper layer hides the mode and owner of the one below it.
            if found is not None and found.is_dir():
                target.chmod(found.stat().st_mode & 0o7777)
                os.chown(target, found.stat().st_uid, found.stat().st_gid)
            else:
                os.chown(target, *owner)
        trees.copy_tree(host_folder, target)
        trees.give_to(target, *owner)
        return self._stack.add(layer_id, made)

    async def install_packages(self, names: Sequence[str], layer_id: str, *, offline: bool = False) -> Layer:
        """Put packages of the distribution, with all that they depend on, into the room as a layer.

        They are downloaded and unpacked outside, where no maintainer script runs; the host gets nothing of them.

        Raises:
            NoSandbox: This machine's packages cannot be had (no apt), or the room is not a root of its own.
            RegrowError: E2011 a package that apt does not know; E5003 it cannot be downloaded.
        """
        source = await anyio.to_thread.run_sync(find_package_source)
        if source is None or self._means.mode is LayerMode.COPY:
            raise NoSandbox(
                f"system packages cannot be added to this room: {' '.join(names)}",
                got="no apt on this machine" if source is None else "layers are copies here",
                remedy=f"apt-get install {' '.join(names)} on the host, and run again",
            )
        status = (await self.read_file(STATUS_FILE)).decode("utf-8", "replace")
        async with self._turn:
            made = self._stack.folder / "layers" / f".{layer_id}.making"
            work = self._stack.folder / f".{layer_id}.apt"
            try:
                for folder in (made, work):
                    await anyio.to_thread.run_sync(trees.discard, folder)
                    await anyio.to_thread.run_sync(trees.make_folder, folder)
                kept = DebianDownloads(self._downloads, network=not offline)
                await unpack_packages(source, names, made, work, status=status, kept=kept)
                await anyio.to_thread.run_sync(finish_tree, made)
                return await anyio.to_thread.run_sync(self._stack.add, layer_id, made)
            finally:
                with anyio.CancelScope(shield=True):
                    await anyio.to_thread.run_sync(trees.discard, work)

    async def add_layer(self, layer_id: str, fill: Callable[[Path], object]) -> Layer:
        """Put what a function writes below a folder of the host, which stands for the room's root, into the room as a layer.

        Raises:
            NoSandbox: The room is not a root of its own.
        """
        if self._means.mode is LayerMode.COPY:
            raise NoSandbox(
                "files of this machine cannot be added to this room", got="layers are copies here", remedy=""
            )
        async with self._turn:
            made = self._stack.folder / "layers" / f".{layer_id}.making"
            await anyio.to_thread.run_sync(trees.discard, made)
            await anyio.to_thread.run_sync(fill, trees.make_folder(made))
            return await anyio.to_thread.run_sync(self._stack.add, layer_id, made)

    def _stacked(self) -> list[Path]:
        """The folders that make up what is seen, uppermost first."""
        if self._means.mode is LayerMode.COPY:
            return [self._stack.upper, self.base.path]
        return [self._stack.upper, *(layer.path for layer in reversed(self._stack.layers)), self.base.path]

    def _find(self, path: str) -> Path | None:
        return lookup.find(self._stacked(), path, self.base.binds)

    async def find(self, path: str) -> Path | None:
        """Return where a file or folder of the room lies on the host, links followed inside the room; None: it is not there.

        For reading only, and for a folder: only its uppermost part.
        """
        async with self._turn:
            return await anyio.to_thread.run_sync(self._find, path)

    async def read_file(self, path: str, limit_bytes: int = 16 * 1024 * 1024) -> bytes:
        """Return the beginning of a file of the room.

        Raises:
            FileNotFoundError: There is no such regular file.
        """
        async with self._turn:
            return await anyio.to_thread.run_sync(self._read_file, path, limit_bytes)

    def _read_file(self, path: str, limit_bytes: int) -> bytes:
        found = self._find(path)
        if found is None or not found.is_file() or found.is_symlink():
            raise FileNotFoundError(f"the room has no file {path}")
        with found.open("rb") as file:
            return file.read(limit_bytes)

    async def list_folder(self, path: str) -> tuple[str, ...]:
        """Return the names in a folder of the room, sorted; () when it is not there."""
        async with self._turn:
            return await anyio.to_thread.run_sync(self._list_folder, path)

    def _list_folder(self, path: str) -> tuple[str, ...]:
        return lookup.names(self._stacked(), path, self.base.binds)

    async def export(self, path: str, target: Path) -> tuple[str, ...]:
        """Copy a file or folder of the room to the host, to a path that does not exist.

        Links are copied as links and devices are left out; nothing outside `target` is written.

        Returns:
            The files that were copied, by their path below `path`; "" stands for `path` itself.

        Raises:
            FileNotFoundError: It is not there.
            FileExistsError: `target` is.
        """
        async with self._turn:
            return await anyio.to_thread.run_sync(lookup.export, self._stacked(), path, target, self.base.binds)

    async def written(self, skip: int, enter: Callable[[str], bool]) -> dict[str, Path]:
        """Return the files of all but the `skip` lowest layers, as `written.written` does; in copy mode of the last one."""
        paths = [layer.path for layer in self.layers[skip:]][-1 if self._means.mode is LayerMode.COPY else 0 :]
        async with self._turn:
            return await anyio.to_thread.run_sync(written, paths, enter)

    def close(self) -> None:
        """Throw away what was not frozen. Called by `Sandbox.open_room`."""
        self._stack.close()
