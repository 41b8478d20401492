"""A checkpoint that is whole, cut, changed, of an older version; and which of several is used."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from regrow.core import checkpoints
from regrow.core.checkpoints import (
    COLLECTION,
    OWNERS,
    PAGE,
    Checkpoint,
    CheckpointCorrupt,
    Checkpointer,
    CheckpointPolicy,
    Position,
    Series,
)
from regrow.core.saving import StateCodec
from regrow.core.store import Fence, Item, MemoryStore, Put
from regrow.protocols.messages import State

FIRST = Position(1, 1)
SAVED_AT = "2026-01-31T12:00:00+00:00"


class Ledger(State, version=2):
    balance: int = 0
    note: str = ""

    @classmethod
    def migrate(cls, from_version: int, data: dict[str, JsonValue]) -> dict[str, JsonValue]:
        if from_version != 1:
            msg = f"no migration from {from_version}"
            raise ValueError(msg)
        return {"balance": data["total"]}


class OldLedger(State):
    total: int = 0


def record_of(state: State, position: Position = FIRST) -> Item:
    """Return a record as it lies in the store."""
    series = Series("bank/account", type(state), position.epoch, 7)
    data = series.sign(position.number, StateCodec("bank/account", type(state)).write(state), SAVED_AT.encode())
    return Item(series.key(position.number), data, position.epoch)


def restore(checkpoint: Checkpoint, kind: type[Ledger | OldLedger]) -> State:
    return StateCodec("bank/account", kind).read(checkpoint.payload, checkpoint.state_version, checkpoint.encoding)


@given(st.integers(), st.text(st.characters(codec="utf-8")))
def test_a_state_comes_back_as_it_was_saved(balance: int, note: str) -> None:
    checkpoint = checkpoints.read(record_of(Ledger(balance=balance, note=note), Position(3, 9)))
    assert restore(checkpoint, Ledger) == Ledger(balance=balance, note=note)
    assert (checkpoint.position, checkpoint.incarnation) == (Position(3, 9), 7)
    assert (checkpoint.saved_at, checkpoint.state_version) == (SAVED_AT, 2)


def test_a_checkpoint_cut_at_any_byte_is_refused() -> None:
    item = record_of(Ledger(balance=5))
    for length in range(len(item.data)):
        with pytest.raises(CheckpointCorrupt):
            checkpoints.read(Item(item.key, item.data[:length]))


def test_a_checkpoint_with_any_bit_changed_is_refused() -> None:
    item = record_of(Ledger(balance=5))
    for place in range(len(item.data)):
        changed = bytearray(item.data)
        changed[place] ^= 1 << place % 8
        with pytest.raises(CheckpointCorrupt):
            checkpoints.read(Item(item.key, bytes(changed)))


@pytest.mark.parametrize(
    "key", ["", "bank/account\x1f", "bank/account\x1fnew", "bank/account\x1f1.2", "bank/account\x1f000000000001"]
)
def test_a_record_under_a_key_that_is_no_position_is_refused(key: str) -> None:
    with pytest.raises(CheckpointCorrupt, match="is no checkpoint"):
        checkpoints.read(Item(key, record_of(Ledger(balance=5)).data))


def test_an_older_version_goes_through_the_migration() -> None:
    checkpoint = checkpoints.read(record_of(OldLedger(total=12)))
    assert restore(checkpoint, Ledger) == Ledger(balance=12)


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)), unique=True))
def test_keys_sort_as_positions_do(numbers: list[tuple[int, int]]) -> None:
    positions = [Position(*pair) for pair in numbers]
    keys = [position.key("bank/account") for position in positions]
    assert [Position.of(key) for key in sorted(keys)] == sorted(positions)
    assert keys == [Series("bank/account", Ledger, epoch, 1).key(number) for epoch, number in positions]


@pytest.mark.anyio
async def test_the_newest_comes_first_and_neighbours_are_not_mixed_in() -> None:
    checkpointer = Checkpointer(MemoryStore())
    for path in ("bank/account", "bank/account2", "bank/account/child"):
        for position in (Position(1, 1), Position(2, 1), Position(1, 2)):
            await checkpointer.save(position.key(path), path.encode(), Fence(OWNERS, path, position.epoch))
    found = await checkpointer.newest_first("bank/account")
    assert [Position.of(item.key) for item in found] == [Position(2, 1), Position(1, 2), Position(1, 1)]
    assert {item.data for item in found} == {b"bank/account"}


@pytest.mark.anyio
async def test_the_newest_comes_first_of_more_than_a_page() -> None:
    store = MemoryStore()
    await store.put_many([Put(COLLECTION, Position(1, number).key("a"), b"") for number in range(1, PAGE + 3)])
    found = await Checkpointer(store).newest_first("a")
    assert [Position.of(item.key).number for item in found] == list(range(PAGE + 2, 0, -1))


@pytest.mark.parametrize(
    ("policy", "named"),
    [
        (CheckpointPolicy(keep=0), "keep"),
        (CheckpointPolicy(every_messages=0), "every_messages"),
        (CheckpointPolicy(interval_s=-1.0), "interval_s"),
        (CheckpointPolicy(max_age_s=0.0), "max_age_s"),
        (CheckpointPolicy(on_all_corrupt="delete"), "on_all_corrupt"),  # type: ignore[arg-type]  # what is looked at
    ],
)
def test_a_policy_says_which_field_is_wrong(policy: CheckpointPolicy, named: str) -> None:
    assert CheckpointPolicy().problem() is None
    assert named in (policy.problem() or "")
