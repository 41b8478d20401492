"""Shell: the pattern learner: recognises a failure, says what is known of its pattern, and keeps what became of recoveries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial

from regrow.core.actor import Actor
from regrow.core.handlers import handler
from regrow.core.learning.book import MAX_PATTERNS, PatternBook
from regrow.core.learning.recognising import recognise
from regrow.core.learning.records import begun, followed, rule_of, seen_again, settled
from regrow.core.store import Store
from regrow.protocols.messages import NoState
from regrow.protocols.patterns import FollowUp, KnownPattern
from regrow.protocols.run_messages import ChainLink, LearnChain, Learned, LearnedPattern, LearnError, ReportOutcome

__all__ = ["PatternLearnerActor"]

MAX_STEPS = 3
"""How many failures ahead it is told what came next."""


class PatternLearnerActor(Actor[NoState]):
    """See the module.

    Args:
        store: Where the patterns are kept.
        max_patterns: How many.
    """

    def __init__(self, store: Store, max_patterns: int = MAX_PATTERNS) -> None:
        self._book = PatternBook(store, max_patterns)

    @handler
    async def learn_error(self, message: LearnError) -> LearnedPattern:
        """Record an error and return what is known about it."""
        error = message.error
        seen = await self.ctx.world.run_blocking(
            recognise,
            message.output_tail,
            error.code,
            message.phase,
            error.evidence or error.message,
            message.exit_code,
        )
        now = self.ctx.world.wall()
        known = await self._book.get(seen.pattern_id)
        first = begun(message, seen, now)
        pattern = seen_again(known, now) if known is not None else first
        if message.learn:
            change = partial(_one_more, first, now)
            pattern = await self._book.change(seen.pattern_id, change)
        near = await self._book.near(pattern) if not pattern.records else None
        return LearnedPattern(
            pattern_id=seen.pattern_id,
            is_new=known is None,
            frequency=pattern.pattern.frequency,
            strategies=pattern.pattern.resolution.strategies,
            cause=seen.cause.value,
            evidence=seen.lines or (seen.shown,),
            records=pattern.records or (near.records if near is not None else ()),
            near=near.pattern.pattern_id if near is not None else None,
            follow_ups=await self._what_follows(near or pattern, seen.pattern_id, message.kind),
        )

    @handler
    async def report_outcome(self, message: ReportOutcome) -> None:
        """Count what a strategy has achieved."""
        if await self._book.get(message.pattern_id) is None:
            return
        now = self.ctx.world.wall()
        await self._book.change(message.pattern_id, partial(_outcome, message, now))

    @handler
    async def learn_chain(self, message: LearnChain) -> Learned:
        """Learn in which order recoveries healed a run, once."""
        now = self.ctx.world.wall()
        changes: dict[str, Callable[[KnownPattern | None], KnownPattern]] = {}
        for place, link in enumerate(message.links):
            if link.assumed or link.pattern_id in changes or await self._book.get(link.pattern_id) is None:
                continue  # what would have come next was not seen, or the pattern was forgotten
            after = message.links[place + 1] if place + 1 < len(message.links) else None
            changes[link.pattern_id] = partial(_chain, message.kind, link, after, now)
        if not changes:
            return Learned(new=False)
        return Learned(new=bool(await self._book.change_all(changes, lesson=message.run_id)))

    async def _what_follows(self, pattern: KnownPattern, own: str, kind: str) -> dict[str, tuple[FollowUp, ...]]:
        found = {own: _of_kind(pattern, kind)}
        last = found[own]
        for _ in range(MAX_STEPS):
            heaviest = max(last, key=lambda one: one.weight, default=None)
            if heaviest is None or heaviest.next_pattern is None or heaviest.next_pattern in found:
                break
            following = await self._book.get(heaviest.next_pattern)
            if following is None:
                break
            last = found[heaviest.next_pattern] = _of_kind(following, kind)
        return found


def _of_kind(pattern: KnownPattern, kind: str) -> tuple[FollowUp, ...]:
    return tuple(one for one in pattern.follow_ups if one.kind == kind)


def _one_more(first: KnownPattern, now: dt.datetime, known: KnownPattern | None) -> KnownPattern:
    return first if known is None else seen_again(known, now)


def _outcome(message: ReportOutcome, now: dt.datetime, known: KnownPattern | None) -> KnownPattern:
    assert known is not None, "a pattern is only forgotten by a person"
    return settled(
        known,
        message.kind,
        rule_of(message.strategy_id),
        now,
        success=message.success,
        cost_ms=message.recovery_time_ms,
    )


def _chain(
    kind: str, link: ChainLink, after: ChainLink | None, now: dt.datetime, known: KnownPattern | None
) -> KnownPattern:
    assert known is not None
    return followed(known, kind, link, after, now)
