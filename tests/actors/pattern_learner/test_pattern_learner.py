"""What is remembered of an error, and of what helped against it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from regrow import ChildSpec, Ref, Supervisor, open_tree
from regrow.actors.pattern_learner.actor import PatternLearnerActor
from regrow.core.learning.book import PATTERNS
from regrow.core.learning.kept import unpacked
from regrow.core.store import MemoryStore, Put
from regrow.protocols.run_messages import ChainLink, LearnChain, LearnedPattern, LearnError, ReportOutcome
from regrow.protocols.verification import BuildError


@asynccontextmanager
async def learner(store: MemoryStore) -> AsyncIterator[Ref[PatternLearnerActor]]:
    spec = ChildSpec("learner", PatternLearnerActor, args={"store": store})
    async with open_tree(Supervisor("s", children=[spec])) as tree:
        yield tree.ref("s/learner", PatternLearnerActor)


def failure(text: str = "step 12 failed in /tmp/x7/build", *, learn: bool = True) -> LearnError:
    error = BuildError(code="E2004", message=text)
    return LearnError(run_id="r", component="builder", phase="building", error=error, learn=learn)


def outcome(pattern: str, strategy: str, *, success: bool, took_ms: float = 10.0) -> ReportOutcome:
    return ReportOutcome(
        run_id="r", attempt=1, pattern_id=pattern, strategy_id=strategy, success=success, recovery_time_ms=took_ms
    )


@pytest.mark.anyio
async def test_same_error_in_another_folder_is_the_same_pattern() -> None:
    async with learner(MemoryStore()) as ref:
        first = await ref.ask(failure("step 12 failed in /tmp/x7/build"))
        second = await ref.ask(failure("step 13 failed in /tmp/y8/build"))
        other = await ref.ask(failure("step 12 is missing"))
    assert (first.is_new, second.is_new, other.is_new) == (True, False, True)
    assert first.pattern_id == second.pattern_id != other.pattern_id
    assert second.frequency == 2


@pytest.mark.anyio
async def test_run_that_may_not_learn_leaves_no_trace() -> None:
    store = MemoryStore()
    async with learner(store) as ref:
        await ref.ask(failure(learn=False))
    assert await store.list_items(PATTERNS) == ()


@pytest.mark.anyio
async def test_strategies_come_best_record_first_and_survive_the_actor() -> None:
    store = MemoryStore()
    async with learner(store) as ref:
        key = (await ref.ask(failure())).pattern_id
        for strategy, success in (("bad:x", False), ("good:x", True), ("good:x", True), ("mixed:x", True)):
            await ref.tell(outcome(key, strategy, success=success))
        await ref.tell(outcome(key, "mixed:x", success=False))
        await ref.ask(failure())
    async with learner(store) as ref:
        known = await ref.ask(failure())
    assert [one.strategy_id for one in known.strategies] == ["good", "mixed", "bad"]
    assert [one.name for one in known.strategies] == ["good", "mixed", "bad"]


@pytest.mark.anyio
async def test_average_time_is_that_of_all_attempts() -> None:
    store = MemoryStore()
    async with learner(store) as ref:
        key = (await ref.ask(failure())).pattern_id
        for took_ms in (10.0, 20.0, 60.0):
            await ref.tell(outcome(key, "s:x", success=True, took_ms=took_ms))
        await ref.ask(failure())
    (item,) = await store.list_items(PATTERNS)
    (strategy,) = unpacked(item.data).pattern.resolution.strategies
    assert strategy.performance.average_recovery_time_ms == pytest.approx(30.0)
    assert (strategy.performance.attempts, strategy.performance.successes) == (3, 3)


@pytest.mark.anyio
async def test_outcome_of_a_pattern_that_is_not_known_is_ignored() -> None:
    store = MemoryStore()
    async with learner(store) as ref:
        await ref.tell(outcome("d" * 64, "s:x", success=True))
        await ref.ask(failure(learn=False))
    assert await store.list_items(PATTERNS) == ()


def link(pattern: LearnedPattern, rule: str, *, assumed: bool = False) -> ChainLink:
    return ChainLink(
        pattern_id=pattern.pattern_id,
        rule=rule,
        effect=f"rule {rule}",
        code="E2004",
        phase="building",
        evidence=pattern.evidence[0],
        exit_code=1,
        assumed=assumed,
    )


@pytest.mark.anyio
async def test_what_follows_is_told_as_far_as_it_is_known_and_each_run_is_learned_once() -> None:
    async with learner(MemoryStore()) as ref:
        a, b = [await ref.ask(failure(text)) for text in ("a broke", "b broke")]
        lesson = LearnChain(run_id="r1", kind="python", links=(link(a, "first"), link(b, "second")))
        told = [(await ref.ask(lesson)).new for _ in range(3)]
        known = await ref.ask(failure("a broke").model_copy(update={"kind": "python"}))
        other = await ref.ask(failure("a broke").model_copy(update={"kind": "node"}))
    assert told == [True, False, False]
    (after_a,), (after_b,) = known.follow_ups[a.pattern_id], known.follow_ups[b.pattern_id]
    assert (after_a.after, after_a.rule, after_a.next_pattern, after_a.weight) == ("first", "second", b.pattern_id, 1.0)
    assert (after_b.after, after_b.rule, after_b.next_pattern) == ("second", "", None)
    assert other.follow_ups == {a.pattern_id: ()}


@pytest.mark.anyio
async def test_what_came_with_others_at_once_says_nothing_of_what_comes_next() -> None:
    async with learner(MemoryStore()) as ref:
        a = await ref.ask(failure("a broke"))
        lesson = LearnChain(run_id="r1", kind="python", links=(link(a, "first", assumed=True),))
        assert not (await ref.ask(lesson)).new


@pytest.mark.anyio
async def test_nearly_the_same_error_is_served_by_the_record_of_the_other() -> None:
    async with learner(MemoryStore()) as ref:
        first = await ref.ask(failure("cannot configure the frobnicator of the widget"))
        await ref.tell(outcome(first.pattern_id, "good:x", success=True))
        second = await ref.ask(failure("cannot configure the frobnicators of the widget"))
        far = await ref.ask(failure("cannot configure the"))
    assert (second.near, [one.rule for one in second.records]) == (first.pattern_id, ["good"])
    assert (far.near, far.records) == (None, ())


@pytest.mark.anyio
async def test_record_that_cannot_be_read_is_begun_again() -> None:
    store = MemoryStore()
    async with learner(store) as ref:
        key = (await ref.ask(failure())).pattern_id
        await store.put(Put(PATTERNS, key, b"{broken", 7))
        again = await ref.ask(failure())
        assert (again.is_new, again.frequency) == (True, 1)
        assert (await ref.ask(failure())).frequency == 2
