"""What must hold in every run, whatever goes wrong: each violation is a sentence, and none is tolerated."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from regrow.core.cell_roles import CellStatus
from regrow.core.envelope import DeadLetter
from regrow.supervisors.strategies import Closing
from regrow.supervisors.tree import Tree

__all__ = ["Checkers"]


@dataclass
class Checkers:
    """Told what the actors and senders see; asked at the end."""

    violations: list[str] = field(default_factory=list)
    inside: dict[str, Counter[int]] = field(default_factory=dict)
    accepted: set[int] = field(default_factory=set)
    handled: Counter[int] = field(default_factory=Counter)
    dead: Counter[int] = field(default_factory=Counter)
    open_asks: int = 0
    stops: list[tuple[str, int]] = field(default_factory=list)
    latest: dict[str, int] = field(default_factory=dict)
    closing: bool = False
    tree: Tree | None = None

    def enter(self, path: str, incarnation: int) -> None:
        """Code of an incarnation begins to run."""
        self.latest[path] = incarnation
        running = self.inside.setdefault(path, Counter())
        others = [number for number, depth in running.items() if depth and number != incarnation]
        if others and not self._unstopped(path):
            self.violations.append(f"{path}: incarnation {incarnation} runs while {others} still does")
        running[incarnation] += 1

    def leave(self, path: str, incarnation: int) -> None:
        """Code of an incarnation has ended."""
        self.inside[path][incarnation] -= 1

    def stopping(self, path: str, incarnation: int) -> None:
        """A stop hook begins, because its group told it to stop."""
        if self.closing and self._is_closing(path.rpartition("/")[0]):
            self.stops.append((path, incarnation))

    def see_handled(self, number: int) -> None:
        """A handler was given message `number`."""
        self.handled[number] += 1
        if self.handled[number] > 1:
            self.violations.append(f"message {number} was handled {self.handled[number]} times")

    def see_dead(self, letter: DeadLetter) -> None:
        """A dead letter was recorded."""
        number = getattr(letter.message, "number", None)
        if isinstance(number, int):
            self.dead[number] += 1

    def finish(self, order: dict[str, int]) -> None:
        """The tree is closed: judge.

        Args:
            order: The place of each static actor in the start order of the whole tree.
        """
        for number in self.accepted:
            if not self.handled[number] and not self.dead[number]:
                self.violations.append(f"message {number} was accepted and neither handled nor a dead letter")
        if self.open_asks:
            self.violations.append(f"{self.open_asks} asks never ended")
        assert self.tree is not None
        left = [
            path
            for path, cell in self.tree.runtime.cells.items()
            if cell.status in (CellStatus.STARTING, CellStatus.RUNNING, CellStatus.STOPPING)
        ]
        if left:
            self.violations.append(f"still running after the tree was closed: {left}")
        # A group that was being restarted when the tree began to close stops its children once more: the last counts, and
        # one that it had stopped before its own turn to close came is not stopped again (`_is_closing`).
        # One that was cancelled in the end ran no stop hook then: an earlier life's says nothing about this order.
        stops = [path for path, incarnation in self.stops if self.latest[path] == incarnation]
        last = [path for path in dict.fromkeys(reversed(stops)) if path in order][::-1]
        places = [order[path] for path in last]
        if places != sorted(places, reverse=True):
            self.violations.append(f"stopped out of order: {last}")

    def _is_closing(self, group: str) -> bool:
        """Whether that group ends, with the tree, and is not only being restarted."""
        assert self.tree is not None
        return isinstance(self.tree._root.find(group).state.plan, Closing)

    def _unstopped(self, path: str) -> bool:
        # A task that swallowed its cancellation is known to run on; its name is free only when it has given in.
        return self.tree is not None and any(
            event.path == path and event.kind.value == "unstopped" for event in self.tree.events.last
        )
