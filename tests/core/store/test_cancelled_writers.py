"""Writers that are cancelled at any moment: nobody else waits for ever, and what was acknowledged is there."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from regrow.core.backend import current_backend
from regrow.core.store import Put, Store, open_store

pytestmark = pytest.mark.anyio

WRITERS = 200
WRITES = 5
LIMIT_S = 20.0


async def _write(store: Store, writer: int, acknowledged: set[str], logged: list[int]) -> None:
    for number in range(WRITES):
        key = f"{writer:03d}.{number}"
        if number % 2:
            logged.append(await store.append("log", [key.encode()]))
        else:
            assert await store.put(Put("c", key, key.encode()))
        acknowledged.add(key)


async def _check(store: Store, acknowledged: set[str], logged: list[int]) -> None:
    kept = {item.key for item in await store.list_items("c", limit=WRITERS * WRITES)}
    entries = await store.read("log", limit=WRITERS * WRITES)
    kept |= {data.decode() for _, data in entries}
    assert acknowledged <= kept
    assert len(logged) == len(set(logged)), "no number was given twice"
    assert [number for number, _ in entries] == list(range(1, len(entries) + 1))


@pytest.mark.parametrize("seed", range(5))
async def test_writers_whose_scopes_are_cancelled_hold_up_nobody(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    acknowledged: set[str] = set()
    logged: list[int] = []
    scopes = [anyio.CancelScope() for _ in range(WRITERS)]

    async def one(store: Store, writer: int) -> None:
        with scopes[writer]:
            await _write(store, writer, acknowledged, logged)

    async with open_store(tmp_path / "store.db") as store:
        with anyio.fail_after(LIMIT_S):
            async with anyio.create_task_group() as group:
                for writer in range(WRITERS):
                    group.start_soon(one, store, writer)
                await _cancel_now_and_then(chance, lambda: _cancel(chance.choice(scopes)))
            await _check(store, acknowledged, logged)
            assert await store.put(Put("c", "after", b"all that"))


@pytest.mark.parametrize("seed", range(5))
async def test_writers_whose_tasks_a_host_cancels_hold_up_nobody(tmp_path: Path, seed: int) -> None:
    if current_backend().name != "asyncio":
        return  # elsewhere there is no cancellation but by scopes, which the test above is about
    chance = random.Random(seed)
    acknowledged: set[str] = set()
    logged: list[int] = []
    async with open_store(tmp_path / "store.db") as store:
        tasks = [asyncio.ensure_future(_write(store, writer, acknowledged, logged)) for writer in range(WRITERS)]
        with anyio.fail_after(LIMIT_S):
            await _cancel_now_and_then(chance, lambda: chance.choice(tasks).cancel())
            ends = await asyncio.gather(*tasks, return_exceptions=True)
            assert any(isinstance(end, asyncio.CancelledError) for end in ends)
            assert all(end is None or isinstance(end, asyncio.CancelledError) for end in ends), ends
            await _check(store, acknowledged, logged)
            assert await store.put(Put("c", "after", b"all that"))


async def _cancel_now_and_then(chance: random.Random, cancel: Callable[[], object]) -> None:
    """Cancel somebody a hundred times, a few turns of the loop apart."""
    for _ in range(100):
        for _ in range(chance.randrange(8)):
            await anyio.lowlevel.checkpoint()
        cancel()


def _cancel(scope: anyio.CancelScope) -> None:
    scope.cancel()
