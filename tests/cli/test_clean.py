"""`regrow clean` shows what it would remove, asks, and keeps what somebody works on or could go on with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from regrow.cli.cleaning import find_leftovers, remove
from regrow.cli.run_folders import begin, hold
from regrow.cli.verifying import new_start
from regrow.daemon.verification import Folders
from regrow.protocols.errors import RegrowError
from regrow.protocols.verification import BuildConfig
from tests.source_tree import ROOT


def stored_run(runs: Path, verdict: str = "") -> Path:
    folder = begin(runs, new_start(BuildConfig(target="pypi:name")))
    if verdict:
        (folder / "report.json").write_text(f'{{"verdict": "{verdict}"}}')
    return folder


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    cache = tmp_path / "home" / "cache" / "regrow"
    (cache / "bases" / "python-1").mkdir(parents=True)
    (cache / "bases" / "python-1" / "big").write_bytes(os.urandom(3 * 1024**2))
    return Folders(tmp_path / "runs", tmp_path / "runs" / "regrow.db", cache)


def clean(folders: Folders, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "regrow", "clean", "--run-dir", str(folders.runs), *arguments]
    environment = {**os.environ, "XDG_CACHE_HOME": str(folders.cache.parent)}
    return subprocess.run(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip


def test_without_a_yes_the_sizes_are_shown_and_nothing_goes(folders: Folders) -> None:
    run = stored_run(folders.runs, "pass")
    done = clean(folders)
    assert (done.returncode, done.stderr) == (1, "nothing was removed; add --yes to remove 3.0 MiB\n")
    assert f"run    {run.name}  pass  pypi:name\n" in done.stdout
    assert "3.0 MiB  cache  bases\n" in done.stdout
    assert run.exists()
    assert (folders.cache / "bases" / "python-1").exists()


def test_with_a_yes_runs_that_are_over_and_caches_go_and_an_unfinished_run_stays(folders: Folders) -> None:
    over, unfinished = stored_run(folders.runs, "fail"), stored_run(folders.runs)
    forbidding = over / "layers" / "work"
    forbidding.mkdir(parents=True)
    forbidding.chmod(0)
    done = clean(folders, "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert "(kept: it can be gone on with; --unfinished removes it too)" in done.stdout
    assert done.stdout.endswith("removed 3.0 MiB\n")
    assert (over.exists(), unfinished.exists(), [*folders.cache.iterdir()]) == (False, True, [])
    assert clean(folders, "--yes", "--unfinished").returncode == 0
    assert not unfinished.exists()
    assert clean(folders).stdout == "nothing to remove\n"


@pytest.mark.parametrize(("only", "left"), [("runs", "cache"), ("cache", "run")])
def test_only_one_kind_goes_when_it_is_named(folders: Folders, only: str, left: str) -> None:
    stored_run(folders.runs, "pass")
    assert clean(folders, "--yes", "--only", only).returncode == 0
    assert [one.kind for one in find_leftovers(folders)] == [left]


def test_a_run_that_is_worked_on_stays_and_so_does_the_cache_below_it(folders: Folders) -> None:
    run = stored_run(folders.runs)
    with hold(run):
        found = find_leftovers(folders, unfinished=True)
        assert [one.kept_because for one in found] == ["a process works on it", "a run may use it"]


def test_a_run_that_was_taken_up_after_the_question_is_not_removed(folders: Folders) -> None:
    run = stored_run(folders.runs, "pass")
    found = find_leftovers(folders)
    with hold(run), pytest.raises(RegrowError, match="E6008"):
        remove(found)
    assert run.exists()
