"""Shell: see the package."""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PROJECTS = Path(__file__).parent / "projects"
ACTORS = ("run", "doc_analyzer", "builder", "verifier", "guardian", "pattern_learner", "logger")


def regrow(*arguments: str) -> list[str]:
    """Return a command line of this checkout's regrow."""
    return [sys.executable, "-c", "from regrow.cli.main import main; main()", *arguments]


def verify(target: Path, runs: Path, *extra: str) -> tuple[int, dict[str, object]]:
    """Run a verification; returns its exit code and its report."""
    command = regrow("verify", str(target), "--run-dir", str(runs), "--memory", "none", "--json", *extra)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    return done.returncode, _report(done.stdout, done.stderr)


def kill_and_resume(target: Path, runs: Path, after_s: float) -> tuple[int, dict[str, object]]:
    """Start a verification, kill its process after a while, and go on with it."""
    command = regrow("verify", str(target), "--run-dir", str(runs), "--memory", "none", "--json")
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    while not list(runs.glob("*/request.json")) and process.poll() is None:
        time.sleep(0.01)  # before that there is no run to go on with
    time.sleep(after_s)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    time.sleep(0.3)
    left = processes_of(runs)
    resumed = regrow("resume", "last", "--run-dir", str(runs), "--json")
    done = subprocess.run(resumed, capture_output=True, text=True, check=False, timeout=900)
    report = _report(done.stdout, done.stderr)
    report["left"] = left
    return done.returncode, report


def processes_of(folder: Path) -> list[str]:
    """Return the command lines of processes that mention a folder."""
    found: list[str] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            except OSError:
                continue
            if str(folder) in line:
                found.append(line[:120])
    return found


def _report(stdout: str, stderr: str) -> dict[str, object]:
    try:
        found: dict[str, object] = json.loads(stdout)
    except ValueError:
        found = {"verdict": "no report", "reason": stderr[-2000:]}
    return found


def essence(report: dict[str, object]) -> tuple[object, ...]:
    """Return what a disturbed run must have in common with a calm one."""
    steps = report.get("steps")
    commands = [step["command"] for step in steps] if isinstance(steps, list) else steps
    return (report.get("verdict"), report.get("testsRun"), report.get("testsPassed"), str(commands))


def done_twice(runs: Path) -> list[str]:
    """Return the keys that stand more than once as completed in a ledger."""
    twice: list[str] = []
    for ledger in runs.glob("*/ledger.jsonl"):
        entries = [json.loads(line) for line in ledger.read_text().splitlines()]
        keys = Counter(entry["key"] for entry in entries if entry["outcome"].get("layerId"))
        twice += [key for key, count in keys.items() if count > 1]
    return twice


def kills_in(runs: Path) -> list[tuple[str, str]]:
    """Return (actor, message that was in flight) of every kill."""
    found: list[tuple[str, str]] = []
    for record in runs.glob("*/chaos.jsonl"):
        for line in record.read_text().splitlines():
            kill = json.loads(line)
            name = kill["path"].rpartition("/")[2]
            handled = kill["handling"]
            found.append(("run" if name.startswith("run-") else name, f"{handled} {kill['status']}" if handled else ""))
    return found


def main() -> int:
    """Attack, compare, and print what was hit."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture")
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--target", type=Path, default=PROJECTS / "healing")
    parser.add_argument("--work", type=Path, required=True, help="an empty folder for the runs")
    options = parser.parse_args()
    calm_code, calm = verify(options.target, options.work / "calm")
    print(f"calm: exit {calm_code}, {essence(calm)[:3]}", flush=True)
    wrong: list[str] = []
    hits: Counter[tuple[str, str]] = Counter()
    per_run: list[int] = []

    def attack(name: str, code: int, report: dict[str, object], runs: Path) -> None:
        if code != calm_code or essence(report) != essence(calm):
            wrong.append(f"{name}: exit {code}, {essence(report)}: {report.get('reason')}")
        wrong.extend(f"{name}: step {key[:12]} was completed twice" for key in done_twice(runs))
        left = processes_of(runs) + [str(line) for line in report.get("left", [])]  # type: ignore[attr-defined]
        wrong.extend(f"{name}: left behind: {line}" for line in left)

    def one_seed(seed: int) -> None:
        runs = options.work / f"seed-{seed}"
        code, report = verify(options.target, runs, "--chaos", str(seed))
        attack(f"seed {seed}", code, report, runs)
        kills = kills_in(runs)
        per_run.append(len(kills))
        hits.update(kills)

    def one_kill(number: int) -> None:
        runs = options.work / f"kill-{number}"
        after_s = random.Random(number).uniform(0.3, 12.0)
        code, report = kill_and_resume(options.target, runs, after_s)
        attack(f"kill {number} after {after_s:.1f} s", code, report, runs)

    with ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(one_seed, range(options.first, options.first + options.seeds)))
        list(pool.map(one_kill, range(options.kills)))
    for actor in ACTORS:
        flights = {flight or "idle": count for (name, flight), count in sorted(hits.items()) if name == actor}
        print(f"{actor:<16} {flights}")
    print(f"kills a run: least {min(per_run, default=0)}, most {max(per_run, default=0)}, in all {sum(per_run)}")
    for line in wrong:
        print(f"WRONG {line}")
    print(f"{options.seeds} seeds and {options.kills} kills of the process, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
