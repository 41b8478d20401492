"""Each exit code of `regrow verify`, by running the program: on small projects, without a network, whatever ends it.

The run stands on the host's own programs: without apt on its PATH no clean root is made, so nothing is downloaded.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from regrow.cli.exit_codes import exit_code_of, exit_code_of_error
from regrow.protocols.errors import regrow_error
from regrow.protocols.status import Verdict
from tests.source_tree import ROOT

LIMIT_S = 90.0
PROJECTS = ROOT / "tests" / "torture" / "projects"
OFFLINE = ("--no-network", "--memory", "none", "--unsafe-no-sandbox")
"""The last: where this machine has no sandbox, the code is what is tested, not the sandbox."""

MAIN = "from regrow.cli.main import main; main()"
FAULT = f"""
import regrow.daemon.verification as verification
def broken(*_): raise LookupError("a rule of ours is broken, token=abcdefghijklmnop1234")
verification.verification_tree = broken
{MAIN}
"""

Told = Mapping[str, object]


class Program:
    """The program with folders of its own."""

    def __init__(self, folder: Path) -> None:
        self.runs = folder / "runs"
        self.environment = {
            "HOME": str(folder),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "PATH": str(folder / "nothing"),
            "PYTHONPATH": str(ROOT),
        }

    def begin(self, *arguments: str, code: str = MAIN, prefix: Sequence[str] = ()) -> subprocess.Popen[str]:
        command = [*prefix, sys.executable, "-c", code, *arguments, "--run-dir", str(self.runs)]
        return subprocess.Popen(
            command,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.runs.parent,
        )

    def run(self, *arguments: str, code: str = MAIN, prefix: Sequence[str] = ()) -> tuple[int, Told, str]:
        """Run it to its end: the exit code, the last object, and what a person was told."""
        with self.begin(*arguments, code=code, prefix=prefix) as process:
            out, err = process.communicate(timeout=LIMIT_S)
        return process.returncode, last_object(out), err


def last_object(out: str) -> Told:
    """Read the one object of `--json`, or the last line of `--events`."""
    last = out if out.startswith("{\n") else out.splitlines()[-1]
    told = json.loads(last)
    assert isinstance(told, dict)
    return told


def error_code(told: Told) -> object:
    error = told["error"]
    assert isinstance(error, dict)
    assert error["message"]
    assert error["remedy"]
    return error["code"]


@pytest.fixture(autouse=True)
def _hangups_are_heard() -> Iterator[None]:
    """Whoever runs the tests may ignore them, as `nohup` does, and a child goes on with that."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def test_2_for_a_slip_that_a_machine_is_told_of(program: Program) -> None:
    code, told, err = program.run("verify", "./not-here", "--json")
    assert (code, told["exitCode"], told["state"], error_code(told)) == (2, 2, "refused", "E2001")
    assert err.startswith("E2001")
    code, told, _ = program.run("resume", "f00", "--events")
    assert (code, told["event"], told["state"], error_code(told), told["runId"]) == (2, "end", "refused", "E6004", None)
    assert not program.runs.exists()


def test_1_for_a_project_whose_tests_fail(program: Program, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "README.md").write_text(
        "# p\n\n## Development\n\nRun the tests:\n\n```sh\npython3 -m unittest -v\n```\n"
    )
    (project / "test_p.py").write_text(
        "import unittest\nclass T(unittest.TestCase):\n    def test_one(self): self.assertEqual(1, 2)\n"
    )
    code, told, _ = program.run("verify", str(project), "--json", *OFFLINE)
    assert (code, told["verdict"], told["testsFailed"]) == (1, "fail", 1)
    assert (told["state"], told["exitCode"], error_code(told), told["resume"]) == ("finished", 1, "E3001", None)


def test_1_for_a_healed_project_and_0_where_that_is_accepted(program: Program) -> None:
    code, told, _ = program.run("verify", str(PROJECTS / "healing"), "--json", *OFFLINE)
    assert (code, told["verdict"], told["exitCode"]) == (1, "healed", 1)
    code, told, _ = program.run("resume", str(told["runId"]), "--accept-healed", "--events")
    assert (code, told["state"], told["exitCode"]) == (0, "finished", 0)


def test_4_for_what_could_not_be_judged(program: Program) -> None:
    code, told, _ = program.run("verify", str(PROJECTS / "plain"), "--json", "--deadline", "1", *OFFLINE)
    assert (code, told["verdict"], told["exitCode"], error_code(told)) == (4, "undecided", 4, "E2005")


def test_69_where_the_machine_refuses_and_no_run_is_begun(program: Program) -> None:
    nothing_written = ["/bin/sh", "-c", 'ulimit -f 0; exec "$@"', "sh"]
    code, told, err = program.run("verify", str(PROJECTS / "plain"), "--json", *OFFLINE, prefix=nothing_written)
    assert (code, told["state"], told["exitCode"], error_code(told)) == (69, "refused", 69, "E5004")
    assert err.startswith("E5004")
    assert "Traceback" not in err


def test_70_for_a_fault_of_ours_with_the_command_that_goes_on(program: Program) -> None:
    code, told, err = program.run("verify", str(PROJECTS / "plain"), "--events", *OFFLINE, code=FAULT)
    assert (code, told["event"], told["state"], told["exitCode"]) == (70, "end", "failed", 70)
    assert error_code(told) == "E6005"
    assert told["resume"] == f"regrow resume {told['runId']} --run-dir {program.runs}"
    assert "has a bug: LookupError" in err
    assert "abcdefghijklmnop1234" not in json.dumps(told)


def test_130_for_ctrl_c_and_0_for_what_goes_on_from_there(program: Program) -> None:
    with program.begin("verify", str(PROJECTS / "plain"), "--events", *OFFLINE) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line).get("status") == "building":
                break
        began_s = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=LIMIT_S)
    assert time.monotonic() - began_s < LIMIT_S / 3, "Ctrl-C stops the step, and does not wait for its end"
    told = last_object(out)
    assert (process.returncode, told["event"], told["state"], told["exitCode"]) == (130, "end", "interrupted", 130)
    assert error_code(told) == "E6003"
    resume = str(told["resume"])
    assert resume in err
    code, told, _ = program.run(*resume.split()[1:3], "--json")
    assert (code, told["verdict"], told["testsPassed"], told["error"]) == (0, "pass", 2, None)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=["SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("after_s", [0.0, 1.5])
def test_128_and_the_number_of_the_signal(program: Program, number: signal.Signals, code: int, after_s: float) -> None:
    with program.begin("verify", str(PROJECTS / "plain"), "--json", *OFFLINE) as process:
        wait_until(lambda: any(program.runs.glob("*/lock")))
        time.sleep(after_s)
        process.send_signal(number)
        out, err = process.communicate(timeout=LIMIT_S)
    told = last_object(out)
    assert (process.returncode, told["exitCode"], told["state"]) == (code, code, "interrupted")
    assert (told["verdict"], error_code(told)) == ("cancelled", "E6003")
    assert number.name in json.dumps(told["error"])
    assert str(told["resume"]) in err


def test_141_when_nobody_reads_any_more_and_the_run_can_be_gone_on_with(program: Program) -> None:
    with program.begin("verify", str(PROJECTS / "plain"), "--events", *OFFLINE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        process.wait(LIMIT_S)
    assert process.returncode == 128 + signal.SIGPIPE
    assert "Traceback" not in err
    assert "go on with: regrow resume " in err


def test_141_when_nobody_reads_the_progress_any_more(program: Program) -> None:
    with program.begin("verify", str(PROJECTS / "plain"), *OFFLINE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stderr.readline()
        process.stderr.close()
        out = process.stdout.read()
        process.wait(LIMIT_S)
    assert (process.returncode, out) == (128 + signal.SIGPIPE, "")
    code, told, _ = program.run("resume", "last", "--json")
    assert (code, told["verdict"]) == (0, "pass")


def test_a_last_object_that_nobody_reads_changes_no_exit_code(program: Program) -> None:
    with program.begin("verify", str(PROJECTS / "plain"), "--json", "--deadline", "1", *OFFLINE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(LIMIT_S) == 4


def test_a_signal_that_the_process_was_started_to_ignore_stays_ignored(program: Program) -> None:
    ignoring = ["/bin/sh", "-c", 'trap "" HUP; exec "$@"', "sh"]
    arguments = ["verify", str(PROJECTS / "plain"), "--json", "--deadline", "3", *OFFLINE]
    with program.begin(*arguments, prefix=ignoring) as process:
        wait_until(lambda: any(program.runs.glob("*/lock")))
        time.sleep(1.0)  # the loop listens by now
        process.send_signal(signal.SIGHUP)
        out, _ = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, last_object(out)["verdict"]) == (4, "undecided")


def test_the_table_of_the_readme_is_what_is_returned() -> None:
    rows = dict(
        line.strip("| ").split(" | ")[:2]
        for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
        if line.startswith(("| pass", "| healed", "| fail", "| undecided", "| interrupted", "| refused", "| internal"))
    )
    told = {verdict.value: str(exit_code_of(verdict, accept_healed=False)) for verdict in Verdict}
    assert {name: rows[name] for name in ("pass", "healed", "fail", "undecided")} == {
        name: told[name] for name in ("pass", "healed", "fail", "undecided")
    }
    errors = [exit_code_of_error(regrow_error(code, "x")) for code in ("E6001", "E5004", "E6005")]
    assert rows["refused"] == f"{errors[0]}, {errors[1]}"
    assert rows["internal error"] == str(errors[2])
    assert rows["interrupted"] == f"{128 + signal.SIGINT}, {128 + signal.SIGTERM}"


def wait_until(holds: Callable[[], bool]) -> None:
    end_s = time.monotonic() + LIMIT_S
    while not holds():
        assert time.monotonic() < end_s
        time.sleep(0.02)
