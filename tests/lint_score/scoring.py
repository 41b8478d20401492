"""Counts what the linter finds of labelled errors.

A case is a README in which one or more errors stand, with the lines that were changed to put them there. A finding counts for
an error when it names a line within the changed ones, one line to either side: a label says where an error was put, a finding
where a reader meets it. Recall is over the cases with one error, because of two one never knows which was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["Case", "Score"]

NEAR_LINES = 1


@dataclass(frozen=True, slots=True)
class Case:
    """A README with errors: their types (`E1` to `E8`), and the first and last line of each change in the new text."""

    kinds: tuple[str, ...]
    changed: tuple[tuple[int, int], ...]

    def covers(self, line: int) -> bool:
        """Whether a line is one of those that were changed, or beside one."""
        return any(first - NEAR_LINES <= line <= max(first, last) + NEAR_LINES for first, last in self.changed)


@dataclass
class Score:
    """The count so far."""

    found: dict[str, list[bool]] = field(default_factory=dict)
    false: int = 0
    originals: int = 0
    outside: int = 0
    cases: int = 0

    def add_original(self, lines: Sequence[int]) -> None:
        """Count a README without errors, and the lines of what was found in it."""
        self.originals += 1
        self.false += len(lines)

    def add_case(self, case: Case, lines: Sequence[int]) -> bool:
        """Count a README with errors. Returns whether a finding stands where it should."""
        inside = [line for line in lines if case.covers(line)]
        self.outside += len(lines) - len(inside)
        self.cases += 1
        if len(case.kinds) == 1:
            self.found.setdefault(case.kinds[0], []).append(bool(inside))
        return bool(inside)

    @property
    def recall(self) -> float:
        """Share of the single errors that were found; 0 without any."""
        every = [hit for hits in self.found.values() for hit in hits]
        return sum(every) / len(every) if every else 0.0

    @property
    def false_each(self) -> float:
        """False findings per original."""
        return self.false / max(1, self.originals)

    @property
    def outside_each(self) -> float:
        """Findings outside of the changed lines per case."""
        return self.outside / max(1, self.cases)

    def __str__(self) -> str:
        """One line for a person."""
        every = [hit for hits in self.found.values() for hit in hits]
        kinds = ", ".join(f"{kind} {sum(hits)}/{len(hits)}" for kind, hits in sorted(self.found.items()))
        return (
            f"recall {sum(every)}/{len(every)} = {self.recall:.2f} ({kinds}); false findings {self.false} on "
            f"{self.originals} originals = {self.false_each:.2f} each; outside the changed lines {self.outside_each:.2f} a case"
        )
