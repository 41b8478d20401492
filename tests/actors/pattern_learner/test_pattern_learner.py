"""What is remembered of an error, and of what helped against it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regrow import ChildSpec, Ref, Supervisor, open_tree
from regrow.actors.pattern_learner.actor import PATTERNS, PatternLearnerActor
from regrow.actors.pattern_learner.templates import pattern_id, template
from regrow.core.store import MemoryStore
from regrow.protocols.patterns import DebugPattern
from regrow.protocols.run_messages import LearnError, ReportOutcome
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
    assert [one.strategy_id for one in known.strategies] == ["good:x", "mixed:x", "bad:x"]
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
    (strategy,) = DebugPattern.model_validate_json(item.data).resolution.strategies
    assert strategy.performance.average_recovery_time_ms == pytest.approx(30.0)
    assert (strategy.performance.attempts, strategy.performance.successes) == (3, 3)


@pytest.mark.anyio
async def test_outcome_of_a_pattern_that_is_not_known_is_ignored() -> None:
    store = MemoryStore()
    async with learner(store) as ref:
        await ref.tell(outcome("d" * 64, "s:x", success=True))
        await ref.ask(failure(learn=False))
    assert await store.list_items(PATTERNS) == ()


@given(st.text(max_size=200))
def test_template_of_a_template_is_itself(text: str) -> None:
    once = template(text)
    assert template(once) == once


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_numbers_do_not_tell_patterns_apart(one: int, two: int) -> None:
    assert pattern_id("E2004", "building", f"line {one}") == pattern_id("E2004", "building", f"line {two}")


def test_code_phase_and_text_are_kept_apart() -> None:
    ids = {pattern_id("E1", "ab", "c"), pattern_id("E1", "a", "bc"), pattern_id("E1a", "b", "c")}
    assert len(ids) == 3
