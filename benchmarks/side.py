"""Shell: one side of one row in its own process: a round for each line on standard input, a value for each round.

Run by `benchmarks.harness` as `python -m benchmarks.side MODULE ROW SIDE [--small]`. The first round is the warm-up, at
the small size. A round that takes longer than `ROUND_LIMIT_S` prints every thread's stack and ends the process.
"""

from __future__ import annotations

import faulthandler
import os
import sys

from benchmarks.clocks import settle
from benchmarks.rows import Side, Size, rows_of

__all__ = ["main"]

ROUND_LIMIT_S = 300.0
"""A round takes a second or two; one that takes five minutes hangs."""


def main(arguments: list[str]) -> None:
    """Serve rounds until standard input ends."""
    module, name, which = arguments[:3]
    size = Size(small="--small" in arguments)
    # What a program prints must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    side = _find(module, name, which)
    for turn, _ in enumerate(sys.stdin):
        settle()
        faulthandler.dump_traceback_later(ROUND_LIMIT_S, exit=True)
        value = side(size if turn else Size(small=True))
        faulthandler.cancel_dump_traceback_later()
        answers.write(f"{value!r}\n")
        answers.flush()


def _find(module: str, name: str, which: str) -> Side:
    row = next(row for row in rows_of(module) if row.name == name)
    return row.floor if which == "floor" else row.ours


if __name__ == "__main__":
    main(sys.argv[1:])
