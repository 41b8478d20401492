"""Shell: the pattern learner: a record in the store for each pattern, with what its strategies have achieved."""

from __future__ import annotations

from regrow.actors.pattern_learner.templates import pattern_id
from regrow.core.actor import Actor
from regrow.core.handlers import handler
from regrow.core.store import Put, Store
from regrow.protocols.messages import NoState
from regrow.protocols.patterns import (
    DebugPattern,
    PatternContext,
    PatternResolution,
    RecoveryStrategy,
    ResourceMetrics,
    StrategyImplementation,
    StrategyPerformance,
    StrategyType,
)
from regrow.protocols.run_messages import LearnedPattern, LearnError, ReportOutcome

__all__ = ["PATTERNS", "PatternLearnerActor", "by_record"]

PATTERNS = "patterns"
"""The collection of the store."""


class PatternLearnerActor(Actor[NoState]):
    """See the module.

    Args:
        store: Where the patterns are kept.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    @handler
    async def learn_error(self, message: LearnError) -> LearnedPattern:
        """Record an error and return what is known about it."""
        evidence = message.error.evidence or message.error.message
        key = pattern_id(message.error.code, message.phase, evidence)
        known = await self._load(key)
        now = self.ctx.world.wall()
        if known is None:
            pattern = DebugPattern(
                pattern_id=key,
                error_type=message.error.code,
                error_message=evidence,
                component=message.component,
                phase=message.phase,
                frequency=1,
                first_seen=now,
                last_seen=now,
                context=PatternContext(
                    system_state={"ecosystem": message.ecosystem.value, "command": message.command},
                    environment_vars={},
                    resource_usage=ResourceMetrics(),
                ),
                resolution=PatternResolution(),
            )
        else:
            pattern = known.model_copy(update={"frequency": known.frequency + 1, "last_seen": now})
        if message.learn:
            await self._save(pattern)
        strategies = pattern.resolution.strategies
        return LearnedPattern(
            pattern_id=key,
            is_new=known is None,
            frequency=pattern.frequency,
            strategies=tuple(sorted(strategies, key=by_record)),
        )

    @handler
    async def report_outcome(self, message: ReportOutcome) -> None:
        """Count what a strategy has achieved."""
        pattern = await self._load(message.pattern_id)
        if pattern is None:
            return
        strategies = {one.strategy_id: one for one in pattern.resolution.strategies}
        before = strategies.get(message.strategy_id) or RecoveryStrategy(
            strategy_id=message.strategy_id,
            name=message.strategy_id.partition(":")[0],
            description="",
            applicable_errors=(message.pattern_id,),
            implementation=StrategyImplementation(type=StrategyType.CUSTOM, config={}),
        )
        record = before.performance
        attempts = record.attempts + 1
        average = record.average_recovery_time_ms + (
            (message.recovery_time_ms - record.average_recovery_time_ms) / attempts
        )
        after = StrategyPerformance(
            attempts=attempts,
            successes=record.successes + message.success,
            failures=record.failures + (not message.success),
            average_recovery_time_ms=average,
            last_used=self.ctx.world.wall(),
        )
        strategies[message.strategy_id] = before.model_copy(update={"performance": after})
        resolution = pattern.resolution.model_copy(update={"strategies": tuple(strategies.values())})
        await self._save(pattern.model_copy(update={"resolution": resolution}))

    async def _load(self, key: str) -> DebugPattern | None:
        item = await self._store.get(PATTERNS, key)
        return DebugPattern.model_validate_json(item.data) if item is not None else None

    async def _save(self, pattern: DebugPattern) -> None:
        await self._store.put(Put(PATTERNS, pattern.pattern_id, pattern.model_dump_json(by_alias=True).encode()))


def by_record(strategy: RecoveryStrategy) -> tuple[float, str]:
    """Order strategies, best record first: by the success rate to expect after one success and one failure more."""
    record = strategy.performance
    return (-(record.successes + 1) / (record.attempts + 2), strategy.strategy_id)
