"""Trap 23: checkpoints meet cancellation, restarts and stores that fail."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from regrow import Actor, CheckpointPolicy, ChildSpec, Message, Request, State, Supervisor, Tree, handler, open_tree
from regrow.core.checkpoints import COLLECTION, Checkpointer
from regrow.core.events import EventKind
from regrow.core.store import Fence, Item, MemoryStore, Put, Store, open_store
from regrow.protocols.actor_errors import ActorRestarting, StartFailed

from .actors import Boom, until

pytestmark = pytest.mark.anyio

PATH = "s/page"


class Text(State):
    text: str = "empty"


class Write(Message):
    text: str


class Rewrite(Request[str]):
    """As `Write`; the answer says that it is safe."""

    text: str


class Read(Request[str]):
    pass


class Page(Actor[Text]):
    @handler
    async def write(self, message: Write) -> None:
        self.state.text = message.text

    @handler
    async def rewrite(self, message: Rewrite) -> str:
        self.state.text = message.text
        return message.text

    @handler
    async def read(self, message: Read) -> str:
        return self.state.text

    @handler
    async def boom(self, message: Boom) -> None:
        raise ValueError(message.text)


class SlowStore(MemoryStore):
    """One whose first writes hang until they are let go: as many as `hanging` says."""

    def __init__(self, hanging: int) -> None:
        super().__init__()
        self.hanging = hanging
        self.begun = 0
        self.finished = 0
        self.let_go = anyio.Event()

    async def put_many(
        self, records: Sequence[Put], delete: Sequence[tuple[str, str]] = (), *, fences: Sequence[Fence] = ()
    ) -> bool:
        self.begun += 1
        if self.begun <= self.hanging:
            await self.let_go.wait()
        done = await super().put_many(records, delete, fences=fences)
        self.finished += 1
        return done


class FailingStore(MemoryStore):
    """One that cannot read, or cannot write, so many times."""

    failing_reads = 0
    failing_writes = 0

    async def put_many(
        self, records: Sequence[Put], delete: Sequence[tuple[str, str]] = (), *, fences: Sequence[Fence] = ()
    ) -> bool:
        if self.failing_writes:
            self.failing_writes -= 1
            raise OSError("no space left")
        return await super().put_many(records, delete, fences=fences)

    async def list_items(
        self, collection: str, prefix: str = "", *, after: str = "", limit: int = 1000
    ) -> tuple[Item, ...]:
        if self.failing_reads:
            self.failing_reads -= 1
            raise OSError("cannot be read")
        return await super().list_items(collection, prefix, after=after, limit=limit)


@asynccontextmanager
async def book(store: Store, checkpoint: bool | CheckpointPolicy = True, max_restarts: int = 3) -> AsyncIterator[Tree]:
    root = Supervisor("s", children=[ChildSpec("page", Page, checkpoint=checkpoint)], max_restarts=max_restarts)
    async with open_tree(root, store=store) as tree:
        yield tree


async def text_in(store: Store) -> str:
    """Return what a new tree finds."""
    async with book(store) as tree:
        return await tree.ref(PATH, Page).ask(Read())


async def crash(tree: Tree) -> None:
    restarts = tree.snapshot().find(PATH).restarts
    tree.ref(PATH, Page).tell_nowait(Boom())
    await until(lambda: tree.snapshot().find(PATH).restarts == restarts + 1)


@pytest.mark.parametrize("stored_before", [False, True])
async def test_trap_23_an_abandoned_write_of_one_generation_does_not_replace_that_of_the_next(
    stored_before: bool,
) -> None:
    store = SlowStore(hanging=0)
    if stored_before:
        async with book(store) as tree:
            await tree.ref(PATH, Page).ask(Rewrite(text="long ago"))
    async with book(store) as tree:
        store.hanging, store.begun = 1, 0
        page = tree.ref(PATH, Page)
        await page.tell(Write(text="generation 1"))
        await until(lambda: store.begun == 1)
        await crash(tree)
        assert await page.ask(Rewrite(text="generation 2")) == "generation 2"
        finished = store.finished
        store.let_go.set()
        await until(lambda: store.finished == finished + 1)
        await crash(tree)
        assert await page.ask(Read()) == "generation 2"
    assert await text_in(store) == "generation 2"


async def test_trap_23_a_write_under_way_does_not_hide_that_the_state_went_back() -> None:
    store = SlowStore(hanging=0)
    async with book(store) as tree:
        page = tree.ref(PATH, Page)
        await page.ask(Rewrite(text="a"))
        store.hanging, store.begun = 1, 0
        await page.tell(Write(text="b"))
        await until(lambda: store.begun == 1)
        # That "a" lies in the store is no reason not to write it again: "b" is about to lie above it.
        assert await page.ask(Rewrite(text="a")) == "a"
        finished = store.finished
        store.let_go.set()
        await until(lambda: store.finished == finished + 1)
        await crash(tree)
        assert await page.ask(Read()) == "a"


async def test_trap_23_an_actor_killed_in_the_middle_of_a_write_leaves_a_whole_state(tmp_path: Path) -> None:
    async with open_store(tmp_path / "store.db") as store:
        for turn in range(1, 21):
            async with book(store, max_restarts=100) as tree:
                page = tree.ref(PATH, Page)
                known = await page.ask(Rewrite(text=f"safe {turn}"))
                page.tell_nowait(Write(text=f"perhaps {turn}"))
                for _ in range(turn):
                    await anyio.lowlevel.checkpoint()
                tree.runtime.get(PATH).crash("killed at some step of the write")
                await until(lambda tree=tree: tree.snapshot().find(PATH).restarts == 1)  # type: ignore[misc]
                assert await page.ask(Read()) in (known, f"perhaps {turn}")


async def test_trap_23_cut_checkpoints_fall_back_one_by_one_and_then_to_none() -> None:
    store = MemoryStore()
    async with book(store) as tree:
        for text in ("one", "two", "three"):
            await tree.ref(PATH, Page).ask(Rewrite(text=text))
    never = CheckpointPolicy(before_reply=False, on_idle=False, on_stop=False)
    newest_first = await Checkpointer(store).newest_first(PATH)
    for item, found in zip(newest_first, ("two", "one", "empty"), strict=True):
        await store.put(Put(COLLECTION, item.key, item.data[: len(item.data) // 2], item.fence))
        async with book(store, never) as tree:
            assert await tree.ref(PATH, Page).ask(Read()) == found


async def test_trap_23_damaged_checkpoints_cost_no_restart_however_often_it_crashes() -> None:
    store = MemoryStore()
    crashes = 5
    async with book(store, max_restarts=crashes) as tree:
        page = tree.ref(PATH, Page)
        for turn in range(crashes):
            await page.ask(Rewrite(text=f"text {turn}"))
            for item in await Checkpointer(store).newest_first(PATH):
                await store.put(Put(COLLECTION, item.key, item.data[:-1], item.fence))
            await crash(tree)
            assert await page.ask(Read()) == "empty"
        assert tree.events.count(EventKind.RESTARTED) == crashes
        assert tree.events.count(EventKind.START_FAILED) == 0
        assert tree.events.count(EventKind.CHECKPOINT_CORRUPT) >= crashes


async def test_trap_23_a_store_that_cannot_be_read_for_a_moment_costs_a_restart_each_time_and_no_state() -> None:
    store = FailingStore()
    async with book(store) as tree:
        page = tree.ref(PATH, Page)
        await page.ask(Rewrite(text="safe"))
        store.failing_reads = 2
        await crash_until_started(tree)
        assert await page.ask(Read()) == "safe"
        assert tree.events.count(EventKind.START_FAILED) == 2
    store.failing_reads = 1
    with pytest.raises(StartFailed, match="cannot be read"):
        async with book(store):
            pytest.fail("it must not begin anew while its state may be there")
    assert await text_in(store) == "safe"


async def crash_until_started(tree: Tree) -> None:
    started = tree.events.count(EventKind.RESTARTED)
    tree.ref(PATH, Page).tell_nowait(Boom())
    await until(lambda: tree.events.count(EventKind.RESTARTED) > started and tree.snapshot().find(PATH).restarts == 3)


async def test_trap_23_a_store_that_cannot_be_written_is_reported_and_a_reply_is_never_given_in_vain() -> None:
    store = FailingStore()
    async with book(store) as tree:
        page = tree.ref(PATH, Page)
        await page.ask(Rewrite(text="safe"))
        store.failing_writes = 1
        await page.tell(Write(text="told"))
        await until(lambda: tree.events.count(EventKind.CHECKPOINT_FAILED) == 1)
        assert tree.snapshot().find(PATH).restarts == 0, "nobody waits for what is saved when idle"
        store.failing_writes = 1
        with pytest.raises(ActorRestarting):
            await page.ask(Rewrite(text="asked"))
        assert await page.ask(Read()) == "safe"
