"""`python -m tests.simulation`: see the package."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
import traceback
from collections import Counter

from .scenario import Outcome, run_seed


def main() -> int:
    """Run the seeds, print the table of hits, and fail on any violation."""
    parser = argparse.ArgumentParser(prog="run sim", description="Whole trees under seeds, with faults and checkers.")
    parser.add_argument("--seeds", type=int, default=300, help="how many (default 300)")
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first seed")
    parser.add_argument("--length", type=float, default=220.0, help="virtual seconds a seed (default 220)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args()
    began_s = time.monotonic()
    work = [(seed, options.length) for seed in range(options.first, options.first + options.seeds)]
    totals = Outcome(-1)
    endings: Counter[str] = Counter()
    failed: list[Outcome] = []
    with multiprocessing.get_context("spawn").Pool(options.jobs) as pool:
        for number, outcome in enumerate(pool.imap_unordered(_one, work, chunksize=8), 1):
            totals.virtual_s += outcome.virtual_s
            totals.hits += outcome.hits
            totals.messages += outcome.messages
            endings[outcome.ended] += 1
            if outcome.violations:
                failed.append(outcome)
                print(f"  seed {outcome.seed} ({outcome.ended}): {outcome.violations[0]}", file=sys.stderr, flush=True)
            if number % 500 == 0 and not options.json:
                print(
                    f"  {number} seeds, {totals.hits.total()} faults, {len(failed)} failed", file=sys.stderr, flush=True
                )
    faults = totals.hits.total()
    summary = {
        "seeds": options.seeds,
        "virtualHours": round(totals.virtual_s / 3600, 1),
        "faults": faults,
        "faultsPerSeed": round(faults / max(1, options.seeds), 1),
        "messages": totals.messages,
        "endings": dict(endings),
        "violations": sum(len(outcome.violations) for outcome in failed),
        "failedSeeds": sorted(outcome.seed for outcome in failed)[:20],
        "seconds": round(time.monotonic() - began_s, 1),
    }
    if options.json:
        print(json.dumps(summary))
    else:
        _print_hits(totals.hits)
        for outcome in failed[:10]:
            print(f"seed {outcome.seed} ({outcome.ended}):")
            for violation in outcome.violations[:5]:
                print(f"  {violation}")
        print("; ".join(f"{key} {value}" for key, value in summary.items()))
    return 1 if failed else 0


def _one(arguments: tuple[int, float]) -> Outcome:
    seed, length_s = arguments
    try:
        return run_seed(seed, length_s)
    except BaseException:
        return Outcome(seed, ended="crashed", violations=[traceback.format_exc(limit=-6)])


def _print_hits(hits: Counter[tuple[str, str]]) -> None:
    kinds = sorted({kind for kind, _ in hits})
    points = sorted({point for _, point in hits})
    width = max(map(len, points), default=0)
    print(" " * width, *(f"{kind:>12}" for kind in kinds))
    for point in points:
        print(f"{point:<{width}}", *(f"{hits[kind, point] or '.':>12}" for kind in kinds))
