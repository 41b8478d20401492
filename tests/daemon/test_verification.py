"""One verification in this process, when a fault of ours keeps it from its end."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import cast

import anyio
import pytest

from regrow.actors.run import RunActor
from regrow.actors.run import actor as run_actor
from regrow.core.ref import Ref
from regrow.daemon import tree as daemon_tree
from regrow.daemon import verification
from regrow.daemon.verification import Folders, verify_once
from regrow.protocols.actor_errors import ActorRestarting, ActorStopped, TreeFailed
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


class Scripted:
    """A run that is killed while it is asked, as often as the script says."""

    def __init__(self, outcomes: list[Exception | None]) -> None:
        self.outcomes = outcomes
        self.limits_s: list[float | None] = []

    async def ask(self, request: object, *, timeout_s: float | None) -> None:
        self.limits_s.append(timeout_s)
        outcome = self.outcomes.pop(0)
        if outcome is not None:
            raise outcome


async def test_a_run_that_goes_on_may_take_as_long_as_it_likes_to_answer_and_be_killed_meanwhile() -> None:
    """It answers after the phase that is under way, which may be a build of minutes."""
    run = Scripted([ActorRestarting("killed", retry_safe=False), ActorRestarting("killed", retry_safe=True), None])
    ending = verification._Ending(lambda _: None, lambda _: None)
    await verification._hand_over(cast("Ref[RunActor]", run), a_start("/nowhere", deadline_s=60), ending)
    assert run.limits_s == [None, None, None]


async def test_a_run_that_is_over_before_it_is_asked_is_no_error() -> None:
    run = Scripted([ActorStopped("over")])
    ending = verification._Ending(lambda _: None, lambda _: None)
    with pytest.raises(ActorStopped):
        await verification._hand_over(cast("Ref[RunActor]", run), a_start("/nowhere"), ending)
    ending.over.set()
    run.outcomes = [ActorStopped("over")]
    await verification._hand_over(cast("Ref[RunActor]", run), a_start("/nowhere"), ending)


async def test_a_run_without_network_asks_nobody_for_its_target(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "runs", tmp_path / "regrow.db", tmp_path / "cache")
    with anyio.fail_after(20):
        ended = await verify_once(a_start("deb:hello", network="none"), folders, lambda _: None)
    assert ended.verdict is Verdict.UNDECIDED
    assert [error.code for error in ended.errors] == ["E5003"]
    assert "--no-network" in ended.errors[0].message
