"""Whether the event loop is blocked, decided from what a thread sees that looks at it again and again.

The thread puts one question to the loop at a time and looks every `interval_s` whether it was answered. A question that
stays open for longer than `limit_s` of *awake* time means that the loop is blocked; it is said once, and once more when
the answer comes.

What is no blockage must not be taken for one. A suspended process (SIGSTOP, a laptop's lid) finds the question open and
the clock far ahead; but then the thread did not run either, and the process used no processor. So of a gap between two
looks that is longer than `PAUSE_INTERVALS` only so much counts as the process computed in it. What is left is a gap in
which the process computed and this thread did not run: something held the interpreter's lock, and the loop could not run
either (trap 19: a backtracking regular expression). It is known at its end only, and said then.
"""

from __future__ import annotations

import math
from typing import NamedTuple, TypeAlias

__all__ = ["LOOKS_PER_LIMIT", "BlockageState", "Blocked", "Look", "Unblocked", "Verdict", "look"]

PAUSE_INTERVALS = 2.0
"""A busy machine delays a look by some fraction of an interval; a gap of more than two is no delay."""

LOOKS_PER_LIMIT = 4
"""A blockage is reported at most two looks after its limit, so within one and a half limits."""


class Look(NamedTuple):
    """What one look has seen.

    `at_s` is monotonic, `cpu_s` the processor seconds of the whole process so far, `answered_s` when the question that
    was open was answered, on the clock of `at_s`; None when it is still open.
    """

    at_s: float
    cpu_s: float
    answered_s: float | None


class Blocked(NamedTuple):
    """The loop has not run for so long, and does not run now. Said once for each blockage."""

    for_s: float


class Unblocked(NamedTuple):
    """The loop runs again after so long. `held_back`: nothing could be said before, since this thread did not run."""

    for_s: float
    held_back: bool


Verdict: TypeAlias = Blocked | Unblocked


class BlockageState(NamedTuple):
    """What the looks so far have seen. `open_s` is the awake time for which the present question has been open."""

    limit_s: float
    interval_s: float
    looked_s: float
    cpu_s: float
    open_s: float = 0.0
    said: bool = False

    @staticmethod
    def begin(limit_s: float, at_s: float, cpu_s: float) -> BlockageState:
        """Return the state in which a first question has just been asked.

        Raises:
            ValueError: The limit is not positive and finite.
        """
        if not (limit_s > 0 and math.isfinite(limit_s)):
            msg = f"the limit of a blocked loop must be positive and finite, got {limit_s} s"
            raise ValueError(msg)
        return BlockageState(limit_s, limit_s / LOOKS_PER_LIMIT, at_s, cpu_s)


def look(state: BlockageState, seen: Look) -> tuple[BlockageState, Verdict | None]:
    """Take one look into account. When the question was answered, the next one is asked at once.

    >>> state = BlockageState.begin(1.0, at_s=0.0, cpu_s=0.0)
    >>> for at_s in (0.25, 0.5, 0.75, 1.0, 1.25):
    ...     state, verdict = look(state, Look(at_s, 0.0, None))
    >>> verdict
    Blocked(for_s=1.25)
    >>> look(state, Look(1.5, 0.0, answered_s=1.4))[1]
    Unblocked(for_s=1.4, held_back=False)
    """
    gap_s = seen.at_s - state.looked_s
    computed_s = seen.cpu_s - state.cpu_s
    long_gap = gap_s > PAUSE_INTERVALS * state.interval_s
    awake_s = min(gap_s, max(state.interval_s, computed_s)) if long_gap else gap_s
    open_s = state.open_s + awake_s
    after = state._replace(looked_s=seen.at_s, cpu_s=seen.cpu_s)
    if seen.answered_s is None:
        blocked = open_s > state.limit_s and not state.said
        return after._replace(open_s=open_s, said=state.said or blocked), Blocked(open_s) if blocked else None
    waited_s = max(0.0, open_s - (seen.at_s - seen.answered_s))
    if long_gap:
        # The question was answered before or after whatever it was that kept this thread from running.
        waited_s = max(waited_s, awake_s - state.interval_s)
    verdict = None
    if state.said or waited_s > state.limit_s:
        verdict = Unblocked(waited_s, held_back=not state.said)
    return after._replace(open_s=0.0, said=False), verdict
