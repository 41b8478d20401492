"""One step of a supervisor: what is known, one event, what is known then, and what is to be done.

`step` is total. It accepts every event in every state: a fact that does not fit the present incarnation of its child is
late and changes nothing (trap 5 of the survey of actor runtimes), and a request that cannot be met is answered.
"""

from __future__ import annotations

from typing import assert_never

from regrow.protocols.exits import ExitKind
from regrow.supervisors.intensity import admit
from regrow.supervisors.strategies.child import After, Change, Child, Phase, new
from regrow.supervisors.strategies.group import BEGINNING, ENDING, Closed, Closing, GroupState, Idle, Starting
from regrow.supervisors.strategies.live_changes import change
from regrow.supervisors.strategies.moves import (
    advance,
    answer,
    clear,
    close,
    end,
    forget,
    in_clearing,
    put,
    settle,
    start,
)
from regrow.supervisors.strategies.policies import AutoShutdown, Strategy, restarts
from regrow.supervisors.strategies.protocol import (
    AddChild,
    BackoffOver,
    Command,
    Event,
    Exited,
    GiveUpKind,
    GiveUpReason,
    Outcome,
    RemoveChild,
    ReplaceChild,
    RestartChild,
    Start,
    StartChild,
    Started,
    StartFailed,
    StopAll,
    StopChild,
    Stopped,
    Unstopped,
)

__all__ = ["starts_again", "step"]

_ORDERLY = (ExitKind.NORMAL, ExitKind.SHUTDOWN)
_PRESENT = (Phase.BACKOFF, Phase.STARTING, Phase.UP, Phase.STOPPING, Phase.UNSTOPPED)


def step(state: GroupState, event: Event, now_s: float, chance: float) -> tuple[GroupState, tuple[Command, ...]]:
    """Decide.

    Args:
        state: What is known: `initial(...)`, or what the step before returned.
        event: A fact or a request. Any, at any time.
        now_s: Monotonic seconds. Taken as the time of the last restart where it is earlier.
        chance: Drawn evenly from [0, 1); used where a delay is chosen, at most once a step.

    Returns:
        What is known now, and the commands, to be begun in this order.

    """
    out: list[Command] = []
    match event:
        case Exited() | Stopped():
            state = _gone(state, event.id, event.incarnation, event.kind, now_s, chance, out)
        case Started():
            state = _started(state, event, now_s, out)
        case StartFailed():
            kind = ExitKind.START_FAILED if event.kind in _ORDERLY else event.kind
            state = _gone(state, event.id, event.incarnation, kind, now_s, chance, out)
        case BackoffOver():
            state = _backoff_over(state, event, out)
        case Unstopped():
            state = _gone(state, event.id, event.incarnation, ExitKind.UNSTOPPED, now_s, chance, out)
        case Start():
            state = _start_group(state, out)
        case StopAll():
            state = close(state, GiveUpReason(event.kind, text=event.reason), out)
        case AddChild() | RemoveChild() | StopChild() | RestartChild() | ReplaceChild():
            state = change(state, event, out)
        case _:
            assert_never(event)
    return state, tuple(out)


def starts_again(state: GroupState, child_id: str, kind: ExitKind) -> bool:
    """Say whether a child would start again if it ended now, in that way, and nothing else happened.

    It may turn out to be once too often: nobody knows that before its end. Nothing starts in a group that ends.
    """
    child = state.children.get(child_id)
    if child is None or isinstance(state.plan, ENDING):
        return False
    match child.phase:
        case Phase.DOWN | Phase.UNSTOPPED:
            return False
        case Phase.STOPPING:
            return child.after is not After.DOWN
        case Phase.UP:
            return restarts(child.policy.restart, kind)
        case _:
            return True


def _start_group(state: GroupState, out: list[Command]) -> GroupState:
    if not isinstance(state.plan, Idle):
        return state
    queue = tuple(child.id for child in state.children.ordered() if child.phase is Phase.WAITING)
    return advance(state._replace(plan=Starting(queue, 0, first=True)), out)


def _started(state: GroupState, event: Started, now_s: float, out: list[Command]) -> GroupState:
    child = _present(state, event.id, event.incarnation)
    if child is None or child.phase not in (Phase.STARTING, Phase.BACKOFF):
        return state
    return advance(_up(state, child, now_s, out), out)


def _up(state: GroupState, child: Child, now_s: float, out: list[Command]) -> GroupState:
    for asked in child.asked:
        answer(out, asked.request, child, Outcome.OK)
    return put(state, _risen(child, now_s))


def _risen(child: Child, now_s: float) -> Child:
    """Return the child as it is once it is up. When it rose matters to a backoff alone."""
    policy, place, _, incarnation, after, _, failures, *_ = child
    since_s = now_s if policy.backoff is not None else 0.0
    return new(Child, (policy, place, Phase.UP, incarnation, after, True, failures, 0.0, since_s, ()))


def _backoff_over(state: GroupState, event: BackoffOver, out: list[Command]) -> GroupState:
    child = _present(state, event.id, event.incarnation)
    if child is None or child.phase is not Phase.BACKOFF:
        return state
    out.append(StartChild(child.id, child.incarnation))
    return put(state, child._replace(phase=Phase.STARTING, delay_s=0.0))


def _present(state: GroupState, child_id: str, incarnation: int) -> Child | None:
    """Return the child whose present life this is, or None for a late fact."""
    child = state.children.get(child_id)
    if child is None or child.incarnation != incarnation or child.phase not in _PRESENT:
        return None
    return child


# -- a child is gone ---------------------------------------------------------------------------------------------------


def _gone(
    state: GroupState,
    child_id: str,
    incarnation: int,
    kind: ExitKind,
    now_s: float,
    chance: float,
    out: list[Command],
) -> GroupState:
    """Decide what an end of a child means: it was ordered, or part of a plan, or its own."""
    child = _present(state, child_id, incarnation)
    if child is None or isinstance(state.plan, Closed):
        return state
    if kind is ExitKind.UNSTOPPED:
        return _unstopped(state, child, out)
    if child.phase is Phase.UNSTOPPED:
        return end(state, child, Outcome.STOPPING, out)
    if child.phase is Phase.STOPPING or isinstance(state.plan, Closing) or in_clearing(state, child):
        return settle(state, child, kind, out)
    if child.phase is not Phase.UP:
        if kind not in _ORDERLY:
            return _start_failed(state, child, kind, now_s, chance, out)
        state = _up(state, child, now_s, out)
        child = _risen(child, now_s)
    if restarts(child.policy.restart, kind):
        return _restart(state, child, kind, now_s, chance, out)
    return _finished(state, child, kind, out)


def _unstopped(state: GroupState, child: Child, out: list[Command]) -> GroupState:
    """Keep the name of a child that still runs taken, and give up: only the end of its process ends it (trap 9)."""
    for asked in child.asked:
        answer(out, asked.request, child, Outcome.UNSTOPPED if asked.change is Change.STOP else Outcome.STOPPING)
    state = put(state, child._replace(phase=Phase.UNSTOPPED, asked=()))
    return advance(close(state, GiveUpReason(GiveUpKind.UNSTOPPED, child.id, ExitKind.UNSTOPPED), out), out)


def _start_failed(
    state: GroupState,
    child: Child,
    kind: ExitKind,
    now_s: float,
    chance: float,
    out: list[Command],
) -> GroupState:
    """Answer whoever asked for the child; else end a group that was never up; else try again (trap 1)."""
    if child.asked:
        state = end(state, child, Outcome.START_FAILED, out)
        left = state.children.get(child.id)
        if left is not None and any(asked.change is Change.ADD for asked in child.asked):
            state = forget(state, left, out)
        return advance(state, out)
    if not child.lived and isinstance(state.plan, BEGINNING) and state.plan.first:
        state = end(state, child, Outcome.START_FAILED, out)
        return close(state, GiveUpReason(GiveUpKind.START_FAILED, child.id, kind), out)
    if not restarts(child.policy.restart, kind):
        return _finished(state, child, kind, out)
    return _restart(state, child, kind, now_s, chance, out)


def _finished(state: GroupState, child: Child, kind: ExitKind, out: list[Command]) -> GroupState:
    """Leave a child down that ended for good of its own accord: only such an end counts for auto-shutdown (trap 7)."""
    state = end(state, child, Outcome.OK, out)
    if child.policy.significant and _shuts_down(state):
        return close(state, GiveUpReason(GiveUpKind.AUTO_SHUTDOWN, child.id, kind), out)
    return advance(state, out)


def _shuts_down(state: GroupState) -> bool:
    match state.policy.auto_shutdown:
        case AutoShutdown.NEVER:
            return False
        case AutoShutdown.ANY_SIGNIFICANT:
            return True
        case AutoShutdown.ALL_SIGNIFICANT:
            return state.significant == 0


def _restart(
    state: GroupState,
    child: Child,
    kind: ExitKind,
    now_s: float,
    chance: float,
    out: list[Command],
) -> GroupState:
    """Restart a child, and whoever restarts with it, unless that was once too often. It costs one, however many."""
    at_s = max(now_s, state.restarts[-1]) if state.restarts else now_s
    times, accepted = admit(state.restarts, at_s, state.policy.intensity)
    if times is not state.restarts:  # an owned window is changed in its place
        policy, children, plan, _, significant, places, floor = state
        state = new(GroupState, (policy, children, plan, times, significant, places, floor))
    if not accepted:
        state = end(state, child, Outcome.STOPPING, out)
        return close(state, GiveUpReason(GiveUpKind.INTENSITY, child.id, kind), out)
    child = _delayed(child, now_s, chance)
    if state.policy.alone:
        return start(state, child, out)
    state = put(state, child._replace(phase=Phase.WAITING))
    return clear(state, 0 if state.policy.strategy is Strategy.ONE_FOR_ALL else child.place, out)


def _delayed(child: Child, now_s: float, chance: float) -> Child:
    """Count one more failure, and fix the delay before the next start."""
    backoff = child.policy.backoff
    if backoff is None:
        return child
    stable = child.phase is Phase.UP and now_s - child.up_since_s >= backoff.reset_after_s
    failures = 1 if stable else child.failures + 1
    return child._replace(failures=failures, delay_s=backoff.delay_s(failures, chance))
