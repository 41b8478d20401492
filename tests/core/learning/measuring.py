"""Shell: how well causes are told, over outputs that real tools printed and a person labelled."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from regrow.core.learning.classifying import classify

__all__ = ["Labelled", "Measured", "measure", "read_outputs"]

OUTPUTS = Path(__file__).with_name("outputs.json")


@dataclass(frozen=True, slots=True)
class Labelled:
    """One output. `cause` is what a person says that it shows."""

    name: str
    cause: str
    exit_code: int
    output: str


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures of one cause."""

    cause: str
    labelled: int
    told: int
    right: int

    @property
    def precision(self) -> float:
        """The share of those that are told so which are so."""
        return self.right / self.told if self.told else 0.0

    @property
    def recall(self) -> float:
        """The share of those that are so which are told."""
        return self.right / self.labelled if self.labelled else 0.0


def read_outputs() -> list[Labelled]:
    """Read the labelled outputs."""
    return [
        Labelled(each["name"], each["cause"], each["exit"], each["output"])
        for each in json.loads(OUTPUTS.read_text("utf-8"))
    ]


def measure(outputs: list[Labelled]) -> tuple[list[Measured], list[tuple[Labelled, str]]]:
    """Return the figures of each cause, and the outputs that were told wrongly with what was told."""
    told = [(each, classify(each.output, exit_code=each.exit_code).cause.value) for each in outputs]
    labels, answers = Counter(each.cause for each in outputs), Counter(answer for _, answer in told)
    right = Counter(answer for each, answer in told if each.cause == answer)
    causes = sorted({*labels, *answers})
    return (
        [Measured(cause, labels[cause], answers[cause], right[cause]) for cause in causes],
        [(each, answer) for each, answer in told if each.cause != answer],
    )
