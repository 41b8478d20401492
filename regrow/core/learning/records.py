"""What a pattern's record becomes by one more error, outcome or healed run, and by another machine's record. Pure."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from typing import Final

from regrow.core.learning.posterior import HALF_LIFE_DAYS, LIMIT_FAILURES, Posterior, decayed
from regrow.core.learning.recognising import Recognised
from regrow.protocols.patterns import (
    MAX_FOLLOW_UPS,
    MAX_RECORDS,
    DebugPattern,
    FollowUp,
    KnownPattern,
    PatternContext,
    PatternResolution,
    RecoveryStrategy,
    ResourceMetrics,
    StrategyImplementation,
    StrategyPerformance,
    StrategyRecord,
    StrategyType,
)
from regrow.protocols.run_messages import ChainLink, LearnError

__all__ = [
    "begun",
    "followed",
    "gives_way",
    "merged",
    "posterior_of",
    "restored",
    "rule_of",
    "seen_again",
    "settled",
    "strategies_of",
    "worth_of",
]

OTHER_KIND: Final = 0.5
"""What a success in another kind of project counts."""

NEAR_PATTERN: Final = 0.25
"""What a success against a pattern that is only nearly the same counts."""

_EPOCH: Final = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


def rule_of(strategy_id: str) -> str:
    """Return the rule of a strategy, without what it is about.

    >>> rule_of("add_packages:zlib.h")
    'add_packages'
    """
    return strategy_id.partition(":")[0]


def begun(error: LearnError, seen: Recognised, now: dt.datetime) -> KnownPattern:
    """Return the record of a pattern that is seen for the first time."""
    pattern = DebugPattern(
        pattern_id=seen.pattern_id,
        error_type=seen.cause.value,
        error_message=seen.shown,
        component=error.component,
        phase=error.phase,
        frequency=1,
        first_seen=now,
        last_seen=now,
        context=PatternContext(
            system_state={
                "ecosystem": error.ecosystem.value,
                "kind": error.kind,
                "command": error.command,
                "exitCode": error.exit_code,
                "otherCauses": [other.value for other in seen.others],
                "shownBy": list(seen.lines),
                "templates": [{"text": text, "count": count} for text, count in seen.templates],
            },
            environment_vars={},
            resource_usage=ResourceMetrics(),
        ),
        resolution=PatternResolution(),
    )
    found = KnownPattern(pattern=pattern, code=error.error.code, normal_form=seen.normal_form, group=seen.group)
    return found.model_copy(update={"worth": worth_of(found)})


def seen_again(known: KnownPattern, now: dt.datetime) -> KnownPattern:
    """Count one more error of a pattern."""
    pattern = known.pattern
    later = {"frequency": pattern.frequency + 1, "last_seen": max(now, pattern.last_seen)}
    return _with(known, pattern.model_copy(update=later))


def settled(
    known: KnownPattern, kind: str, rule: str, now: dt.datetime, *, success: bool, cost_ms: float
) -> KnownPattern:
    """Count what a rule has achieved against a pattern."""
    records = {(one.kind, one.rule): one for one in known.records}
    before = records.get((kind, rule)) or StrategyRecord(kind=kind, rule=rule, last_used=now)
    attempts = before.attempts + 1
    records[kind, rule] = before.model_copy(
        update={
            "attempts": attempts,
            "successes": before.successes + success,
            "failures": before.failures + (not success),
            "good": decayed(before.good, before.last_used, now) + success,
            "bad": decayed(before.bad, before.last_used, now) + (not success),
            "failures_in_a_row": 0 if success else before.failures_in_a_row + 1,
            "cost_ms": before.cost_ms + (cost_ms - before.cost_ms) / attempts,
            "last_used": max(now, before.last_used),
        }
    )
    return _with(known, known.pattern, records=_newest(records.values()))


def followed(
    known: KnownPattern, kind: str, link: ChainLink, after: ChainLink | None, now: dt.datetime
) -> KnownPattern:
    """Note what came after a recovery that had helped; None: the run was healed by it."""
    seen = FollowUp(kind=kind, after=link.rule, last_seen=now)
    if after is not None:
        seen = FollowUp(
            kind=kind,
            after=link.rule,
            rule=after.rule,
            effect=after.effect,
            next_pattern=after.pattern_id,
            code=after.code,
            phase=after.phase,
            evidence=after.evidence,
            exit_code=after.exit_code,
            last_seen=now,
        )
    follow_ups = {_place(one): one for one in known.follow_ups}
    before = follow_ups.get(_place(seen))
    weight = decayed(before.weight, before.last_seen, now) if before is not None else 0.0
    follow_ups[_place(seen)] = seen.model_copy(update={"weight": weight + 1})
    return _with(known, known.pattern, follow_ups=_heaviest(follow_ups.values(), now))


def merged(here: KnownPattern, there: KnownPattern) -> KnownPattern:
    """Add up what two machines have seen of one pattern. The order does not matter, but for sums of fractions."""
    newer, older = sorted(
        (here, there), key=lambda each: (each.pattern.last_seen, each.model_dump_json()), reverse=True
    )
    now = newer.pattern.last_seen
    pattern = newer.pattern.model_copy(
        update={
            "frequency": here.pattern.frequency + there.pattern.frequency,
            "first_seen": min(here.pattern.first_seen, there.pattern.first_seen),
        }
    )
    records: dict[tuple[str, str], StrategyRecord] = {}
    for record in (*older.records, *newer.records):
        known = records.get((record.kind, record.rule))
        records[record.kind, record.rule] = record if known is None else _sum(known, record)
    follow_ups: dict[tuple[str | None, ...], FollowUp] = {}
    for one in (*older.follow_ups, *newer.follow_ups):
        other = follow_ups.get(_place(one), one.model_copy(update={"weight": 0.0}))
        last = max(one.last_seen, other.last_seen)
        weight = sum(decayed(each.weight, each.last_seen, last) for each in (one, other))
        follow_ups[_place(one)] = one.model_copy(update={"weight": weight, "last_seen": last})
    return _with(newer, pattern, records=_newest(records.values()), follow_ups=_heaviest(follow_ups.values(), now))


def restored(known: KnownPattern, group: str) -> KnownPattern:
    """Return a pattern that was carried here, with all that is computed of it computed again."""
    return _with(known.model_copy(update={"group": group}), known.pattern)


def posterior_of(records: Sequence[StrategyRecord], kind: str, rule: str, now: dt.datetime, *, near: bool) -> Posterior:
    """Return what is believed of a rule's success: this kind of project counts whole, others and near patterns less."""
    found = Posterior()
    for record in records:
        if record.rule == rule:
            weight = (1.0 if record.kind == kind else OTHER_KIND) * (NEAR_PATTERN if near else 1.0)
            good, bad = (decayed(value, record.last_used, now) for value in (record.good, record.bad))
            found = found.plus(Posterior(good, bad), weight)
    return found


def gives_way(records: Sequence[StrategyRecord], kind: str, rule: str) -> bool:
    """Whether a rule has failed so often in a row in this kind of project that it is no longer tried first (trap 20)."""
    return any(one.kind == kind and one.rule == rule and one.failures_in_a_row >= LIMIT_FAILURES for one in records)


def strategies_of(pattern_id: str, records: Sequence[StrategyRecord]) -> tuple[RecoveryStrategy, ...]:
    """Return the records of all kinds of project as the specification's strategies, best first."""
    found: dict[str, StrategyPerformance] = {}
    for record in records:
        before = found.get(record.rule, StrategyPerformance())
        attempts = before.attempts + record.attempts
        total = before.average_recovery_time_ms * before.attempts + record.cost_ms * record.attempts
        found[record.rule] = StrategyPerformance(
            attempts=attempts,
            successes=before.successes + record.successes,
            failures=before.failures + record.failures,
            average_recovery_time_ms=total / attempts if attempts else 0.0,
            last_used=max(record.last_used, before.last_used or record.last_used),
        )
    strategies = (
        RecoveryStrategy(
            strategy_id=rule,
            name=rule,
            description="",
            applicable_errors=(pattern_id,),
            implementation=StrategyImplementation(
                type=StrategyType.RETRY if rule.startswith("retry") else StrategyType.CUSTOM, config={"rule": rule}
            ),
            performance=performance,
        )
        for rule, performance in found.items()
    )
    return tuple(sorted(strategies, key=_by_record))


def worth_of(known: KnownPattern) -> str:
    """Return a pattern's place among all: how often it was seen, each time worth half after a half-life, as text that sorts.

    `log2(n · 2^(-age / half-life))` falls for all patterns alike as time goes by, so the order never changes by itself,
    and `log2 n + last seen / half-life` is the same order without a clock.
    """
    days = (known.pattern.last_seen - _EPOCH).total_seconds() / 86_400
    weight = known.pattern.frequency + 4 * sum(one.good for one in known.records)
    return f"{max(0.0, 1_000 + days / HALF_LIFE_DAYS + math.log2(max(1.0, weight))):014.6f}"


def _with(
    known: KnownPattern,
    pattern: DebugPattern,
    *,
    records: tuple[StrategyRecord, ...] | None = None,
    follow_ups: tuple[FollowUp, ...] | None = None,
) -> KnownPattern:
    kept = known.records if records is None else records
    resolution = pattern.resolution.model_copy(update={"strategies": strategies_of(pattern.pattern_id, kept)})
    found = known.model_copy(
        update={
            "pattern": pattern.model_copy(update={"resolution": resolution}),
            "records": kept,
            "follow_ups": known.follow_ups if follow_ups is None else follow_ups,
        }
    )
    return found.model_copy(update={"worth": worth_of(found)})


def _sum(one: StrategyRecord, other: StrategyRecord) -> StrategyRecord:
    last = max(one.last_used, other.last_used)
    newer = one if one.last_used == last else other
    attempts = one.attempts + other.attempts
    cost = (one.cost_ms * one.attempts + other.cost_ms * other.attempts) / attempts if attempts else 0.0
    return StrategyRecord(
        kind=one.kind,
        rule=one.rule,
        attempts=attempts,
        successes=one.successes + other.successes,
        failures=one.failures + other.failures,
        good=sum(decayed(each.good, each.last_used, last) for each in (one, other)),
        bad=sum(decayed(each.bad, each.last_used, last) for each in (one, other)),
        failures_in_a_row=newer.failures_in_a_row,
        cost_ms=cost,
        last_used=last,
    )


def _place(one: FollowUp) -> tuple[str | None, ...]:
    return (one.kind, one.after, one.rule, one.effect, one.next_pattern)


def _newest(records: Iterable[StrategyRecord]) -> tuple[StrategyRecord, ...]:
    kept = sorted(records, key=lambda one: (one.last_used, one.kind, one.rule), reverse=True)[:MAX_RECORDS]
    return tuple(sorted(kept, key=lambda one: (one.kind, one.rule)))


def _heaviest(follow_ups: Iterable[FollowUp], now: dt.datetime) -> tuple[FollowUp, ...]:
    def key(one: FollowUp) -> tuple[float, tuple[str, ...]]:
        return (-decayed(one.weight, one.last_seen, now), tuple(str(each) for each in _place(one)))

    return tuple(sorted(follow_ups, key=key)[:MAX_FOLLOW_UPS])


def _by_record(strategy: RecoveryStrategy) -> tuple[float, str]:
    record = strategy.performance
    return (-(record.successes + 1) / (record.attempts + 2), strategy.strategy_id)
