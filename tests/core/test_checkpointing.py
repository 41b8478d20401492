"""What an actor gets back after a crash, after the end of its tree, and when its checkpoints are damaged (trap 23)."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from pydantic import ConfigDict, Field, JsonValue, computed_field

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
from regrow.core.checkpoints import COLLECTION, Checkpointer, Position
from regrow.core.events import EventKind
from regrow.core.store import Item, MemoryStore, Put, Store, open_store
from regrow.protocols.actor_errors import ActorRestarting, SpecError, StartFailed
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
    async with bank(store) as tree:
        assert await deposit(tree, 0) == 2


async def test_a_damaged_checkpoint_is_dropped_once_enough_good_ones_are_there() -> None:
    store = MemoryStore()
    async with bank(store) as tree:
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
        await Checkpointer(store).save(Position(epoch, 999).key(PATH), late.data, epoch)
    async with bank(store) as tree:
        assert await deposit(tree, 0) == 10


class FullDisk(MemoryStore):
    """A store that cannot write when it is told so."""

    full = False

    async def put_many(self, records: Sequence[Put], delete: Sequence[tuple[str, str]] = ()) -> bool:
        if self.full:
            msg = "no space left"
            raise OSError(msg)
        return await super().put_many(records, delete)


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


class Go(Request[int]):
    crash: bool = False


class Counted(State):
    n: int = 0


class Infinite(Counted):
    best: float = math.inf
    last: float = math.nan


class Computed(Counted):
    @computed_field  # type: ignore[prop-decorator]  # as pydantic asks for it
    @property
    def double(self) -> int:
        return self.n * 2


class Aliased(Counted):
    n: int = Field(default=0, alias="count")


class Binary(Counted):
    raw: bytes = b"\xff\xfe"


class Excluded(Counted):
    open: object = Field(default=None, exclude=True)


class StrictSet(Counted):
    model_config = ConfigDict(strict=True)

    seen: set[int] = {1}


class Grid(Counted):
    cells: dict[tuple[int, int], int] = {}


class Bounded(Counted):
    n: int = Field(default=0, le=2)


class Counter(Actor[Counted]):
    @handler
    async def go(self, message: Go) -> int:
        if message.crash:
            msg = "on purpose"
            raise RuntimeError(msg)
        self.state.n += 1
        return self.state.n


def counter(kind: type[Counted]) -> type[Counter]:
    class Other(Counter):
        pass

    Other.state_type = kind
    return Other


def counting(kind: type[Counted], **policy: int) -> Supervisor:
    return Supervisor("t", children=[ChildSpec("a", counter(kind), checkpoint=CheckpointPolicy(**policy))])  # type: ignore[arg-type]  # whole numbers only


@pytest.mark.parametrize("kind", [Infinite, Computed, Aliased, Binary, Excluded, StrictSet])
async def test_what_was_acknowledged_is_found_again_whatever_the_fields_of_the_state_are(kind: type[Counted]) -> None:
    async with open_tree(counting(kind)) as tree:
        actor = tree.ref("t/a", Counter)
        assert [await actor.ask(Go()) for _ in range(3)] == [1, 2, 3]
        with pytest.raises(ActorRestarting):
            await actor.ask(Go(crash=True))
        assert await actor.ask(Go()) == 4
        assert tree.events.count(EventKind.CHECKPOINT_CORRUPT) == 0


async def test_a_state_that_can_never_be_read_back_is_refused_before_its_tree_starts() -> None:
    with pytest.raises(
        SpecError, match="E6102 t/a: checkpoint cannot save Grid: field 'cells': a dict whose keys are a tuple"
    ):
        open_tree(counting(Grid))


async def test_a_state_that_cannot_be_read_back_is_not_acknowledged_and_replaces_nothing() -> None:
    async with open_tree(counting(Bounded)) as tree:
        actor = tree.ref("t/a", Counter)
        assert [await actor.ask(Go()) for _ in range(2)] == [1, 2]
        with pytest.raises(
            ActorRestarting, match="E6131 t/a: its state Bounded was not saved: field 'n': Input should be"
        ):
            await actor.ask(Go())
        with pytest.raises(ActorRestarting, match="E6131"):
            await actor.ask(Go())
        state = tree.snapshot().find("t/a").state
        assert isinstance(state, Bounded)
        assert state.n == 2


class Second(Counted, version=2):
    pass


class Careless(Counted, version=2):
    @classmethod
    def migrate(cls, from_version: int, data: dict[str, JsonValue]) -> dict[str, JsonValue]:
        return {"n": data["total"]}


class Careful(Counted, version=2):
    @classmethod
    def migrate(cls, from_version: int, data: dict[str, JsonValue]) -> dict[str, JsonValue]:
        return data


class Reshaped(Counted):
    n: int = Field(default=0, le=2)


@pytest.mark.parametrize(
    ("written", "read", "says"),
    [
        (Counted, Second, "has version 1, and migrate failed: ValueError: Second is at version 2 and has no migration"),
        (Counted, Careless, "has version 1, and migrate failed: KeyError: 'total'"),
        (Second, Counted, r"has version 2 \(expected at most 1, got 2\)"),
        (Counted, Reshaped, "does not fit: field 'n'"),
    ],
)
async def test_a_checkpoint_of_a_version_that_cannot_be_read_fails_the_start_and_stays(
    written: type[Counted], read: type[Counted], says: str
) -> None:
    store = MemoryStore()
    async with open_tree(counting(written, keep=1), store=store) as tree:
        assert [await tree.ref("t/a", Counter).ask(Go()) for _ in range(5)] == [1, 2, 3, 4, 5]
    for _ in range(2):
        with pytest.raises(StartFailed, match=f"E4007 .* {says}"):
            async with open_tree(counting(read, keep=1), store=store):
                pytest.fail("it must not begin anew while its state is there")
    after = Careful if written is Counted else written
    async with open_tree(counting(after, keep=1), store=store) as tree:
        assert await tree.ref("t/a", Counter).ask(Go()) == 6
