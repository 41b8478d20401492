"""Shell: what the rooms of one process share of the way to the registries: who may be reached, and what is kept of it."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread

from regrow.core.downloads import DownloadCache, DownloadStore
from regrow.core.downloads.cache import Known
from regrow.core.downloads.upstream import Upstream
from regrow.core.sandbox.folders import trees
from regrow.core.sandbox.network.authority import make_authority
from regrow.core.sandbox.network.clients import ask_clients
from regrow.core.sandbox.network.proxy import Interception
from regrow.core.sandbox.network.settings import CERTIFICATE_NAMES, ROOM_CERTIFICATES, Access

__all__ = ["Reach", "open_reach"]

BUNDLE = "certificates.pem"


@dataclass(frozen=True, slots=True)
class Reach:
    """How rooms reach the registries.

    Attributes:
        access: Who may be reached, and what rooms are told.
        interception: How the proxy answers from the download cache; None passes everything through.
        bundle: The authorities that rooms trust, None where they trust those of this machine.
    """

    access: Access
    interception: Interception | None = None
    bundle: str | None = None

    @property
    def env(self) -> Mapping[str, str]:
        """What clients in a room are told."""
        return {**self.access.env, **(dict.fromkeys(CERTIFICATE_NAMES, ROOM_CERTIFICATES) if self.bundle else {})}

    def shown(self, folder: Path) -> dict[str, str]:
        """Return what a room is shown of this machine; the bundle is written into a folder of the room's. Blocking."""
        shown = dict(self.access.read_only)
        if self.bundle is not None:
            path = folder / BUNDLE
            path.write_text(self.bundle, "utf-8")
            shown = {source: target for source, target in shown.items() if target != ROOM_CERTIFICATES}
            shown[str(path)] = ROOM_CERTIFICATES
        return shown


async def open_reach(
    environment: Mapping[str, str], cache_dir: Path, *, offline: bool = False, further_hosts: Sequence[str] = ()
) -> Reach:
    """Ask this machine's package clients, and prepare the cache.

    Args:
        environment: This process' own.
        cache_dir: Where downloads are kept.
        offline: No other machine is asked.
        further_hosts: Hosts that the operator allows besides those of the clients.
    """
    access = await ask_clients(environment, further_hosts, offline=offline)
    trusted = next((source for source, target in access.read_only.items() if target == ROOM_CERTIFICATES), None)
    bundle = None
    context = None
    if trusted is not None:  # without authorities of this machine's, a room has no place for ours
        await anyio.to_thread.run_sync(trees.make_folder, cache_dir)
        hosts = list(dict.fromkeys(host.host for host in access.allowed))
        authority = await make_authority(hosts, cache_dir)
        if authority is not None:
            context = authority.context
            text = await anyio.to_thread.run_sync(Path(trusted).read_text, "utf-8", "replace")
            bundle = f"{text.rstrip()}\n{authority.certificate}"
    trust = await anyio.to_thread.run_sync(lambda: ssl.create_default_context(cafile=trusted))
    store, known = DownloadStore(cache_dir / "downloads"), Known()

    def make(
        resolve: Callable[[str, int], Awaitable[Sequence[str]]], outer: Callable[[str], str | None]
    ) -> DownloadCache:
        return DownloadCache(store, Upstream(trust, outer, resolve), offline, access.logins, known)

    return Reach(access, Interception(context, make), bundle)
