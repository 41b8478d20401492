"""Shell: `./run learning`: does what was learned save attempts, and change no verdict?

Each project is verified once with `--memory none`: the control, whose attempts do not depend on any order, since nothing
is remembered. Then the whole list is verified in a random order, by seed, with an empty store that learns from one
project to the next; more orders start with empty stores of their own. Printed is: attempts for each healed project, of the
memory and of the control in the same order, for the first third and the rest, and whether verdicts, tests and deviations
are the same.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.corpus.made_up import MADE_UP

__all__ = ["Attempted", "compare", "main"]

LIST = Path(__file__).with_name("learning.json")
SMALL = ("autotools-a", "autotools-b")
GRACE_S = 60.0


@dataclass(frozen=True, slots=True)
class Attempted:
    """What came of one verification."""

    target: str
    verdict: str
    recoveries: int
    assumed: int
    tests_run: int
    deviations: tuple[str, ...]
    seconds: float


def compare(
    order: Sequence[str], control: Mapping[str, Attempted], learned: Mapping[str, Attempted]
) -> dict[str, object]:
    """Return the figures of one order.

    Healed projects are those that the control heals; the first third and the rest are of the whole list, in its order.
    """
    third = len(order) // 3
    parts = {"firstThird": order[:third], "rest": order[third:], "all": order}
    figures: dict[str, object] = {}
    for name, targets in parts.items():
        healed = [target for target in targets if control[target].verdict == "healed"]
        without = sum(control[target].recoveries for target in healed)
        with_memory = sum(learned[target].recoveries for target in healed)
        figures[name] = {
            "healed": len(healed),
            "attemptsControl": without,
            "attemptsMemory": with_memory,
            "fewer": round(1 - with_memory / without, 3) if without else 0.0,
        }
    figures["otherVerdict"] = [each for each in order if control[each].verdict != learned[each].verdict]
    figures["otherTests"] = [each for each in order if control[each].tests_run != learned[each].tests_run]
    figures["otherDeviations"] = [
        each for each in order if sorted(control[each].deviations) != sorted(learned[each].deviations)
    ]
    return figures


def main() -> int:
    """Verify, print, and fail where a verdict changed."""
    parser = argparse.ArgumentParser(prog="run learning", description="What learning saves, over a list of projects.")
    parser.add_argument("--list", type=Path, default=LIST, help="JSON list: names of made-up projects, or targets")
    parser.add_argument("--small", action="store_true", help="two made-up projects: does it still run?")
    parser.add_argument("--orders", type=int, default=1, help="random orders (default 1)")
    parser.add_argument("--seed", type=int, default=1, help="of the orders and of draws (default 1)")
    parser.add_argument("--deadline", type=float, default=400.0, help="seconds a project (default 400)")
    parser.add_argument("--no-proof", action="store_true", help="do not replay what healed; half of the time")
    parser.add_argument("--control", type=Path, help="keep the control in this file, and take it from there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="regrow-learning-") as name:
        return _compare_all(Path(name), options)


def _compare_all(folder: Path, options: argparse.Namespace) -> int:
    targets = [_target(name, folder / "projects") for name in (SMALL if options.small else _listed(options.list))]
    names = dict(targets)
    control = _kept(options.control)
    for name, target in targets:
        if name not in control:
            control[name] = _verify(name, target, folder / "control", "none", options)
            _tell("control", control[name])
            if options.control is not None:
                options.control.write_text(json.dumps([asdict(each) for each in control.values()], indent=1), "utf-8")
    wrong = 0
    for number in range(options.orders):
        order = list(names)
        random.Random(options.seed + number).shuffle(order)
        learned: dict[str, Attempted] = {}
        for name in order:
            learned[name] = _verify(name, names[name], folder / f"order-{number}", "learn", options)
            _tell("memory ", learned[name])
        figures = compare(order, control, learned)
        print(json.dumps({"seed": options.seed + number, "order": order, **figures}), flush=True)
        wrong += bool(figures["otherVerdict"])
    return 1 if wrong else 0


def _target(name: str, folder: Path) -> tuple[str, str]:
    if name not in MADE_UP:
        return name, name
    for path, text in MADE_UP[name].items():
        file = folder / name / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return name, str(folder / name)


def _listed(path: Path) -> list[str]:
    return [str(each) for each in json.loads(path.read_text("utf-8"))]


def _kept(path: Path | None) -> dict[str, Attempted]:
    if path is None or not path.exists():
        return {}
    rows = [
        Attempted(**{**each, "deviations": tuple(each["deviations"])}) for each in json.loads(path.read_text("utf-8"))
    ]
    return {each.target: each for each in rows}


def _verify(name: str, target: str, runs: Path, memory: str, options: argparse.Namespace) -> Attempted:
    command = [
        sys.executable, "-m", "tests.corpus.one", target, "--memory", memory, "--seed", str(options.seed),
        "--deadline", str(options.deadline), "--runs", str(runs), *(["--no-proof"] if options.no_proof else []),
    ]  # fmt: skip
    began_s = time.monotonic()
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=options.deadline + GRACE_S,
        )
        found = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.TimeoutExpired, ValueError, IndexError):
        found = {"verdict": "none", "recoveries": 0, "assumed": 0, "testsRun": 0, "deviations": []}
    for old in runs.glob("*-*-*-*-*"):
        shutil.rmtree(old, ignore_errors=True)
    return Attempted(
        name,
        found["verdict"],
        found["recoveries"],
        found["assumed"],
        found["testsRun"],
        tuple(found["deviations"]),
        round(time.monotonic() - began_s, 1),
    )


def _tell(what: str, found: Attempted) -> None:
    at_once = f" ({found.assumed} at once)" if found.assumed else ""
    print(
        f"{what} {found.target:<20} {found.verdict:<10} {found.recoveries} attempts{at_once}, {found.tests_run} tests, "
        f"{len(found.deviations)} deviations, {found.seconds:.0f} s",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
