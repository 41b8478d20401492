"""Patterns and strategies as rows, for people and for programs. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from regrow.core.learning.posterior import LIMIT_FAILURES, Posterior, decayed
from regrow.protocols.patterns import KnownPattern, StrategyRecord

__all__ = ["StrategyRow", "pattern_line", "pattern_text", "stats_of", "strategy_line", "strategy_rows", "visible"]


def visible(text: str, length: int = 100) -> str:
    """Return a text on one line, without what a terminal would obey."""
    plain = re.sub(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+", " ", text).strip()
    return plain if len(plain) <= length else plain[: length - 3] + "..."


def pattern_line(known: KnownPattern, width: int) -> str:
    """Return a pattern on one line; `width` characters of its id."""
    pattern = known.pattern
    best = pattern.resolution.strategies[0] if pattern.resolution.strategies else None
    helped = f"{best.name} {best.performance.successes}/{best.performance.attempts}" if best is not None else "-"
    return (
        f"{pattern.pattern_id[:width]}  {visible(pattern.error_type, 18):<18} {pattern.frequency:>5}  "
        f"{pattern.last_seen:%Y-%m-%d}  {visible(helped, 34):<34}  {visible(pattern.error_message, 90)}"
    )


def pattern_text(known: KnownPattern, now: dt.datetime) -> list[str]:
    """Return all that is known of a pattern, as lines."""
    pattern = known.pattern
    lines = [
        f"pattern    {pattern.pattern_id}",
        f"cause      {visible(pattern.error_type)}",
        f"error      {known.code} while {visible(pattern.phase)}: {visible(pattern.error_message, 300)}",
        f"form       {visible(known.normal_form, 300)}",
        f"seen       {pattern.frequency} times, first {pattern.first_seen:%Y-%m-%d}, last {pattern.last_seen:%Y-%m-%d}",
    ]
    state = pattern.context.system_state
    shown = state.get("shownBy") if isinstance(state, dict) else None
    lines += [f"shown by   {visible(str(line), 200)}" for line in shown] if isinstance(shown, list) else []
    rows = strategy_rows([known], now)
    lines += ["tried:", *(f"  {strategy_line(row)}" for row in rows)] if rows else ["tried:     nothing yet"]
    following = [
        f"  after {one.after} in {one.kind}: {one.rule or 'nothing more'} "
        f"({visible(one.effect, 80) or '-'}), weight {decayed(one.weight, one.last_seen, now):.1f}"
        for one in known.follow_ups
    ]
    return [*lines, *(["came next:", *following] if following else [])]


@dataclass(frozen=True, slots=True)
class StrategyRow:
    """What a rule has achieved in a kind of project, over some patterns."""

    rule: str
    kind: str
    patterns: int
    attempts: int
    successes: int
    failures: int
    expected: float
    cost_ms: float
    last_used: dt.datetime
    given_way: int

    def as_json(self) -> dict[str, JsonValue]:
        """The row for programs."""
        return {
            "rule": self.rule,
            "kind": self.kind,
            "patterns": self.patterns,
            "attempts": self.attempts,
            "successes": self.successes,
            "failures": self.failures,
            "expected": round(self.expected, 4),
            "costMs": round(self.cost_ms, 1),
            "lastUsed": self.last_used.isoformat(),
            "givenWay": self.given_way,
        }


def strategy_rows(patterns: Iterable[KnownPattern], now: dt.datetime) -> list[StrategyRow]:
    """Return the records, added up by rule and kind; `expected` is what is believed now, old successes counting less."""
    found: dict[tuple[str, str], list[StrategyRecord]] = {}
    for known in patterns:
        for record in known.records:
            found.setdefault((record.rule, record.kind), []).append(record)
    return [_row(rule, kind, records, now) for (rule, kind), records in sorted(found.items())]


def strategy_line(row: StrategyRow) -> str:
    """Return a row as people read it."""
    rate = row.successes / row.attempts if row.attempts else 0.0
    late = f", comes last for {row.given_way}" if row.given_way else ""
    return (
        f"{visible(row.rule, 24):<24} {visible(row.kind, 16):<16} {row.successes:>4} of {row.attempts:<4} ({rate:>4.0%})  "
        f"expected {row.expected:.2f}  {row.cost_ms / 1000:>6.1f} s each  last {row.last_used:%Y-%m-%d}{late}"
    )


def stats_of(patterns: Sequence[KnownPattern], now: dt.datetime) -> dict[str, JsonValue]:
    """Return the figures of all that was learned."""
    rows = strategy_rows(patterns, now)
    return {
        "patterns": len(patterns),
        "errors": sum(known.pattern.frequency for known in patterns),
        "withRecord": sum(bool(known.records) for known in patterns),
        "attempts": sum(row.attempts for row in rows),
        "successes": sum(row.successes for row in rows),
        "causes": dict(Counter(known.pattern.error_type for known in patterns).most_common()),
        "kinds": dict(Counter(record.kind for known in patterns for record in known.records).most_common()),
        "oldest": min((known.pattern.last_seen for known in patterns), default=now).isoformat(),
    }


def _row(rule: str, kind: str, records: Sequence[StrategyRecord], now: dt.datetime) -> StrategyRow:
    attempts = sum(one.attempts for one in records)
    good = sum(decayed(one.good, one.last_used, now) for one in records)
    bad = sum(decayed(one.bad, one.last_used, now) for one in records)
    return StrategyRow(
        rule,
        kind,
        len(records),
        attempts,
        sum(one.successes for one in records),
        sum(one.failures for one in records),
        Posterior(good, bad).mean,
        sum(one.cost_ms * one.attempts for one in records) / attempts if attempts else 0.0,
        max(one.last_used for one in records),
        sum(one.failures_in_a_row >= LIMIT_FAILURES for one in records),
    )
