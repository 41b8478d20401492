"""Requests of people and programs while the tree runs: add, remove, stop, restart and replace a child.

What each request does in each phase of the child (an answer in brackets comes later, when it is true):

| child is  | remove     | stop             | restart    | replace               |
| --------- | ---------- | ---------------- | ---------- | --------------------- |
| unknown   | not_found  | not_found        | not_found  | not_found             |
| waiting   | restarting | ok: down         | restarting | (at its turn)         |
| backoff   | restarting | ok: down         | restarting | (starts now)          |
| starting  | restarting | (stops)          | restarting | (stops, starts)       |
| up        | running    | (stops)          | running    | (stops, starts)       |
| stopping  | restarting | (stays down)     | restarting | stopping, or (starts) |
| down      | ok: gone   | ok               | (starts)   | (starts)              |

While the group is closing or closed every answer is `stopping`, at once: nobody waits for a supervisor that has ended.
That goes for a child that could not be stopped, too, since such a child makes its group close.
`stop` wins over every restart. A temporary or dynamic child that was stopped is forgotten. A child that was added and
cannot start is forgotten, one that was restarted or replaced is left down; neither costs a restart of the intensity,
since nothing failed that was running (OTP's `start_child` and `restart_child`).
"""

from __future__ import annotations

from typing import TypeAlias, assert_never

from regrow.supervisors.strategies.child import After, Asked, Change, Child, Phase
from regrow.supervisors.strategies.group import ENDING, GroupState, Idle, Starting
from regrow.supervisors.strategies.moves import advance, answer, end, forget, in_clearing, put, start, stop
from regrow.supervisors.strategies.policies import check_policy
from regrow.supervisors.strategies.protocol import (
    AddChild,
    Answer,
    Command,
    Outcome,
    RemoveChild,
    ReplaceChild,
    RestartChild,
    StopChild,
    StopReason,
)

__all__ = ["LiveChange", "change"]

_WITH_POLICY = (AddChild, ReplaceChild)

LiveChange: TypeAlias = AddChild | RemoveChild | StopChild | RestartChild | ReplaceChild


def change(state: GroupState, request: LiveChange, out: list[Command]) -> GroupState:
    """Carry out one request, or begin to."""
    child_id = request.policy.id if isinstance(request, _WITH_POLICY) else request.id
    if isinstance(state.plan, ENDING):
        return _refuse(state, request, child_id, Outcome.STOPPING, out)
    if isinstance(request, AddChild):
        return _add(state, request, out)
    child = state.children.get(child_id)
    if child is None:
        return _refuse(state, request, child_id, Outcome.NOT_FOUND, out)
    match request:
        case RemoveChild():
            return _remove(state, child, request, out)
        case StopChild():
            return _stop(state, child, request, out)
        case RestartChild():
            return _restart(state, child, request, out)
        case ReplaceChild():
            return _replace(state, child, request, out)
        case _:
            assert_never(request)


def _refuse(
    state: GroupState,
    request: LiveChange,
    child_id: str,
    outcome: Outcome,
    out: list[Command],
) -> GroupState:
    out.append(Answer(request.request, child_id, outcome))
    return state


def _add(state: GroupState, request: AddChild, out: list[Command]) -> GroupState:
    policy = request.policy
    if check_policy(state.policy, [policy]):
        return _refuse(state, request, policy.id, Outcome.INVALID, out)
    if state.children.get(policy.id) is not None:
        return _refuse(state, request, policy.id, Outcome.ALREADY_PRESENT, out)
    limit = state.policy.max_children
    if limit is not None and len(state.children) >= limit:
        return _refuse(state, request, policy.id, Outcome.MAX_CHILDREN, out)
    group, children, plan, restarts, significant, places, floor = state
    asked = (Asked(Change.ADD, request.request),)
    child = Child(policy, places, incarnation=floor, asked=asked)
    state = GroupState(group, children, plan, restarts, significant, places + 1, floor)
    return _start_in_turn(_queued(state, policy.id), child, out)


def _remove(state: GroupState, child: Child, request: RemoveChild, out: list[Command]) -> GroupState:
    if child.phase is Phase.DOWN:
        answer(out, request.request, child, Outcome.OK)
        return forget(state, child, out)
    running = child.phase is Phase.UP
    return _refuse(state, request, child.id, Outcome.RUNNING if running else Outcome.RESTARTING, out)


def _stop(state: GroupState, child: Child, request: StopChild, out: list[Command]) -> GroupState:
    if child.phase is Phase.DOWN:
        return _refuse(state, request, child.id, Outcome.OK, out)
    child = _asking(child, Change.STOP, request.request)
    match child.phase:
        case Phase.WAITING | Phase.BACKOFF:
            return advance(end(state, child, Outcome.STOPPING, out), out)
        case Phase.STOPPING:
            return put(state, child._replace(after=After.DOWN))
        case _:
            return stop(state, child, StopReason.ASKED, After.DOWN, out)


def _restart(state: GroupState, child: Child, request: RestartChild, out: list[Command]) -> GroupState:
    match child.phase:
        case Phase.DOWN:
            return _start_in_turn(state, _asking(child, Change.RESTART, request.request), out)
        case Phase.UP:
            return _refuse(state, request, child.id, Outcome.RUNNING, out)
        case _:
            return _refuse(state, request, child.id, Outcome.RESTARTING, out)


def _replace(state: GroupState, child: Child, request: ReplaceChild, out: list[Command]) -> GroupState:
    if check_policy(state.policy, [request.policy]):
        return _refuse(state, request, child.id, Outcome.INVALID, out)
    if child.phase is Phase.STOPPING and child.after is After.DOWN:
        return _refuse(state, request, child.id, Outcome.STOPPING, out)
    renewed = _asking(child, Change.REPLACE, request.request)
    renewed = renewed._replace(policy=request.policy, failures=0, delay_s=0.0)
    match renewed.phase:
        case Phase.WAITING | Phase.STOPPING:
            return put(state, renewed)
        case Phase.DOWN:
            return _start_in_turn(state, renewed, out)
        case Phase.BACKOFF:
            return start(state, renewed, out)
        case _:
            return stop(state, renewed, StopReason.REPLACED, After.START, out)


def _asking(child: Child, what: Change, request: int) -> Child:
    return child._replace(asked=(*child.asked, Asked(what, request)))


def _queued(state: GroupState, child_id: str) -> GroupState:
    """Put a new child last in an ordered start. Its name may be that of one that was removed and is still queued."""
    plan = state.plan
    if not isinstance(plan, Starting):
        return state
    rest = tuple(other for other in plan.queue[plan.at :] if other != child_id)
    return state._replace(plan=Starting((*rest, child_id), 0, plan.first))


def _start_in_turn(state: GroupState, child: Child, out: list[Command]) -> GroupState:
    """Start a child that is down, or leave it waiting where a plan will come to it."""
    plan = state.plan
    queued = isinstance(plan, Starting) and child.id in plan.queue[plan.at :]
    if queued or isinstance(plan, Idle) or in_clearing(state, child):
        return put(state, child._replace(phase=Phase.WAITING))
    return start(state, child, out)
