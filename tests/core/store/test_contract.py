"""What every store promises, asked of each implementation on each backend."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from regrow.core.store import Fence, Item, MemoryStore, Put, Store, StoreClosed, open_store

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def opened(kind: str, folder: Path) -> AsyncIterator[Store]:
    """Open a store of one kind."""
    if kind == "memory":
        yield MemoryStore()
        return
    async with open_store(folder / "deep" / "store.db", durability="power" if kind == "power" else "process") as store:
        yield store


@pytest.fixture(params=["memory", "process", "power"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with opened(request.param, tmp_path) as one:
        yield one


async def test_what_was_put_is_read_back_byte_for_byte(store: Store) -> None:
    data = bytes(range(256))
    assert await store.put(Put("c", "k", data, fence=3))
    assert await store.get("c", "k") == Item("k", data, 3)
    assert await store.get("c", "other") is None
    assert await store.get("other", "k") is None


async def test_a_lower_fence_is_refused_and_changes_nothing(store: Store) -> None:
    assert await store.put(Put("c", "k", b"new", fence=2))
    assert not await store.put(Put("c", "k", b"late", fence=1))
    assert await store.put(Put("c", "k", b"newer", fence=2))
    assert await store.get("c", "k") == Item("k", b"newer", 2)


async def test_a_put_without_a_fence_does_not_replace_a_fenced_record(store: Store) -> None:
    await store.put(Put("c", "k", b"fenced", fence=1))
    assert not await store.put(Put("c", "k", b"free"))
    assert await store.get("c", "k") == Item("k", b"fenced", 1)


async def test_one_refused_record_refuses_the_whole_transaction(store: Store) -> None:
    await store.put_many([Put("c", "fenced", b"new", fence=5), Put("c", "victim", b"stays")])
    records = [Put("c", "free", b"late", fence=9), Put("c", "fenced", b"late", fence=4)]
    assert not await store.put_many(records, delete=[("c", "victim")])
    assert await store.list_items("c") == (Item("fenced", b"new", 5), Item("victim", b"stays", 0))


async def test_a_write_depends_on_the_fences_of_records_that_it_does_not_write(store: Store) -> None:
    assert await store.put(Put("owners", "k", b"owner", fence=5))
    for highest, done in ((4, False), (5, True), (6, True)):
        fences = [Fence("owners", "k", highest), Fence("owners", "nobody", 0)]
        assert await store.put_many([Put("c", str(highest), b"1")], delete=[("c", "old")], fences=fences) is done
    assert [item.key for item in await store.list_items("c")] == ["5", "6"]
    assert await store.get("owners", "k") == Item("k", b"owner", 5)


async def test_of_many_who_take_the_same_fence_at_once_one_succeeds(store: Store) -> None:
    taken: list[bytes] = []

    async def take(name: bytes) -> None:
        if await store.put_many([Put("owners", "k", name, fence=7)], fences=[Fence("owners", "k", 6)]):
            taken.append(name)

    async with anyio.create_task_group() as group:
        for number in range(20):
            group.start_soon(take, b"%d" % number)
    assert await store.get("owners", "k") == Item("k", taken[0], 7)
    assert len(taken) == 1


async def test_put_many_deletes_in_the_same_transaction(store: Store) -> None:
    await store.put(Put("c", "old", b"1"))
    assert await store.put_many([Put("c", "new", b"2")], delete=[("c", "old"), ("c", "never there")])
    assert await store.list_items("c") == (Item("new", b"2"),)


async def test_items_come_in_key_order_by_prefix_page_by_page(store: Store) -> None:
    keys = ["a/2", "a/10", "b", "a%", "a/é", "a/1"]
    await store.put_many([Put("c", key, key.encode()) for key in keys])
    everything = sorted(key for key in keys if key.startswith("a/"))
    assert [item.key for item in await store.list_items("c", "a/")] == everything
    first = await store.list_items("c", "a/", limit=2)
    rest = await store.list_items("c", "a/", after=first[-1].key)
    assert [item.key for item in first + rest] == everything


async def test_a_deleted_record_is_gone_and_deleting_it_again_is_nothing(store: Store) -> None:
    await store.put(Put("c", "k", b"1", fence=7))
    await store.delete("c", "k")
    await store.delete("c", "k")
    assert await store.get("c", "k") is None
    assert await store.put(Put("c", "k", b"2", fence=1))


async def test_a_log_numbers_its_entries_from_one(store: Store) -> None:
    assert await store.append("log", [b"a", b"b"]) == 2
    assert await store.append("log", [b"c"]) == 3
    assert await store.append("other", [b"x"]) == 1
    assert await store.read("log") == ((1, b"a"), (2, b"b"), (3, b"c"))
    assert await store.read("log", after=1, limit=1) == ((2, b"b"),)
    assert await store.read("log", after=3) == ()


async def test_a_log_forgets_its_beginning_and_goes_on_counting(store: Store) -> None:
    await store.append("log", [b"a", b"b", b"c"])
    await store.append("other", [b"x"])
    await store.trim("log", 2)
    assert await store.read("log") == ((3, b"c"),)
    assert await store.append("log", [b"d"]) == 4
    assert await store.append("log", ()) == 4
    await store.trim("log", 99)
    await store.trim("none", 1)
    assert await store.read("log") == ()
    assert await store.append("log", [b"e"]) == 1
    assert await store.read("other") == ((1, b"x"),)


async def test_what_is_added_after_a_trim_in_the_same_moment_stays(store: Store) -> None:
    await store.append("log", [b"a", b"b"])
    async with anyio.create_task_group() as group:
        group.start_soon(store.trim, "log", 1000)
        await anyio.lowlevel.checkpoint()
        group.start_soon(store.append, "log", [b"c"])
    assert [data for _, data in await store.read("log")] == [b"c"]


async def test_concurrent_appends_each_get_a_number_of_their_own(store: Store) -> None:
    numbers: list[int] = []

    async def add(n: int) -> None:
        numbers.append(await store.append("log", [b"%d" % n]))

    async with anyio.create_task_group() as group:
        for n in range(50):
            group.start_soon(add, n)
    assert sorted(numbers) == list(range(1, 51))
    assert sorted(data for _, data in await store.read("log")) == sorted(b"%d" % n for n in range(50))


async def test_writers_of_one_group_are_settled_in_their_order(store: Store) -> None:
    """Whoever comes first holds up the rest, so that what follows is one group."""
    answers: dict[int, bool] = {}

    async def put(place: int, key: str, fence: int) -> None:
        answers[place] = await store.put(Put("c", key, b"%d" % place, fence))

    async def replace(place: int, new: str, old: str) -> None:
        answers[place] = await store.put_many([Put("c", new, b"%d" % place)], delete=[("c", old)])

    async with anyio.create_task_group() as group:
        group.start_soon(put, 0, "first", 0)
        group.start_soon(put, 1, "k", 2)
        group.start_soon(put, 2, "k", 1)
        group.start_soon(put, 3, "k", 3)
        group.start_soon(replace, 4, "new", "k")
        group.start_soon(put, 5, "k", 1)
        group.start_soon(replace, 6, "newer", "new")
    order = list(answers)
    if order == sorted(order):  # trio starts tasks in any order
        assert answers == {0: True, 1: True, 2: False, 3: True, 4: True, 5: True, 6: True}
        assert {item.key: item.data for item in await store.list_items("c")} == {
            "first": b"0",
            "k": b"5",
            "newer": b"6",
        }


async def test_many_records_go_in_one_transaction(store: Store) -> None:
    records = [Put("c", f"{number:05}", b"1", fence=2) for number in range(1500)]
    assert await store.put_many(records)
    assert not await store.put_many([*records, Put("c", "01499", b"2", fence=1)])
    assert len(await store.list_items("c", limit=2000)) == 1500


async def test_a_cancelled_writer_takes_no_other_writer_with_it(store: Store) -> None:
    acknowledged: list[str] = []

    async def put(key: str) -> None:
        await store.put(Put("c", key, b"1"))
        acknowledged.append(key)

    for number in range(20):
        async with anyio.create_task_group() as group:
            cut = anyio.CancelScope()

            async def cancelled(cut: anyio.CancelScope = cut, number: int = number) -> None:
                with cut:
                    await put(f"cut{number:02}")

            group.start_soon(cancelled)
            group.start_soon(put, f"kept{number:02}")
            await anyio.lowlevel.checkpoint()
            cut.cancel()
    kept = {item.key for item in await store.list_items("c")}
    assert set(acknowledged) <= kept
    assert {f"kept{number:02}" for number in range(20)} <= set(acknowledged)


@pytest.mark.parametrize("durability", ["process", "power"])
async def test_what_was_acknowledged_is_there_when_the_file_is_opened_again(tmp_path: Path, durability: str) -> None:
    async with opened(durability, tmp_path) as store:
        await store.put(Put("c", "k", b"1", fence=4))
        await store.append("log", [b"a"])
    async with opened(durability, tmp_path) as store:
        assert await store.get("c", "k") == Item("k", b"1", 4)
        assert await store.append("log", [b"b"]) == 2


async def test_a_closed_store_refuses(tmp_path: Path) -> None:
    async with open_store(tmp_path / "store.db") as store:
        await store.close()
        with pytest.raises(StoreClosed):
            await store.put(Put("c", "k", b"1"))
        with pytest.raises(StoreClosed):
            await store.get("c", "k")


@pytest.mark.parametrize("turns", range(0, 60, 3))
@pytest.mark.parametrize("use_uvloop", [False, True])
def test_a_native_cancellation_loses_nothing_that_was_acknowledged(
    tmp_path: Path, turns: int, use_uvloop: bool
) -> None:
    acknowledged: list[str] = []

    async def main() -> None:
        async with open_store(tmp_path / "store.db") as store:

            async def put(key: str) -> None:
                await store.put(Put("c", key, b"1"))
                acknowledged.append(key)

            tasks = [asyncio.create_task(put(str(number))) for number in range(6)]
            for _ in range(turns):
                await asyncio.sleep(0)
            tasks[0].cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        assert results[1:] == [None] * 5
        async with open_store(tmp_path / "store.db") as store:
            kept = {item.key for item in await store.list_items("c")}
        assert set(acknowledged) <= kept

    anyio.run(main, backend_options={"use_uvloop": use_uvloop})
