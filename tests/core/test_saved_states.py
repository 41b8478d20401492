"""What an acknowledged state is worth after a crash and after a change of its class, whatever its fields are."""

from __future__ import annotations

import math

import pytest
from pydantic import ConfigDict, Field, JsonValue, computed_field

from regrow import open_tree
from regrow.core.events import EventKind
from regrow.core.store import MemoryStore
from regrow.protocols.actor_errors import ActorRestarting, SpecError, StartFailed

from .counters import Counted, Counter, Go, counting

pytestmark = pytest.mark.anyio


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
