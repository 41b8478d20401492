"""The moves that a decision is made of: start, stop and settle one child, begin and advance a plan of the whole group.

Every move takes the state and the list of commands so far, appends to that list, and returns the new state. The list is
made by `step` and lives no longer than it.

Only two moves touch more than one child: `clear` and `close` begin a plan, and both cost in proportion to the group.
Everything else costs the same in a group of ten and of a thousand, because a plan keeps its place in a queue.
"""

from __future__ import annotations

from typing import assert_never

from regrow.protocols.exits import ExitKind
from regrow.supervisors.strategies.child import After, Change, Child, Phase, new
from regrow.supervisors.strategies.group import (
    BEGINNING,
    ENDING,
    Clearing,
    Closed,
    Closing,
    GroupState,
    Plan,
    Running,
    Starting,
)
from regrow.supervisors.strategies.policies import AutoShutdown, Strategy
from regrow.supervisors.strategies.protocol import (
    Answer,
    Command,
    ForgetChild,
    GiveUp,
    GiveUpReason,
    Outcome,
    Report,
    ReportKind,
    StartChild,
    StopChildCommand,
    StopReason,
)

__all__ = ["advance", "answer", "clear", "close", "end", "forget", "in_clearing", "put", "settle", "start", "stop"]

_ENDED = (Phase.DOWN, Phase.UNSTOPPED)
_ORDERLY = (ExitKind.NORMAL, ExitKind.SHUTDOWN)


# -- one child ---------------------------------------------------------------------------------------------------------


def put(state: GroupState, child: Child) -> GroupState:
    """Put a child in the place of what was known of it; the one place where the significant ones are counted."""
    before = state.children
    change = 0
    if state.policy.auto_shutdown is not AutoShutdown.NEVER:  # only then may a child be significant
        change = _counted(child) - _counted(before.get(child.policy.id))
    children = before.with_child(child)
    if children is before and not change:
        return state
    return state._replace(children=children, significant=state.significant + change)


def start(state: GroupState, child: Child, out: list[Command]) -> GroupState:
    """Begin the next incarnation of a child, after the delay that is due to it."""
    policy, place, _, last, after, lived, failures, delay_s, up_since_s, asked = child
    out.append(StartChild(policy.id, last + 1, delay_s))
    phase = Phase.BACKOFF if delay_s > 0 else Phase.STARTING
    begun = (policy, place, phase, last + 1, after, lived, failures, delay_s, up_since_s, asked)
    return put(state, new(Child, begun))


def stop(state: GroupState, child: Child, reason: StopReason, after: After, out: list[Command]) -> GroupState:
    """Tell a child that is starting or up to stop."""
    out.append(StopChildCommand(child.policy.id, child.incarnation, reason))
    policy, place, _, incarnation, _, lived, failures, delay_s, up_since_s, asked = child
    stopping = (policy, place, Phase.STOPPING, incarnation, after, lived, failures, delay_s, up_since_s, asked)
    return put(state, new(Child, stopping))


def end(state: GroupState, child: Child, outcome: Outcome, out: list[Command]) -> GroupState:
    """Leave a child down for good, or forget it where nobody could start it again; answer whoever waits for it.

    `outcome` is for those who wait for its start. Those who wait for its stop have what they wanted.
    """
    for asked in child.asked:
        answer(out, asked.request, child, Outcome.OK if asked.change is Change.STOP else outcome)
    if child.temporary or state.policy.strategy is Strategy.DYNAMIC:
        return forget(state, child, out)
    return put(state, child._replace(phase=Phase.DOWN, asked=(), delay_s=0.0))


def forget(state: GroupState, child: Child, out: list[Command]) -> GroupState:
    """Let a child that is not alive cease to be a member."""
    out.append(ForgetChild(child.policy.id))
    counted = _counted(state.children.get(child.policy.id))
    return state._replace(
        children=state.children.without(child.policy.id),
        significant=state.significant - counted,
        incarnation_floor=max(state.incarnation_floor, child.incarnation),
    )


def answer(out: list[Command], request: int, child: Child, outcome: Outcome) -> None:
    """Answer one request."""
    out.append(Answer(request, child.policy.id, outcome))


def settle(state: GroupState, child: Child, kind: ExitKind, out: list[Command]) -> GroupState:
    """Do what was to follow the end of a child that was stopped, or that a plan was about to stop."""
    if kind not in _ORDERLY:
        out.append(Report(ReportKind.SHUTDOWN_ERROR, child.policy.id, child.incarnation, kind))
    after = _after(state, child)
    match after:
        case After.DOWN:
            state = end(state, child, Outcome.STOPPING, out)
        case After.WAIT:
            state = put(state, child._replace(phase=Phase.WAITING, delay_s=0.0))
        case After.START:
            state = start(state, child._replace(delay_s=0.0), out)
        case _:
            assert_never(after)
    return advance(state, out)


def _after(state: GroupState, child: Child) -> After:
    """Return what follows the end of a child, by the plan first and by its own orders second."""
    if isinstance(state.plan, Closing):
        return After.DOWN
    cleared = in_clearing(state, child)
    if child.phase is Phase.STOPPING:
        return After.WAIT if cleared and child.after is After.START else child.after
    return After.DOWN if child.temporary else After.WAIT


def _counted(child: Child | None) -> int:
    return child is not None and child.policy.significant and child.phase not in _ENDED


# -- the group ---------------------------------------------------------------------------------------------------------


def in_clearing(state: GroupState, child: Child) -> bool:
    """Say whether a group restart is stopping the part of the group that this child is in."""
    return isinstance(state.plan, Clearing) and child.place >= state.plan.from_place


def clear(state: GroupState, from_place: int, out: list[Command]) -> GroupState:
    """Begin a group restart of the children from that place on, or widen the one that is stopping children now.

    A crash inside of the part that is being stopped does not come here, so a place can only be before that part.
    Children that are down start again too: a restart of a group is its beginning, as in OTP.
    """
    plan = state.plan
    first = isinstance(plan, BEGINNING) and plan.first
    newest_first = [child for child in reversed(state.children.ordered()) if child.place >= from_place]
    for child in newest_first:
        if child.phase is Phase.DOWN or child.phase is Phase.BACKOFF:
            state = put(state, child._replace(phase=Phase.WAITING))
    queue = tuple(child.id for child in newest_first)
    return advance(state._replace(plan=Clearing(queue, 0, from_place, first)), out)


def close(state: GroupState, reason: GiveUpReason, out: list[Command]) -> GroupState:
    """Begin to end the supervisor. The first reason stays."""
    if isinstance(state.plan, ENDING):
        return state
    newest_first = list(reversed(state.children.ordered()))
    state = state._replace(plan=Closing(tuple(child.id for child in newest_first), 0, reason))
    for child in newest_first:
        if child.phase is Phase.WAITING or child.phase is Phase.BACKOFF:
            state = end(state, child, Outcome.STOPPING, out)
        elif state.policy.strategy is Strategy.DYNAMIC and child.phase in (Phase.STARTING, Phase.UP):
            state = stop(state, child, StopReason.GROUP_STOP, After.DOWN, out)
    return advance(state, out)


def advance(state: GroupState, out: list[Command]) -> GroupState:
    """Take the next step of the plan, if its turn has come. Harmless to repeat."""
    plan = state.plan
    if type(plan) is Running:
        return state
    match plan:
        case Starting():
            return _start_next(state, plan, out)
        case Clearing() | Closing():
            return _stop_next(state, plan, out)
        case _:
            return state


def _with_plan(state: GroupState, plan: Plan) -> GroupState:
    policy, children, _, restarts, significant, places, incarnation_floor = state
    return new(GroupState, (policy, children, plan, restarts, significant, places, incarnation_floor))


def _start_next(state: GroupState, plan: Starting, out: list[Command]) -> GroupState:
    queue, get = plan.queue, state.children.get
    for at in range(plan.at, len(queue)):
        child = get(queue[at])
        if child is None or child.phase is Phase.UP or child.phase is Phase.DOWN:
            continue
        if at > plan.at:
            state = _with_plan(state, plan.at_place(at))
        return start(state, child, out) if child.phase is Phase.WAITING else state
    return state._replace(plan=Running())


def _stop_next(state: GroupState, plan: Clearing | Closing, out: list[Command]) -> GroupState:
    for at in range(plan.at, len(plan.queue)):
        child = state.children.get(plan.queue[at])
        if child is None or child.phase not in (Phase.STARTING, Phase.UP, Phase.STOPPING):
            continue
        if at > plan.at:
            state = _with_plan(state, plan.at_place(at))
        if child.phase is Phase.STOPPING:
            return state
        if isinstance(plan, Closing):
            return stop(state, child, StopReason.GROUP_STOP, After.DOWN, out)
        return stop(state, child, StopReason.GROUP_RESTART, After.DOWN if child.temporary else After.WAIT, out)
    if isinstance(plan, Clearing):
        queue = tuple(child.id for child in state.children.ordered() if child.phase is Phase.WAITING)
        starting = Starting(queue, 0, plan.first)
        return _start_next(state._replace(plan=starting), starting, out)
    unstopped = tuple(child.id for child in state.children.ordered() if child.phase is Phase.UNSTOPPED)
    out.append(GiveUp(plan.reason, unstopped))
    return state._replace(plan=Closed(plan.reason))
