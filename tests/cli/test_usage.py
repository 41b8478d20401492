"""A slip ends with a code, a sentence and what to do, before a run is begun; never with a traceback."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest

from regrow.cli.commands.doctor import WHY, namespaces_fact, runs_fact
from regrow.cli.exit_codes import exit_code_of
from regrow.cli.faults import fault_of
from regrow.cli.report.outputs import Output, check_places, parse_output
from regrow.cli.run_folders import begin, find_run, hold, list_runs, read_start
from regrow.cli.targets import settled_target
from regrow.cli.verifying import new_start
from regrow.core.sandbox import FactState
from regrow.protocols.errors import RegrowError
from regrow.protocols.status import Verdict
from regrow.protocols.verification import BuildConfig
from tests.source_tree import ROOT


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "regrow", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def stored_run(runs: Path) -> str:
    start = new_start(BuildConfig(target="pypi:name"))
    begin(runs, start)
    return start.run_id


SLIPS = {
    "an unknown form of target": (["verify", "ftp:thing"], "E2001 'ftp:thing'"),
    "a missing folder": (["verify", "./not-here"], "E2001 there is nothing at './not-here'"),
    "a name that no registry has": (["verify", "pypi:a b"], "E2001 'pypi:a b'"),
    "an unknown format": (["verify", ".", "--format", "pdf=x"], "E6001 option --format has no kind 'pdf'"),
    "a format without a file": (["verify", ".", "--format", "html="], "E6001 option --format names no file"),
    "no duration": (["verify", ".", "--time", "soon"], "E6001 option --time is no duration"),
    "one file for two": (["verify", ".", "..", "--format", "html=x"], "E6001 option --format html=x would hold"),
    "chaos for two": (["verify", ".", "..", "--chaos", "1"], "E6001 option --chaos is for one target"),
    "a slip in the second": (["verify", ".", "./not-here"], "E2001 there is nothing at './not-here'"),
    "an unknown run": (["resume", "f00"], "E6004 run 'f00'"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_a_usage_error_with_a_code_and_leaves_no_run(slip: str, tmp_path: Path) -> None:
    arguments, said = SLIPS[slip]
    done = run(*arguments, "--run-dir", str(tmp_path / "runs"))
    assert done.returncode == 2
    assert done.stderr.startswith(said)
    assert "; " in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "runs").exists()


def test_a_run_folder_that_is_a_file_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run("verify", str(tmp_path), "--run-dir", str(tmp_path / "file"))
    assert (done.returncode, done.stderr[:5]) == (2, "E6001")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, "E5002"), (errno.EROFS, "E5004"), (errno.EACCES, "E5004")])
def test_what_the_system_refuses_has_a_code_and_a_remedy(number: int, code: str) -> None:
    fault = fault_of(OSError(number, "refused"), "the run folder 'x'", "choose another")
    assert fault.code.value == code
    assert str(fault).endswith("choose another")


def test_a_run_is_found_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    run_id = stored_run(tmp_path)
    assert find_run(tmp_path, run_id[:6]) == run_id == find_run(tmp_path, "last")
    start = read_start(tmp_path, run_id)
    assert (start.run_id, start.resume, start.configuration.target) == (run_id, True, "pypi:name")


def test_a_beginning_that_two_runs_share_is_refused(tmp_path: Path) -> None:
    for name in ("abc1", "abc2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "request.json").write_text("{}")
    with pytest.raises(RegrowError, match=r"E6001 .*2 runs .*abc1, abc2"):
        find_run(tmp_path, "abc")
    with pytest.raises(RegrowError, match="E4007"):
        read_start(tmp_path, "abc1")


def test_a_second_process_cannot_work_on_a_run(tmp_path: Path) -> None:
    run_id = stored_run(tmp_path)
    with hold(tmp_path / run_id):
        done = run("resume", run_id, "--run-dir", str(tmp_path))
        assert [stored.verdict for stored in list_runs(tmp_path)] == ["running"]
    assert (done.returncode, done.stderr[:5]) == (2, "E6008")
    assert "by process" in done.stderr
    with hold(tmp_path / run_id):  # it was let go
        pass
    assert [stored.verdict for stored in list_runs(tmp_path)] == ["unfinished"]


def test_runs_are_listed_as_text_and_as_json(tmp_path: Path) -> None:
    run_id = stored_run(tmp_path)
    (row,) = json.loads(run("runs", "--json", "--run-dir", str(tmp_path)).stdout)
    assert (row["runId"], row["target"], row["verdict"]) == (run_id, "pypi:name", "unfinished")
    assert run("runs", "--run-dir", str(tmp_path)).stdout.startswith(run_id)


@pytest.mark.parametrize(
    ("report", "told"),
    [
        ({"verdict": "pass", "deviations": [], "notes": []}, "pass        pypi:name\n"),
        (
            {"verdict": "healed", "deviations": [{}, {}], "notes": ["x"]},
            "healed      pypi:name  (2 deviations, 1 note)\n",
        ),
        ({"verdict": "fail", "deviations": [{}]}, "fail        pypi:name  (1 deviation)\n"),
    ],
)
def test_a_run_is_listed_with_the_number_of_its_deviations_and_notes(
    report: dict[str, object], told: str, tmp_path: Path
) -> None:
    run_id = stored_run(tmp_path)
    (tmp_path / run_id / "report.json").write_text(json.dumps(report), "utf-8")
    assert run("runs", "--run-dir", str(tmp_path)).stdout.endswith(told)
    (row,) = json.loads(run("runs", "--json", "--run-dir", str(tmp_path)).stdout)
    assert row["deviations"] == len(report["deviations"])  # type: ignore[arg-type]  # a list, in each row


def test_an_output_is_looked_at_before_the_run(tmp_path: Path) -> None:
    check_places([Output("html", str(tmp_path / "new" / "r.html")), Output("json", "-")])
    assert (tmp_path / "new").is_dir()
    with pytest.raises(RegrowError, match=r"E6001 .*Is a directory"):
        check_places([parse_output(f"html={tmp_path}")])


def test_a_path_is_kept_from_the_root_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path)
    assert settled_target("project") == str(tmp_path / "project")
    assert settled_target("pypi:name==1.0") == "pypi:name==1.0"


@pytest.mark.parametrize(
    ("verdict", "code"),
    [(Verdict.PASS, 0), (Verdict.HEALED, 1), (Verdict.FAIL, 1), (Verdict.UNDECIDED, 4), (Verdict.CANCELLED, 130)],
)
def test_each_verdict_has_its_exit_code(verdict: Verdict, code: int) -> None:
    assert exit_code_of(verdict, accept_healed=False) == code
    assert exit_code_of(verdict, accept_healed=True) == (0 if verdict is Verdict.HEALED else code)


def test_doctor_names_the_kernel_setting_that_forbids_and_the_command_that_allows() -> None:
    restricted = {"user.max_user_namespaces": "100", "kernel.apparmor_restrict_unprivileged_userns": "1"}
    fact = namespaces_fact(restricted, works=False)
    assert (fact.state, fact.remedy) == (
        FactState.MISSING,
        "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    )
    assert namespaces_fact(restricted, works=True).state is FactState.OK
    assert namespaces_fact({}, works=False).state is FactState.MISSING


def test_doctor_says_that_runs_cannot_be_kept_under_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert runs_fact(tmp_path / "file" / "runs").state is FactState.MISSING
    assert runs_fact(tmp_path / "to" / "be" / "made").state is FactState.OK


def test_doctor_says_of_each_fact_why_it_matters() -> None:
    done = run("doctor", "--json")
    told = json.loads(done.stdout)
    states = {fact["name"]: fact["state"] for fact in told["facts"]}
    assert {"python", "user namespaces", "sandbox", "limits", "disk", "runs"} <= states.keys() <= WHY.keys()
    assert done.returncode == (0 if told["ready"] else 1) == int("missing" in states.values())
    assert all(fact["remedy"] for fact in told["facts"] if fact["state"] == "missing")


def test_completion_for_bash_completes_a_command() -> None:
    completing = {"_REGROW_COMPLETE": "complete_bash", "COMP_WORDS": "regrow ver", "COMP_CWORD": "1"}
    code = "from regrow.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", **completing},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.split() == ["verify"]
