"""Compares two files, and what is in them, part by part. Pure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from regrow.actors.verifier.reproducing.comparing.archives import Archive, Member, open_archive
from regrow.actors.verifier.reproducing.comparing.elf import IS_ELF, sections
from regrow.actors.verifier.reproducing.comparing.found import LIMIT_DEPTH, LIMIT_FOUND, Found, differing
from regrow.protocols.reproducibility import PartKind

__all__ = ["File", "Found", "compare"]

_T = TypeVar("_T", str, bytes)

LIMIT_LINES = 200_000
_PRINTABLE = re.compile(rb"[\x20-\x7e]{4,}")
_CHANGES_WITH_ALL = frozenset({".note.gnu.build-id", ".gnu_debuglink", "headers", ".shstrtab"})
"""Sections of a program that follow from the others: a digest of them, their number."""


@dataclass(frozen=True, slots=True)
class File:
    """An artefact. `permissions` are octal, "" where they are not known."""

    content: bytes
    permissions: str = ""


def compare(first: File, second: File) -> tuple[Found, ...]:
    """Return what differs, at most `LIMIT_FOUND` differences; nothing exactly when the files are equal."""
    found: list[Found] = []
    if first.permissions != second.permissions:
        found.append(differing("", PartKind.PERMISSIONS, first.permissions, second.permissions))
    if first.content != second.content:
        found.extend(itertools.islice(_contents(first.content, second.content, 0), LIMIT_FOUND))
    return tuple(found)


def _contents(first: bytes, second: bytes, depth: int) -> Iterator[Found]:
    if depth < LIMIT_DEPTH:
        archives = open_archive(first), open_archive(second)
        if archives[0] is not None and archives[1] is not None and archives[0].kind == archives[1].kind:
            yield from _or_packing(_archives(archives[0], archives[1], depth))
            return
    if first[:4] == IS_ELF == second[:4]:
        parts = sections(first), sections(second)
        if parts[0] is not None and parts[1] is not None:
            yield from _or_packing(_sections(parts[0], parts[1]))
            return
    texts = _text(first), _text(second)
    if texts[0] is not None and texts[1] is not None:
        yield from _texts(texts[0], texts[1])
    else:
        yield _bytes("", first, second)


def _or_packing(found: Iterator[Found]) -> Iterator[Found]:
    """The parts that differ; when none does, the way in which they are packed (compression, gaps) is what differs."""
    first = next(found, None)
    if first is None:
        yield Found("", PartKind.CONTENT, "the same parts, packed otherwise")
        return
    yield first
    yield from found


def _archives(first: Archive, second: Archive, depth: int) -> Iterator[Found]:
    for (name, one), (_, other) in zip(first.header, second.header, strict=False):
        if one != other:
            kind = PartKind.TIME_STAMP if "time" in name else PartKind.CONTENT
            yield differing(name, kind, one, other)
    names = [[member.name for member in archive.members] for archive in (first, second)]
    numbered = [_numbered(archive.members) for archive in (first, second)]
    for name in dict.fromkeys([*numbered[0], *numbered[1]]):
        members = [each.get(name) for each in numbered]
        if members[0] is None or members[1] is None:
            yield Found(name, PartKind.PRESENCE, f"only in the {'second' if members[0] is None else 'first'} build")
        else:
            yield from (found.below(name) for found in _members(members[0], members[1], depth))
    if names[0] != names[1] and sorted(names[0]) == sorted(names[1]):
        yield differing("", PartKind.ORDER, " ".join(names[0]), " ".join(names[1]))


def _numbered(members: Sequence[Member]) -> dict[str, Member]:
    """Members by name; a name that is there several times (an ar archive, a zip) is numbered."""
    found: dict[str, Member] = {}
    for member in members:
        name, number = member.name, 1
        while name in found:
            number += 1
            name = f"{member.name}#{number}"
        found[name] = member
    return found


def _members(first: Member, second: Member, depth: int) -> Iterator[Found]:
    for kind, one, other in (
        (PartKind.TIME_STAMP, first.time, second.time),
        (PartKind.PERMISSIONS, first.permissions, second.permissions),
        (PartKind.OWNER, first.owner, second.owner),
        (PartKind.CONTENT, first.link, second.link),
    ):
        if one != other:
            yield differing("", kind, one, other)
    if first.content != second.content:
        yield from _contents(first.content or b"", second.content or b"", depth + 1)


def _sections(first: dict[str, bytes], second: dict[str, bytes]) -> Iterator[Found]:
    names = [name for name in dict.fromkeys([*first, *second]) if first.get(name) != second.get(name)]
    causes = [name for name in names if name not in _CHANGES_WITH_ALL]
    for name in causes or names:
        yield _bytes(f"section {name}", first.get(name, b""), second.get(name, b""))


def _bytes(part: str, first: bytes, second: bytes) -> Found:
    """Binary data: the printable text that only one of the two has, else where they begin to differ."""
    words = [list(dict.fromkeys(_PRINTABLE.findall(data[: 4 * 1024 * 1024]))) for data in (first, second)]
    only = _only_in_one(*words)
    if only[0] and only[1]:
        one, other = ("\n".join(word.decode("ascii") for word in each[:20]) for each in only)
        return differing(part, PartKind.CONTENT, one, other)
    if words[0] != words[1] and sorted(words[0]) == sorted(words[1]):
        one, other = (" ".join(word.decode("ascii") for word in each[:50]) for each in words)
        return differing(part, PartKind.ORDER, one, other)
    at = next((place for place, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), len(first))
    return differing(part, PartKind.CONTENT, f"at byte {at}: {first[at : at + 8].hex()}", second[at : at + 8].hex())


def _text(data: bytes) -> list[str] | None:
    if b"\0" in data[:65536]:
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    lines = text.splitlines()
    return lines if len(lines) <= LIMIT_LINES else None


def _texts(first: list[str], second: list[str]) -> Iterator[Found]:
    if len(first) == len(second):
        if sorted(first) == sorted(second) and first != second:
            yield differing("lines", PartKind.ORDER, "\n".join(first), "\n".join(second))
            return
        differ = [number for number, (one, other) in enumerate(zip(first, second, strict=True)) if one != other]
        for number in differ:
            one, other = first[number], second[number]
            words = [sorted(re.findall(r"\w+", line)) for line in (one, other)]
            yield differing(
                f"line {number + 1}", PartKind.ORDER if words[0] == words[1] else PartKind.CONTENT, one, other
            )
        if not differ:
            yield Found("", PartKind.CONTENT, "line ends or the end of the file")
        return
    only = _only_in_one(first, second)
    yield differing("lines", PartKind.CONTENT, "\n".join(only[0]), "\n".join(only[1]))


def _only_in_one(first: Sequence[_T], second: Sequence[_T]) -> tuple[list[_T], list[_T]]:
    known = set(first), set(second)
    return [each for each in first if each not in known[1]], [each for each in second if each not in known[0]]
