"""Whether a child would start again if it ended now: one cell of the table, one case."""

from __future__ import annotations

import pytest

from regrow.protocols.exits import ExitKind
from regrow.supervisors import strategies as s
from regrow.supervisors.strategies.child import After
from regrow.supervisors.strategies.decide import starts_again
from regrow.supervisors.strategies.policies import Restart
from tests.supervisors.plain_policy import PlainPolicy

WAIT, DOWN = After.WAIT, After.DOWN


@pytest.mark.parametrize(
    ("phase", "restart", "after", "kind", "again"),
    [
        (s.Phase.UP, "permanent", DOWN, ExitKind.NORMAL, True),
        (s.Phase.UP, "transient", DOWN, ExitKind.NORMAL, False),
        (s.Phase.UP, "transient", DOWN, ExitKind.CRASH, True),
        (s.Phase.UP, "temporary", DOWN, ExitKind.CRASH, False),
        (s.Phase.DOWN, "permanent", WAIT, ExitKind.CRASH, False),
        (s.Phase.UNSTOPPED, "permanent", WAIT, ExitKind.CRASH, False),
        (s.Phase.STOPPING, "permanent", DOWN, ExitKind.CRASH, False),
        (s.Phase.STOPPING, "permanent", WAIT, ExitKind.SHUTDOWN, True),
        (s.Phase.BACKOFF, "transient", DOWN, ExitKind.NORMAL, True),
        (s.Phase.WAITING, "permanent", DOWN, ExitKind.CRASH, True),
        (s.Phase.STARTING, "permanent", DOWN, ExitKind.CRASH, True),
    ],
)
def test_a_child_starts_again_by_its_phase_and_its_kind(
    phase: s.Phase, restart: Restart, after: After, kind: ExitKind, again: bool
) -> None:
    state = s.initial(s.GroupPolicy(), [PlainPolicy("a", restart=restart)])
    child = state.children.get("a")
    assert child is not None
    state = state._replace(
        children=state.children.with_child(child._replace(phase=phase, after=after)), plan=s.Running()
    )
    assert starts_again(state, "a", kind) is again


def test_nothing_starts_in_a_group_that_ends_and_nobody_is_known_by_another_name() -> None:
    state = s.initial(s.GroupPolicy(), [PlainPolicy("a")])
    closing = state._replace(plan=s.Closing(("a",), 0, s.GiveUpReason(s.GiveUpKind.ASKED)))
    assert starts_again(closing, "a", ExitKind.CRASH) is False
    assert starts_again(state._replace(plan=s.Running()), "b", ExitKind.CRASH) is False
