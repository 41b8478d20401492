"""`regrow plan` says what would be done, and does nothing of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.source_tree import ROOT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "setup.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    (folder / "README.md").write_text(
        "# demo\n\n```sh\nexport TOKEN=<your token>\npip install .\npytest\n```\n\nOr run `tox`.\n"
    )
    return folder


def planned(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "regrow", "plan", *arguments],
        cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_steps_come_with_their_reasons_and_what_is_not_done_too(project: Path) -> None:
    done = planned(str(project))
    assert (done.returncode, done.stderr) == (0, "")
    text = " ".join(done.stdout.split())
    assert "2 pip install . README.md:5" in text
    assert "3 pytest README.md:6" in text
    assert "deviates: leaves out 'export TOKEN=<your token>' (placeholder)" in text
    assert not (project.parent / "ran").exists(), "nothing of the target is run"


def test_one_object_tells_a_machine_the_same(project: Path) -> None:
    done = planned(str(project), "--json", "--no-network")
    told = json.loads(done.stdout)
    assert [step["command"] for step in told["plan"]["steps"]][1:] == ["pip install .", "pytest"]
    assert told["plan"]["literal"] is False
    assert [each["file"] for each in told["analysis"]["documents"]] == ["README.md"]


def test_a_target_that_cannot_be_had_is_a_usage_error(tmp_path: Path) -> None:
    done = planned(str(tmp_path / "nowhere"))
    assert done.returncode == 2
    assert done.stderr.startswith("E2001 there is nothing at")
    assert done.stdout == ""
