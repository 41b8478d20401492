"""Shell: rooms in which commands do what a test says: the seam between the actors of a run and the sandbox.

Everything above is real: workshop, ledger, layers (folders on the disk). A command is not run; the first line of the
script whose words it holds answers for it, and may look at what was done in the layers below.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import anyio

from regrow.actors.guardian.choosing import from_table
from regrow.actors.verifier import count_output
from regrow.core.project.recovery.model import FoundPackages, NeedsSystemPackages
from regrow.core.sandbox import (
    CHECKOUT,
    BaseKind,
    BaseRoot,
    CommandEnd,
    CommandResult,
    Layer,
    RoomBroken,
    SandboxCommand,
    SandboxLimits,
)
from regrow.core.sandbox.bases.interpreters import HostPython
from regrow.core.sandbox.folders.written import written
from regrow.core.sandbox.values import NetworkLog
from regrow.core.workshop.rooms import nearest_python
from regrow.protocols.errors import regrow_error
from regrow.protocols.plan import Ecosystem

DONE = "what-was-done.json"
SOURCE = "where-from.txt"
"""In each layer: the scripts that were run in it, so that a later command knows what it stands on."""


@dataclass(frozen=True)
class Answer:
    """How a command ends, and which hosts the proxy refused it."""

    exit_code: int = 0
    output: str = ""
    ended: CommandEnd = CommandEnd.EXITED
    refused: tuple[str, ...] = ()


Told = Callable[[str], Answer]
"""Is handed all that was done in the layers below, as one text."""


def always(exit_code: int = 0, output: str = "") -> Told:
    return lambda _below: Answer(exit_code, output)


def needs(word: str, without: Answer, then: Answer) -> Told:
    """Answer differently once a step below holds `word`."""
    return lambda below: then if word in below else without


@dataclass
class Script:
    """What happens in the rooms of a test.

    Attributes:
        answers: Words -> how a command that holds them ends; the first that fits, else exit status 0.
        ran: Every script that was begun, in order.
        granted: Those of them that had the network.
        hold: A command that holds these words stays under way until `release` is set, or its actor is killed.
        broken: The self-test of every room fails.
        unknown_packages: What apt does not know.
        pythons: Series of the Pythons that the machine has besides; they are put into rooms by name alone.
    """

    answers: dict[str, Told] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    granted: list[str] = field(default_factory=list)
    installed: list[tuple[str, ...]] = field(default_factory=list)
    hold: str = ""
    holding: anyio.Event = field(default_factory=anyio.Event)
    release: anyio.Event = field(default_factory=anyio.Event)
    broken: bool = False
    unknown_packages: frozenset[str] = frozenset()
    pythons: tuple[str, ...] = ()

    def times(self, words: str) -> int:
        """How often a command was begun."""
        return sum(words in script for script in self.ran)


class ScriptedRoom:
    """One room."""

    def __init__(self, script: Script, folder: Path, ids: Sequence[str]) -> None:
        self._script = script
        self._folder = folder
        self._ids = list(ids)
        self._top: list[str] = []
        self._printed = ""

    @property
    def layers(self) -> tuple[Layer, ...]:
        return tuple(Layer(one, self._path(one), 0) for one in self._ids)

    async def run(
        self,
        command: SandboxCommand,
        limits: SandboxLimits,
        on_output: Callable[[str], object] | None = None,
        *,
        output_path: Path | None = None,
    ) -> CommandResult:
        del limits
        text = command.script or " ".join(command.argv)
        if output_path is None:  # Nothing of the plan: the verifier looks round, and finds nothing.
            await anyio.lowlevel.checkpoint()
            return _ended(Answer(1, ""), Path("none"))
        self._script.ran.append(text)
        if command.network:
            self._script.granted.append(text)
        answer = next((told for words, told in self._script.answers.items() if words in text), always())(self._below())
        self._printed = answer.output
        output_path.write_text(answer.output, "utf-8")
        if on_output is not None:
            on_output(answer.output)
        if self._script.hold and self._script.hold in text and not self._script.release.is_set():
            self._script.holding.set()
            await self._script.release.wait()
        await anyio.lowlevel.checkpoint()
        self._top.append(text)
        return _ended(answer, output_path)

    async def freeze(self, layer_id: str) -> Layer:
        await anyio.lowlevel.checkpoint()
        self._put(layer_id, self._top)
        self._top = []
        return self.layers[-1]

    async def rollback(self, layers: int = 0) -> None:
        del layers
        await anyio.lowlevel.checkpoint()
        self._top = []

    async def copy_in(self, host_folder: Path, path: str = "", *, layer_id: str = "copied") -> Layer:
        del path
        await anyio.lowlevel.checkpoint()
        self._put(layer_id, [])
        (self._path(layer_id) / SOURCE).write_text(str(host_folder), "utf-8")
        return self.layers[-1]

    async def install_packages(self, names: Sequence[str], layer_id: str, *, offline: bool = False) -> Layer:
        del offline
        await anyio.lowlevel.checkpoint()
        if unknown := self._script.unknown_packages & set(names):
            raise regrow_error("E2011", "cannot be had with apt", where=f"packages {' '.join(sorted(unknown))}")
        self._script.installed.append(tuple(names))
        self._put(layer_id, [f"apt {' '.join(names)}"])
        return self.layers[-1]

    async def add_layer(self, layer_id: str, fill: Callable[[Path], object]) -> Layer:
        await anyio.lowlevel.checkpoint()
        (python,) = fill.args if isinstance(fill, partial) else ("",)
        self._put(layer_id, [f"python {python.version}" if isinstance(python, HostPython) else "a layer"])
        return self.layers[-1]

    async def read_file(self, path: str, limit_bytes: int = 0) -> bytes:
        del limit_bytes
        await anyio.lowlevel.checkpoint()
        if path.endswith("/junit.xml") and (report := _report_of(self._printed)):
            return report
        if path.endswith("/report.jsonl") and (report := _lines_of(self._printed)):
            return report
        sources = [note.read_text("utf-8") for one in self._ids if (note := self._path(one) / SOURCE).is_file()]
        for source in sources:
            if path.startswith(f"{CHECKOUT}/") and (file := Path(source, path.removeprefix(f"{CHECKOUT}/"))).is_file():
                return file.read_bytes()
        raise FileNotFoundError(path)

    async def written(self, skip: int, enter: Callable[[str], bool]) -> dict[str, Path]:
        await anyio.lowlevel.checkpoint()
        return written([layer.path for layer in self.layers[skip:]], enter)

    def _below(self) -> str:
        done = [json.loads((self._path(one) / DONE).read_text("utf-8")) for one in self._ids]
        return "\n".join(text for texts in done for text in texts)

    def _path(self, layer_id: str) -> Path:
        return self._folder / "layers" / layer_id

    def _put(self, layer_id: str, done: Sequence[str]) -> None:
        self._path(layer_id).mkdir(parents=True)
        (self._path(layer_id) / DONE).write_text(json.dumps(list(done)), "utf-8")
        self._ids.append(layer_id)


def _report_of(printed: str) -> bytes:
    """What pytest would have written beside a summary in which all passed; nothing for any other output."""
    counts = count_output(printed)
    if counts is None or counts.runner != "pytest" or not counts.all_passed:
        return b""
    cases = "".join(f'<testcase classname="t" name="test_{number}"/>' for number in range(counts.passed))
    return f"<testsuites><testsuite>{cases}</testsuite></testsuites>".encode()


def _lines_of(printed: str) -> bytes:
    """What our reporter would have written beside such a summary."""
    counts = count_output(printed)
    if counts is None or counts.runner != "pytest" or not counts.all_passed:
        return b""
    names = [f"t.py::test_{number}" for number in range(counts.passed)]
    outcomes: list[dict[str, object]] = [{"event": "test", "id": name, "outcome": "passed"} for name in names]
    lines: list[dict[str, object]] = [
        {"event": "start", "runner": "pytest", "cwd": CHECKOUT},
        *outcomes,
        {"event": "modules", "modules": [{"name": "demo", "file": f"{CHECKOUT}/demo/__init__.py"}]},
        {"event": "finish", "exit_code": 0},
    ]
    return "".join(json.dumps({**line, "pid": 7, "sequence": at}) + "\n" for at, line in enumerate(lines, 1)).encode()


def _ended(answer: Answer, output_path: Path) -> CommandResult:
    exited = answer.ended is CommandEnd.EXITED
    return CommandResult(
        ended=answer.ended,
        exit_code=answer.exit_code if exited else None,
        signal=None,
        reason="",
        output_path=output_path,
        output_tail=answer.output,
        output_bytes=len(answer.output),
        waiting_on="",
        listening_ports=(),
        wall_ms=1,
        cpu_ms=1,
        peak_memory_bytes=1,
        layer_bytes=0,
        network=tuple(NetworkLog(host, 443, allowed=False, reason="no") for host in answer.refused),
    )


class ScriptedRooms:
    """In the place of `Rooms` and of the sandbox that it holds."""

    def __init__(self, script: Script, folder: Path) -> None:
        self.script = script
        self.tools = folder
        self._base = BaseRoot(BaseKind.PYTHON, folder, "base", "2026-01-01T00:00:00Z")

    async def sandbox(self) -> ScriptedRooms:
        await anyio.lowlevel.checkpoint()
        return self

    async def base(self, ecosystem: Ecosystem, *, offline: bool = False) -> BaseRoot:
        del ecosystem, offline
        await anyio.lowlevel.checkpoint()
        return self._base

    async def find_packages(self, needs: NeedsSystemPackages, *, network: bool) -> FoundPackages:
        del network
        await anyio.lowlevel.checkpoint()
        if needs.interpreter:
            return FoundPackages(interpreter=nearest_python(self._pythons(), needs.interpreter))
        return from_table(needs)

    async def host_python(self, version: str) -> HostPython | None:
        await anyio.lowlevel.checkpoint()
        return next((one for one in self._pythons() if one.version == version), None)

    def _pythons(self) -> list[HostPython]:
        return [HostPython(each, each, self.tools, self.tools) for each in self.script.pythons]

    @asynccontextmanager
    async def open_room(self, base: BaseRoot, ids: Sequence[str], folder: Path) -> AsyncIterator[ScriptedRoom]:
        del base
        await anyio.lowlevel.checkpoint()
        if self.script.broken:
            raise RoomBroken({"localhost": "does not resolve"})
        yield ScriptedRoom(self.script, folder, ids)
