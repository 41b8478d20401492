"""Shell: see the package."""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from regrow.daemon.chaos import COMBINATIONS, LEAST_KILLS
from regrow.daemon.explaining import FILE_NAME

PROJECTS = Path(__file__).parent / "projects"
ACTORS = ("run", "doc_analyzer", "builder", "verifier", "guardian", "pattern_learner", "logger")
PHASES = ("initializing", "analyzing_docs", "building", "recovering", "verifying")
LONG_PHASES = ("building", "verifying")

LIMIT_S = 300
"""A run takes about twenty seconds, on a quiet machine."""

ANSWER_S = 2.0
"""A hung one has this long to write down what it is doing."""


def regrow(*arguments: str) -> list[str]:
    """Return a command line of this checkout's regrow."""
    return [sys.executable, "-c", "from regrow.cli.main import main; main()", *arguments]


def verify(target: Path, runs: Path, *extra: str) -> tuple[int, dict[str, object]]:
    """Run a verification; returns its exit code and its report."""
    return _finish(["verify", str(target), "--run-dir", str(runs), "--memory", "none", "--json", *extra], runs)


def kill_and_resume(target: Path, runs: Path, phase: str, chance: random.Random) -> tuple[int, dict[str, object]]:
    """Start a verification, kill its process at a random moment of a phase, and go on with it."""
    command = regrow("verify", str(target), "--run-dir", str(runs), "--memory", "none", "--events")
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line).get("status") == phase:
            break
    time.sleep(chance.uniform(0.0, 2.0 if phase in LONG_PHASES else 0.03))
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    time.sleep(0.3)
    left = processes_of(runs)
    code, report = _finish(["resume", "last", "--run-dir", str(runs), "--json"], runs)
    report["left"] = left
    return code, report


def _finish(arguments: list[str], runs: Path) -> tuple[int, dict[str, object]]:
    """Run a command to its end. One that seems to hang is asked what it is doing before it is killed."""
    process = subprocess.Popen(
        regrow(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, text=True
    )
    try:
        stdout, stderr = process.communicate(timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGUSR1)
        time.sleep(ANSWER_S)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        doing = "\n".join(path.read_text() for path in runs.glob(f"*/{FILE_NAME}"))
        return -1, {"verdict": "hung", "reason": f"no end after {LIMIT_S} s; it was doing:\n{doing}"}
    return process.returncode, _report(stdout, stderr)


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
    for ledger in (
        *runs.glob("*/ledger.jsonl"),
        *runs.glob("*/*/ledger.jsonl"),
    ):  # the run's room, and those of its proof
        entries = [json.loads(line) for line in ledger.read_text().splitlines()]
        keys = Counter(entry["key"] for entry in entries if entry["outcome"].get("layerId"))
        twice += [key for key, count in keys.items() if count > 1]
    return twice


def kills_in(runs: Path) -> list[tuple[str, str, str]]:
    """Return (actor, phase, message that was in flight or "") of every kill."""
    found: list[tuple[str, str, str]] = []
    for record in runs.glob("*/chaos.jsonl"):
        for line in record.read_text().splitlines():
            kill = json.loads(line)
            name = kill["path"].rpartition("/")[2]
            found.append(("run" if name.startswith("run-") else name, kill["status"], kill["handling"]))
    return found


def coverage(hits: Counter[tuple[str, str, str]]) -> tuple[list[str], list[str]]:
    """Return the table of kills with a request in flight, actor by phase, and the combinations that are missing."""
    flights: Counter[tuple[str, str]] = Counter()
    for (actor, phase, message), count in hits.items():
        flights[actor, phase] += count if message else 0
    lines = [f"{'in flight':<16}" + "".join(f"{phase:>16}" for phase in PHASES) + f"{'idle':>8}"]
    for actor in ACTORS:
        cells = (str(flights[actor, phase]) if (actor, phase) in COMBINATIONS else "-" for phase in PHASES)
        idle = sum(count for (name, _, message), count in hits.items() if name == actor and not message)
        lines.append(f"{actor:<16}" + "".join(f"{cell:>16}" for cell in cells) + f"{idle:>8}")
    missing = [f"{actor} while {phase}" for actor, phase in COMBINATIONS if not flights[actor, phase]]
    return lines, missing


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture")
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--target", type=Path, default=PROJECTS / "healing")
    parser.add_argument("--work", type=Path, help="an empty folder for the runs; without it, one that is removed")
    options = parser.parse_args()
    if options.work is not None:
        return torture(options)
    with tempfile.TemporaryDirectory(prefix="regrow-torture-") as folder:
        options.work = Path(folder)
        return torture(options)


def torture(options: argparse.Namespace) -> int:
    """Attack, compare, and print what was hit; 1 when something is wrong."""
    calm_code, calm = verify(options.target, options.work / "calm")
    print(f"calm: exit {calm_code}, {essence(calm)[:3]}", flush=True)
    if calm.get("verdict") not in ("pass", "healed"):
        print(f"WRONG the calm run does not pass: {calm.get('reason')}")
        return 1
    wrong: list[str] = []
    hits: Counter[tuple[str, str, str]] = Counter()
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
        phase = PHASES[number % len(PHASES)]
        code, report = kill_and_resume(options.target, runs, phase, random.Random(number))
        attack(f"kill {number} while {phase}", code, report, runs)

    with ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(one_seed, range(options.first, options.first + options.seeds)))
        list(pool.map(one_kill, range(options.kills)))
    table, missing = coverage(hits)
    print("\n".join(table))
    print(f"messages in flight: {', '.join(sorted({message for _, _, message in hits if message}))}")
    if options.seeds >= len(COMBINATIONS):
        wrong.extend(f"never killed with a request in flight: {one}" for one in missing)
    print(f"missing: {', '.join(missing) or 'nothing'}")
    print(f"kills a run: least {min(per_run, default=0)}, most {max(per_run, default=0)}, in all {sum(per_run)}")
    if min(per_run, default=LEAST_KILLS) < LEAST_KILLS:
        wrong.append(f"a run was over before {LEAST_KILLS} kills")
    killed_in = Counter(PHASES[number % len(PHASES)] for number in range(options.kills))
    print(f"the whole process was killed while: {', '.join(f'{phase} {n}' for phase, n in killed_in.items())}")
    for line in wrong:
        print(f"WRONG {line}")
    print(f"{options.seeds} seeds and {options.kills} kills of the process, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
