"""`python -m benchmarks.peers`: the same programs on Pykka, Thespian, xoscar and mode, beside regrow and the floor.

Shell: every program is a process. After each peer the floor runs again, and a ratio compares those two; medians over
the rounds. A peer that is not installed is named and left out.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from benchmarks.figures import quantity, table
from benchmarks.peers.lines import FIGURES, Line, parse_line

__all__ = ["main"]

ROOT = Path(__file__).resolve().parents[2]
PROGRAM_LIMIT_S = 300.0

PEERS: dict[str, tuple[str, str]] = {
    # name: (module that must be installed, program)
    "regrow": ("regrow", "regrow_program"),
    "Pykka": ("pykka", "pykka_program"),
    "Thespian, simple base": ("thespian", "thespian_program"),
    "xoscar, one pool": ("xoscar", "xoscar_program"),
    "mode": ("mode", "mode_program"),
}

Results = dict[str, dict[str, list[tuple[float, float]]]]
"""By figure and peer, a pair a round: the value, and the floor's that was taken next to it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the tables, and return 1 if a program failed."""
    options = _parser().parse_args(arguments)
    peers = {name: program for name, program in PEERS.items() if _installed(name, program[0], options.python)}
    results: Results = defaultdict(lambda: defaultdict(list))
    failed = False
    for _ in range(1 if options.small else options.rounds):
        for name, (_, program) in peers.items():
            python = sys.executable if name == "regrow" else options.python
            for group in _groups(options.figures or list(FIGURES)):
                lines = _run(python, program, group, options.small)
                if lines is None:
                    failed = True
                    continue
                # Only of what this peer has, so that nothing is measured for nothing.
                lines = [line for line in lines if line.figure in group]
                names = [line.figure for line in lines]
                floors = _run(sys.executable, "regrow_program", names, options.small, floor=True) if names else []
                floor_of = {floor.figure: floor.value for floor in floors or ()}
                for line in lines:
                    if line.figure in floor_of:
                        results[line.figure][name].append((line.value, floor_of[line.figure]))
    print(_report(results))
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"of {', '.join(FIGURES)}; default: all")
    parser.add_argument("--python", default=sys.executable, help="the interpreter with the peers; default: this one")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--small", action="store_true", help="tiny sizes, one round: does it still run?")
    return parser


def _groups(figures: Sequence[str]) -> list[list[str]]:
    """Return what is measured in one process each: a used heap or threads left behind are no part of the next figure."""
    together = [["tell"], ["ask"], ["spawn", "memory"], ["restart", "storm"], ["ring"]]
    asked = ([figure for figure in group if figure in figures] for group in together)
    return [group for group in asked if group]


def _installed(name: str, module: str, python: str) -> bool:
    if name == "regrow":
        return True
    found = subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0
    if not found:
        print(f"{name} is not installed in {python}: left out", file=sys.stderr)
    return found


def _run(python: str, program: str, figures: Sequence[str], small: bool, *, floor: bool = False) -> list[Line] | None:
    command = [python, "-W", "ignore", "-m", f"benchmarks.peers.{program}", *figures]
    command += ["--small"] * small + ["--floor"] * floor
    try:
        done = subprocess.run(
            command, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=PROGRAM_LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        print(f"{program} did not end within {PROGRAM_LIMIT_S:.0f} s", file=sys.stderr)
        return None
    if done.returncode != 0:
        print(f"{program} failed with exit status {done.returncode}; its traceback is above", file=sys.stderr)
        return None
    return [line for line in map(parse_line, done.stdout.splitlines()) if line is not None]


def _report(results: Results) -> str:
    parts = []
    for figure, (unit, better) in FIGURES.items():
        if figure not in results:
            continue
        rows = []
        for peer, pairs in results[figure].items():
            value, floor = (statistics.median(column) for column in zip(*pairs, strict=True))
            ratio = statistics.median(mine / theirs for mine, theirs in pairs)
            rows.append((peer, quantity(value), quantity(floor), f"{ratio:.3g}x"))
        head = (f"{figure}, {unit} ({better} is better)", "value", "floor", "ratio")
        parts.append(table(head, rows))
    return "\n\n".join(parts)


if __name__ == "__main__":
    sys.exit(main())
