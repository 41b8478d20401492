"""Counts from a plain TAP stream, for producers that print no summary of their own.

Only a stream with a plan counts, and only its top level: a nested stream is one test of its parent. Tests that the plan
announced and that never came are errors, and so is a bail-out. A stream that only says that there are no tests is none.

Source: the Test Anything Protocol, versions 12 to 14.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from regrow.actors.verifier.counting.summary import Summary
from regrow.protocols.plan import TODO, UNNAMED

_PLAN = re.compile(r"^1\.\.(?P<count>\d+)(?:\s*#\s*(?P<skip>skip\S*)\s*(?P<reason>.*))?$", re.IGNORECASE)
_POINT = re.compile(
    r"^(?P<not>not )?ok\b(?:\s+(?P<number>\d+))?(?:\s*-?\s*(?P<name>[^#\s].*?))?"
    r"(?:\s#\s*(?:(?P<directive>skip|todo)\S*\s*(?P<reason>.*)|.*))?$",
    re.IGNORECASE,
)
_BAIL_OUT = re.compile(r"^Bail out!")
_NOTHING = ["no tests specified"]
"""The one point of a stream in which the `tap` program, before version 18, says that it was given no file."""


@dataclass(slots=True)
class _Stream:
    passed: int = 0
    failed: int = 0
    errors: int = 0
    plan: int | None = None
    line: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    failing: list[str] = field(default_factory=list)

    @property
    def seen(self) -> int:
        return self.passed + self.failed + sum(self.skipped.values())

    def skip(self, reason: str, count: int = 1) -> None:
        self.skipped[reason] = self.skipped.get(reason, 0) + count

    def take(self, point: re.Match[str]) -> None:
        directive = (point["directive"] or "").lower()
        if directive == "skip":
            self.skip(point["reason"].strip() or UNNAMED)
        elif directive == "todo":
            self.skip(TODO)
        elif point["not"]:
            self.failed += 1
            self.failing.append((point["name"] or "").strip() or f"test {point['number'] or self.seen}")
        else:
            self.passed += 1

    def summary(self) -> Summary | None:
        if self.plan is None or (self.seen == 1 and self.failing == _NOTHING):
            return None
        return Summary(
            runner="tap",
            line=self.line,
            passed=self.passed,
            failed=self.failed,
            errors=self.errors + max(0, self.plan - self.seen),
            skipped=tuple(self.skipped.items()),
            failing=tuple(self.failing),
            labels=frozenset({f"stream at line {self.line}"}),
        )


def tap_summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """One summary for each stream; a second plan, or a test point with the number 1 again, opens the next one."""
    stream = _Stream()
    for number, line in enumerate(lines):
        if found := _PLAN.match(line):
            if stream.plan is not None:
                yield from _ended(stream)
                stream = _Stream(line=number)
            stream.plan = 0 if found["skip"] else int(found["count"])
            if found["skip"]:
                stream.skip(found["reason"].strip() or UNNAMED)
        elif found := _POINT.match(line):
            if found["number"] == "1" and stream.seen:
                yield from _ended(stream)
                stream = _Stream(line=number)
            stream.take(found)
        elif _BAIL_OUT.match(line):
            stream.errors += 1
    yield from _ended(stream)


def _ended(stream: _Stream) -> Iterator[Summary]:
    summary = stream.summary()
    if summary is not None:
        yield summary
