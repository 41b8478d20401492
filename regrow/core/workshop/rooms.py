"""Shell: what every workshop of a process shares: the sandbox, found once, and the base roots, made once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import anyio

from regrow.core.sandbox import BaseKind, BaseRoot, Progress, Sandbox, open_sandbox
from regrow.protocols.plan import Ecosystem

__all__ = ["Rooms"]

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
        on_progress: Told what is being made; making a base takes half a minute once.
    """

    def __init__(
        self,
        cache_dir: Path,
        tools: Path,
        *,
        unsafe_no_sandbox: bool = False,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> None:
        self.tools = tools
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
                self._sandbox = await open_sandbox(self._cache_dir, unsafe_no_sandbox=self._unsafe)
            return self._sandbox

    async def base(self, ecosystem: Ecosystem) -> BaseRoot:
        """Return the clean root for projects of this kind.

        Raises:
            RegrowError: E2002, or E5003 its packages cannot be downloaded.
        """
        sandbox = await self.sandbox()
        kind = _KINDS[ecosystem]
        async with self._turn:
            if kind not in self._bases:
                self._bases[kind] = await sandbox.base_root(kind, on_progress=self._on_progress)
            return self._bases[kind]
