"""Children by id, in two kinds: `ChildMap` is replaced and never changed; `OwnedChildren` is changed in its place.

Decisions are written against `ChildMap`, which lets tests keep every state that they have seen; a change copies it. A
supervisor uses its state once and never looks back, so it gives its group an `OwnedChildren`: the same calls, the same
answers, no copies. Iteration is in the order of adding; where the order of starting matters, callers use `ordered`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from regrow.supervisors.strategies.child import Child

__all__ = ["ChildMap", "Children", "OwnedChildren"]


class ChildMap:
    """Children by id. Methods return a new map and leave the old one as it was."""

    __slots__ = ("_members",)

    def __init__(self, children: Iterable[Child] = ()) -> None:
        self._members = {child.policy.id: child for child in children}

    def __len__(self) -> int:
        return len(self._members)

    def __iter__(self) -> Iterator[Child]:
        return iter(self._members.values())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ChildMap) and self._members == other._members

    def __hash__(self) -> int:
        return hash(frozenset(self))

    def __repr__(self) -> str:
        return f"ChildMap({self.ordered()!r})"

    def get(self, child_id: str) -> Child | None:
        """Return the child of that id, or None."""
        return self._members.get(child_id)

    def ordered(self) -> list[Child]:
        """Return all children in start order."""
        return sorted(self, key=_place)

    def with_child(self, child: Child) -> ChildMap:
        """Return the map with this child added, or in the place of the one of its id."""
        return ChildMap({**self._members, child.policy.id: child}.values())

    def without(self, child_id: str) -> ChildMap:
        """Return the map without that child, which must be there."""
        members = dict(self._members)
        del members[child_id]
        return ChildMap(members.values())


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
