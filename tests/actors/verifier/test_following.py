"""What a step starts is followed through make, shell scripts and npm's scripts to the programs at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import anyio
import pytest

from regrow.actors.verifier.following import kinds_started
from regrow.core.sandbox import CHECKOUT, CommandEnd, CommandResult, Room, SandboxCommand, SandboxLimits

ELF = "\x7fELF\0\0"


@dataclass
class PaperRoom:
    """A room of files and of what `make -n` says in it."""

    files: dict[str, str]
    recipes: dict[str, str] = field(default_factory=dict)

    async def read_file(self, path: str, limit_bytes: int) -> bytes:
        await anyio.lowlevel.checkpoint()
        text = self.files.get(path.removeprefix(f"{CHECKOUT}/"))
        if text is None:
            raise FileNotFoundError(path)
        return text.encode()[:limit_bytes]

    async def run(self, command: SandboxCommand, limits: SandboxLimits) -> CommandResult:
        del limits
        await anyio.lowlevel.checkpoint()
        said = next((text for words, text in self.recipes.items() if words in (command.script or "")), None)
        return CommandResult(
            ended=CommandEnd.EXITED,
            exit_code=2 if said is None else 0,
            signal=None,
            reason="",
            output_path=Path("none"),
            output_tail=said or "",
            output_bytes=0,
            waiting_on="",
            listening_ports=(),
            wall_ms=1,
            cpu_ms=1,
            peak_memory_bytes=1,
            layer_bytes=0,
        )


NPM = '{"scripts": {"pretest": "echo lint", "test": "node fake.js", "tape": "tape test/*.js"}}'


@pytest.mark.parametrize(
    ("command", "files", "recipes", "kinds"),
    [
        ("make check", {}, {"check": "echo 1..1; echo ok 1\n"}, {"prints"}),
        (
            "make check",
            {},
            {"check": "/bin/sh -c 'PATH=`pwd`:${PATH}; export PATH; echo 1..1; echo ok 1'\n"},
            {"prints"},
        ),
        (
            "make check",
            {"run.sh": "demo -e a\n", "demo": ELF},
            {"check": "/bin/sh -c 'PATH=`pwd`:${PATH}; export PATH; \\\n    sh ./run.sh a'\n"},
            {"prints", "other"},
        ),
        ("make check", {"run.sh": "#!/bin/sh\necho ok\n"}, {"check": "./run.sh\n"}, {"prints"}),
        ("make check", {"t": ELF}, {"check": "./t\n"}, {"other"}),
        ("make check", {}, {"check": "python3 fake.py\n"}, {"python"}),
        ("make check", {}, {}, {"other"}),  # make says nothing of it: it cannot be told
        ("sh run.sh", {"run.sh": "ok() { echo ok $1; }\nok 1\nok 2\n"}, {}, {"prints"}),
        ("sh run.sh", {"run.sh": "for t in t/*; do ./$t; done\n"}, {}, {"other"}),
        ("bash -c 'echo 100 passed'", {}, {}, {"prints"}),
        ("./run", {"run": "#!/usr/bin/env python3\nprint('ok 1')\n"}, {}, {"python"}),
        ("./run", {"run": "#!/usr/bin/perl\nprint 'ok 1';\n"}, {}, {"other"}),
        ("npm test", {"package.json": NPM}, {}, {"prints", "node"}),
        ("npm run tape", {"package.json": NPM}, {}, {"other"}),
        ("ctest --test-dir build", {}, {}, {"other"}),
    ],
)
def test_kinds_of_programs_that_a_step_comes_to(
    command: str, files: dict[str, str], recipes: dict[str, str], kinds: set[str]
) -> None:
    room = cast("Room", PaperRoom(files, recipes))
    assert anyio.run(kinds_started, room, command) == kinds


def test_script_that_calls_itself_comes_to_an_end() -> None:
    room = cast("Room", PaperRoom({"run.sh": "sh run.sh\n"}))
    assert anyio.run(kinds_started, room, "sh run.sh") == {"other"}
