"""Steps share one shell in spirit: what `cd`, `export` and `source` do in one step holds in the next (trap 4)."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from regrow.core.workshop.shell_state import LOST_FOLDER_STATUS, wrap


class Typist:
    """Types commands as steps of one plan: a bash each, one state folder."""

    def __init__(self, root: Path) -> None:
        self.root = root / "checkout"
        self.state = root / "state"
        self.root.mkdir(parents=True)
        self.environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(root), "ROOM": "1"}

    def type(self, command: str) -> tuple[int, str]:
        done = subprocess.run(
            ["bash", "-c", wrap(command, str(self.state), str(self.root))],
            capture_output=True, text=True, env=self.environment, timeout=30, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def typist(tmp_path: Path) -> Typist:
    return Typist(tmp_path)


def test_folder_of_a_step_is_where_the_next_begins(typist: Typist) -> None:
    typist.type("mkdir 'a b' && cd 'a b'")
    assert typist.type("pwd") == (0, f"{typist.root}/a b\n")


def test_exported_and_plain_variables_carry_over_with_any_text(typist: Typist) -> None:
    typist.type("export MODE='x \"y\" $z'\nPLAIN=$'two\\nlines'\nLIST=(1 'b c')")
    assert typist.type('echo "$MODE|$PLAIN|${LIST[1]}"') == (0, 'x "y" $z|two\nlines|b c\n')
    assert typist.type("env | grep -c ^PLAIN=") == (1, "0\n")


def test_variable_of_the_room_stays_unset_after_unset(typist: Typist) -> None:
    typist.type("unset ROOM")
    assert typist.type("echo ${ROOM-gone}") == (0, "gone\n")


def test_what_the_room_gives_anew_is_not_frozen_by_an_earlier_step(typist: Typist) -> None:
    typist.type("true")
    typist.environment["ROOM"] = "2"
    assert typist.type("echo $ROOM") == (0, "2\n")


def test_functions_and_aliases_carry_over(typist: Typist) -> None:
    typist.type("greet() { echo hi $1; }\nalias ll='echo listed'")
    assert typist.type("greet you\nll") == (0, "hi you\nlisted\n")


def test_environment_activated_in_one_step_is_left_in_a_later_one(typist: Typist) -> None:
    typist.type(
        "mkdir -p venv/bin && printf 'deactivate() { PATH=$OLD; unset OLD; unset -f deactivate; "
        "}\\nOLD=$PATH\\nPATH=$PWD/venv/bin:$PATH\\n' > venv/bin/activate"
    )
    typist.type("printf '#!/bin/sh\\necho mine\\n' > venv/bin/tool && chmod +x venv/bin/tool")
    typist.type("source venv/bin/activate")
    assert typist.type("tool") == (0, "mine\n")
    typist.type("deactivate")
    assert typist.type("tool")[0] == 127


def test_three_blocks_of_trap_4_work_across_a_checkpoint(typist: Typist, tmp_path: Path) -> None:
    typist.type("mkdir code && cd code")
    typist.type("export MODE=x")
    shutil.copytree(typist.state, tmp_path / "frozen")
    typist.type("cd / && unset MODE")
    shutil.rmtree(typist.state)
    (tmp_path / "frozen").rename(typist.state)
    assert typist.type("echo $MODE in ${PWD##*/}") == (0, "x in code\n")


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("true", 0),
        ("false", 1),
        ("exit 3", 3),
        ("false | cat", 1),
        ("true && false", 1),
        ("false; true", 0),
        ("no-such-program-here", 127),
    ],
)
def test_status_is_that_of_the_command_and_pipes_fail_with_their_first(
    typist: Typist, command: str, status: int
) -> None:
    assert typist.type(command)[0] == status


def test_state_is_kept_when_the_command_fails_or_exits(typist: Typist) -> None:
    typist.type("export A=1; exit 3")
    typist.type("export B=2; false")
    assert typist.type("echo $A$B") == (0, "12\n")


def test_unclosed_quote_and_here_document_do_not_swallow_the_rest(typist: Typist) -> None:
    assert typist.type("echo 'unclosed")[0] == 2
    assert typist.type("cat <<EOF\nhi\nEOF") == (0, "hi\n")
    assert typist.type("echo fine  # a comment") == (0, "fine\n")


def test_command_that_asks_gets_end_of_file(typist: Typist) -> None:
    assert typist.type("read answer; echo status $?") == (0, "status 1\n")


def test_options_that_a_command_sets_do_not_break_the_state(typist: Typist) -> None:
    typist.type("set -eu; export A=1")
    assert typist.type("echo $A ${UNSET_NAME-none}") == (0, "1 none\n")


def test_path_without_the_usual_tools_still_saves_the_state(typist: Typist) -> None:
    typist.type("export PATH=/nowhere A=1")
    assert typist.type("echo $A $PATH") == (0, "1 /nowhere\n")


def test_lost_folder_is_told_apart_from_a_failure_of_the_command(typist: Typist) -> None:
    typist.type("mkdir gone && cd gone")
    (typist.root / "gone").rmdir()
    assert typist.type("true")[0] == LOST_FOLDER_STATUS


@pytest.mark.parametrize("folder", ["relative", "", "/a\nb"])
def test_state_folder_must_be_an_absolute_path(folder: str) -> None:
    with pytest.raises(ValueError, match="absolute path"):
        wrap("true", folder)
