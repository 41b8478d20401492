"""Shell: repeats the build of a project, compares what comes out, and says why it differs."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace

import anyio
import anyio.to_thread

from regrow.actors.verifier.reproducing.causes import (
    FIRST,
    Difference,
    Observed,
    Wanted,
    differences_of,
    next_build,
)
from regrow.actors.verifier.reproducing.collecting import Made, compare_made, described
from regrow.actors.verifier.reproducing.comparing import Found
from regrow.actors.verifier.reproducing.fixes import environment_for, rest_for
from regrow.actors.verifier.reproducing.room import BuildNote, Site, build, made_by, prepare_kit
from regrow.actors.verifier.reproducing.surroundings import possible
from regrow.core.sandbox.folders.trees import entries
from regrow.protocols.reproducibility import (
    Aspect,
    BuildDifference,
    PartKind,
    ProvedRemedy,
    RepeatedBuild,
    Reproducibility,
)

__all__ = ["reproduce"]

ZIP_CLOCK_S = 2.5
"""A zip archive counts time in steps of two seconds: builds that lie nearer might look alike by luck."""

OLDEST_EPOCH = 315_532_800
"""1980: zip knows no earlier time."""


async def reproduce(site: Site, builds: int, left_s: Callable[[], float]) -> Reproducibility:
    """Make the builds and say what they show.

    Args:
        site: Where they are made.
        builds: How many are compared in the first place.
        left_s: How much time is left; no build is begun that would not fit in.

    Raises:
        RegrowError: A room cannot be had.
    """
    await prepare_kit(site, os.cpu_count() or 1)
    comparison = _Comparison(site, builds, left_s)
    await comparison.carry_out()
    return await comparison.result()


class _Comparison:
    """The builds of one project, as they come."""

    def __init__(self, site: Site, builds: int, left_s: Callable[[], float]) -> None:
        self._site = site
        self._builds = builds
        self._left_s = left_s
        self._aspects = possible(site.kit)
        self._observed: list[Observed] = []
        self._told: list[RepeatedBuild] = []
        self._first: dict[str, Made] = {}
        self._longest_s = 0.0
        self._cut = ""

    async def carry_out(self) -> None:
        """Make one build after another until nothing more is to be learned, or the time is over."""
        while (wanted := next_build(self._observed, self._aspects, self._builds)) is not None:
            if self._longest_s * 1.2 > self._left_s():
                self._cut = f"the time was over before the build {wanted.name!r}"
                return
            self._observed.append(await self._observe(wanted))
            if self._told[0].failure or not self._first:
                return

    async def _observe(self, wanted: Wanted) -> Observed:
        number = len(self._told) + 1
        words = ", ".join(each.value.replace("_", " ") for each in wanted.varied)
        self._site.tell(f"build {number}: {f'with another {words}' if words else 'as the documents say'}")
        note = await self._build(wanted)
        if wanted.name == FIRST:
            self._first = await made_by(self._site, wanted, note)
            self._tell(wanted, note, self._first)
            return Observed(FIRST, frozenset(), began_s=note.began_s)
        differences = await self._compare(wanted, note, self._first)
        return Observed(wanted.name, frozenset(wanted.varied), tuple(differences), note.began_s)

    async def _build(self, wanted: Wanted) -> BuildNote:
        site = self._site
        since_s = time.time() - max((each.began_s for each in self._observed), default=0.0)
        by_clock = not wanted.varied or Aspect.TIME in wanted.varied
        if by_clock and since_s < ZIP_CLOCK_S:
            await anyio.sleep(ZIP_CLOCK_S - since_s)
        note = await build(site, wanted)
        if wanted.name == FIRST:
            site.packed_by = note.packed_by or ""
        self._longest_s = max(self._longest_s, note.duration_ms / 1000)
        return note

    async def _compare(self, wanted: Wanted, note: BuildNote, first: dict[str, Made]) -> list[Difference]:
        if note.failure:
            self._tell(wanted, note, {})
            return [Difference("", Found("", PartKind.BUILD, note.failure))]
        made = await made_by(self._site, wanted, note)
        found = await anyio.to_thread.run_sync(compare_made, first, made)
        self._tell(wanted, note, made)
        for layer in note.layers:
            await self._site.sandbox.discard(self._site.room_folder / "layers" / layer)
        return [Difference(name, each) for name, each in found]

    def _tell(self, wanted: Wanted, note: BuildNote, made: dict[str, Made]) -> None:
        self._told.append(
            RepeatedBuild(
                name=wanted.name,
                varied=wanted.varied,
                failure=note.failure,
                duration_ms=note.duration_ms,
                artefacts=described(made),
            )
        )

    async def result(self) -> Reproducibility:
        """Say what the builds have shown."""
        differences = differences_of(self._observed)
        remedy = await self._remedy(differences) if differences and not self._cut else None
        same = len([each for each in self._observed if each.name.startswith("varied-")])
        first = self._told[0]
        verdict: bool | None = not differences
        if first.failure:
            verdict, reason = None, f"the build could not be repeated: {first.failure}"
        elif not self._first:
            verdict, reason = None, "the build makes no artefacts, so there is nothing to compare"
        elif differences:
            reason = _complaint(differences)
        elif same + 1 < self._builds:
            verdict, reason = None, self._cut
        else:
            count = len(self._first)
            reason = f"{same + 1} builds gave {'the same artefact' if count == 1 else f'the same {count} artefacts'}"
        notes = [*self._site.notes, *([self._cut] if self._cut and self._cut != reason else [])]
        return Reproducibility(
            reproducible=verdict,
            reason=reason,
            builds=tuple(self._told),
            artefacts=described(self._first),
            differences=differences,
            remedy=remedy,
            packed_by=self._site.packed_by or "",
            notes=tuple(dict.fromkeys(notes)),
        )

    async def _remedy(self, differences: tuple[BuildDifference, ...]) -> ProvedRemedy | None:
        """Build twice with the variables that should mend it, everything else varied that they should cover."""
        newest = await anyio.to_thread.run_sync(_newest, self._site)
        environment = environment_for(differences, max(OLDEST_EPOCH, newest))
        if not environment or 2.4 * self._longest_s > self._left_s():
            return None
        rest = rest_for(differences)
        varied = tuple(aspect for aspect in self._aspects if aspect not in rest)
        self._site.tell(f"two builds with {' '.join(sorted(environment))}, to see whether that mends it")
        wanted = Wanted("mended-first", (), 1, environment)
        note = await self._build(wanted)
        if note.failure:
            self._tell(wanted, note, {})
            return ProvedRemedy(environment=_shown(environment), same=False, rest=rest)
        first = await made_by(self._site, wanted, note)
        self._tell(wanted, note, first)
        other = replace(wanted, name="mended-varied", varied=varied)
        left = await self._compare(other, await self._build(other), first)
        return ProvedRemedy(environment=_shown(environment), same=not left, rest=rest)


def _shown(environment: dict[str, str]) -> dict[str, str]:
    return {name: text.replace("{checkout}", "$(pwd)") for name, text in environment.items()}


def _newest(site: Site) -> int:
    times = [entry.stat(follow_symlinks=False).st_mtime for entry in entries(site.source)]
    return int(min(max(times, default=0.0), time.time()))


def _complaint(differences: tuple[BuildDifference, ...]) -> str:
    failing = [each for each in differences if each.kind is PartKind.BUILD]
    if failing:
        return f"the build fails when it is repeated: {failing[0].detail}"
    names = list(dict.fromkeys(each.artefact for each in differences))
    causes = dict.fromkeys(each.cause.value.replace("_", " ") for each in differences)
    what = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
    return f"{what} {'differs' if len(names) == 1 else 'differ'} between two builds: {', '.join(causes)}"
