"""The cause of a failure, with the lines that show it. Pure: the rows of `cause_table` over the lines of an output."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from regrow.core.learning.cause_table import CAUSE_RULES, Cause
from regrow.core.learning.masking import masked

__all__ = ["Classified", "Shown", "classify"]

LIMIT_CHARS: Final = 400_000
"""Of an output, half from each end."""

LIMIT_LINE: Final = 1_000
LIMIT_SHOWN: Final = 5
"""Lines that are kept as evidence."""

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_TRIED = re.compile(
    r"^(?:checking |-- (?:Looking|Check|Performing|Detecting))|^(?:looking for|searching) ", re.IGNORECASE
)
"""What a build looks for and can do without."""

_RULES: Final = tuple((rule.cause, re.compile(rule.pattern)) for rule in CAUSE_RULES)
_RANK: Final = {cause: index for index, cause in enumerate(dict.fromkeys(cause for cause, _ in _RULES))}

_CODES: Final = {
    "E2005": Cause.TIME_OUT,
    "E5001": Cause.OUT_OF_MEMORY,
    "E5002": Cause.DISK_FULL,
    "E5003": Cause.NETWORK,
    "E5004": Cause.PERMISSION,
    "E3005": Cause.UNDOCUMENTED_STEP,
    "E1003": Cause.UNDOCUMENTED_STEP,
    "E3007": Cause.UNDOCUMENTED_STEP,
    "E3001": Cause.TEST_FAILURE,
}
"""What an error's code says where no line says more."""

_EXITS: Final = {
    **dict.fromkeys((132, 134, 135, 136, 139, -4, -6, -7, -8, -11), Cause.CRASH),
    124: Cause.TIME_OUT,  # of the program `timeout`
}
"""What an exit status says: illegal instruction, abort, bus error, arithmetic, segmentation fault."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A line that shows a cause; `line` is its number from 1."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Classified:
    """What went wrong.

    Attributes:
        cause: The first of all that were seen.
        lines: Those that show it, the first ones.
        others: Further causes that were seen, in the order of the table.
    """

    cause: Cause
    lines: tuple[Shown, ...] = ()
    others: tuple[Cause, ...] = ()


def classify(output: str, code: str = "", exit_code: int | None = None) -> Classified:
    """Return the cause of a failure.

    Args:
        output: What the step printed, both streams.
        code: The error's code, or "".
        exit_code: A shell says by 128 and the signal's number that its command was ended by one.

    >>> classify("bash: line 1: pytest: command not found").cause.value
    'missing_tool'
    >>> classify("", "E5003").cause.value
    'network'
    """
    if len(output) > LIMIT_CHARS:
        output = output[: LIMIT_CHARS // 2] + "\n" + output[-LIMIT_CHARS // 2 :]
    found: dict[Cause, list[Shown]] = {}
    for number, raw in enumerate(output.splitlines(), 1):
        line = _COLOURS.sub("", raw[:LIMIT_LINE]).strip()
        if not line or _TRIED.search(line):
            continue
        for cause, pattern in _RULES:
            if pattern.search(line):
                shown = found.setdefault(cause, [])
                if len(shown) < LIMIT_SHOWN and masked(line) not in {masked(each.text) for each in shown}:
                    shown.append(Shown(line[:300], number))
                break
    by_exit = _EXITS.get(exit_code) if exit_code is not None else None
    if by_exit is not None and not any(_RANK[cause] < _RANK[by_exit] for cause in found):
        found.setdefault(by_exit, [])
    if not found:
        return Classified(_CODES.get(code, Cause.UNKNOWN))
    first, *others = sorted(found, key=_RANK.__getitem__)
    return Classified(first, tuple(found[first]), tuple(others))
