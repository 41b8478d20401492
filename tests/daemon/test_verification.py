"""One verification in this process, when a fault of ours keeps it from its end."""

from __future__ import annotations

import uuid
from pathlib import Path

import anyio
import pytest

from regrow.actors.run import actor as run_actor
from regrow.daemon import tree as daemon_tree
from regrow.daemon.verification import Folders, verify_once
from regrow.protocols.actor_errors import TreeFailed
from regrow.protocols.run_messages import StartRun
from regrow.protocols.verification import BuildConfig, RunMetadata
from regrow.supervisors.backoff import Backoff

pytestmark = pytest.mark.anyio


def a_start(target: str) -> StartRun:
    run_id = str(uuid.uuid4())
    metadata = RunMetadata(triggered_by="test", environment="dev", correlation_id=run_id)
    return StartRun(run_id=run_id, configuration=BuildConfig(target=target), metadata=metadata)


async def test_a_fault_that_repeats_ends_the_run_and_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The root starts the group of runs again, without the run: nobody would ever finish it."""
    lives = 0

    async def broken_fetch(target: str, _into: Path) -> None:
        nonlocal lives
        lives += 1
        msg = f"cannot cope with {target}"
        raise ZeroDivisionError(msg)

    monkeypatch.setattr(run_actor, "fetch", broken_fetch)
    monkeypatch.setattr(daemon_tree, "RESTARTS", 2)
    monkeypatch.setattr(daemon_tree, "BACKOFF", Backoff(initial_s=0.001, maximum_s=0.001))
    folders = Folders(tmp_path / "runs", tmp_path / "regrow.db", tmp_path / "cache")
    with anyio.fail_after(20), pytest.raises(TreeFailed, match=r"root/runs gave up: .* cannot cope with /nowhere"):
        await verify_once(a_start("/nowhere"), folders, lambda _: None)
    assert lives == 3
