"""A folder is verified again when its files have changed and are quiet; what tools leave beside them is no change."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from regrow.cli.watching import look, wait_for_change
from tests.source_tree import ROOT


class Script:
    """A clock, and what happens to the files while somebody sleeps."""

    def __init__(self, *happens: Callable[[], object] | None) -> None:
        self.happens = list(happens)
        self.slept = 0

    def now_s(self) -> float:
        return self.slept * 0.5

    def sleep(self, _seconds: float) -> None:
        self.slept += 1
        if self.happens and (change := self.happens.pop(0)) is not None:
            change()
        assert self.slept < 100


def changed(root: Path, *happens: Callable[[], object] | None) -> tuple[list[str], int]:
    script = Script(*happens)
    before = look(root)
    found = wait_for_change(root, before, now_s=script.now_s, sleep=script.sleep)
    return [Path(path).relative_to(root).as_posix() for path in found], script.slept


def test_a_series_of_saves_is_one_change_once_it_is_quiet(tmp_path: Path) -> None:
    one, two = tmp_path / "README.md", tmp_path / "src" / "a.py"
    two.parent.mkdir()
    found, slept = changed(
        tmp_path, None, lambda: one.write_text("a"), lambda: two.write_text("b"), lambda: one.write_text("ab")
    )
    assert found == ["README.md", "src/a.py"]
    assert slept == 4 + 2  # quiet for a second


def test_a_file_that_goes_is_a_change_and_one_that_comes_back_as_it_was_is_none(tmp_path: Path) -> None:
    kept, other = tmp_path / "kept", tmp_path / "other"
    kept.write_text("x")
    stat = kept.stat()

    def back() -> None:
        kept.write_text("x")
        os.utime(kept, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    found, _ = changed(tmp_path, kept.unlink, back, None, None, None, lambda: other.write_text("y"))
    assert found == ["other"]
    assert changed(tmp_path, other.unlink)[0] == ["other"]


def test_what_changed_before_the_wait_began_is_seen(tmp_path: Path) -> None:
    before = look(tmp_path)
    (tmp_path / "new").touch()
    script = Script()
    assert len(wait_for_change(tmp_path, before, now_s=script.now_s, sleep=script.sleep)) == 1


def test_what_tools_leave_is_not_looked_at_and_links_are_not_followed(tmp_path: Path) -> None:
    for name in (".git", "__pycache__", "node_modules", ".venv"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "Makefile").touch()
    assert [Path(path).name for path in look(tmp_path)] == ["Makefile"]


def test_ctrl_c_while_it_waits_ends_it_cleanly(tmp_path: Path) -> None:
    """No document at all: the run is over at once, and the wait begins."""
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "data").touch()
    command = [sys.executable, "-m", "regrow", "watch", str(tmp_path / "project"), "--no-network"]
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    with subprocess.Popen(
        [*command, "--run-dir", str(tmp_path / "runs")], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("waiting for a change"):
                break
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert (process.returncode, rest) == (0, "\nno longer waiting\n")


def test_what_is_no_folder_is_refused() -> None:
    command = [sys.executable, "-m", "regrow", "watch", "pypi:name"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr.startswith("E6001 target 'pypi:name' is no folder")) == (2, True)
