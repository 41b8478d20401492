"""Every reachable state of small supervisors, against the rules of `otp_rules`.

    python -m tests.supervisors.exploration                 all mixes of up to 3 children, some minutes
    python -m tests.supervisors.exploration --children 2    all mixes of up to 2 children
    python -m tests.supervisors.exploration --timings       what a step costs

Two explorations. *Interleaved*: from the first state, every fact that could be true next, in every order (a crash while
the group stops, a slow start, a stop that never ends), each followed by the checks of `Watcher`; late facts are fed in
every state and must change nothing. *Serial*: one exit at a time, with every pattern of failing starts, until nothing
new is found; after each, the order of starts and stops and what is left running must be those of `Otp`.

Time is either none or more than a period between two facts, so a window holds a number of restarts or nothing.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from regrow.supervisors.strategies import (
    RESTARTS,
    AddChild,
    AutoShutdown,
    Backoff,
    BackoffOver,
    Clearing,
    Closing,
    Command,
    Event,
    Exited,
    ExitKind,
    GiveUp,
    GroupPolicy,
    GroupState,
    Intensity,
    Phase,
    RemoveChild,
    ReplaceChild,
    RestartChild,
    Start,
    StartChild,
    Started,
    StartFailed,
    Starting,
    StopAll,
    StopChild,
    StopChildCommand,
    Stopped,
    Strategy,
    Unstopped,
    initial,
    step,
)
from tests.supervisors.otp_rules import Otp, RuleBroken, Watcher
from tests.supervisors.plain_policy import PlainPolicy

PERIOD_S = 5.0
LATER_S = 2 * PERIOD_S
IDS = ("a", "b", "c")

Mix = tuple[GroupPolicy, tuple[PlainPolicy, ...]]


@dataclass(frozen=True)
class Counts:
    """How much was seen."""

    mixes: int = 0
    states: int = 0
    transitions: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.mixes + other.mixes, self.states + other.states, self.transitions + other.transitions)


def mixes(children: int, intensities: Iterable[int] = (0, 1, 2)) -> Iterator[Mix]:
    """Yield every valid mix of strategy, restart types, significance, auto-shutdown and intensity."""
    for strategy, auto, limit in itertools.product(Strategy, AutoShutdown, intensities):
        group = GroupPolicy(strategy, Intensity(limit, PERIOD_S), auto)
        kinds = [(restart, False) for restart in RESTARTS]
        if auto is not AutoShutdown.NEVER:
            kinds += [("transient", True), ("temporary", True)]
        for combination in itertools.product(kinds, repeat=children):
            yield (
                group,
                tuple(
                    PlainPolicy(child_id, restart, significant)
                    for child_id, (restart, significant) in zip(IDS, combination, strict=False)
                ),
            )


# -- interleaved -------------------------------------------------------------------------------------------------------


def explore_interleaved(mix: Mix, requests: bool = False, most: int | None = None) -> Counts:
    """Visit every state that truthful facts can lead to, and raise `RuleBroken` at the first wrong command."""
    group, children = mix
    first = (initial(group, children), Watcher(group, {child.id: child for child in children}))
    seen = {_key(*first)}
    todo = deque([first])
    transitions = 0
    while todo and (most is None or len(seen) < most):
        state, watcher = todo.popleft()
        check_late_facts(state)
        for event, wait_s in possible(state, watcher, requests):
            after, watched = advance(state, watcher, event, wait_s)
            transitions += 1
            key = _key(after, watched)
            if key not in seen:
                seen.add(key)
                todo.append((after, watched))
    return Counts(1, len(seen), transitions)


def advance(state: GroupState, watcher: Watcher, event: Event, wait_s: float = 0.0) -> tuple[GroupState, Watcher]:
    """Feed one event, and check what follows."""
    watched = watcher.copy()
    now_s = (state.restarts[-1] if state.restarts else 0.0) + wait_s
    watched.event(event)
    after, commands = step(state, event, now_s, 0.5)
    try:
        watched.commands(event, commands)
        check_count(after)
        if watched.at_rest() and not isinstance(event, Start | AddChild):
            watched.check_rest()
    except RuleBroken as broken:
        raise RuleBroken(f"{broken}\n after {event}\n in {state}\n gave {commands}") from None
    return after, watched


def check_count(state: GroupState) -> None:
    """Check what the state says twice: the significant children that have not ended, and the size of the window."""
    ended = (Phase.DOWN, Phase.UNSTOPPED)
    count = sum(child.policy.significant and child.phase not in ended for child in state.children)
    if count != state.significant:
        raise RuleBroken(f"counts {state.significant} significant children, there are {count}")
    if len(state.restarts) > state.policy.intensity.max_restarts:
        raise RuleBroken(f"more restarts than allowed: {state.restarts}")


def check_late_facts(state: GroupState) -> None:
    """Feed facts of other incarnations, and of lives that are over: nothing may change."""
    for child in state.children:
        gone = child.phase in (Phase.WAITING, Phase.DOWN)
        for incarnation in (child.incarnation - 1, child.incarnation + 1, *([child.incarnation] if gone else [])):
            for event in _facts_of(child.id, incarnation):
                after, commands = step(state, event, 1e9, 0.5)
                if commands or after is not state:
                    raise RuleBroken(f"the late {event} led to {commands} in {state}")


def _facts_of(child: str, incarnation: int) -> Iterator[Event]:
    yield Started(child, incarnation)
    yield StartFailed(child, incarnation)
    yield Exited(child, incarnation, ExitKind.CRASH)
    yield Stopped(child, incarnation)
    yield Unstopped(child, incarnation)
    yield BackoffOver(child, incarnation)


def possible(state: GroupState, watcher: Watcher, requests: bool) -> Iterator[tuple[Event, float]]:
    """Yield every fact that could come next, by what the shell knows, and how long after the last restart."""
    if watcher.gave_up is not None and "unstopped" not in watcher.status.values():
        return
    if not watcher.incarnation and not watcher.stopping:
        yield Start(), 0.0
    for child in watcher.members:
        life = watcher.incarnation.get(child, 0)
        match watcher.status.get(child):
            case "starting":
                yield Started(child, life), 0.0
                yield StartFailed(child, life), 0.0
                yield StartFailed(child, life, ExitKind.START_TIMEOUT), LATER_S
            case "delayed":
                yield BackoffOver(child, life), 0.0
            case "up":
                yield Exited(child, life, ExitKind.NORMAL), 0.0
                yield Exited(child, life, ExitKind.CRASH), 0.0
                yield Exited(child, life, ExitKind.CRASH), LATER_S
            case "stopping":
                yield Stopped(child, life), 0.0
                yield Stopped(child, life, ExitKind.CRASH), 0.0
                yield Unstopped(child, life), 0.0
            case "unstopped":
                yield Exited(child, life, ExitKind.CANCELLED), 0.0
            case _:
                pass
    if not watcher.stopping:
        yield StopAll(), 0.0
    if requests and watcher.incarnation:
        yield from ((event, 0.0) for event in _requests(watcher))


def _requests(watcher: Watcher) -> Iterator[Event]:
    if len(watcher.open) >= 2:
        return
    number = max(watcher.open, default=0) % 3 + 1
    for child in IDS[: max(len(watcher.members), 1)]:
        yield RemoveChild(child, number)
        yield StopChild(child, number)
        yield RestartChild(child, number)
        yield ReplaceChild(PlainPolicy(child, "transient"), number)
    yield AddChild(PlainPolicy(IDS[0], "permanent"), number)
    yield AddChild(PlainPolicy(IDS[1], "temporary"), number)


def _key(state: GroupState, watcher: Watcher) -> tuple[object, ...]:
    """Return what the future depends on: without clock times, incarnation numbers and places."""
    plan = state.plan
    progress: tuple[object, ...] = ()
    if isinstance(plan, Starting):
        progress = (plan.queue[plan.at :], plan.first)
    elif isinstance(plan, Clearing):
        cleared = tuple(child.id for child in state.children.ordered() if child.place >= plan.from_place)
        progress = (plan.queue[plan.at :], cleared, plan.first)
    elif isinstance(plan, Closing):
        progress = (plan.queue[plan.at :], plan.reason.kind)
    children = tuple(
        (
            child.policy,
            child.phase,
            child.phase is Phase.STOPPING and child.after,
            child.lived,
            child.delay_s > 0,
            child.asked,
        )
        for child in state.children.ordered()
    )
    return (children, type(plan), progress, len(state.restarts), watcher.key())


# -- serial ------------------------------------------------------------------------------------------------------------


def explore_serial(mix: Mix, failing_starts: int = 3) -> Counts:
    """Compare with `Otp` from every state in which nothing is under way, for every next exit and failing start."""
    group, children = mix
    patterns = list(itertools.product((False, True), repeat=failing_starts))
    todo: deque[tuple[GroupState, Otp]] = deque()
    seen: set[tuple[object, ...]] = set()
    transitions = 0

    def meet(state: GroupState, log: list[tuple[str, str]], otp: Otp, why: str) -> None:
        nonlocal transitions
        transitions += 1
        _compare(state, log, otp, why)
        key = _serial_key(state, otp)
        if otp.ended is None and key not in seen:
            seen.add(key)
            todo.append((state, otp))

    for fails in patterns:
        otp = Otp(group, list(children))
        otp.begin(iter(fails))
        meet(*run(initial(group, children), Start(), 0.0, iter(fails)), otp, f"start {fails}")
    while todo:
        state, known = todo.popleft()
        exits = [
            (child.id, kind)
            for child in state.children.ordered()
            if child.phase is Phase.UP
            for kind in (ExitKind.NORMAL, ExitKind.CRASH)
        ]
        for (child_id, kind), wait_s, fails in itertools.product(exits, (0.0, LATER_S), patterns):
            member = state.children.get(child_id)
            assert member is not None
            at_s = (state.restarts[-1] if state.restarts else 0.0) + wait_s
            otp = known.copy()
            otp.exit(child_id, kind is ExitKind.NORMAL, at_s, iter(fails))
            after, log = run(state, Exited(child_id, member.incarnation, kind), at_s, iter(fails))
            meet(after, log, otp, f"{child_id} {kind} {fails} at {at_s} in {state}")
        otp = known.copy()
        otp.stop()
        meet(*run(state, StopAll(), 0.0, iter(())), otp, f"stop in {state}")
    return Counts(1, len(seen), transitions)


def run(
    state: GroupState, event: Event, at_s: float, fails: Iterator[bool]
) -> tuple[GroupState, list[tuple[str, str]]]:
    """Feed an event and carry out all commands, stops that obey and starts that fail as said, until nothing is left."""
    log: list[tuple[str, str]] = []
    events: deque[Event] = deque([event])
    while events:
        state, commands = step(state, events.popleft(), at_s, 0.5)
        for command in commands:
            fact = _carry_out(command, fails, log)
            if fact is not None:
                events.append(fact)
    return state, log


def _carry_out(command: Command, fails: Iterator[bool], log: list[tuple[str, str]]) -> Event | None:
    match command:
        case StartChild(id=child, incarnation=life):
            log.append(("start", child))
            return StartFailed(child, life) if next(fails, False) else Started(child, life)
        case StopChildCommand(id=child, incarnation=life):
            log.append(("stop", child))
            return Stopped(child, life)
        case GiveUp(reason=reason):
            log.append(("give up", reason.kind.value))
        case _:
            pass
    return None


def _compare(state: GroupState, log: list[tuple[str, str]], otp: Otp, why: str) -> None:
    expected = otp.log + ([("give up", otp.ended.value)] if otp.ended is not None else [])
    if log != expected:
        raise RuleBroken(f"OTP would do {expected}, not {log}: {why}")
    if otp.ended is not None:
        return
    running = {child.id: child.phase is Phase.UP for child in state.children.ordered()}
    if list(running.items()) != [(child.id, otp.running[child.id]) for child in otp.order]:
        raise RuleBroken(f"OTP would have {otp.running}, not {running}: {why}")
    if len(state.restarts) != len(otp.restarts):
        raise RuleBroken(f"OTP would count {otp.restarts}, not {state.restarts}: {why}")


def _serial_key(state: GroupState, otp: Otp) -> tuple[object, ...]:
    children = tuple((child.id, child.phase, child.lived) for child in state.children.ordered())
    return (children, type(state.plan), len(state.restarts), tuple(otp.running.items()), len(otp.restarts))


# -- the command -------------------------------------------------------------------------------------------------------


def timings() -> Iterator[tuple[str, int, float]]:
    """Yield what a step costs in microseconds of processor time, children copied, the best of nine, by event and number."""
    for strategy, count in ((Strategy.ONE_FOR_ONE, 10), (Strategy.ONE_FOR_ONE, 1000), (Strategy.DYNAMIC, 1000)):
        group = GroupPolicy(strategy, Intensity(3, PERIOD_S))
        up = run(initial(group, [PlainPolicy(f"c{n}") for n in range(count)]), Start(), 0.0, iter(()))[0]
        crash = Exited("c3", 1, ExitKind.CRASH)
        down = step(up, crash, 1.0, 0.5)[0]
        yield f"{strategy.value}: a child crashes", count, _best_us(up, crash)
        yield f"{strategy.value}: it is up again", count, _best_us(down, Started("c3", 2))
        yield f"{strategy.value}: a child is added", count, _best_us(up, AddChild(PlainPolicy("new")))


def _best_us(state: GroupState, event: Event, rounds: int = 9, steps: int = 300) -> float:
    best = float("inf")
    for _ in range(rounds):
        begun = time.process_time()
        for _ in range(steps):
            step(state, event, 1.0, 0.5)
        best = min(best, (time.process_time() - begun) / steps * 1e6)
    return best


def main() -> None:
    """Explore, and print how much was seen."""
    parser = argparse.ArgumentParser(description="explore every state of small supervisors")
    parser.add_argument("--children", type=int, default=3, choices=(1, 2, 3))
    parser.add_argument("--timings", action="store_true")
    options = parser.parse_args()
    if options.timings:
        for what, count, cost_us in timings():
            print(f"{cost_us:8.2f} us  {what}, of {count}")
        return
    for children in range(1, options.children + 1):
        for name, explore in (
            ("serial", explore_serial),
            ("interleaved", explore_interleaved),
            ("interleaved, with backoff", lambda mix: explore_interleaved(with_backoff(mix))),
        ):
            begun = time.monotonic()
            total = sum(map(explore, mixes(children)), Counts())
            print(
                f"{children} children, {name}: {total.mixes} mixes, {total.states} states, "
                f"{total.transitions} transitions, {time.monotonic() - begun:.0f} s",
                flush=True,
            )
    begun = time.monotonic()
    total = sum((explore_interleaved(mix, requests=True, most=20_000) for mix in mixes_for_requests()), Counts())
    print(f"2 children and requests: {total}, {time.monotonic() - begun:.0f} s")


def with_backoff(mix: Mix) -> Mix:
    """Return the mix with a delay before each restart of every child."""
    group, children = mix
    delay = Backoff(initial_s=1.0, maximum_s=1.0)
    return group, tuple(PlainPolicy(child.id, child.restart, child.significant, delay) for child in children)


def mixes_for_requests() -> Iterator[Mix]:
    """Yield mixes small enough to be explored with requests in between: one unit of intensity, two children."""
    for group, children in mixes(2, intensities=(1,)):
        if group.auto_shutdown is AutoShutdown.NEVER:
            yield group, children


if __name__ == "__main__":
    main()
