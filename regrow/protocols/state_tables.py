"""State machines as data: how a table is looked up, how a transition is refused, and how a table is drawn.

A table maps (state, event) to the next state; what is not in it is illegal, raises, and changes nothing. The machines are
in `build_machine.py` and `recovery_machine.py`, each with the few rules that do not fit its table; their diagrams in
`docs/state_machines.md` are drawn from the tables by `state_pages.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from regrow.protocols.errors import InternalError

__all__ = ["Edge", "IllegalTransition", "draw_mermaid", "edges_of", "look_up"]

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


class IllegalTransition(InternalError):
    """An event that the state does not allow (E6009). The state is as it was."""

    def __init__(self, machine: str, state: str, event: str, allowed: Iterable[str]) -> None:
        names = ", ".join(sorted(allowed)) or "no event"
        super().__init__(
            "E6009", f"is not allowed in {state!r}", where=f"{machine}: {event!r}", expected=f"allowed: {names}"
        )
        self.machine = machine
        self.state = state
        self.event = event


@dataclass(frozen=True, slots=True)
class Edge:
    """One arrow of a diagram. `note` is the condition of an arrow that a rule beside the table makes."""

    source: str
    event: str
    target: str
    note: str = ""


def look_up(machine: str, table: Mapping[tuple[S, E], S], state: S, event: E) -> S:
    """Return the next state.

    Raises:
        IllegalTransition: The table has no such cell.
    """
    try:
        return table[state, event]
    except KeyError:
        allowed = [known for held, known in table if held is state]
        raise IllegalTransition(machine, state.value, event.value, allowed) from None


def edges_of(table: Mapping[tuple[S, E], S]) -> tuple[Edge, ...]:
    """Return the arrows of a table, in its order."""
    return tuple(Edge(state.value, event.value, target.value) for (state, event), target in table.items())


def draw_mermaid(start: str, final: Iterable[str], edges: Iterable[Edge]) -> str:
    """Return a Mermaid state diagram; arrows between the same two states share a line and list their events."""
    labels: dict[tuple[str, str], list[str]] = {}
    for edge in edges:
        label = f"{edge.event} ({edge.note})" if edge.note else edge.event
        labels.setdefault((edge.source, edge.target), []).append(label)
    lines = ["stateDiagram-v2", f"    [*] --> {start}"]
    lines += [f"    {source} --> {target}: {', '.join(events)}" for (source, target), events in labels.items()]
    lines += [f"    {state} --> [*]" for state in final]
    return "\n".join(lines)
