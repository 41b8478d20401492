"""Several targets: at most so many at a time, each with an end of its own, whatever ends the others."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from regrow.cli.batch import carrying
from regrow.cli.batch.carrying import carry_out_all
from regrow.cli.report.outputs import Output, outputs_for
from regrow.cli.run_folders import list_runs
from regrow.cli.verifying import Presentation
from regrow.daemon.verification import Folders
from regrow.protocols.actor_errors import TreeFailed
from regrow.protocols.errors import RegrowError
from regrow.protocols.run_messages import RunFinished, StartRun
from regrow.protocols.status import BuildStatus, Verdict
from regrow.protocols.verification import BuildConfig, BuildResults

Outcome = str | Exception | Callable[[], object]


class Place:
    """A tree whose runs end as they are told to, after two turns of the loop."""

    def __init__(self, outcomes: Mapping[str, Outcome]) -> None:
        self.outcomes = outcomes
        self.under_way = self.most = 0
        self.order: list[str] = []

    async def carry_out(self, start: StartRun, _news: object, _note: object) -> RunFinished | TreeFailed:
        self.order.append(start.configuration.target)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await anyio.sleep(0.01)
        finally:
            self.under_way -= 1
        outcome = self.outcomes[start.configuration.target]
        if callable(outcome):
            outcome()
            await anyio.sleep(30)
        if isinstance(outcome, TreeFailed):
            return outcome
        if isinstance(outcome, Exception):
            raise outcome
        verdict = Verdict(str(outcome))
        return RunFinished(
            run_id=start.run_id, status=BuildStatus.COMPLETED if verdict is Verdict.PASS else BuildStatus.FAILED,
            verdict=verdict, results=BuildResults(verdict=verdict, reason=f"it is {verdict}"), duration_ms=5,
        )  # fmt: skip


class Batch:
    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folders = Folders(folder / "runs", folder / "regrow.db", folder / "cache")
        self.lanes = 0
        self._patch = monkeypatch

    def run(self, outcomes: Mapping[str, Outcome], jobs: int = 2, *outputs: Output, **how: bool) -> tuple[int, Place]:
        place = Place(outcomes)

        @asynccontextmanager
        async def opened(*_: object, lanes: int, **__: object) -> AsyncIterator[Place]:
            self.lanes = lanes
            yield place

        self._patch.setattr(carrying, "open_workplace", opened)
        configurations = [BuildConfig(target=target) for target in outcomes]
        return carry_out_all(configurations, self.folders, Presentation(outputs=outputs, **how), jobs), place


@pytest.fixture
def batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Batch:
    return Batch(tmp_path, monkeypatch)


def test_no_more_than_so_many_run_at_a_time_in_the_order_typed(batch: Batch) -> None:
    code, place = batch.run({f"pypi:t{number}": "pass" for number in range(7)}, 3)
    assert (code, place.most, batch.lanes) == (0, 3, 3)
    assert place.order == [f"pypi:t{number}" for number in range(7)]
    assert [run.verdict for run in list_runs(batch.folders.runs)] == ["pass"] * 7


def test_there_are_no_more_lanes_than_targets(batch: Batch) -> None:
    batch.run({"pypi:a": "pass", "pypi:b": "pass"}, 10)
    assert batch.lanes == 2


def test_with_json_there_is_an_object_for_each_and_the_summary_is_last(
    batch: Batch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _ = batch.run({"pypi:a": "pass", "pypi:b": "undecided", "pypi:c": "fail"}, 1, json_out=True)
    *runs, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert [(run["target"], run["state"], run["exitCode"]) for run in runs] == [
        ("pypi:a", "finished", 0),
        ("pypi:b", "finished", 4),
        ("pypi:c", "finished", 1),
    ]
    assert last["summary"]["exitCode"] == code == 1
    assert last["summary"]["counts"] == {"pass": 1, "undecided": 1, "fail": 1}


def test_a_lane_that_gave_up_ends_its_own_run_only(batch: Batch, capsys: pytest.CaptureFixture[str]) -> None:
    code, _ = batch.run({"pypi:a": TreeFailed("root/workers/1 gave up"), "pypi:b": "pass"}, 2)
    told = capsys.readouterr()
    assert code == 70
    assert "FAILED   pypi:a" in told.out
    assert "PASS     pypi:b" in told.out
    assert "E6121 root/workers/1 gave up; this is a fault of regrow" in told.err
    assert "go on with: regrow resume" in told.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_and_names_what_goes_on_with_each(
    number: signal.Signals, batch: Batch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop() -> None:
        os.kill(os.getpid(), number)

    code, place = batch.run({"pypi:a": "pass", "pypi:b": lambda: None, "pypi:c": stop, "pypi:d": "pass"}, 2)
    told = capsys.readouterr()
    assert (code, place.order) == (128 + number, ["pypi:a", "pypi:b", "pypi:c"])
    assert told.err.count("go on with: regrow resume") == 2
    assert "not begun: pypi:d" in told.err
    assert sorted(run.verdict for run in list_runs(batch.folders.runs)) == ["pass", "unfinished", "unfinished"]


def test_a_fault_without_a_code_is_not_hidden_and_every_target_is_told(
    batch: Batch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        batch.run({"pypi:a": ZeroDivisionError("no"), "pypi:b": "pass"}, 1, json_out=True)
    assert caught.group_contains(ZeroDivisionError)
    *runs, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert [run["state"] for run in runs] == ["failed", "refused"]
    assert last["summary"]["exitCode"] == 70


def test_each_report_goes_into_a_file_of_its_own(batch: Batch, tmp_path: Path) -> None:
    targets: dict[str, Outcome] = {"pypi:six": "pass", "/srv/six": "fail"}
    batch.run(targets, 2, Output("json", str(tmp_path / "{name}.json")))
    found = {path.stem: json.loads(path.read_bytes())["target"] for path in tmp_path.glob("*.json")}
    assert found == {"pypi-six": "pypi:six", "six": "/srv/six"}


@pytest.mark.parametrize("path", ["report.html", "-", "{other}.html"])
def test_one_file_for_several_runs_is_refused(path: str) -> None:
    with pytest.raises(RegrowError, match=r"E6001 option --format .*\{name\} or \{run\}"):
        outputs_for([Output("html", path)], [("a", "1"), ("b", "2")])
    if path != "{other}.html":
        assert outputs_for([Output("html", path)], [("a", "1")]) == [(Output("html", path),)]


@pytest.mark.parametrize("right", [True, False])
def test_a_slip_in_one_projects_own_file_does_not_stop_the_others(
    right: bool, tmp_path: Path, batch: Batch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, says in (("wrong", "documnets = []"), ("other", "" if right else "time = 'soon'")):
        (tmp_path / name).mkdir()
        (tmp_path / name / ".regrow.toml").write_text(says)
    wrong, other = str(tmp_path / "wrong"), str(tmp_path / "other")
    code, place = batch.run({wrong: "pass", other: "pass"}, json_out=True)
    assert (code, place.order) == (2, [other] if right else [])
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["target"], row["state"], row["exitCode"]) for row in told[-1]["summary"]["runs"]] == [
        (wrong, "refused", 2),
        (other, "finished" if right else "refused", 0 if right else 2),
    ]
    assert len(told) == 3
