"""`python -m benchmarks`: the table of figures, each with its floor, ratio, bar and stretch.

The exit status is 0 whether or not a bar is met, and 1 when a program failed: a bar is a promise to look at, a program
that does not run is a defect.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from benchmarks.figures import COLUMNS, Figure, table
from benchmarks.harness import SideFailed, measure
from benchmarks.rows import Row, load_rows

__all__ = ["main"]

ROUNDS = 7
"""Medians of at least five; odd, so that the median is a round that happened."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the rows that were asked for and print them."""
    options = _parser().parse_args(arguments)
    rows = _chosen(load_rows(), options.only, options.info)
    if not rows:
        print(f"no row matches {options.only}; --list shows them all", file=sys.stderr)
        return 2
    if options.list:
        for _, row in rows:
            bar = row.bar.text(row.bar.limit) or "information"
            print(f"{row.name}: {row.unit}, against {row.floor_name}, {bar}")
        return 0
    rounds = 1 if options.small else options.rounds
    figures, failures = [], []
    for module, row in rows:
        try:
            figure = measure(module, row, rounds=rounds, small=options.small)
        except SideFailed as error:
            failures.append(str(error))
            print(f"FAILED {error}", file=sys.stderr, flush=True)
            continue
        figures.append(figure)
        _report(figure, as_json=options.json)
    if not options.json:
        _summary(figures, small=options.small)
    return 1 if failures else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", action="append", metavar="NAME", help="one row, or all rows of one question; repeatable"
    )
    parser.add_argument("--info", action="store_true", help="also the rows that have no bar (uvloop, noise, codecs)")
    parser.add_argument("--small", action="store_true", help="tiny sizes, one round: does it still run?")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"rounds of each side (default {ROUNDS})")
    parser.add_argument("--json", action="store_true", help="one JSON object a row")
    parser.add_argument("--list", action="store_true", help="name the rows and measure nothing")
    return parser


def _chosen(rows: dict[str, tuple[str, Row]], only: list[str] | None, info: bool) -> list[tuple[str, Row]]:
    """A row that is named exactly is measured with or without a bar."""
    chosen = []
    for name, (module, row) in rows.items():
        asked = only is None or any(name == prefix or name.startswith(f"{prefix}.") for prefix in only)
        exact = only is not None and name in only
        if asked and (row.bar.limit is not None or info or exact):
            chosen.append((module, row))
    return chosen


def _report(figure: Figure, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(figure.to_json()), flush=True)
    else:
        print(f"  {figure.name}: {figure.ratio:.3g}x", file=sys.stderr, flush=True)


def _summary(figures: Sequence[Figure], *, small: bool) -> None:
    if not figures:
        return
    print(table(COLUMNS, [figure.cells() for figure in figures], frozenset({0, 3, 8})))
    judged = [figure for figure in figures if figure.met is not None]
    met = sum(1 for figure in judged if figure.met)
    stretch = sum(1 for figure in judged if figure.stretch_met)
    print(f"\n{met} of {len(judged)} bars met, {stretch} stretches; ratio = ours / floor, median of rounds")
    if small:
        print("small sizes: these figures say that the programs run, and nothing of speed")


if __name__ == "__main__":
    sys.exit(main())
