"""Shell: makes clean roots and keeps them: once for each kind and each state of the sources.

A root is made beside its place and renamed to it, under a lock, so that ten runs at once make it once and nobody ever sees
half of one.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
from collections.abc import Callable
from glob import glob
from pathlib import Path, PurePath

import anyio
import anyio.to_thread

from regrow.core.downloads.locks import locked
from regrow.core.sandbox.bases.host import write_skeleton
from regrow.core.sandbox.bases.packages import KeptPackages, PackageSource, Unpacked, unpack_packages
from regrow.core.sandbox.bases.recipe import ALTERNATIVES, PACKAGES, base_key
from regrow.core.sandbox.folders import trees
from regrow.core.sandbox.processes import run_program
from regrow.core.sandbox.values import BaseKind, BaseRoot, Progress

__all__ = ["finish_tree", "known_bases", "make_clean_base"]

_FINISH_DEADLINE_S = 300.0


async def make_clean_base(
    kind: BaseKind,
    source: PackageSource,
    bases: Path,
    *,
    program: Path,
    identity: str,
    owner: tuple[int, int],
    fresh: bool = False,
    on_progress: Callable[[Progress], object] | None = None,
    kept: KeptPackages | None = None,
) -> BaseRoot:
    """Return the clean root of a kind, made now or earlier.

    Args:
        kind: What it is for; not `HOST`.
        source: Where its packages come from.
        bases: The folder that bases are kept in.
        program: bubblewrap, for what is run in the new root (byte-compiling, ldconfig).
        identity: Part of its name: who owns its files.
        owner: Host user and group of the room's user.
        fresh: Make it again, whatever is kept.
        on_progress: Is told what is being done.
        kept: Where packages are kept between downloads.

    Raises:
        RegrowError: E5003 the packages cannot be downloaded.
    """
    key = base_key(kind, source.sources, platform.machine(), identity)
    place = bases / f"{kind.value}-{key}"
    trees.make_folder(bases)
    async with locked(bases / f".{place.name}.lock"):
        if not fresh:
            made = await anyio.to_thread.run_sync(_read, place)
            if made is not None:
                return made
        making = bases / f".{place.name}.making"
        await anyio.to_thread.run_sync(_begin, making)
        try:
            unpacked = await unpack_packages(
                source, PACKAGES[kind], making / "root", making / "apt", on_progress=on_progress, kept=kept
            )
            if on_progress is not None:
                on_progress(Progress("finishing the root"))
            await anyio.to_thread.run_sync(finish_tree, making / "root")
            await _run_inside(program, making / "root")
            return await anyio.to_thread.run_sync(_put_in_place, kind, key, making, place, unpacked, owner)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(trees.discard, making)


def _begin(making: Path) -> None:
    trees.discard(making)
    trees.make_folder(making / "root")
    trees.make_folder(making / "apt")


def finish_tree(root: Path) -> None:
    """Do to unpacked packages what maintainer scripts would have done, and make all of it ours. Blocking.

    Owners other than ours are numbers that no room maps, so their files could be read there and never changed; with the
    owner the set-user-id bits go, which nobody in a room could use.
    """
    trees.give_to(root, os.geteuid(), os.getegid())
    for link, patterns in ALTERNATIVES.items():
        folder, name = root / PurePath(link).parent, PurePath(link).name
        found = next((max(there) for pattern in patterns if (there := glob(pattern, root_dir=folder))), None)
        if found is not None and not os.path.lexists(folder / name):
            (folder / name).symlink_to(found)
    certificates = sorted((root / "usr/share/ca-certificates").rglob("*.crt"))
    if certificates:
        bundle = root / "etc/ssl/certs/ca-certificates.crt"
        bundle.parent.mkdir(parents=True, exist_ok=True)
        bundle.write_bytes(b"".join(path.read_bytes().rstrip() + b"\n" for path in certificates))


async def _run_inside(program: Path, root: Path) -> None:
    """Byte-compile the library and index the shared objects: without the first, each start of Python costs a second."""
    inside = [str(program), "--unshare-all", "--unshare-user", "--die-with-parent", "--new-session"]
    inside += ["--bind", str(root), "/", "--proc", "/proc", "--dev", "/dev", "--chdir", "/", "--"]
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
    (root / "proc").mkdir(exist_ok=True)
    (root / "dev").mkdir(exist_ok=True)
    libraries = [f"/usr/lib/{path.name}" for path in (root / "usr/lib").glob("python3*")]
    for command in (["/sbin/ldconfig"], ["/usr/bin/python3", "-m", "compileall", "-q", "-j", "0", *libraries]):
        # Neither is needed for a room to work, so how they end does not matter.
        await run_program([*inside, *command], env=environment, deadline_s=_FINISH_DEADLINE_S)


def _put_in_place(
    kind: BaseKind, key: str, making: Path, place: Path, unpacked: Unpacked, owner: tuple[int, int]
) -> BaseRoot:
    write_skeleton(making / "root", owner)
    trees.discard(making / "apt")
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    facts = {"kind": kind.value, "key": key, "created_at": now, "packages": dict(unpacked.packages)}
    (making / "base.json").write_text(json.dumps(facts, indent=1, sort_keys=True), "utf-8")
    trees.discard(place)
    making.rename(place)
    return BaseRoot(kind, place / "root", key, now, unpacked.packages)


def _read(place: Path) -> BaseRoot | None:
    try:
        facts = json.loads((place / "base.json").read_text("utf-8"))
        return BaseRoot(
            BaseKind(facts["kind"]), place / "root", facts["key"], facts["created_at"], dict(facts["packages"])
        )
    except (OSError, ValueError, KeyError):
        return None


def known_bases(bases: Path) -> list[BaseRoot]:
    """Return the roots that are kept. Blocking."""
    found = (_read(place) for place in sorted(bases.glob("[a-z]*-*")))
    return [base for base in found if base is not None]
