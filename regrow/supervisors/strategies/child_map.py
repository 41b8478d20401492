"""Children by id, in two kinds: `ChildMap` is replaced and never changed; `OwnedChildren` is changed in its place.

Decisions are written against `ChildMap`, which lets tests keep every state that they have seen. A supervisor uses its
state once and never looks back, so it gives its group an `OwnedChildren`: the same calls, the same answers, no copies.

A `ChildMap` costs little more with many children than with few. Two levels: a tuple of dicts of a hundred or so, one of
which is copied when a child changes, so that the cost grows with the square root of their number at worst.
`python -m tests.supervisors.exploration --timings` measures whole steps.

Rejected: a tuple of children with a mapping of positions. It is as fast while membership stands still, but each child
that comes or goes renumbers all others, and dynamic children come and go all the time. A hash array mapped trie needs
five times the code for the same figures.

Iteration is in no order, since the hash of a string differs from process to process; where the order matters, callers
use `ordered`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from regrow.supervisors.strategies.child import Child

__all__ = ["ChildMap", "Children", "OwnedChildren"]

CROWDED = 256
"""Children per dict, on average, at which the number of dicts is doubled; and halved at an eighth of it."""


class ChildMap:
    """Children by id. Methods return a new map and leave the old one as it was."""

    __slots__ = ("_buckets", "_count")

    def __init__(self, children: Iterable[Child] = ()) -> None:
        members = {child.policy.id: child for child in children}
        self._count = len(members)
        self._buckets = _spread(members.values(), _size_for(self._count))

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Child]:
        for bucket in self._buckets:
            yield from bucket.values()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ChildMap) and self._count == other._count and set(self) == set(other)

    def __hash__(self) -> int:
        return hash(frozenset(self))

    def __repr__(self) -> str:
        return f"ChildMap({self.ordered()!r})"

    def get(self, child_id: str) -> Child | None:
        """Return the child of that id, or None."""
        buckets = self._buckets
        return buckets[hash(child_id) & len(buckets) - 1].get(child_id)

    def ordered(self) -> list[Child]:
        """Return all children in start order."""
        return sorted(self, key=_place)

    def with_child(self, child: Child) -> ChildMap:
        """Return the map with this child added, or in the place of the one of its id."""
        child_id = child.policy.id
        index = hash(child_id) & len(self._buckets) - 1
        bucket = self._buckets[index].copy()
        count = self._count + (child_id not in bucket)
        bucket[child_id] = child
        return _resized(_replaced(self._buckets, index, bucket), count)

    def without(self, child_id: str) -> ChildMap:
        """Return the map without that child, which must be there."""
        index = hash(child_id) & len(self._buckets) - 1
        bucket = self._buckets[index].copy()
        del bucket[child_id]
        return _resized(_replaced(self._buckets, index, bucket), self._count - 1)


class OwnedChildren:
    """Children by id for one owner, who forgets the state that a step was made from. See `ChildMap` for the calls."""

    __slots__ = ("_members", "get")

    def __init__(self, children: Iterable[Child] = ()) -> None:
        self._members = {child.policy.id: child for child in children}
        self.get: Callable[[str], Child | None] = self._members.get
        """The child of that id, or None. The dict's own: it is called several times in each step."""

    def __len__(self) -> int:
        return len(self._members)

    def __iter__(self) -> Iterator[Child]:
        return iter(tuple(self._members.values()))

    def ordered(self) -> list[Child]:
        """Return all children in start order."""
        return sorted(self._members.values(), key=_place)

    def with_child(self, child: Child) -> OwnedChildren:
        """Put this child in, or in the place of the one of its id; returns itself."""
        self._members[child.policy.id] = child
        return self

    def without(self, child_id: str) -> OwnedChildren:
        """Take that child, which must be there, out; returns itself."""
        del self._members[child_id]
        return self


Children: TypeAlias = ChildMap | OwnedChildren


def _place(child: Child) -> int:
    return child.place


def _replaced(
    buckets: tuple[dict[str, Child], ...],
    index: int,
    bucket: dict[str, Child],
) -> tuple[dict[str, Child], ...]:
    if len(buckets) == 1:
        return (bucket,)
    changed = list(buckets)
    changed[index] = bucket
    return tuple(changed)


def _resized(buckets: tuple[dict[str, Child], ...], count: int) -> ChildMap:
    size = len(buckets)
    if count > CROWDED * size or count < CROWDED // 8 * (size - 1):
        members = [child for bucket in buckets for child in bucket.values()]
        buckets = _spread(members, _size_for(count))
    changed = ChildMap.__new__(ChildMap)
    changed._buckets = buckets
    changed._count = count
    return changed


def _size_for(count: int) -> int:
    """Return a power of two such that the dicts are half full, or 1."""
    size = 1
    while count > CROWDED * size // 2 and count > CROWDED:
        size *= 2
    return size


def _spread(children: Iterable[Child], size: int) -> tuple[dict[str, Child], ...]:
    buckets: tuple[dict[str, Child], ...] = tuple({} for _ in range(size))
    for child in children:
        buckets[hash(child.policy.id) & size - 1][child.policy.id] = child
    return buckets
