"""A machine that asks for JSON gets one object, whatever ends the command and however early."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from regrow.cli.exit_codes import Interrupted
from regrow.cli.process.last_word import LastWord, interruption
from tests.source_tree import ROOT

SHAPE = {"runId", "target", "state", "exitCode", "error", "resume"}

STOPPED_AT = """
import sys
class Stops:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            raise {error}
sys.meta_path.insert(0, Stops())
sys.argv = ["regrow", *{arguments!r}]
from regrow.cli.exit_codes import Interrupted
from regrow.cli.process.entry import main
main()
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "regrow", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("name", ["typer", "regrow.cli.commands.verify", "regrow.cli.asking", "regrow.config"])
@pytest.mark.parametrize(("error", "code"), [("KeyboardInterrupt", 130), ("Interrupted(15)", 143)])
def test_what_is_interrupted_while_it_is_loaded_says_so_in_json(
    name: str, error: str, code: int, tmp_path: Path
) -> None:
    arguments = ["verify", str(tmp_path), "--json", "--run-dir", str(tmp_path / "runs")]
    script = STOPPED_AT.format(name=name, error=error, arguments=arguments)
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    told = json.loads(done.stdout)
    assert (done.returncode, told["exitCode"], told["state"]) == (code, code, "interrupted")
    assert set(told) == SHAPE
    assert (told["error"]["code"], told["resume"]) == ("E6003", None)
    assert done.stderr == "interrupted before anything was begun\n"
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["plan", "./not-here"], "E2001"),
        (["lint-docs", "./not-here"], "E2001"),
        (["lint-docs", "EMPTY"], "E1001"),
        (["plan", "EMPTY"], "E2007"),
        (["lint-docs", ".", "--format", "pdf"], "E6001"),
        (["verify", ".", "--jobs", "99"], "E6001"),
        (["runs", "show", "none", "--run-dir", "EMPTY"], "E6004"),
        (["runs", "compare", "a", "b", "--run-dir", "EMPTY"], "E6004"),
        (["trace", "none", "--run-dir", "EMPTY"], "E6004"),
        (["gc", "--no-such-option"], "E6001"),
        (["verfy", "."], "E6001"),
    ],
)
def test_each_command_tells_what_it_refuses_in_one_shape(arguments: list[str], error: str, tmp_path: Path) -> None:
    done = run(*(str(tmp_path) if word == "EMPTY" else word for word in arguments), "--json")
    told = json.loads(done.stdout)
    assert set(told) == SHAPE
    assert (told["state"], told["exitCode"], told["error"]["code"]) == ("refused", done.returncode, error)
    assert set(told["error"]) == {"code", "message", "remedy"}
    assert done.returncode != 0
    assert done.stderr


def test_who_reads_no_json_gets_none() -> None:
    done = run("plan", "./not-here")
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [(["x", "--json"], 8), (["x", "--events"], 1), (["x", "--", "--json"], 0), (["x"], 0)],
)
def test_one_word_is_the_last(arguments: list[str], lines: int, capsys: pytest.CaptureFixture[str]) -> None:
    word = LastWord()
    for _ in range(2):
        word.tell({"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6}, arguments)
    assert len(capsys.readouterr().out.splitlines()) == lines
    assert word.said is (lines > 0)


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt(), 130), (Interrupted(1), 129), (Interrupted(15), 143)])
def test_a_signal_has_its_exit_code(error: KeyboardInterrupt, code: int) -> None:
    assert interruption(error)[0] == code
