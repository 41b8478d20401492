"""Shell: verifies the targets of a list, some at a time, and prints what came of them beside what is right."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Expected", "Found", "main", "problem_of", "read_list", "summary_of"]

PUBLIC = Path(__file__).with_name("public.json")
ANY = ("pass", "healed", "fail", "undecided")
GRACE_S = 60.0
"""For fetching and the base root, above the deadline of a run."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What is right about one target.

    Attributes:
        verdicts: Those that are right.
        tests: How many are run; None where it depends on the machine.
        names: Words that the reason, the errors or the deviations must hold, in any case of letters.
    """

    target: str
    verdicts: tuple[str, ...] = ("pass", "healed")
    tests: int | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What came of one target."""

    target: str
    verdict: str
    tests_run: int = 0
    tests_passed: int = 0
    seconds: float = 0.0
    deviations: int = 0
    patched: bool = False
    text: str = ""


def read_list(path: Path) -> list[Expected]:
    """Read a list of targets: JSON, one object each, or a bare string for one of which nothing is expected.

    Raises:
        ValueError: It is not such a list.
    """
    found: list[Expected] = []
    for entry in json.loads(path.read_text("utf-8")):
        if isinstance(entry, str):
            found.append(Expected(entry, ANY))
        elif isinstance(entry, dict) and set(entry) <= {"target", "verdicts", "tests", "names"}:
            verdicts, names = (tuple(entry.get(key, default)) for key, default in (("verdicts", ANY), ("names", ())))
            found.append(Expected(entry["target"], verdicts, entry.get("tests"), names))
        else:
            msg = f"{path}: an entry has target, verdicts, tests and names, got {entry!r}"
            raise ValueError(msg)
    return found


def problem_of(expected: Expected, found: Found) -> str:
    """Say what is wrong with a verdict; "" when it is right."""
    if found.verdict not in expected.verdicts:
        return f"expected {' or '.join(expected.verdicts)}"
    if expected.tests is not None and found.tests_run != expected.tests:
        return f"expected {expected.tests} tests"
    missing = [word for word in expected.names if word.lower() not in found.text.lower()]
    return f"does not name {', '.join(missing)}" if missing else ""


def summary_of(pairs: Sequence[tuple[Expected, Found]]) -> dict[str, float | int]:
    """Return the figures of a whole list."""
    found = [each for _, each in pairs]
    seconds = sorted(each.seconds for each in found)
    counted = [each for each in found if each.verdict in ("pass", "healed") and each.tests_run]
    healed = [each for each in found if each.verdict == "healed"]
    return {
        "targets": len(found),
        "right": sum(not problem_of(*pair) for pair in pairs),
        "passOrHealedWithTests": len(counted),
        "healed": len(healed),
        "healedWithProvedPatch": sum(each.patched for each in healed),
        "medianS": round(statistics.median(seconds), 1) if seconds else 0.0,
        "nineInTenS": round(seconds[min(len(seconds) - 1, int(len(seconds) * 0.9))], 1) if seconds else 0.0,
    }


def main() -> int:
    """Verify, print, and fail on any verdict that is not right."""
    parser = argparse.ArgumentParser(prog="run corpus", description="Real projects with what is right about each.")
    parser.add_argument(
        "--list", type=Path, default=PUBLIC, help="a JSON file with targets (default: the public twenty)"
    )
    parser.add_argument("--only", action="append", default=[], help="targets that hold this word; repeatable")
    parser.add_argument("--jobs", type=int, default=1, help="verifications at a time (default 1)")
    parser.add_argument("--memory", choices=("none", "read", "learn"), default="none", help="default none")
    parser.add_argument("--deadline", type=float, default=600.0, help="seconds a target (default 600)")
    parser.add_argument("--runs", type=Path, help="keep the runs in this folder")
    parser.add_argument("--json", action="store_true", help="one JSON object a target, then the figures")
    options = parser.parse_args()
    wanted = [
        each
        for each in read_list(options.list)
        if not options.only or any(word in each.target for word in options.only)
    ]
    pairs: list[tuple[Expected, Found]] = []

    def one(expected: Expected) -> Found:
        return _verify(expected.target, options.memory, options.deadline, options.runs)

    with ThreadPoolExecutor(options.jobs) as pool:
        for expected, found in zip(wanted, pool.map(one, wanted), strict=True):
            pairs.append((expected, found))
            print(_as_json(expected, found) if options.json else _as_line(expected, found), flush=True)
    summary = summary_of(pairs)
    print(json.dumps(summary) if options.json else "; ".join(f"{name} {value}" for name, value in summary.items()))
    return 0 if summary["right"] == len(pairs) else 1


def _verify(target: str, memory: str, deadline_s: float, runs: Path | None) -> Found:
    kept = ["--run-dir", str(runs)] if runs is not None else []
    command = [
        sys.executable, "-c", "from regrow.cli.main import main; main()", "verify", target,
        "--memory", memory, "--deadline", str(deadline_s), "--json", *kept,
    ]  # fmt: skip
    began_s = time.monotonic()
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=deadline_s + GRACE_S
        )
        report = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError) as error:
        return Found(target, "none", seconds=time.monotonic() - began_s, text=str(error))
    return Found(
        target,
        report.get("verdict") or report.get("state", "none"),
        report.get("testsRun", 0),
        report.get("testsPassed", 0),
        time.monotonic() - began_s,
        len(report.get("deviations", ())),
        bool(report.get("docsPatch")),
        json.dumps(
            [report.get(key) for key in ("reason", "notes", "errors", "deviations", "attempts", "failingTests")]
        ),
    )


def _as_line(expected: Expected, found: Found) -> str:
    tests = f"{found.tests_passed} of {found.tests_run}" if found.tests_run else "none counted"
    patched = "patch proved" if found.patched else "no patch" if found.verdict == "healed" else ""
    problem = problem_of(expected, found)
    right = f"NO: {problem}" if problem else "right"
    return (
        f"{found.target:<24} {found.verdict:<10} {tests:>14}  {found.seconds:6.0f} s  {found.deviations:>2}  "
        f"{patched:<12}  {right}"
    )


def _as_json(expected: Expected, found: Found) -> str:
    return json.dumps(
        {
            "target": found.target,
            "verdict": found.verdict,
            "testsRun": found.tests_run,
            "testsPassed": found.tests_passed,
            "seconds": round(found.seconds, 1),
            "deviations": found.deviations,
            "patched": found.patched,
            "problem": problem_of(expected, found),
        }
    )
