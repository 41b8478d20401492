"""Completion is installed by the shell that asks for it, and knows commands, flags, values and the ids of runs."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from regrow.cli.main import COMMANDS
from regrow.cli.run_folders import begin
from regrow.cli.verifying import new_start
from regrow.protocols.verification import BuildConfig
from tests.source_tree import ROOT

PLACES = {
    "bash": ".bash_completions/regrow.sh",
    "zsh": ".zfunc/_regrow",
    "fish": ".config/fish/completions/regrow.fish",
}
"""Shell -> the file that it reads completions from, below the home folder."""

Complete = Callable[[str], list[str]]


class Home:
    """A home folder with a `regrow` on its PATH, and two runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        runs = folder / "runs"
        self.ids = sorted(begin(runs, new_start(BuildConfig(target="pypi:name"))).name for _ in range(2))
        program = folder / "bin" / "regrow"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m regrow "$@"\n')
        program.chmod(0o755)
        self.environment = {
            "HOME": str(folder),
            "PATH": f"{program.parent}:/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "REGROW_FOLDERS__RUNS_DIR": str(runs),
        }

    def run(self, *command: str, **more: str) -> str:
        done = subprocess.run(
            command,
            env=self.environment | more,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def shell(self, name: str) -> str:
        """Return the shell, or, where there is none of that name, a plain one that is called so: it only has to ask."""
        found = shutil.which(name)
        if found is None:
            found = str(self.folder / "bin" / name)
            shutil.copy("/bin/sh", found)
        return found


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def completer(home: Home, shell: str) -> Complete:
    """Return what asks regrow as the script of a shell does, and gives the words that it offers."""

    def complete(line: str) -> list[str]:
        words = shlex.split(line) + ([""] if line.endswith(" ") else [])
        asked = {
            "bash": {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)},
            "zsh": {"_TYPER_COMPLETE_ARGS": line},
            "fish": {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
        }[shell]
        told = home.run("regrow", _REGROW_COMPLETE=f"complete_{shell}", **asked)
        if shell == "zsh":  # _arguments '*: :(("word":"help"
            return re.findall(r'^"(.*?)"(?=:"|$)', told.partition("((")[2].removesuffix("))'\n"), re.MULTILINE)
        return [offered.split("\t")[0] for offered in told.splitlines()]

    return complete


@pytest.mark.parametrize("shell", PLACES)
def test_each_shell_is_offered_commands_flags_values_and_runs(home: Home, shell: str) -> None:
    complete = completer(home, shell)
    assert complete("regrow res") == ["resume"]
    assert set(COMMANDS) <= set(complete("regrow "))
    assert complete("regrow verify --no-n") == ["--no-network"]
    assert complete("regrow verify --memory ") == ["none", "read", "learn"]
    assert complete("regrow verify --format ju") == ["junit="]
    assert complete("regrow explain E100")[:2] == ["E1001", "E1002"]
    assert complete("regrow config ") == ["show", "template"]
    assert sorted(complete("regrow resume ")) == [*home.ids, "last"]
    assert complete(f"regrow resume {home.ids[0][:8]}") == home.ids[:1]
    assert complete(f"regrow resume --run-dir {home.folder} ") == ["last"]


@pytest.mark.parametrize("shell", PLACES)
def test_installing_writes_the_script_where_the_shell_looks(home: Home, shell: str) -> None:
    told = home.run(home.shell(shell), "-c", "regrow --install-completion; true")
    script = home.folder / PLACES[shell]
    assert f"{shell} completion installed in {script}" in told
    text = script.read_text()
    assert f"complete_{shell}" in text
    if shutil.which(shell) is not None:
        home.run(shell, "-n", str(script))


def test_bash_completes_with_what_was_installed(home: Home) -> None:
    home.run("bash", "-c", "regrow --install-completion; true")
    asking = (
        "source ~/.bashrc; read -ra COMP_WORDS <<<'{line}'; [[ '{line}' == *' ' ]] && COMP_WORDS+=('')\n"
        "COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); $(complete -p regrow | sed 's/.*-F \\([^ ]*\\).*/\\1/') regrow\n"
        "printf '%s\\n' \"${{COMPREPLY[@]}}\""
    )

    def complete(line: str) -> list[str]:
        return home.run("bash", "-c", asking.format(line=line)).splitlines()

    assert complete("regrow doc") == ["doctor"]
    assert complete("regrow verify --acc") == ["--accept-healed"]
    assert complete(f"regrow resume {home.ids[1][:8]}") == [home.ids[1]]


def test_a_folder_of_runs_that_cannot_be_read_offers_nothing_and_says_nothing(home: Home) -> None:
    (home.folder / "file").write_text("")
    home.environment["REGROW_FOLDERS__RUNS_DIR"] = str(home.folder / "file")
    assert completer(home, "bash")("regrow resume ") == ["last"]
    home.environment["REGROW_CONFIG"] = os.devnull + "/no"
    assert completer(home, "bash")("regrow resume ") == [""]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_a_target_reaches_no_shell_as_a_command(home: Home, shell: str) -> None:
    begin(home.folder / "runs", new_start(BuildConfig(target="/x'$(touch gone)`touch gone`\\$(a)\"[b]")))
    asked = {"_TYPER_COMPLETE_ARGS": "regrow resume ", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    told = home.run("regrow", _REGROW_COMPLETE=f"complete_{shell}", **asked)
    assert "unfinished /x touch gone touch gone a b" in told
    assert set(told) & set("$`\\") == set()
