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
from regrow.protocols.verification import BuildConfig, RunMetadata, Verdict
from regrow.supervisors.backoff import Backoff

pytestmark = pytest.mark.anyio


def a_start(target: str, **settings: object) -> StartRun:
    run_id = str(uuid.uuid4())
    metadata = RunMetadata(triggered_by="test", environment="dev", correlation_id=run_id)
    return StartRun(
        run_id=run_id, configuration=BuildConfig.model_validate({"target": target, **settings}), metadata=metadata
    )


async def test_a_fault_that_repeats_ends_the_run_and_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The root starts the group of runs again, without the run: nobody would ever finish it."""
    lives = 0

    async def broken_fetch(target: str, _into: Path, **_: object) -> None:
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


async def test_a_run_without_network_asks_nobody_for_its_target(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "runs", tmp_path / "regrow.db", tmp_path / "cache")
    with anyio.fail_after(20):
        ended = await verify_once(a_start("deb:hello", network="none"), folders, lambda _: None)
    assert ended.verdict is Verdict.UNDECIDED
    assert [error.code for error in ended.errors] == ["E5003"]
    assert "--no-network" in ended.errors[0].message
