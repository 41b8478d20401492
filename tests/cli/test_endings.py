"""How a run ended, told in one object, and the exit code that goes with it."""

from __future__ import annotations

import datetime as dt
import json
import signal

import pytest

from regrow.cli.endings import EndState, end_of_error, end_of_report, print_end, refusals_told
from regrow.cli.exit_codes import Interrupted, exit_code_of_error, only_cause
from regrow.protocols.actor_errors import TreeFailed
from regrow.protocols.errors import RegrowError, regrow_error
from regrow.protocols.report import RunReport
from regrow.protocols.status import BuildStatus, Verdict
from regrow.protocols.verification import BuildError


def report_of(verdict: Verdict, *codes: str) -> RunReport:
    return RunReport(
        run_id="r", target="t", verdict=verdict, status=BuildStatus.COMPLETED, reason="", duration_ms=1,
        errors=tuple(BuildError(code=code, message=f"what {code} says") for code in codes),
        finished_at=dt.datetime(2026, 1, 2, tzinfo=dt.UTC), folder="/tmp/r",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (regrow_error("E6001", "no"), 2, "E6001"),
        (regrow_error("E2003", "no"), 1, "E2003"),
        (regrow_error("E5002", "no"), 69, "E5002"),
        (regrow_error("E6005", "no"), 70, "E6005"),
        (TreeFailed("root gave up"), 70, "E6121"),
        (ZeroDivisionError("no"), 70, "E6005"),
        (ExceptionGroup("", [ExceptionGroup("", [regrow_error("E5002", "no")])]), 69, "E5002"),
        (ExceptionGroup("", [ValueError(), regrow_error("E5002", "no")]), 70, "E6005"),
        (KeyboardInterrupt(), 130, "E6003"),
        (Interrupted(signal.SIGTERM), 143, "E6003"),
        (BaseExceptionGroup("", [ValueError(), BaseExceptionGroup("", [Interrupted(signal.SIGTERM)])]), 143, "E6003"),
    ],
)
def test_each_error_has_its_exit_code_and_its_code(error: BaseException, code: int, told: str) -> None:
    end = end_of_error(error, run_id="r", target="t", begun=True)
    assert end.error is not None
    assert (end.exit_code, exit_code_of_error(only_cause(error)), end.error.code) == (code, code, told)
    assert end.state is (EndState.INTERRUPTED if told == "E6003" else EndState.FAILED)
    assert end.error.message
    assert not end.error.message.startswith(told)
    assert end.error.remedy


def test_a_project_file_that_cannot_be_used_is_usage_wherever_it_is_found() -> None:
    assert end_of_report(report_of(Verdict.UNDECIDED, "E1007"), None, accept_healed=False).exit_code == 2
    assert end_of_report(report_of(Verdict.UNDECIDED, "E2005"), None, accept_healed=False).exit_code == 4


def test_a_report_that_could_not_be_written_is_what_the_end_tells() -> None:
    report = report_of(Verdict.PASS)
    assert end_of_report(report, None, accept_healed=False).error is None
    end = end_of_report(report, regrow_error("E5002", "is full"), accept_healed=False)
    assert end.error is not None
    assert (end.state, end.exit_code, end.error.code) == (EndState.FINISHED, 69, "E5002")


def test_a_run_that_does_not_pass_tells_its_first_error_and_what_to_do() -> None:
    end = end_of_report(report_of(Verdict.FAIL, "E3001", "E2004"), None, accept_healed=True)
    assert end.error is not None
    assert (end.exit_code, end.error.code, end.error.message) == (1, "E3001", "what E3001 says")


def test_a_refusal_is_told_to_machines_only(capsys: pytest.CaptureFixture[str]) -> None:
    for events, lines in ((True, 1), (False, 0)):
        with pytest.raises(RegrowError), refusals_told("t", json_out=False, events=events):
            raise regrow_error("E6004", "is unknown")
        assert len(capsys.readouterr().out.splitlines()) == lines


def test_the_last_object_is_the_report_and_how_it_ended(capsys: pytest.CaptureFixture[str]) -> None:
    report = report_of(Verdict.UNDECIDED, "E5003")
    print_end(end_of_report(report, None, accept_healed=False), report, json_out=True, events=True)
    told = json.loads(capsys.readouterr().out)
    assert report.model_dump(mode="json", by_alias=True).items() <= told.items()
    assert (told["state"], told["exitCode"], told["error"]["code"], told["resume"]) == ("finished", 4, "E5003", None)
