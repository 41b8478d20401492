"""A run on the terminal that ends otherwise than with a verdict."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from regrow.cli import verifying
from regrow.cli.exit_codes import exit_code_of_error
from regrow.cli.verifying import Presentation, carry_out, new_start
from regrow.daemon.verification import Folders
from regrow.protocols.actor_errors import TreeFailed
from regrow.protocols.errors import RegrowError
from regrow.protocols.run_messages import RunFinished, StartRun
from regrow.protocols.status import BuildStatus, Verdict
from regrow.protocols.verification import BuildConfig, BuildResults


def end_by(error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, json_out: bool = False) -> int:
    async def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(verifying, "verify_once", fails)
    folders = Folders(tmp_path / "runs", tmp_path / "regrow.db", tmp_path / "cache")
    return carry_out(new_start(BuildConfig(target="/nowhere")), folders, Presentation(json_out=json_out))


@pytest.mark.parametrize("grouped", [False, True])
def test_a_supervisor_that_gave_up_is_told_in_a_line_and_its_place_in_a_file(
    grouped: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = TreeFailed("root/runs gave up: 13 restarts within 300 s")
    error = ExceptionGroup("the tree", [failed]) if grouped else failed
    assert end_by(error, tmp_path, monkeypatch) == 70
    lines = capsys.readouterr().err.splitlines()
    (fault,) = (tmp_path / "runs").glob("*/fault.txt")
    assert lines[-2] == (
        "E6121 root/runs gave up: 13 restarts within 300 s; this is a fault of regrow, not of the project; please report "
        f"it with {fault}"
    )
    assert lines[-1].startswith("go on with: ")
    assert not any("Traceback" in line for line in lines)
    assert "Traceback" in fault.read_text("utf-8")


def test_a_machine_is_told_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    end_by(TreeFailed("root gave up"), tmp_path, monkeypatch, json_out=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["exitCode"], told["error"]["code"]) == (70, "E6121")
    assert "resume" in told["resume"]


def test_a_bug_that_no_code_names_is_not_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        end_by(ZeroDivisionError("no"), tmp_path, monkeypatch)
    assert caught.group_contains(ZeroDivisionError)


def test_a_slip_in_the_projects_own_file_is_usage_and_leaves_no_run_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / ".regrow.toml").write_text("documnets = []\n")
    folders = Folders(tmp_path / "runs", tmp_path / "regrow.db", tmp_path / "cache")
    with pytest.raises(RegrowError) as caught:
        carry_out(new_start(BuildConfig(target=str(project))), folders, Presentation(json_out=True))
    assert exit_code_of_error(caught.value) == 2
    told = json.loads(capsys.readouterr().out)
    assert (told["state"], told["exitCode"], told["error"]["code"], told["runId"]) == ("refused", 2, "E1007", None)
    assert not (tmp_path / "runs").exists()


def test_a_run_that_is_over_is_shown_as_it_was_and_not_carried_out_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ended_at = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    begun: list[StartRun] = []

    async def passes(start: StartRun, *_: object, **__: object) -> RunFinished:
        begun.append(start)
        return RunFinished(
            run_id=start.run_id, status=BuildStatus.COMPLETED, verdict=Verdict.PASS, duration_ms=1234, ended_at=ended_at,
            results=BuildResults(verdict=Verdict.PASS, reason="it passed"),
        )  # fmt: skip

    monkeypatch.setattr(verifying, "verify_once", passes)
    folders = Folders(tmp_path / "runs", tmp_path / "regrow.db", tmp_path / "cache")
    start = new_start(BuildConfig(target="/nowhere"))
    assert carry_out(start, folders, Presentation(json_out=True)) == 0
    first = json.loads(capsys.readouterr().out)
    assert (first["durationMs"], first["finishedAt"][:10]) == (1234, "2026-01-02")
    again = start.model_copy(update={"resume": True})
    assert carry_out(again, folders, Presentation(json_out=True)) == 0
    assert json.loads(capsys.readouterr().out) == first
    assert len(begun) == 1
