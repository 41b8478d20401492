"""The command line starts light, names what there is, and ends with the right code."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import regrow
from regrow.cli.main import COMMANDS
from regrow.config import Settings
from tests.source_tree import ROOT

HEAVY = {"fastapi", "uvicorn", "opentelemetry.sdk", "cryptography", "psutil", "rich.markdown", "pydantic", "anyio"}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "regrow", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_load_nothing_heavy(option: str) -> None:
    code = (
        "import sys\nfrom regrow.cli.main import main\n"
        f"sys.argv = ['regrow', {option!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert HEAVY & set(done.stderr.split()) == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_each_line_of_the_list_is_the_first_line_of_its_help(name: str) -> None:
    lazy = COMMANDS[name]
    help_text = lazy.load(name).help
    assert inspect.cleandoc(help_text).splitlines()[0] == lazy.line


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help(name: str) -> None:
    done = run(name, "--help")
    assert done.returncode == 0
    assert f"regrow {name}" in done.stdout


def test_version_is_that_of_the_package() -> None:
    assert run("--version").stdout == f"regrow {regrow.__version__}\n"


@pytest.mark.parametrize(("typed", "meant"), [("verfy", "verify"), ("doktor", "doctor")])
def test_a_mistyped_command_is_a_usage_error_that_names_the_nearest(typed: str, meant: str) -> None:
    done = run(typed)
    assert done.returncode == 2
    assert f"Did you mean '{meant}'" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_error_code_is_a_usage_error() -> None:
    done = run("explain", "E0000")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_demo_shows_a_crash_and_what_was_kept() -> None:
    done = run("demo", "--fast")
    assert (done.returncode, done.stderr) == (0, "")
    assert "crashed: crash: ArithmeticError" in done.stdout
    assert "asked for the balance: 7" in done.stdout


@pytest.mark.parametrize("name", ["runs", "patterns", "strategies", "config"])
def test_no_line_of_a_group_is_cut(name: str) -> None:
    commands = run(name, "--help").stdout.partition("Commands:")[2].splitlines()
    assert [line for line in commands if line.endswith("...")] == []
    assert len(commands) > 2


@pytest.mark.parametrize("name", ["verify", "watch"])
def test_the_time_that_a_help_text_names_is_that_of_the_settings(name: str) -> None:
    minutes = round(Settings().run.deadline_s / 60)
    told = " ".join(run(name, "--help").stdout.split())
    assert f"[default: that of the settings, {minutes}m]" in told
