"""The spans of a run: kept while it goes on, read again as its timeline, and never a reason to stop it."""

from __future__ import annotations

import logging
from pathlib import Path

import anyio
import pytest

from regrow.core.recording import place_of_run
from regrow.core.store import MemoryStore, open_store
from regrow.core.world import World
from regrow.daemon import recording
from regrow.daemon.recording import read_timeline, recorded
from regrow.daemon.verification import Folders, verify_once
from regrow.testing import FaultyStore
from tests.daemon.test_verification import a_start

pytestmark = pytest.mark.anyio


async def test_a_run_leaves_a_timeline_of_its_phases_in_one_trace(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "runs", tmp_path / "regrow.db", tmp_path / "cache")
    start = a_start("deb:hello", network="none")
    with anyio.fail_after(20):
        await verify_once(start, folders, lambda _: None)
    rows = await read_timeline(folders.store, start.run_id)
    assert [(row.depth, row.name, row.failed) for row in rows] == [(0, "run deb:hello", True), (1, "fetch", True)]
    assert {row.trace_id for row in rows} == {place_of_run(start.run_id).trace_id}
    assert rows[0].attributes["regrow.verdict"] == "undecided"
    assert rows[1].failure.startswith("E5003 ")


async def test_a_run_that_left_nothing_has_no_timeline(tmp_path: Path) -> None:
    assert await read_timeline(tmp_path / "regrow.db", "unknown") == ()
    assert not (tmp_path / "regrow.db").exists(), "to read makes no store"
    async with open_store(tmp_path / "regrow.db"):
        pass
    assert await read_timeline(tmp_path / "regrow.db", "unknown") == ()


async def test_spans_are_written_while_the_work_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "FLUSH_EVERY_S", 0.0)
    async with recorded(MemoryStore(), World()) as (tracing, recorder):
        with tracing.span("x", run_id="r1"):
            pass
        with anyio.fail_after(5):
            while recorder.waiting:
                await anyio.lowlevel.checkpoint()
        assert [span.name for span in await recorder.spans_of_run("r1")] == ["x"]


async def test_a_store_that_refuses_spans_stops_nothing_and_gets_them_later(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(recording, "FLUSH_EVERY_S", 0.0)
    store = FaultyStore(MemoryStore(), fail_writes=1.0)
    with caplog.at_level(logging.WARNING):
        async with recorded(store, World()) as (tracing, recorder):
            with tracing.span("x", run_id="r1"):
                pass
            with anyio.fail_after(5):
                while not store.faults:
                    await anyio.lowlevel.checkpoint()
            assert recorder.waiting == 1
            store.fail_writes = 0.0
    assert [span.name for span in await recorder.spans_of_run("r1")] == ["x"]
    assert "1 spans wait" in caplog.text
