"""Shell: one build in one room: a copy of the source, the steps of the plan, and what they left.

All builds of one comparison share a folder of layers, so that the kit (a clock that can be set, a locale) and the system
packages are unpacked once. A build that has ended is noted in a file, so that a comparison that is gone on with does not
make it again; one that was interrupted is made anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import anyio.to_thread

from regrow.actors.verifier.reproducing.causes import Wanted
from regrow.actors.verifier.reproducing.collecting import Made, collect, prepare_source
from regrow.actors.verifier.reproducing.packing import packing_command
from regrow.actors.verifier.reproducing.surroundings import LOCALE, LOCALE_FOLDER, Kit, Surroundings, surroundings
from regrow.core.redaction import redact
from regrow.core.sandbox import BaseKind, BaseRoot, Room, Sandbox, SandboxCommand, SandboxLimits
from regrow.core.sandbox.folders import trees
from regrow.core.sandbox.values import ROOM_HOME, ROOM_USER, LayerMode
from regrow.core.workshop.allowances import sandbox_limits
from regrow.core.workshop.phases import packages_to_unpack
from regrow.core.workshop.shell_state import wrap
from regrow.core.workshop.workshop import STATE_FOLDER
from regrow.protocols.errors import RegrowError
from regrow.protocols.plan import Ecosystem, PlanStep
from regrow.protocols.wire import Count, WireModel

__all__ = ["BuildNote", "Site", "build", "made_by", "prepare_kit"]

KIT_PACKAGES = ("libfaketime", "locales")
PACKING_LIMITS = SandboxLimits()


class BuildNote(WireModel):
    """A build that has ended. `layers` are what it wrote, lowest first."""

    name: str
    layers: tuple[str, ...]
    failure: str = ""
    duration_ms: Count = 0
    began_s: float = 0.0
    packed_by: str | None = None


@dataclass
class Site:
    """Where a project is built again and again.

    Attributes:
        folder: Of the comparison; its rooms' layers lie in it.
        source: The project as it came.
        steps: Of the plan, up to its first test step.
        kit: What there is for varying; `kit_layers` are the layers that have it.
        packed_by: The command that packs the project; None until the first build has shown whether one is needed.
    """

    sandbox: Sandbox
    base: BaseRoot
    folder: Path
    source: Path
    steps: Sequence[PlanStep]
    ecosystem: Ecosystem
    network: bool
    tell: Callable[[str], object]
    kit: Kit = field(default_factory=Kit)
    kit_layers: tuple[str, ...] = ()
    packed_by: str | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def room_folder(self) -> Path:
        """Where the layers of all builds lie."""
        return self.folder / "room"

    def leading_packages(self) -> tuple[str, ...]:
        """System packages that the plan installs before anything else."""
        found: list[str] = []
        for step in self.steps:
            packages = packages_to_unpack(step.command)
            if not packages:
                break
            found.extend(packages)
        return tuple(dict.fromkeys(found))


async def prepare_kit(site: Site, processors: int) -> None:
    """Put into the site what varying needs, as far as it can be had, and the system packages of the plan."""
    own_root = site.base.kind is not BaseKind.HOST
    order = site.sandbox.means.mode is LayerMode.OVERLAY
    async with site.sandbox.open_room(site.base, (), site.room_folder) as room:
        clock, locale = "", False
        if own_root and site.network:
            site.tell("unpacking a clock that can be set, and a locale")
            try:
                await room.install_packages(KIT_PACKAGES, "kit-packages")
            except RegrowError as error:
                site.notes.append(f"the clock and the locale were not varied: {error.message}")
            else:
                clock, locale = await _clock(room), await _locale(room)
        else:
            site.notes.append("the clock was not set ahead, and the locale not varied: no packages may be fetched here")
        if own_root and (names := site.leading_packages()):
            site.tell(f"unpacking {' '.join(names)}")
            await room.install_packages(names, "kit-plan")
        if not order:
            site.notes.append("the order of files was not varied: layers are copies on this machine")
        site.kit = Kit(clock=clock, locale=locale, order=order, processors=processors)
        site.kit_layers = tuple(layer.layer_id for layer in room.layers)


async def _clock(room: Room) -> str:
    for folder in await room.list_folder("/usr/lib"):
        path = f"/usr/lib/{folder}/faketime/libfaketime.so.1"
        if folder.endswith("-linux-gnu") and await room.find(path) is not None:
            return path
    return ""


async def _locale(room: Room) -> bool:
    script = f"mkdir -p {LOCALE_FOLDER} && localedef -i {LOCALE} -f UTF-8 {LOCALE_FOLDER}/{LOCALE}.UTF-8"
    result = await room.run(SandboxCommand(script=script, cwd="/"))
    # localedef exits with 1 after warnings and has written the locale all the same.
    made = await room.list_folder(f"{LOCALE_FOLDER}/{LOCALE}.UTF-8")
    if not made or result.exit_code not in (0, 1):
        await room.rollback()
        return False
    await room.freeze("kit-locale")
    return True


async def build(site: Site, wanted: Wanted) -> BuildNote:
    """Make one build, unless it was made before.

    Raises:
        RegrowError: The room cannot be had, or a step was ended by it and not by itself.
    """
    path = site.folder / f"{wanted.name}.json"
    noted = await anyio.to_thread.run_sync(_read_note, path)
    if noted is not None and all((site.room_folder / "layers" / each).is_dir() for each in noted.layers):
        return noted
    where = surroundings(wanted.varied, site.kit, wanted.extra, wanted.number)
    async with site.sandbox.open_room(site.base, site.kit_layers, site.room_folder) as room:
        begun, began_s = anyio.current_time(), time.time()
        await _furnish(site, room, wanted.name, where)
        below = len(room.layers)
        failure = await _carry_out(site, room, wanted.name, where)
        await room.freeze(f"{wanted.name}-steps")
        if not failure:
            failure = await _pack(site, room, wanted.name, where, below)
        note = BuildNote(
            name=wanted.name,
            layers=tuple(layer.layer_id for layer in room.layers[below:]),
            failure=failure,
            duration_ms=int((anyio.current_time() - begun) * 1000),
            began_s=began_s,
            packed_by=site.packed_by,
        )
    await anyio.to_thread.run_sync(_write_note, path, note)
    return note


async def _furnish(site: Site, room: Room, name: str, where: Surroundings) -> None:
    """Put the source, and another user's name and home, into a room."""
    making = site.folder / "making"
    await site.sandbox.discard(making)
    await anyio.to_thread.run_sync(trees.make_folder, making)
    written_at = time.time() if where.fresh_times else None
    copies = await anyio.to_thread.run_sync(
        lambda: prepare_source(site.source, making / "source", where.umask, written_at, split=where.split)
    )
    for number, copy in enumerate(copies):
        await room.copy_in(copy, where.checkout, layer_id=f"{name}-source{number}")
    if where.user != ROOM_USER:
        await anyio.to_thread.run_sync(trees.make_folder, making / "home")
        await room.copy_in(making / "home", where.home, layer_id=f"{name}-home")
        await anyio.to_thread.run_sync(trees.make_folder, making / "etc")
        for file in ("passwd", "group"):
            text = (await room.read_file(f"/etc/{file}")).decode()
            changed = text.replace(ROOM_HOME, where.home).replace(ROOM_USER, where.user)
            await anyio.to_thread.run_sync((making / "etc" / file).write_text, changed)
        await room.copy_in(making / "etc", "/etc", layer_id=f"{name}-names")
    await site.sandbox.discard(making)


async def _carry_out(site: Site, room: Room, name: str, where: Surroundings) -> str:
    """Run the steps; return how the first that fails did, "" when none does."""
    leading = True
    for number, step in enumerate(site.steps):
        packages = packages_to_unpack(step.command)
        leading = leading and bool(packages)
        if packages and site.base.kind is not BaseKind.HOST:
            if not leading:
                await room.freeze(f"{name}-before{number}")
                await room.install_packages(packages, f"{name}-packages{number}")
            continue
        site.tell(step.name)
        script = where.script_before() + wrap(where.moved(step.command), STATE_FOLDER, step.cwd)
        limits = sandbox_limits(step.limits)
        command = SandboxCommand(
            script=script, cwd=where.checkout, env=where.environment, network=step.network and site.network
        )
        result = await room.run(command, limits)
        if not result.succeeded:
            last = next((line for line in reversed(result.output_tail.splitlines()) if line.strip()), "")
            return redact(f"`{step.command.strip().splitlines()[0][:80]}` {result.reason}: {last.strip()[:200]}")
    return ""


async def _pack(site: Site, room: Room, name: str, where: Surroundings, below: int) -> str:
    if site.packed_by is None:
        made = await anyio.to_thread.run_sync(
            collect, [layer.path for layer in room.layers[below:]], site.source, where.checkout, where.home,
            site.ecosystem,
        )  # fmt: skip
        names = await anyio.to_thread.run_sync(lambda: [path.name for path in site.source.iterdir()])
        site.packed_by = packing_command(site.ecosystem, names, list(made))
    if not site.packed_by:
        return ""
    site.tell("packing the project")
    # In the shell of the steps, for the environment that they made and entered; from the root of the project.
    script = where.script_before() + wrap(f"cd {where.checkout} && {site.packed_by}", STATE_FOLDER, ".")
    command = SandboxCommand(script=script, cwd=where.checkout, env=where.environment, network=site.network)
    result = await room.run(command, PACKING_LIMITS)
    if not result.succeeded:
        last = next((line for line in reversed(result.output_tail.splitlines()) if line.strip()), "")
        await room.rollback()
        if name == "first":
            site.notes.append(redact(f"the project was not packed: {result.reason}: {last.strip()[:200]}"))
            site.packed_by = ""
            return ""
        return redact(f"packing {result.reason}: {last.strip()[:200]}")
    await room.freeze(f"{name}-packed")
    return ""


async def made_by(site: Site, wanted: Wanted, note: BuildNote) -> dict[str, Made]:
    """Return the artefacts of a build."""
    where = surroundings(wanted.varied, site.kit, wanted.extra, wanted.number)
    layers = [site.room_folder / "layers" / each for each in note.layers]
    return await anyio.to_thread.run_sync(collect, layers, site.source, where.checkout, where.home, site.ecosystem)


def _read_note(path: Path) -> BuildNote | None:
    return BuildNote.model_validate_json(path.read_bytes()) if path.is_file() else None


def _write_note(path: Path, note: BuildNote) -> None:
    making = path.with_suffix(".new")
    making.write_text(note.model_dump_json(by_alias=True), "utf-8")
    making.rename(path)
