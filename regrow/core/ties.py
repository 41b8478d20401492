"""Who is told what of one actor: monitors, links, names and observers. Made for the first of them; most actors have none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from regrow.core.cell import Cell

__all__ = ["Observer", "Ties"]


class Observer(Protocol):
    """A live trace of one actor: called after every message, in the actor's task; it must not wait or raise."""

    def __call__(self, item: object, started_s: float, ended_s: float, error: BaseException | None) -> None: ...


class Ties:
    """All of them for one cell. `monitors` are told of the end of an incarnation, `links` share it."""

    __slots__ = ("links", "monitors", "names", "observers")

    def __init__(self) -> None:
        # Ordered and without duplicates: dicts as sets that keep the order of asking.
        self.monitors: dict[Cell, None] = {}
        self.links: dict[Cell, None] = {}
        self.names: list[str] = []
        self.observers: list[Observer] = []
