"""Who is told what of one actor: monitors, links, names and observers. Made for the first of them; most actors have none."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from regrow.core.cell_roles import CellStatus
from regrow.core.names import is_printable
from regrow.core.receive import LinkedExit
from regrow.protocols.exits import ExitReason
from regrow.protocols.notices import Terminated

if TYPE_CHECKING:
    from regrow.core.cell import Cell

__all__ = ["Observer", "Ties", "link", "monitor", "unlink", "unmonitor"]


class Observer(Protocol):
    """A live trace of one actor: called after every message, in the actor's task; it must not wait or raise."""

    def __call__(self, item: object, started_s: float, ended_s: float, error: BaseException | None) -> None: ...


_ALIVE = (CellStatus.STARTING, CellStatus.RUNNING, CellStatus.STOPPING)


class Ties:
    """All of them for one cell. `monitors` are told of the end of an incarnation, `links` share it.

    Both are kept at either end, `watches` being the other end of `monitors`: so each is taken off when one of the two
    ends, and an actor that ends leaves nothing behind at those that it watched.
    """

    __slots__ = ("links", "monitors", "names", "observers", "watches")

    def __init__(self) -> None:
        # Ordered and without duplicates: dicts as sets that keep the order of asking.
        self.monitors: dict[Cell, None] = {}
        self.watches: dict[Cell, None] = {}
        self.links: dict[Cell, None] = {}
        self.names: list[str] = []
        self.observers: list[Observer] = []

    def end(self, cell: Cell, reason: ExitReason | None) -> None:
        """End those of an incarnation of `cell`, whose ties these are, and tell of it, once each.

        Args:
            cell: The actor.
            reason: How the incarnation ended; None when there will be none: it has stopped for good while it was down.
        """
        watches, self.watches = self.watches, {}
        for watched in watches:
            watched.tied().monitors.pop(cell, None)
        monitors, self.monitors = self.monitors, {}
        for watcher in monitors:
            watcher.tied().watches.pop(cell, None)
            watcher.mailbox.put_notice(Terminated(path=cell.path, incarnation=cell.incarnation, reason=reason))
        links, self.links = self.links, {}
        for other in links:
            other.tied().links.pop(cell, None)
            _share(cell, other)

    def register(self, cell: Cell, name: str) -> None:
        """Take `name` in the tree.

        Raises:
            LookupError: Somebody else has it.
            ValueError: It has control characters.
        """
        if not is_printable(name):
            msg = f"{cell.path}: a name must not contain control characters, got {name!r}"
            raise ValueError(msg)
        holder = cell.runtime.names.setdefault(name, cell)
        if holder is not cell:
            msg = f"the name {name!r} is taken by {holder.path}"
            raise LookupError(msg)
        if name not in self.names:
            self.names.append(name)

    def release_names(self, cell: Cell) -> None:
        """Give all names back."""
        for name in self.names:
            cell.runtime.names.pop(name, None)
        self.names = []

    def watch(self, cell: Cell, observer: Observer) -> Callable[[], None]:
        """Call `observer` after every message of `cell` from now on; returns how to stop."""
        self.observers.append(observer)
        cell.observed = True

        def stop() -> None:
            if observer in self.observers:
                self.observers.remove(observer)
            cell.observed = bool(self.observers)

        return stop


def monitor(cell: Cell, watcher: Cell) -> None:
    """Tell `watcher` once when the present or next incarnation of `cell` ends, or at once if there will be none."""
    if cell.status in (CellStatus.STOPPED, CellStatus.UNSTOPPED):
        watcher.mailbox.put_notice(Terminated(path=cell.path, incarnation=cell.incarnation, reason=None))
    else:
        cell.tied().monitors[watcher] = None
        watcher.tied().watches[cell] = None


def unmonitor(cell: Cell, watcher: Cell) -> None:
    """Take a monitor back."""
    if watcher.ties is not None and cell in watcher.ties.watches:
        del watcher.ties.watches[cell]
        del cell.tied().monitors[watcher]


def link(one: Cell, other: Cell) -> None:
    """Let `one`, which asks for it, and `other` share fate; at once if `other` has stopped for good."""
    if other.status in (CellStatus.STOPPED, CellStatus.UNSTOPPED):
        _share(other, one)
    else:
        one.tied().links[other] = None
        other.tied().links[one] = None


def unlink(one: Cell, other: Cell) -> None:
    """End the link of the two, if there is one."""
    for this, that in ((one, other), (other, one)):
        if this.ties is not None:
            this.ties.links.pop(that, None)


def _share(ended: Cell, other: Cell) -> None:
    """Let `other` crash if `ended` did. One that is down has nothing to share: its next incarnation asked for no link."""
    reason = ended.last_exit
    if reason is not None and not reason.orderly and other.status in _ALIVE:
        other.mailbox.put_system(LinkedExit(ended.path, str(reason)))
        other.activate()
