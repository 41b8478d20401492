"""`regrow runs show|report|compare|cancel` and `regrow gc`, as they are typed."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from regrow.cli.run_folders import REPORT, REQUEST, begin, hold
from regrow.cli.runs.cancelling import cancel
from regrow.cli.runs.collecting import STAMP, collect, collect_after_run, find_superfluous
from regrow.cli.runs.reading import holder_of, read_report, state_of
from regrow.cli.verifying import new_start
from regrow.config import GcSettings
from regrow.core.store import Put, open_store
from regrow.daemon.tree import run_path
from regrow.daemon.verification import Folders
from regrow.protocols.errors import RegrowError
from regrow.protocols.report import RunReport
from regrow.protocols.verification import BuildConfig
from tests.cli.report.test_formats import REPORTS
from tests.source_tree import ROOT

NOW = dt.datetime.now(dt.UTC)
HOLDER = """
import sys, time, signal
from pathlib import Path
from regrow.cli.run_folders import hold
if sys.argv[2] == "deaf": signal.signal(signal.SIGTERM, signal.SIG_IGN)
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "regrow", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def stored(runs: Path, report: RunReport | None = None, days: float = 0) -> Path:
    folder = begin(runs, new_start(BuildConfig(target="pypi:demo")))
    if report is not None:
        (folder / REPORT).write_text(report.model_dump_json(by_alias=True), "utf-8")
    moment = NOW.timestamp() - days * 86400
    os.utime(folder / REQUEST, (moment, moment))
    return folder


def holder(folder: Path, how: str = "") -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder), how], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_finished_run_is_shown_and_its_report_written_again(tmp_path: Path) -> None:
    folder = stored(tmp_path, REPORTS["fail"])
    shown = run("runs", "show", folder.name[:8], "--run-dir", str(tmp_path))
    assert shown.stdout.startswith("FAIL  pypi:de*mo\n")
    assert str(folder) in shown.stdout
    told = json.loads(run("runs", "show", "last", "--json", "--run-dir", str(tmp_path)).stdout)
    assert (told["state"], told["report"]["verdict"], told["resume"]) == ("finished", "fail", None)
    page = tmp_path / "out" / "x.html"
    done = run("runs", "report", "last", "--format", f"html={page}", "--format", "github", "--run-dir", str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("::error file=")
    assert page.read_text().startswith("<!doctype html>")


def test_an_unfinished_run_says_how_to_go_on_and_has_no_report(tmp_path: Path) -> None:
    folder = stored(tmp_path)
    state = state_of(tmp_path, folder.name, "regrow resume x")
    assert (state.state, state.resume, state.report) == ("unfinished", "regrow resume x", None)
    with hold(folder):
        state = state_of(tmp_path, folder.name, "regrow resume x")
        assert (state.state, state.resume, state.process) == ("running", None, os.getpid())
    with pytest.raises(RegrowError, match=r"E6001 run .* has no report .*regrow resume"):
        read_report(tmp_path, folder.name)
    (folder / REPORT).write_text('{"verdict": "pass"}')
    with pytest.raises(RegrowError, match="E4007"):
        read_report(tmp_path, folder.name)


def test_two_runs_are_compared_with_the_exit_code_of_diff(tmp_path: Path) -> None:
    one, two = stored(tmp_path, REPORTS["pass"]), stored(tmp_path, REPORTS["fail"])
    done = run("runs", "compare", one.name, two.name, "--run-dir", str(tmp_path))
    assert (done.returncode, done.stdout.splitlines()[0]) == (1, "verdict    pass -> fail")
    same = run("runs", "compare", one.name, one.name, "--json", "--run-dir", str(tmp_path))
    assert (same.returncode, json.loads(same.stdout)["same"]) == (0, True)


def test_a_run_that_another_process_works_on_is_cancelled(tmp_path: Path) -> None:
    folder, other = stored(tmp_path), stored(tmp_path)
    with holder(folder) as process:
        told = json.loads(run("runs", "cancel", folder.name, "--json", "--run-dir", str(tmp_path)).stdout)
    assert (told["process"], told["ended"], told["alsoEnded"]) == (process.pid, True, [])
    assert told["resume"].startswith("regrow resume ")
    again = run("runs", "cancel", other.name, "--run-dir", str(tmp_path))
    assert (again.returncode, again.stderr) == (1, f"nobody works on run {other.name}\n")


def test_a_process_that_does_not_end_in_time_is_said_so(tmp_path: Path) -> None:
    folder = stored(tmp_path)
    passed = iter(range(100))
    with holder(folder, "deaf") as process:
        done = cancel(folder, 3.0, now_s=lambda: float(next(passed)), sleep=lambda _: None)
        assert (done.process, done.ended, holder_of(folder)) == (process.pid, False, process.pid)
        process.kill()


def test_gc_gives_up_what_is_over_the_limits_and_shows_it_first(tmp_path: Path) -> None:
    new, old = stored(tmp_path, REPORTS["pass"]), stored(tmp_path, REPORTS["pass"], days=99)
    (old / "layers").mkdir(mode=0)
    shown = run("gc", "--dry-run", "--run-dir", str(tmp_path))
    assert f"{old.name}  (older than 30 days)" in shown.stdout
    assert "would remove" in shown.stdout
    assert old.exists()
    told = json.loads(run("gc", "--json", "--run-dir", str(tmp_path)).stdout)
    assert [item["name"] for item in told["items"]] == [old.name]
    assert (new.exists(), old.exists()) == (True, False)
    assert run("gc", "--run-dir", str(tmp_path)).stdout == "nothing is over its limit\n"


def folders_in(tmp_path: Path) -> Folders:
    return Folders(tmp_path / "runs", tmp_path / "regrow.db", tmp_path / "cache")


def a_base(folders: Folders, name: str) -> Path:
    base = folders.cache / "bases" / name
    base.mkdir(parents=True)
    (base / "file").write_bytes(b"x" * 100_000)
    return base


def test_what_is_worked_on_stays_and_the_cache_below_it(tmp_path: Path) -> None:
    folders = folders_in(tmp_path)
    busy = stored(folders.runs, days=99)
    a_base(folders, "python-1"), a_base(folders, "python-2")
    limits = GcSettings(runs_kept=1, cache_limit_bytes=1)
    with hold(busy):
        assert find_superfluous(folders, limits, NOW) == []
    found = find_superfluous(folders, limits, NOW)
    assert [each.kind for each in found] == ["run", "base"]
    with hold(busy):  # taken up after it was found
        assert [each.kind for each in collect(found, folders.store)] == ["base"]
    assert busy.exists()


def test_what_the_store_keeps_of_a_run_goes_with_it(tmp_path: Path) -> None:
    folders = folders_in(tmp_path)
    gone, kept = stored(folders.runs, days=40).name, "another"

    async def written() -> None:
        async with open_store(folders.store) as store:
            for run_id in (gone, kept):
                await store.put(Put("checkpoints", f"{run_path(run_id)}\x1fx", b"{}"))
                await store.put(Put("trace-runs", f"{run_id}\x1f{run_id}-trace", b""))
                await store.append(f"spans/{run_id}-trace", [b"{}"])
            await store.append("log", [b"{}"])

    async def left() -> list[int]:
        async with open_store(folders.store) as store:
            lists = [await store.list_items("checkpoints"), await store.list_items("trace-runs")]
            logs = [await store.read(f"spans/{run_id}-trace") for run_id in (gone, kept)]
            return [*map(len, lists), *map(len, logs), len(await store.read("log"))]

    anyio.run(written)
    assert anyio.run(left) == [2, 2, 1, 1, 1]
    collect(find_superfluous(folders, GcSettings(), NOW), folders.store)
    assert anyio.run(left) == [1, 1, 0, 1, 1]


def test_after_a_run_the_cache_is_looked_at_once_a_day(tmp_path: Path) -> None:
    folders = folders_in(tmp_path)
    stored(folders.runs, REPORTS["pass"], days=40)
    a_base(folders, "python-1"), a_base(folders, "python-2")
    limits = GcSettings(cache_limit_bytes=1)
    assert collect_after_run(folders, limits, NOW) == 2
    a_base(folders, "python-3")
    assert collect_after_run(folders, limits, NOW) == 0
    assert collect_after_run(folders, limits, NOW + dt.timedelta(days=2)) == 1
    assert (folders.cache / "bases" / STAMP).exists()
