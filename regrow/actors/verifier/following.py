"""Shell: follows what a step starts: the targets of make, the scripts of a shell and of npm, to the programs at the end.

Asked only where a printed count rests on it, while the room still shows what the step wrote. What cannot be read is taken
for a program of its own.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath

from regrow.actors.verifier.counting.witness import Program, programs_in
from regrow.core.sandbox import CHECKOUT, Room, SandboxCommand, SandboxLimits
from regrow.core.workshop.shell_state import wrap
from regrow.core.workshop.workshop import STATE_FOLDER

__all__ = ["Started", "kinds_started", "programs_started"]

DEPTH_LIMIT = 4
PROGRAMS_LIMIT = 400
FILE_LIMIT_BYTES = 256 * 1024
MAKE_LIMIT_S = 60.0

OTHER = "other"


@dataclass(frozen=True, slots=True)
class Started:
    """What a command comes to.

    Attributes:
        kinds: `Program.kind` of each; `other` when it cannot be told.
        tools: Names of programs that are not the project's: `ctest`, `prove`, and `pytest` for `python -m pytest`.
        untold: Something could not be followed, so that there may be more.
    """

    kinds: frozenset[str] = frozenset()
    tools: frozenset[str] = frozenset()
    untold: bool = False


async def kinds_started(room: Room, command: str, cwd: str = ".") -> frozenset[str]:
    """The kinds (`Program.kind`) of the programs that a command comes to; `other` when it cannot be told."""
    return (await programs_started(room, command, cwd)).kinds


async def programs_started(room: Room, command: str, cwd: str = ".") -> Started:
    """The programs that a command comes to."""
    following = _Following(room, await _folder(room, cwd), cwd)
    await following.follow(command, 0)
    return Started(frozenset(following.kinds), frozenset(following.tools), following.untold)


class _Following:
    def __init__(self, room: Room, folder: PurePosixPath, cwd: str) -> None:
        self._room = room
        self._folder = folder
        self._cwd = cwd
        self._left = PROGRAMS_LIMIT
        self.kinds: set[str] = set()
        self.tools: set[str] = set()
        self.untold = False
        self._places: dict[str, str] = {}

    async def follow(self, text: str, depth: int) -> None:
        """Take in the programs of a text."""
        functions = set(re.findall(r"^\s*(?:function\s+)?([\w-]+)\s*\(\)", text, re.MULTILINE))
        for program in programs_in(text):
            self._left -= 1
            if program.words[0] in functions:
                continue
            if self._left < 0 or depth > DEPTH_LIMIT:
                self.kinds.add(OTHER)
                self.untold = True
                return
            await self._take(program, depth)

    async def _take(self, program: Program, depth: int) -> None:
        match program.kind:
            case "make":
                text = await self._recipe(program.words)
            case "manager":
                text = await self._package_script(program.words)
            case "script":
                text = await self._script(program.words)
            case "other":
                place = await self._place(program.words[0])
                if not _is_the_projects(place):
                    self.kinds.add(OTHER)
                    self.tools.add(program.words[0])
                    return
                text = await self._script((place, *program.words[1:]))
            case _:
                self.kinds.add(program.kind)
                self.tools.update(_modules_run(program.words))
                return
        if text is None:
            self.kinds.add(OTHER)
            self.untold |= program.kind in {"make", "manager"}
        else:
            await self.follow(text, depth + 1)

    async def _place(self, name: str) -> str:
        """Where the shell of the steps finds a program; empty when it does not say, and for one of an environment."""
        if name not in self._places:
            script = wrap(f"command -v -- {shlex.quote(name)}", STATE_FOLDER, self._cwd)
            result = await self._room.run(SandboxCommand(script=script), SandboxLimits(deadline_s=MAKE_LIMIT_S))
            place = result.output_tail.strip() if result.succeeded else ""
            environment = await self._text(str(PurePosixPath(place).parent.parent / "pyvenv.cfg")) if place else None
            self._places[name] = place if environment is None else ""
        return self._places[name]

    async def _recipe(self, words: Sequence[str]) -> str | None:
        command = shlex.join([words[0], "-n", "--no-print-directory", *words[1:]])
        script = wrap(command, STATE_FOLDER, self._cwd)
        result = await self._room.run(SandboxCommand(script=script), SandboxLimits(deadline_s=MAKE_LIMIT_S))
        return result.output_tail if result.succeeded and result.output_tail.strip() else None

    async def _package_script(self, words: Sequence[str]) -> str | None:
        plain = [word for word in words[1:] if not word.startswith("-") and word not in {"run", "run-script"}]
        name = {"t": "test", "tst": "test"}.get(plain[0], plain[0]) if plain else ""
        text = await self._text("package.json")
        try:
            scripts = json.loads(text or "")["scripts"]
            return "\n".join(
                scripts[f"{before}{name}"] for before in ("pre", "", "post") if f"{before}{name}" in scripts
            )
        except (ValueError, KeyError, TypeError):
            return None

    async def _script(self, words: Sequence[str]) -> str | None:
        named = list(words)
        if "/" not in named[0] or named[0].rpartition("/")[2] in {"sh", "bash", "dash"}:
            if "-c" in named[:-1]:
                return named[named.index("-c") + 1]
            named = [word for word in named[1:] if not word.startswith("-")]
        if not named:
            return None
        if named[0].endswith("/activate"):
            return ""
        text = await self._text(named[0])
        first = text.split("\n", 1)[0] if text is not None else ""
        if text is None or "\0" in text:
            return None
        if found := re.match(r"#!.*\b(python|node)", first):
            return found[1]
        is_shell = re.match(r"#!.*\b(?:ba|da|k|z)?sh\b", first) or (not first.startswith("#!") and named is not words)
        return text if is_shell else None

    async def _text(self, path: str) -> str | None:
        try:
            data = await self._room.read_file(str(self._folder / path), FILE_LIMIT_BYTES)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError, ValueError):
            return None
        return data.decode("utf-8", "replace")


def _is_the_projects(place: str) -> bool:
    """Whether a program lies in the checkout and came with it: what an installation put there is no file of the project."""
    return PurePosixPath(place).is_relative_to(CHECKOUT) and "/node_modules/" not in place


def _modules_run(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for flag, name in pairwise(words) if flag == "-m")


async def _folder(room: Room, cwd: str) -> PurePosixPath:
    """Where the shell of the steps is now."""
    try:
        return PurePosixPath((await room.read_file(f"{STATE_FOLDER}/folder", 4096)).decode("utf-8").strip())
    except FileNotFoundError:
        return PurePosixPath(CHECKOUT) / cwd
