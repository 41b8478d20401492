"""Looking a table up, and drawing one."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from enum import StrEnum

import pytest

from regrow.protocols.state_tables import Edge, IllegalTransition, draw_mermaid, edges_of, look_up


class Door(StrEnum):
    """Where a door stands."""

    OPEN = "open"
    SHUT = "shut"


class Push(StrEnum):
    """What may happen to it."""

    CLOSE = "close"
    SLAM = "slam"
    OPEN_UP = "open_up"


TABLE = {(Door.OPEN, Push.CLOSE): Door.SHUT, (Door.OPEN, Push.SLAM): Door.SHUT, (Door.SHUT, Push.OPEN_UP): Door.OPEN}


def test_look_up_returns_the_cell() -> None:
    assert look_up("door", TABLE, Door.SHUT, Push.OPEN_UP) is Door.OPEN


def test_missing_cell_is_illegal_and_names_what_the_state_allows() -> None:
    with pytest.raises(IllegalTransition) as caught:
        look_up("door", TABLE, Door.OPEN, Push.OPEN_UP)

    assert caught.value.message == "door: 'open_up' is not allowed in 'open' (allowed: close, slam)"


def test_edges_are_the_cells_in_their_order() -> None:
    assert edges_of(TABLE)[0] == Edge("open", "close", "shut")
    assert len(edges_of(TABLE)) == len(TABLE)


def test_edge_never_changes() -> None:
    with pytest.raises(FrozenInstanceError):
        edges_of(TABLE)[0].event = "kick"  # type: ignore[misc]  # that it is refused is what is tested


def test_drawing_joins_arrows_and_writes_conditions_in_parentheses() -> None:
    assert draw_mermaid("open", ["shut"], (*edges_of(TABLE)[:2], Edge("shut", "kick", "open", "it is weak"))) == (
        "stateDiagram-v2\n"
        "    [*] --> open\n"
        "    open --> shut: close, slam\n"
        "    shut --> open: kick (it is weak)\n"
        "    shut --> [*]"
    )
