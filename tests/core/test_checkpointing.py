"""What an actor gets back after a crash, after the end of its tree, and when its checkpoints are damaged (trap 23)."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path

import anyio
import pytest

from regrow import (
    Actor,
    CheckpointPolicy,
    ChildSpec,
    Request,
    State,
    Supervisor,
    handler,
    open_tree,
)
from regrow.core.checkpoints import COLLECTION, OWNERS, Checkpointer, Position
from regrow.core.events import EventKind
from regrow.core.store import Fence, Item, MemoryStore, Put, Store, open_store
from regrow.protocols.actor_errors import ActorRestarting, StartFailed, Superseded
from regrow.supervisors.tree import Tree

pytestmark = pytest.mark.anyio

PATH = "bank/account"


class Ledger(State):
    balance: int = 0


class Deposit(Request[int]):
    amount: int


class Crash(Request[None]):
    pass


class Account(Actor[Ledger]):
    @handler
    async def deposit(self, message: Deposit) -> int:
        self.state.balance += message.amount
        return self.state.balance

    @handler
    async def crash(self, message: Crash) -> None:
        self.state.balance = -1
        msg = "on purpose"
        raise RuntimeError(msg)


@asynccontextmanager
async def bank(store: Store, policy: CheckpointPolicy | bool = True) -> AsyncIterator[Tree]:
    spec = ChildSpec("account", Account, checkpoint=policy)
    async with open_tree(Supervisor("bank", children=[spec]), store=store) as tree:
        yield tree


async def deposit(tree: Tree, amount: int) -> int:
    return await tree.ref(PATH, Account).ask(Deposit(amount=amount))


async def newest_first(store: Store) -> tuple[Item, ...]:
    return await Checkpointer(store).newest_first(PATH)


async def damage(store: Store, item: Item, data: bytes) -> None:
    assert await store.put(Put(COLLECTION, item.key, data, fence=item.fence))


async def test_a_reply_that_was_seen_survives_a_crash() -> None:
    store = MemoryStore()
    async with bank(store) as tree:
        assert await deposit(tree, 5) == 5
        with pytest.raises(ActorRestarting):
            await tree.ref(PATH, Account).ask(Crash())
        assert await deposit(tree, 1) == 6


async def test_a_reply_that_was_seen_survives_the_end_of_the_tree(tmp_path: Path) -> None:
    for turn in range(1, 4):
        async with open_store(tmp_path / "store.db") as store, bank(store) as tree:
            assert await deposit(tree, 1) == turn


@pytest.mark.parametrize("cut", [0, 1, 20, 52, 53, 100, -1])
async def test_a_cut_checkpoint_falls_back_to_the_one_before_and_says_so(cut: int) -> None:
    store = MemoryStore()
    async with bank(store) as tree:
        await deposit(tree, 5)
        await deposit(tree, 5)
    newest = (await newest_first(store))[0]
    await damage(store, newest, newest.data[:cut])
    async with bank(store) as tree:
        assert await deposit(tree, 0) == 5
        assert tree.events.count(EventKind.CHECKPOINT_CORRUPT) == 1
        told = next(event for event in tree.events.last if event.kind is EventKind.CHECKPOINT_CORRUPT)
        assert (told.path, told.detail[:5]) == (PATH, "E4002")


async def test_when_no_checkpoint_is_whole_the_actor_begins_anew_and_is_not_restarted() -> None:
    store = MemoryStore()
    async with bank(store) as tree:
        for _ in range(3):
            await deposit(tree, 5)
    damaged = await newest_first(store)
    for item in damaged:
        await damage(store, item, item.data[::-1])
    async with bank(store) as tree:
        assert await deposit(tree, 2) == 2
        assert tree.events.count(EventKind.CHECKPOINT_CORRUPT) == len(damaged)
        assert tree.events.count(EventKind.RESTARTED) == 0
        assert tree.events.count(EventKind.START_FAILED) == 0
        lost = [event for event in tree.events.last if event.kind is EventKind.CHECKPOINTS_LOST]
        assert [event.detail[:43] for event in lost] == ["E4002 bank/account: none of its 3 checkpoints"[:43]]
        assert tree.snapshot().find(PATH).checkpoint_fault == lost[0].detail
        assert lost[0].detail in str(tree.snapshot())
    async with bank(store) as tree:
        assert await deposit(tree, 0) == 2
        assert tree.snapshot().find(PATH).checkpoint_fault == ""


async def test_checkpoints_none_of_which_can_be_read_are_never_dropped() -> None:
    store = MemoryStore()
    async with bank(store) as tree:
        await deposit(tree, 5)
        await deposit(tree, 5)
    lost = await newest_first(store)
    for item in lost:
        await damage(store, item, item.data[::-1])
    for _ in range(3):
        async with bank(store, CheckpointPolicy(keep=1, max_age_s=0.001)) as tree:
            for _ in range(3):
                await deposit(tree, 1)
    kept = [item.key for item in await newest_first(store)]
    assert kept[1:] == [item.key for item in lost]
    for item in lost:
        await damage(store, item, item.data)
    async with bank(store) as tree:
        assert await deposit(tree, 0) == 9


async def test_a_policy_may_refuse_to_begin_anew_where_no_checkpoint_can_be_read() -> None:
    store = MemoryStore()
    policy = CheckpointPolicy(on_all_corrupt="refuse")
    async with bank(store, policy) as tree:
        assert await deposit(tree, 5) == 5
    item = (await newest_first(store))[0]
    await damage(store, item, b"")
    with pytest.raises(StartFailed, match="E4002 bank/account none of its 1 checkpoints can be read"):
        async with bank(store, policy):
            pytest.fail("it must not begin anew")
    await damage(store, item, item.data)
    async with bank(store, policy) as tree:
        assert await deposit(tree, 0) == 5


async def test_a_damaged_checkpoint_is_dropped_once_enough_good_ones_are_there() -> None:
    store = MemoryStore()
    async with bank(store) as tree:
        await deposit(tree, 5)
        await deposit(tree, 5)
    newest = (await newest_first(store))[0]
    await damage(store, newest, b"")
    async with bank(store, CheckpointPolicy(keep=2)) as tree:
        for _ in range(4):
            await deposit(tree, 1)
    kept = await newest_first(store)
    assert newest.key not in {item.key for item in kept}
    assert len(kept) == 2


async def test_as_many_are_kept_as_the_policy_says() -> None:
    store = MemoryStore()
    for _ in range(2):
        async with bank(store, CheckpointPolicy(keep=2)) as tree:
            for _ in range(5):
                await deposit(tree, 1)
                assert len(await newest_first(store)) <= 2
    async with bank(store) as tree:
        assert await deposit(tree, 0) == 10


async def test_a_late_write_of_an_incarnation_that_is_gone_changes_nothing_for_its_successor() -> None:
    store = MemoryStore()
    async with bank(store) as tree:
        await deposit(tree, 5)
    late = (await newest_first(store))[0]
    async with bank(store) as tree:
        await deposit(tree, 5)
        epoch = Position.of(late.key).epoch
        with pytest.raises(Superseded):
            await Checkpointer(store).save(Position(epoch, 999).key(PATH), late.data, Fence(OWNERS, PATH, epoch))
    async with bank(store) as tree:
        assert await deposit(tree, 0) == 10


class FullDisk(MemoryStore):
    """A store that cannot write when it is told so."""

    full = False

    async def put_many(
        self, records: Sequence[Put], delete: Sequence[tuple[str, str]] = (), *, fences: Sequence[Fence] = ()
    ) -> bool:
        if self.full:
            msg = "no space left"
            raise OSError(msg)
        return await super().put_many(records, delete, fences=fences)


async def test_a_reply_that_could_not_be_made_durable_is_not_given() -> None:
    store = FullDisk()
    async with bank(store) as tree:
        assert await deposit(tree, 5) == 5
        store.full = True
        with pytest.raises(ActorRestarting):
            await deposit(tree, 5)
        store.full = False
        with anyio.fail_after(5):
            assert await deposit(tree, 0) == 5


async def test_checkpoints_without_an_owner_are_taken_over_above_their_epochs() -> None:
    store = MemoryStore()
    async with bank(store) as tree:
        await deposit(tree, 5)
    item = (await newest_first(store))[0]
    await store.put(Put(COLLECTION, Position(41, 3).key(PATH), item.data, fence=41))
    await store.delete(OWNERS, PATH)
    async with bank(store) as tree:
        assert await deposit(tree, 1) == 6
    assert Position.of((await newest_first(store))[0].key).epoch > 41


@pytest.mark.parametrize("data", ["'text'", "5", "1.5", "''", "x''", "cast(data as text)"])
async def test_a_record_that_somebody_changed_by_hand_is_corrupt_and_the_one_before_it_is_used(
    data: str, tmp_path: Path
) -> None:
    path = tmp_path / "store.db"
    async with open_store(path) as store, bank(store) as tree:
        assert [await deposit(tree, 5) for _ in range(2)] == [5, 10]
    with closing(sqlite3.connect(path)) as file:
        newest = "(select max(key) from records where collection = 'checkpoints')"
        file.execute(f"update records set data = {data} where key = {newest}")
        file.execute("insert into records values ('checkpoints', ?, 'high', 7)", (f"{PATH}\x1fnumber",))
        file.commit()
    damaged = 1 if data.startswith("cast") else 2
    async with open_store(path) as store, bank(store) as tree:
        assert await deposit(tree, 1) == (11 if data.startswith("cast") else 6)
        told = [event.detail[:5] for event in tree.events.last if event.kind is EventKind.CHECKPOINT_CORRUPT]
        assert told == ["E4002"] * damaged
