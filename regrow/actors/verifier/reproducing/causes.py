"""From what each build has shown to causes: which build comes next, and why each part differs. Pure.

The first build is compared with one in which everything is varied. Where they differ, one more build with nothing varied
shows what no two builds have alike (the clock, chance), and then each aspect is varied alone, the likeliest first, until
every difference is explained. A cause is therefore what a build has shown, and not what a difference looks like; only
between clock and chance the look decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from regrow.actors.verifier.reproducing.comparing import Found
from regrow.actors.verifier.reproducing.fixes import fix_of
from regrow.actors.verifier.reproducing.moments import differ_by_time
from regrow.actors.verifier.reproducing.surroundings import Kit, surroundings
from regrow.protocols.reproducibility import Aspect, BuildDifference, DifferenceCause, PartKind

__all__ = ["AGAIN", "FIRST", "Difference", "Observed", "Wanted", "differences_of", "next_build"]

FIRST, AGAIN = "first", "again"
LIMIT_DIFFERENCES = 200

C = DifferenceCause
_CAUSES: Mapping[Aspect, DifferenceCause] = {
    Aspect.TIME: C.TIME_STAMP,
    Aspect.FOLDER: C.PATH,
    Aspect.TIME_ZONE: C.TIME_ZONE,
    Aspect.LOCALE: C.LOCALE,
    Aspect.USER: C.USER,
    Aspect.UMASK: C.UMASK,
    Aspect.FILE_ORDER: C.FILE_ORDER,
    Aspect.HASH_SEED: C.HASH_SEED,
    Aspect.JOBS: C.PARALLEL_ORDER,
}


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs in one artefact."""

    artefact: str
    found: Found

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same difference in another build."""
        return (self.artefact, *self.found.key)


@dataclass(frozen=True, slots=True)
class Observed:
    """A build, and how it differs from the first. `began_s` is the time of day in seconds since 1970."""

    name: str
    varied: frozenset[Aspect]
    differences: tuple[Difference, ...] = ()
    began_s: float = 0.0

    @property
    def keys(self) -> frozenset[tuple[str, str, str]]:
        """Of its differences."""
        return frozenset(each.key for each in self.differences)

    @property
    def failed(self) -> bool:
        """Whether the build as a whole failed."""
        return any(each.found.kind is PartKind.BUILD for each in self.differences)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The build that is needed next."""

    name: str
    varied: tuple[Aspect, ...] = ()
    number: int = 1
    extra: Mapping[str, str] = field(default_factory=dict)


def next_build(done: Sequence[Observed], aspects: Sequence[Aspect], builds: int) -> Wanted | None:
    """Say which build is needed next; None when all is known that can be.

    Args:
        done: The builds so far, in order.
        aspects: What can be varied here.
        builds: How many are compared in the first place, the first included.

    >>> next_build([], [Aspect.TIME], 2).name
    'first'
    """
    if not done:
        return Wanted(FIRST)
    by_name = {each.name: each for each in done}
    for number in range(1, builds):
        if f"varied-{number}" not in by_name:
            return Wanted(f"varied-{number}", tuple(aspects), number)
    if not _open(done) and not any(each.failed for each in done):
        return None
    if AGAIN not in by_name and not _only_metadata(done):
        return Wanted(AGAIN)
    for aspect in _likeliest_first(done, aspects):
        if aspect.value not in by_name and (_open(done) or any(each.failed for each in done)):
            return Wanted(aspect.value, (aspect,))
    return None


def _only_metadata(done: Sequence[Observed]) -> bool:
    """Whether all that differs are times and permissions in archives, which chance does not change: a build less."""
    kinds = {each.found.kind for one in done for each in one.differences}
    return kinds <= {PartKind.TIME_STAMP, PartKind.PERMISSIONS}


def _open(done: Sequence[Observed]) -> frozenset[tuple[str, str, str]]:
    """What differs when all is varied, and no other build has shown why."""
    seen = {key for each in done if not each.name.startswith("varied-") for key in each.keys}
    wanted = {key for each in done if each.name.startswith("varied-") for key in each.keys}
    return frozenset(wanted - seen)


def _likeliest_first(done: Sequence[Observed], aspects: Sequence[Aspect]) -> list[Aspect]:
    """Aspects by how many of the open differences look like theirs."""
    open_keys = _open(done)
    left = [each for one in done for each in one.differences if each.key in open_keys]
    votes = dict.fromkeys(aspects, 0)
    for each in left:
        for aspect in _looks_like(each.found):
            votes[aspect] = votes.get(aspect, 0) + 1
    return sorted(aspects, key=lambda aspect: -votes[aspect])


def _looks_like(found: Found) -> tuple[Aspect, ...]:
    other = surroundings((Aspect.FOLDER, Aspect.USER), Kit())
    match found.kind:
        case PartKind.TIME_STAMP:
            return (Aspect.TIME, Aspect.TIME_ZONE)
        case PartKind.PERMISSIONS:
            return (Aspect.UMASK,)
        case PartKind.ORDER:
            return (Aspect.FILE_ORDER, Aspect.HASH_SEED)
        case _ if other.checkout in found.second or "section .debug" in found.part:
            return (Aspect.FOLDER,)
        case _ if other.user in found.second:
            return (Aspect.USER,)
        case _:
            return ()


def differences_of(done: Sequence[Observed]) -> tuple[BuildDifference, ...]:
    """Return what differs with its cause, alike ones of one artefact together."""
    grouped: dict[tuple[str, PartKind, DifferenceCause], BuildDifference] = {}
    for each, cause, shown_by in _caused(done):
        key = (each.artefact, each.found.kind, cause)
        known = grouped.get(key)
        if known is not None:
            shown = {} if _is_readable(known.detail) else {"part": each.found.part, "detail": each.found.detail}
            grouped[key] = known.model_copy(update={"count": known.count + 1, **shown})
        elif len(grouped) < LIMIT_DIFFERENCES:
            grouped[key] = BuildDifference(
                artefact=each.artefact,
                part=each.found.part,
                kind=each.found.kind,
                detail=each.found.detail,
                cause=cause,
                shown_by=shown_by,
                fix=fix_of(cause, each.artefact, each.found),
            )
    return tuple(grouped.values())


def _is_readable(detail: str) -> bool:
    """Whether it shows words; the bytes in which two programs begin to differ say little to a person."""
    return not detail.startswith("at byte ")


def _caused(done: Sequence[Observed]) -> list[tuple[Difference, DifferenceCause, str]]:
    by_name = {each.name: each for each in done}
    again = by_name.get(AGAIN)
    singles = [each for each in done if len(each.varied) == 1 and not each.name.startswith("varied-")]
    found: list[tuple[Difference, DifferenceCause, str]] = []
    explained: set[tuple[str, str, str]] = set()
    for each in _without_consequences(again.differences if again is not None else ()):
        assert again is not None
        found.append((each, _clock_or_chance(each.found, again.began_s), AGAIN))
        explained.add(each.key)
    of_any = again.keys if again is not None else _by_clock(singles)
    for single in singles:
        (aspect,) = single.varied
        for each in _without_consequences(single.differences):
            by_clock = again is None and aspect is Aspect.TIME
            if each.key not in of_any or by_clock or _has_value_of(aspect, each.found):
                found.append((each, _CAUSES[aspect], single.name))
                explained.add(each.key)
    explained |= of_any | {key for single in singles for key in single.keys}
    for varied in (each for each in done if each.name.startswith("varied-")):
        for each in _without_consequences(varied.differences):
            if each.key not in explained:
                found.append((each, C.UNKNOWN, varied.name))
                explained.add(each.key)
    return found


def _by_clock(singles: Sequence[Observed]) -> frozenset[tuple[str, str, str]]:
    """Without a build in which nothing is varied: the times that the clock alone changes, which differ in every build."""
    return frozenset(
        each.key
        for single in singles
        if Aspect.TIME in single.varied
        for each in single.differences
        if each.found.kind is PartKind.TIME_STAMP
    )


def _clock_or_chance(found: Found, began_s: float) -> DifferenceCause:
    if found.kind is PartKind.TIME_STAMP or differ_by_time(found.first, found.second, began_s):
        return C.TIME_STAMP
    return C.BUILD_ID if found.part.endswith(".note.gnu.build-id") else C.RANDOM


def _has_value_of(aspect: Aspect, found: Found) -> bool:
    """Whether a part that differs between any two builds holds the very value that was varied as well."""
    here, there = surroundings((), Kit()), surroundings((aspect,), Kit())
    values = {Aspect.FOLDER: (here.checkout, there.checkout), Aspect.USER: (here.user, there.user)}.get(aspect)
    return values is not None and values[0] in found.first and values[1] in found.second


def _without_consequences(differences: Sequence[Difference]) -> list[Difference]:
    """Differences without those that only follow from others: the digests that a wheel keeps of its members."""
    causes = [each for each in differences if not _is_list_of_digests(each.found)]
    with_causes = {each.artefact for each in causes}
    return [*causes, *(each for each in differences if each not in causes and each.artefact not in with_causes)]


def _is_list_of_digests(found: Found) -> bool:
    member = found.part.partition(": ")[0]
    return member.endswith((".dist-info/RECORD", "META-INF/MANIFEST.MF")) and found.kind is PartKind.CONTENT
