"""How a judgement says what a step, its output and its tests were: the pieces that its sentences are made of."""

from __future__ import annotations

import re
from collections.abc import Sequence

from regrow.core.workshop.exit_words import exit_words
from regrow.protocols.plan import EXPECTED_TO_FAIL, TODO, PlanStep, StepOutcome, TestCounts

__all__ = ["how_it_ended", "last_lines", "line_with", "names", "reasons", "shown"]

_NAMES_SHOWN = 5


def shown(outcome: StepOutcome, step: PlanStep | None) -> str:
    """The command of a step as a sentence quotes it; its id where that would be too long."""
    return repr(step.command if step is not None and len(step.command) <= 80 else outcome.step_id)


def how_it_ended(outcome: StepOutcome) -> str:
    """How its process came to its end, for the words after its name."""
    if outcome.exit_code is None:
        return "was ended by a signal"
    return exit_words(outcome.exit_code, outcome.output_tail)


def line_with(words: re.Pattern[str], outcome: StepOutcome) -> str | None:
    """The first line of its output that holds such words; None without one."""
    return next((line.strip() for line in outcome.output_tail.splitlines() if words.search(line)), None)


def last_lines(text: str, count: int = 5) -> str:
    """The last lines of an output that are not empty."""
    return "\n".join([line.rstrip() for line in text.splitlines() if line.strip()][-count:])


def names(names: Sequence[str]) -> str:
    """A colon and the first of some names, and how many more there are; nothing without any."""
    if not names:
        return ""
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return f": {', '.join(names[:_NAMES_SHOWN])}{more}"


def reasons(counts: TestCounts) -> str:
    """Why tests were skipped, in brackets; what is expected to fail, or to be done, is no reason."""
    told = [
        f"{each.count} {each.reason}" for each in counts.skipped_reasons if each.reason not in {TODO, EXPECTED_TO_FAIL}
    ]
    return f" ({'; '.join(told[:3])})" if told else ""
