"""Shell: what every workshop of a process shares: the sandbox, found once, and the base roots, made once."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import anyio
import anyio.to_thread

from regrow.core.project.linting.requirements import admits, parse_bounds
from regrow.core.project.recovery.interpreters import ROOM_PYTHON
from regrow.core.project.recovery.model import FoundPackages, NeedsSystemPackages
from regrow.core.project.recovery.system_files import PREFERRED, development_package, packages_of
from regrow.core.sandbox import BaseKind, BaseRoot, LayerMode, PackageIndex, Progress, Sandbox, instead_of, open_sandbox
from regrow.core.sandbox.bases.interpreters import HostPython, find_host_pythons
from regrow.protocols.plan import Ecosystem

__all__ = ["Rooms", "nearest_python"]

_KINDS = {
    Ecosystem.PYTHON: BaseKind.PYTHON,
    Ecosystem.NODE: BaseKind.NODE,
    Ecosystem.C: BaseKind.C,
    Ecosystem.UNKNOWN: BaseKind.C,
}


class Rooms:
    """See the module.

    Args:
        cache_dir: Where base roots are kept.
        tools: A folder that each room shows as `TOOLS_FOLDER`: the reporters that count tests.
        unsafe_no_sandbox: Run steps with limits only where nothing can isolate them.
        further_hosts: Hosts that they may reach besides those of this machine's package clients.
        on_progress: Told what is being made; making a base takes half a minute once.
    """

    def __init__(
        self,
        cache_dir: Path,
        tools: Path,
        *,
        unsafe_no_sandbox: bool = False,
        further_hosts: Sequence[str] = (),
        on_progress: Callable[[Progress], object] | None = None,
    ) -> None:
        self.tools = tools
        self._further_hosts = further_hosts
        self._cache_dir = cache_dir
        self._unsafe = unsafe_no_sandbox
        self._on_progress = on_progress
        self._sandbox: Sandbox | None = None
        self._bases: dict[BaseKind, BaseRoot] = {}
        self._turn = anyio.Lock()

    async def sandbox(self) -> Sandbox:
        """Return the sandbox of this machine.

        Raises:
            RegrowError: E2002 nothing works here.
        """
        async with self._turn:
            if self._sandbox is None:
                self._sandbox = await open_sandbox(
                    self._cache_dir, unsafe_no_sandbox=self._unsafe, further_hosts=self._further_hosts
                )
            return self._sandbox

    @property
    def downloads(self) -> Path:
        """The folder of what was downloaded."""
        return self._cache_dir / "downloads"

    async def base(self, ecosystem: Ecosystem, *, offline: bool = False) -> BaseRoot:
        """Return the clean root for projects of this kind.

        Raises:
            RegrowError: E2002, or E5003 its packages cannot be downloaded, or are not kept where this run is offline.
        """
        sandbox = await self.sandbox()
        kind = _KINDS[ecosystem]
        async with self._turn:
            if kind not in self._bases:
                self._bases[kind] = await sandbox.base_root(kind, offline=offline, on_progress=self._on_progress)
            return self._bases[kind]

    async def find_packages(self, needs: NeedsSystemPackages, *, network: bool) -> FoundPackages:
        """Look packages up in the distribution's index, which is fetched on first need (half a minute).

        Raises:
            RegrowError: E2002, or E5003 the index is not here and cannot be fetched, or may not be.
        """
        sandbox = await self.sandbox()
        if needs.interpreter:
            # Where layers are copies a room shows the root read-only, and nothing can be put into it.
            offered = () if sandbox.means.mode is LayerMode.COPY else await self._host_pythons()
            return FoundPackages(interpreter=nearest_python(offered, needs.interpreter))
        # Opened anew each time, which costs little: caches are tidied between runs.
        index = await sandbox.package_index(network=network, on_progress=self._on_progress)
        return await anyio.to_thread.run_sync(found_in, index, needs)

    async def host_python(self, version: str) -> HostPython | None:
        """Return this machine's Python of a series (`3.13`); None when it has none that rooms can be given."""
        return next((one for one in await self._host_pythons() if one.version == version), None)

    async def _host_pythons(self) -> tuple[HostPython, ...]:
        return await anyio.to_thread.run_sync(find_host_pythons, os.environ)


def nearest_python(pythons: Sequence[HostPython], bounds: str) -> str:
    """The series inside the bounds that is nearest to the room's own: the less new or old, the less is untried with it."""
    inside = [one for one in pythons if admits(parse_bounds(bounds), one.series)]
    best = min(inside, key=lambda one: abs(one.series[1] - ROOM_PYTHON[1]), default=None)
    return best.version if best is not None else ""


def found_in(index: PackageIndex, needs: NeedsSystemPackages) -> FoundPackages:
    """Answer a request from the index. Blocking.

    A file exactly where the build looks for it decides; then the table, for what no list of files knows; then the one
    package that can be meant.
    """
    if needs.names:
        return FoundPackages(needs.names)
    if needs.instead_of:
        known = frozenset(index.names())
        pairs = ((name, instead_of(name, known, index.providers(name))) for name in needs.instead_of)
        return FoundPackages(instead=tuple((old, PREFERRED.get(new, new)) for old, new in pairs if new))
    if needs.libraries:
        return FoundPackages(tuple(_development(index, name) for name in needs.libraries))
    tabled = (name for name in packages_of(needs.files) if index.has(name))
    found = index.with_file(needs.files) or next(tabled, "") or index.with_file(needs.files, likely=True)
    return FoundPackages((PREFERRED.get(found, found),) if found else ())


def _development(index: PackageIndex, library: str) -> str:
    patterns = (f"*/pkgconfig/{library}.pc", f"*/lib{library.removeprefix('lib')}.so")
    found = index.with_file(patterns) or index.with_file(patterns[1:], likely=True)
    return PREFERRED.get(found, found) or development_package(library)
