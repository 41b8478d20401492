"""Two trees on one store, in one process or two, that have the same actor."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import anyio
import pytest

from regrow import open_tree
from regrow.core.checkpoints import Checkpointer
from regrow.core.events import EventKind
from regrow.core.store import MemoryStore, Store, open_store
from regrow.protocols.actor_errors import ActorRestarting, Superseded

from .counters import Counted, add, counting

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def two_stores(kind: str, folder: Path) -> AsyncIterator[tuple[Store, Store]]:
    """What two trees in one process have, or two processes."""
    if kind == "memory":
        store = MemoryStore()
        yield store, store
        return
    async with open_store(folder / "store.db") as one, open_store(folder / "store.db") as other:
        yield one, other


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
async def test_of_two_trees_on_one_store_the_first_is_told_that_it_was_superseded_and_no_reply_is_lost(
    kind: str, tmp_path: Path
) -> None:
    async with two_stores(kind, tmp_path) as (mine, theirs):
        async with open_tree(counting(Counted), store=mine) as first:
            assert await add(first) == 1
            async with open_tree(counting(Counted), store=theirs) as second:
                assert await add(second) == 2
                with pytest.raises(
                    ActorRestarting, match="E6132 t/a: another incarnation has taken over its checkpoints"
                ):
                    await add(first)
                failed = [event for event in first.events.last if event.kind is EventKind.CHECKPOINT_FAILED]
                assert [event.detail[:10] for event in failed] == ["E6132 t/a:"]
                assert await add(first) == 3, "its new incarnation is the owner, and goes on where the second one was"
                with pytest.raises(ActorRestarting, match="E6132"):
                    await add(second)
                assert await add(second) == 4
        async with open_tree(counting(Counted), store=mine) as tree:
            assert await add(tree) == 5


async def test_an_actor_that_saves_when_idle_ends_when_it_was_superseded() -> None:
    store = MemoryStore()
    idle, eager = counting(Counted, before_reply=False), counting(Counted)
    async with open_tree(idle, store=store) as first, open_tree(eager, store=store) as second:
        assert await add(second) == 1
        assert await add(first) == 1
        with anyio.fail_after(5):
            while not first.events.count(EventKind.RESTARTED):
                await anyio.sleep(0.001)
        assert "E6132" in first.snapshot().find("t/a").last_exit
        assert await add(first) == 2


async def test_trees_that_start_together_on_one_store_never_own_a_path_under_the_same_epoch(tmp_path: Path) -> None:
    async with two_stores("sqlite", tmp_path) as stores:
        epochs: list[int] = []

        async def claim(store: Store) -> None:
            for _ in range(20):
                with suppress(Superseded):  # one that others forestalled each time
                    epochs.append((await Checkpointer(store).claim("t/a", lambda floor: floor + 1)).epoch)

        async with anyio.create_task_group() as group:
            for store in stores:
                group.start_soon(claim, store)
        assert len(set(epochs)) == len(epochs) > 20
