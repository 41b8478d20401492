"""What a distribution has in the place of a package that it does not have: by name alone, over all its names. Pure.

Documents name the packages of the release that they were written on. Between releases the version in a name goes up
(`libssl1.1`, `openjdk-8-jdk`), a name with a version becomes one without (`libfoo2-dev`), Python 2's become Python 3's,
and a name is kept as a virtual one that another package provides. Other distributions say `-devel`.

At most one name is answered, and none where two are as near: a wrong package costs a run more than none does.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final

__all__ = ["instead_of", "stem_of"]

SHORTEST_TO_MISSPELL: Final = 6
"""Of shorter names half of all are one letter from another package's."""

_VERSION = re.compile(r"-?\d+(?:\.\d+)*(?:t64|v5|g)?(?=$|-)")
_PYTHON = re.compile(r"(?P<before>lib)?python[23]?(?:\.\d+)?(?P<after>-.+)?")


def stem_of(name: str) -> str:
    """A name without the versions in it.

    >>> [stem_of(name) for name in ("libssl1.1", "libfoo2-dev", "openjdk-8-jdk", "zlib1g-dev", "libpng12-0")]
    ['libssl', 'libfoo-dev', 'openjdk-jdk', 'zlib-dev', 'libpng']
    """
    return _VERSION.sub("", name)


def instead_of(name: str, known: Collection[str], providers: Sequence[str] = ()) -> str:
    """The name that stands in a distribution for one that it does not have; empty when none is clearly meant.

    Args:
        name: The name that it does not have.
        known: All names that it has.
        providers: Packages that provide `name` as a virtual one, the most used first.

    >>> instead_of("python-dev", {"python3-dev", "python3.11-dev"}), instead_of("libssl1.1", {"libssl3", "libssl-dev"})
    ('python3-dev', 'libssl3')
    """
    if providers:
        return providers[0]
    for candidate in (*_of_python(name), *_spelled_elsewhere(name)):
        if candidate in known and candidate != name:
            return candidate
    for candidate in (name, *_spelled_elsewhere(name)):
        found = _other_version(candidate, known)
        if found:
            return found
    return _misspelled(name, known)


def _of_python(name: str) -> Iterator[str]:
    match = _PYTHON.fullmatch(name)
    if match is not None:
        if name == "python":
            yield "python-is-python3"  # who installs `python` wants the command of that name
        yield f"{match['before'] or ''}python3{match['after'] or ''}"


def _spelled_elsewhere(name: str) -> Iterator[str]:
    """The same package as another distribution, a hurried author, or the choice among several, writes it."""
    yield f"default-{name}"
    here = re.sub(r"-devel$", "-dev", name)
    if here.endswith("-dev"):
        yield here
        yield here.removeprefix("lib") if here.startswith("lib") else f"lib{here}"


def _other_version(name: str, known: Collection[str]) -> str:
    stem = stem_of(name)
    if stem == name and not name.endswith("-dev"):
        return ""  # Nothing in the name says that it is one version of several.
    if stem in known:
        return stem
    same = [other for other in known if stem_of(other) == stem and other != name]
    same = [other for other in same if _numbers(other)[:1] == _numbers(name)[:1]] or same
    alike = [other for other in same if _shape(other) == _shape(name)]
    if alike:
        return max(alike, key=lambda other: (_numbers(other), other))
    return same[0] if len(same) == 1 else ""


def _shape(name: str) -> str:
    return re.sub(r"\d+(?:\.\d+)*(?:t64)?", "#", name)


def _numbers(name: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", name.replace("t64", ""))))


def _misspelled(name: str, known: Collection[str]) -> str:
    if len(name) < SHORTEST_TO_MISSPELL:
        return ""
    near = [other for other in known if abs(len(other) - len(name)) <= 1 and _one_letter_apart(name, other)]
    return near[0] if len(near) == 1 else ""


def _one_letter_apart(one: str, other: str) -> bool:
    """Whether a letter more, less or else makes one of the other; a digit is another version, and no slip.

    >>> _one_letter_apart("build-essentials", "build-essential"), _one_letter_apart("libfoo1", "libfoo2")
    (True, False)
    """
    at = next(
        (at for at, (mine, its) in enumerate(zip(one, other, strict=False)) if mine != its), min(len(one), len(other))
    )
    changed = one[at : at + 1] + other[at : at + 1]
    more, less = len(one) > len(other), len(one) < len(other)
    return one != other and not re.search(r"\d", changed) and one[at + (not less) :] == other[at + (not more) :]
