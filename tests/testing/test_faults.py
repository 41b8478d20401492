"""Faults on purpose, against the promises that the runtime gives about real ones."""

from __future__ import annotations

import inspect
from typing import Any

import anyio
import pytest

from regrow import Actor, Backoff, ChildSpec, Message, Request, State, Supervisor, Tree, handler, open_tree
from regrow.core.store import MemoryStore, Put, Store
from regrow.protocols.actor_errors import ActorRestarting
from regrow.testing import (
    FaultyStore,
    InjectedCrash,
    InjectedStoreFault,
    crash,
    crash_at_next,
    virtual_backend,
)
from tests.core.store import test_contract as contract

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return virtual_backend(request.param)


class Add(Message):
    amount: int


class AddMuch(Add):
    pass


class Total(Request[int]):
    pass


class Work(Request[str]):
    duration_s: float


class Sum(State):
    total: int = 0


class Adder(Actor[Sum]):
    @handler
    def add(self, message: Add) -> None:
        self.state.total += message.amount

    @handler
    def total(self, message: Total) -> int:
        return self.state.total

    @handler
    async def work(self, message: Work) -> str:
        await anyio.sleep(message.duration_s)
        return "done"


class SharedAdder(Actor[Sum]):
    @handler
    def add(self, message: Add) -> None:
        self.state.total += message.amount

    @handler
    def total(self, message: Total) -> int:
        return self.state.total


def one(**options: Any) -> Supervisor:
    return Supervisor("root", children=[ChildSpec("adder", options.pop("actor", Adder), **options)])


def restarts(tree: Tree) -> int:
    return tree.snapshot().find("root/adder").restarts


# -- crashes ---------------------------------------------------------------------------------------------------------


async def test_a_crash_ends_the_handler_that_runs_and_its_ask() -> None:
    async with open_tree(one()) as tree:
        ref = tree.ref("root/adder", Adder)

        async def crash_soon() -> None:
            await anyio.sleep(1.0)
            crash(tree, "root/adder", "the power went")

        async with anyio.create_task_group() as group:
            group.start_soon(crash_soon)
            with pytest.raises(ActorRestarting, match="the power went"):
                await ref.ask(Work(duration_s=3.0))
        assert restarts(tree) == 1
        assert await ref.ask(Work(duration_s=3.0)) == "done"


async def test_a_crash_of_an_idle_actor_loses_its_state() -> None:
    async with open_tree(one()) as tree:
        ref = tree.ref("root/adder", Adder)
        await ref.tell(Add(amount=5))
        assert await ref.ask(Total()) == 5
        crash(tree, "root/adder")
        assert await ref.ask(Total()) == 0
        assert restarts(tree) == 1


async def test_what_does_not_run_cannot_be_crashed() -> None:
    async with open_tree(one(backoff=Backoff(initial_s=10.0))) as tree:
        with pytest.raises(LookupError, match="did you mean root/adder"):
            crash(tree, "root/ader")
        crash(tree, "root/adder")
        with pytest.raises(RuntimeError, match="root/adder is ended"):
            crash(tree, "root/adder")


@pytest.mark.parametrize("kind", [Adder, SharedAdder])
async def test_an_actor_crashes_at_its_next_message_once(kind: type[Actor[Sum]]) -> None:
    async with open_tree(one(actor=kind, dispatch="shared" if kind is SharedAdder else "task")) as tree:
        ref = tree.ref("root/adder", kind)
        await ref.tell(Add(amount=5))
        assert await ref.ask(Total()) == 5
        crash_at_next(tree, "root/adder")
        with pytest.raises(ActorRestarting, match=f"{InjectedCrash.__name__}.*told to crash at Total") as caught:
            await ref.ask(Total())
        assert caught.value.retry_safe is False
        assert await ref.ask(Total()) == 0
        assert restarts(tree) == 1


async def test_an_actor_that_has_run_for_long_crashes_at_a_tell_too() -> None:
    async with open_tree(one()) as tree:
        ref = tree.ref("root/adder", Adder)
        await ref.tell(Add(amount=5))
        assert await ref.ask(Total()) == 5
        crash_at_next(tree, "root/adder", Add)
        await ref.tell(Add(amount=5))
        assert await ref.ask(Total()) == 0


async def test_mail_behind_the_crash_is_kept() -> None:
    async with open_tree(one()) as tree:
        ref = tree.ref("root/adder", Adder)
        crash_at_next(tree, "root/adder", Add)
        for amount in (1, 10, 100):
            ref.tell_nowait(Add(amount=amount))
        assert await ref.ask(Total()) == 110
        assert [(letter.path, letter.reason) for letter in tree.dead_letters.last] == [("root/adder", "poison")]


async def test_other_messages_do_not_set_it_off() -> None:
    async with open_tree(one()) as tree:
        ref = tree.ref("root/adder", Adder)
        crash_at_next(tree, "root/adder", AddMuch)
        await ref.tell(Add(amount=1))
        assert await ref.ask(Total()) == 1
        await ref.tell(AddMuch(amount=100))
        assert await ref.ask(Total()) == 0
        assert restarts(tree) == 1
        await ref.tell(AddMuch(amount=100))
        assert await ref.ask(Total()) == 100


async def test_a_base_class_is_set_off_by_what_derives_from_it() -> None:
    async with open_tree(one()) as tree:
        ref = tree.ref("root/adder", Adder)
        crash_at_next(tree, "root/adder", Add)
        await ref.tell(AddMuch(amount=1))
        assert await ref.ask(Total()) == 0
        await ref.tell(AddMuch(amount=1))
        assert await ref.ask(Total()) == 1


async def test_it_can_be_taken_back() -> None:
    async with open_tree(one()) as tree:
        ref = tree.ref("root/adder", Adder)
        take_back = crash_at_next(tree, "root/adder")
        take_back()
        take_back()
        await ref.tell(Add(amount=5))
        assert await ref.ask(Total()) == 5
        assert restarts(tree) == 0
        assert not tree.runtime.get("root/adder").observed


async def test_two_crashes_hit_the_next_two_messages() -> None:
    async with open_tree(one()) as tree:
        ref = tree.ref("root/adder", Adder)
        first = crash_at_next(tree, "root/adder", Add)
        crash_at_next(tree, "root/adder")
        for _ in range(4):
            await ref.tell(Add(amount=1))
        assert await ref.ask(Total()) == 2
        assert restarts(tree) == 2
        first()
        crash_at_next(tree, "root/adder", Add)
        taken_back = crash_at_next(tree, "root/adder", Add)
        taken_back()
        await ref.tell(Add(amount=1))
        await ref.tell(Add(amount=1))
        assert await ref.ask(Total()) == 1


async def test_one_that_is_taken_back_under_a_later_one_does_nothing() -> None:
    async with open_tree(one()) as tree:
        ref = tree.ref("root/adder", Adder)
        first = crash_at_next(tree, "root/adder", Add)
        crash_at_next(tree, "root/adder", Add)
        first()
        for _ in range(3):
            await ref.tell(Add(amount=1))
        assert await ref.ask(Total()) == 2


async def test_other_actors_of_the_class_are_left_alone() -> None:
    children = [ChildSpec("adder", Adder), ChildSpec("other", Adder)]
    async with open_tree(Supervisor("root", children=children)) as tree:
        crash_at_next(tree, "root/adder")
        assert await tree.ref("root/other", Adder).ask(Total()) == 0
        assert tree.snapshot().find("root/other").restarts == 0


async def test_a_message_that_the_actor_does_not_handle_is_refused() -> None:
    async with open_tree(one(actor=SharedAdder)) as tree:
        with pytest.raises(LookupError, match="handles no Work; it handles Add, Total"):
            crash_at_next(tree, "root/adder", Work)


# -- a store that fails ----------------------------------------------------------------------------------------------


@pytest.fixture
def store() -> Store:
    return FaultyStore(MemoryStore())


# Without a fault it is a store like every other: it passes their tests.
globals().update(
    {
        name: function
        for name, function in vars(contract).items()
        if name.startswith("test_") and list(inspect.signature(function).parameters) == ["store"]
    }
)


def test_the_contract_of_stores_is_among_the_tests_of_this_module() -> None:
    assert sum(getattr(item, "__module__", "") == contract.__name__ for item in globals().values()) >= 10


async def test_writes_fail_and_leave_no_trace() -> None:
    behind = MemoryStore()
    store = FaultyStore(behind, fail_writes=True)
    with pytest.raises(InjectedStoreFault, match="the put of call 1"):
        await store.put(Put("c", "k", b"1"))
    with pytest.raises(InjectedStoreFault):
        await store.put_many([Put("c", "k", b"1")])
    with pytest.raises(InjectedStoreFault):
        await store.append("log", [b"1"])
    with pytest.raises(OSError, match="delete"):
        await store.delete("c", "k")
    assert await store.get("c", "k") is None
    assert await store.read("log") == ()
    assert await store.list_items("c") == ()
    assert (store.calls, store.faults) == (7, 4)


async def test_reads_fail_and_writes_do_not() -> None:
    store = FaultyStore(MemoryStore(), fail_reads=True)
    assert await store.put(Put("c", "k", b"1"))
    for read in (lambda: store.get("c", "k"), lambda: store.list_items("c"), lambda: store.read("log")):
        with pytest.raises(InjectedStoreFault):
            await read()
    store.fail_reads = False
    assert await store.get("c", "k") is not None


async def outcomes(seed: int) -> list[bool]:
    store = FaultyStore(MemoryStore(), fail_writes=0.5, seed=seed)
    found = []
    for number in range(40):
        try:
            await store.put(Put("c", str(number), b""))
        except InjectedStoreFault:
            found.append(False)
        else:
            found.append(True)
    return found


async def test_the_seed_decides_which_calls_fail() -> None:
    first = await outcomes(seed=1)
    assert first == await outcomes(seed=1)
    assert first != await outcomes(seed=2)
    assert 5 < sum(first) < 35


async def test_every_call_takes_its_delay() -> None:
    store = FaultyStore(MemoryStore(), delay_s=2.0)
    began_s = anyio.current_time()
    await store.put(Put("c", "k", b"1"))
    await store.get("c", "k")
    assert anyio.current_time() - began_s == pytest.approx(4.0)


async def test_no_reply_leaves_before_its_checkpoint_is_safe() -> None:
    store = FaultyStore(MemoryStore(), delay_s=0.1)
    async with open_tree(one(checkpoint=True), store=store) as tree:
        ref = tree.ref("root/adder", Adder)
        await ref.tell(Add(amount=5))
        assert await ref.ask(Total()) == 5
        store.fail_writes = True
        await ref.tell(Add(amount=100))
        with pytest.raises(ActorRestarting, match=InjectedStoreFault.__name__):
            await ref.ask(Total())
        store.fail_writes = False
        assert await ref.ask(Total()) == 5
