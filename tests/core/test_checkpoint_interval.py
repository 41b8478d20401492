"""A policy by time alone: what was changed is saved when the interval is over, and never in the middle of a message."""

from __future__ import annotations

from collections.abc import Callable

import anyio
import pytest

from regrow import Actor, CheckpointPolicy, ChildSpec, Message, State, Supervisor, Tree, handler, open_tree
from regrow.core.checkpoints import Checkpointer
from regrow.core.events import EventKind
from regrow.core.store import MemoryStore
from regrow.testing import FaultyStore, run_virtual
from regrow.testing.virtual_time import BackendName

pytestmark = pytest.mark.anyio

PATH = "t/a"
INTERVAL_S = 10.0


class Add(Message):
    wait_s: float = 0.0


class Crash(Message):
    pass


class Spoil(Message):
    pass


class Count(State):
    n: int = 0


class Counter(Actor[Count]):
    @handler
    async def add(self, message: Add) -> None:
        self.state.n += 1
        await anyio.sleep(message.wait_s)
        self.state.n += 1

    @handler
    async def spoil(self, message: Spoil) -> None:
        self.state.n = "many"  # type: ignore[assignment]  # what is looked at

    @handler
    async def crash(self, message: Crash) -> None:
        raise RuntimeError("on purpose")


def root(interval_s: float = INTERVAL_S) -> Supervisor:
    policy = CheckpointPolicy(before_reply=False, on_idle=False, on_stop=False, interval_s=interval_s)
    return Supervisor("t", children=[ChildSpec("a", Counter, checkpoint=policy)])


async def saved(store: MemoryStore) -> list[bytes]:
    """Return what lies in the store, the newest first."""
    items = await Checkpointer(store).newest_first(PATH)
    return [item.data.rpartition(b"\n")[2] for item in items]


async def test_the_last_change_is_saved_when_the_interval_is_over_and_no_further_message_comes() -> None:
    store = MemoryStore()
    async with open_tree(root(0.02), store=store) as tree:
        counter = tree.ref(PATH, Counter)
        await counter.tell(Add())
        with anyio.fail_after(5):
            while await saved(store) != [b'{"n":2}']:
                await anyio.sleep(0.001)
            for _ in range(5):
                await counter.tell(Add())
            while (await saved(store))[0] != b'{"n":12}':
                await anyio.sleep(0.001)
            await counter.tell(Crash())
            while not tree.events.count(EventKind.RESTARTED):
                await anyio.sleep(0.001)
        state = tree.snapshot().find(PATH).state
        assert isinstance(state, Count)
        assert state.n == 12


virtual = pytest.mark.parametrize("backend", ["asyncio", "trio"])


def watch(backend: BackendName, look: Callable[[Tree, MemoryStore], object]) -> None:
    """Run `look` in a tree whose counter has saved its first change at second 0."""

    async def main() -> None:
        store = MemoryStore()
        async with open_tree(root(), store=store) as tree:
            await tree.ref(PATH, Counter).tell(Add())
            await anyio.sleep(0.1)
            assert await saved(store) == [b'{"n":2}']
            await look(tree, store)  # type: ignore[misc]  # a coroutine function

    run_virtual(main, backend=backend, limit_s=1000)


@virtual
def test_nothing_is_saved_before_the_interval_is_over_and_once_when_it_is(backend: BackendName) -> None:
    async def look(tree: Tree, store: MemoryStore) -> None:
        for _ in range(3):
            await tree.ref(PATH, Counter).tell(Add())
            await anyio.sleep(3)
        assert len(await saved(store)) == 1
        await anyio.sleep(1)
        assert await saved(store) == [b'{"n":8}', b'{"n":2}']
        await anyio.sleep(100)
        assert len(await saved(store)) == 2

    watch(backend, look)


@virtual
def test_a_state_that_a_handler_has_half_changed_is_saved_when_the_handler_is_over(backend: BackendName) -> None:
    async def look(tree: Tree, store: MemoryStore) -> None:
        await tree.ref(PATH, Counter).tell(Add())
        await anyio.sleep(1)
        await tree.ref(PATH, Counter).tell(Add(wait_s=20))
        await anyio.sleep(15)
        assert await saved(store) == [b'{"n":2}']
        await anyio.sleep(10)
        assert await saved(store) == [b'{"n":6}', b'{"n":2}']

    watch(backend, look)


@virtual
def test_the_interval_ends_with_its_incarnation(backend: BackendName) -> None:
    async def look(tree: Tree, store: MemoryStore) -> None:
        await tree.ref(PATH, Counter).tell(Add())
        await tree.ref(PATH, Counter).tell(Crash())
        await anyio.sleep(100)
        assert await saved(store) == [b'{"n":2}']
        assert tree.events.count(EventKind.CHECKPOINT_FAILED) == 0

    watch(backend, look)


@virtual
def test_a_save_by_time_that_failed_is_tried_again_after_the_next_interval(backend: BackendName) -> None:
    async def main() -> None:
        inner = MemoryStore()
        store = FaultyStore(inner)
        async with open_tree(root(), store=store) as tree:
            store.fail_writes = 1.0
            await tree.ref(PATH, Counter).tell(Add())
            await anyio.sleep(1)
            assert tree.events.count(EventKind.CHECKPOINT_FAILED) == 1
            store.fail_writes = 0.0
            await anyio.sleep(10)
            assert await saved(inner) == [b'{"n":2}']

    run_virtual(main, backend=backend, limit_s=1000)


@virtual
def test_a_state_that_cannot_be_saved_when_the_interval_is_over_ends_its_actor_and_nobody_else(
    backend: BackendName,
) -> None:
    async def look(tree: Tree, store: MemoryStore) -> None:
        await tree.ref(PATH, Counter).tell(Spoil())
        await anyio.sleep(20)
        node = tree.snapshot().find(PATH)
        assert (node.restarts, node.status) == (1, "running")
        assert "E6131" in node.last_exit
        assert await saved(store) == [b'{"n":2}']

    watch(backend, look)
