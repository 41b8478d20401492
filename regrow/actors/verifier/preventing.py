"""Shell: writes tests that would have caught what was healed, and proves them as patches are proved: by running them.

Each is run in the room that was healed, whose documents are as they were, where all of its tests must fail; and in the
room that was built from the patched documents, where all must pass. Both stand on what was built there, so the project's
own runner is there. What they write is dropped.
"""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Sequence
from pathlib import Path

from regrow.actors.verifier.counting import count_output
from regrow.core.project.folder_tree import open_folder
from regrow.core.project.prevention import Check, Place, checks_of, place_for, render_test
from regrow.core.sandbox import CHECKOUT, CommandResult, SandboxCommand, SandboxLimits
from regrow.core.workshop import Workshop, open_workshop
from regrow.core.workshop.phases import split_plan
from regrow.core.workshop.rooms import Rooms
from regrow.core.workshop.shell_state import wrap
from regrow.core.workshop.workshop import STATE_FOLDER
from regrow.core.world import World
from regrow.protocols.errors import RegrowError
from regrow.protocols.plan import Plan
from regrow.protocols.prevention import PreventionTests, WritePrevention
from regrow.protocols.run_messages import SourceTree
from regrow.protocols.verification import NetworkPolicy, PreventionTest

__all__ = ["write_prevention"]

LIMITS = SandboxLimits(deadline_s=60.0)
"""A test of a few lines; what takes longer is the runner, which loads the project's own settings."""

REQUIREMENTS_READ = 40
"""Lists of requirements that are looked at; real projects have a dozen."""


async def write_prevention(message: WritePrevention, rooms: Rooms, folder: Path, world: World) -> PreventionTests:
    """Return the tests that were proved."""
    place, checks, documents = await world.run_blocking(_write, message)
    if not checks:
        return PreventionTests(why="nothing that the documents lack can be asked of them by a test")
    text = render_test(place, checks, documents)
    tried = (
        (message.source, message.plan, "", False),
        (message.patched, message.patched_plan, message.patched_room, True),
    )
    try:
        for source, plan, room, good in tried:
            result = await _run(message, rooms, folder / room, source, plan, place, text, world)
            why = _refuted(result, len(checks), passes=good)
            if why:
                return PreventionTests(why=why)
    except RegrowError as error:
        return PreventionTests(why=str(error))
    prevents = tuple(check.why for check in checks)
    test = PreventionTest(
        framework=place.framework, path=place.path, text=text, command=place.command, prevents=prevents
    )
    return PreventionTests(tests=(test,))


def _write(message: WritePrevention) -> tuple[Place, tuple[Check, ...], list[str]]:
    old, new = (open_folder(Path(source.folder)) for source in (message.source, message.patched))
    names = [summary.file for summary in message.analysis.documents]
    before, after = ({name: tree.text(name) or "" for name in names} for tree in (old, new))
    lists = [path for path in old.files if path.endswith(".txt") and "requirement" in posixpath.basename(path).lower()]
    checks = checks_of(message.plan, before, after, {path: old.text(path) or "" for path in lists[:REQUIREMENTS_READ]})
    changed = [name for name in names if before[name] != after[name]]
    said = {command.ref.file for command in message.analysis.commands if command.chosen}
    return place_for(old, message.counted.runner if message.counted is not None else ""), checks, _unique(changed, said)


def _unique(changed: Sequence[str], said: set[str]) -> list[str]:
    """The documents that the test reads: those that speak of building, the changed ones first."""
    return list(dict.fromkeys([*changed, *sorted(said)]))


async def _run(
    message: WritePrevention,
    rooms: Rooms,
    folder: Path,
    source: SourceTree,
    plan: Plan,
    place: Place,
    text: str,
    world: World,
) -> CommandResult:
    build, tests = split_plan(plan)
    async with open_workshop(
        sandbox=await rooms.sandbox(),
        base=await rooms.base(message.analysis.ecosystem),
        folder=folder,
        source=source,
        tools=rooms.tools,
        steps=[*build, *tests[:-1]],
        actor="verifier",
        attempt=message.attempt,
        now=world.wall,
        configuration=message.configuration.model_copy(update={"network": NetworkPolicy.NONE}),
    ) as workshop:
        return await _in_room(workshop, place, text, world)


async def _in_room(workshop: Workshop, place: Place, text: str, world: World) -> CommandResult:
    target = shlex.quote(f"{CHECKOUT}/{place.path}")
    put = f"mkdir -p $(dirname {target}) && printf %s {shlex.quote(text)} > {target}"
    script = wrap(f"cd {CHECKOUT} && {put} && {place.command}", STATE_FOLDER)
    output = workshop.logs / "prevention.raw"
    await world.run_blocking(_make, workshop.logs)
    try:
        return await workshop.room.run(SandboxCommand(script=script), LIMITS, output_path=output)
    finally:
        await workshop.room.rollback()
        await world.run_blocking(_remove, output)


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)


def _remove(file: Path) -> None:
    file.unlink(missing_ok=True)


def _refuted(result: CommandResult, tests: int, *, passes: bool) -> str:
    """Why a test that was written does not do; "" when it does."""
    when = "after the patch" if passes else "before the patch"
    counts = count_output(result.output_tail)
    if counts is None:
        return f"what was written could not be run {when}: {_last_line(result.output_tail)}"
    failed = counts.failed + counts.errors
    if passes and not (result.succeeded and counts.passed == tests and not failed):
        return f"{failed} of {tests} failed {when}"
    if not passes and (result.succeeded or failed != tests):
        return f"{counts.passed} of {tests} passed {when} already"
    return ""


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "it printed nothing")
