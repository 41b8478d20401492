"""States that come back as they were saved, those that are refused before they replace anything, and older records."""

from __future__ import annotations

import datetime as dt
import enum
import json
import math
import uuid
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, PrivateAttr, computed_field

from regrow.core.saving import ENCODING, StateCodec, shape_of
from regrow.protocols.actor_errors import StateNotSaved
from regrow.protocols.errors import CallerError
from regrow.protocols.messages import State

PATH = "bank/account"


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Inner(State):
    best: float = math.inf
    raw: bytes = b"\xff"
    next: Inner | None = None


class Everything(State):
    """One field of each kind that is trusted."""

    flag: bool = False
    number: int = 0
    ratio: float = 0.0
    text: str = ""
    raw: bytes = b""
    day: dt.date = dt.date(2026, 1, 31)
    moment: dt.datetime = dt.datetime(2026, 1, 31, tzinfo=dt.UTC)
    clock: dt.time = dt.time(12)
    span: dt.timedelta = dt.timedelta()
    id: uuid.UUID = uuid.UUID(int=0)
    colour: Colour = Colour.RED
    choice: Literal["a", "b"] = "a"
    maybe: int | None = None
    mixed: int | str | float | None = None
    items: list[float] = []
    members: set[int] = set()
    frozen: frozenset[bytes] = frozenset()
    pair: tuple[int, str] = (0, "")
    many: tuple[int, ...] = ()
    by_text: dict[str, list[bytes]] = {}
    by_number: dict[int, float] = {}
    by_ratio: dict[float, int] = {}
    by_id: dict[uuid.UUID, dt.date] = {}
    by_colour: dict[Colour, int] = {}
    inner: Inner = Inner()
    renamed: int = Field(default=0, alias="name")
    read_as: int = Field(default=0, validation_alias="in", serialization_alias="out")
    renamed_to_another: int = Field(default=0, alias="number")

    @computed_field  # type: ignore[prop-decorator]  # as pydantic asks for it
    @property
    def double(self) -> int:
        return self.number * 2


TEXT = st.text(st.characters(codec="utf-8"))

FLOATS = st.floats(allow_nan=False)

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "flag": st.booleans(),
    "number": st.integers(),
    "ratio": FLOATS,
    "text": TEXT,
    "raw": st.binary(),
    "day": st.dates(),
    "moment": st.datetimes(
        timezones=st.none() | st.just(dt.UTC) | st.just(dt.timezone(dt.timedelta(hours=-5, minutes=30)))
    ),
    "clock": st.times(),
    "span": st.timedeltas(dt.timedelta(days=-900_000_000), dt.timedelta(days=900_000_000)),
    "id": st.uuids(),
    "colour": st.sampled_from(Colour),
    "choice": st.sampled_from(["a", "b"]),
    "maybe": st.none() | st.integers(),
    "mixed": st.none() | st.integers() | TEXT | FLOATS,
    "items": st.lists(FLOATS),
    "members": st.sets(st.integers()),
    "frozen": st.frozensets(st.binary()),
    "pair": st.tuples(st.integers(), TEXT),
    "many": st.lists(st.integers()).map(tuple),
    "by_text": st.dictionaries(TEXT, st.lists(st.binary())),
    "by_number": st.dictionaries(st.integers(), FLOATS),
    "by_ratio": st.dictionaries(FLOATS, st.integers()),
    "by_id": st.dictionaries(st.uuids(), st.dates()),
    "by_colour": st.dictionaries(st.sampled_from(Colour), st.integers()),
    "inner": FLOATS.map(lambda best: Inner(best=best, next=Inner())),
    "renamed": st.integers(),
    "read_as": st.integers(),
    "renamed_to_another": st.integers(),
}


@given(st.fixed_dictionaries({}, optional=VALUES))
def test_a_trusted_state_comes_back_whatever_its_fields_hold(values: dict[str, Any]) -> None:
    assert VALUES.keys() == Everything.model_fields.keys()
    assert shape_of(Everything).trusted
    assert shape_of(Everything).refused == []
    state = Everything()
    for name, value in values.items():
        setattr(state, name, value)
    assert back(state) == state


def back(state: State) -> State:
    codec = StateCodec(PATH, type(state))
    return codec.read(codec.write(state), state.state_version, ENCODING)


class Strict(State):
    model_config = ConfigDict(strict=True)

    best: float = math.nan
    seen: set[int] = {1}
    raw: bytes = b"\xff\xfe"
    by_day: dict[dt.date, tuple[int, ...]] = {dt.date(2026, 1, 31): (1,)}


class Private(State):
    left_out: int = Field(default=7, exclude=True)
    path: PurePosixPath = PurePosixPath("/tmp")
    price: Decimal = Decimal("1.10")
    anything: Any = {"a": [1, math.nan]}
    bounded: int = Field(default=0, ge=0)
    _lock: object = PrivateAttr(default_factory=object)


class ByAlias(State):
    model_config = ConfigDict(serialize_by_alias=True)

    count: int = Field(default=0, alias="n")


@pytest.mark.parametrize("state", [Strict(), Private(), ByAlias(n=3)])
def test_a_state_of_stricter_looser_or_renamed_fields_comes_back(state: State) -> None:
    read = back(state)
    for name in type(state).model_fields:
        assert repr(getattr(read, name)) == repr(getattr(state, name))


class Plain(BaseModel):
    best: float = 0.0
    raw: bytes = b""


class Doubled(State):
    inner: Plain = Plain()
    bounded: int = Field(default=0, ge=0)
    anything: Any = None
    lock: Any = None
    number: int = 0
    text: str = ""
    price: Decimal = Decimal(0)
    grown: Annotated[int, AfterValidator(lambda value: value + (value > 0))] = 0
    day_or_text: dt.date | str = ""


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("inner", Plain(best=math.inf), "field 'inner.best'"),
        ("inner", Plain(raw=b"\xff"), "field 'inner' cannot be written"),
        ("bounded", -1, "field 'bounded': Input should be greater than or equal to 0, got -1"),
        ("anything", (1, 2), r"field 'anything' is read back as \[1, 2\], not \(1, 2\)"),
        ("lock", object(), "field 'lock' cannot be written"),
        ("number", "many", "field 'number': Input should be a valid integer"),
        ("text", "\ud800", "field 'text' cannot be written"),
        ("price", Decimal("NaN"), "field 'price'"),
        ("grown", 5, "field 'grown' is read back as 6, not 5"),
        ("day_or_text", "2026-01-31", r"field 'day_or_text' is read back as datetime.date\(2026, 1, 31\), not '2026"),
    ],
)
def test_what_could_not_be_read_back_is_not_written_and_the_field_is_named(
    field: str, value: object, says: str
) -> None:
    state = Doubled()
    codec = StateCodec(PATH, Doubled)
    setattr(state, field, value)
    with pytest.raises(StateNotSaved, match=f"E6131 {PATH}: its state Doubled was not saved: {says}"):
        codec.write(state)


def test_a_state_that_was_replaced_by_one_of_another_class_is_not_written() -> None:
    with pytest.raises(StateNotSaved, match="it is a Strict now, and was a Private"):
        StateCodec(PATH, Private).write(Strict())


def test_a_value_that_is_not_of_its_type_and_can_be_read_is_written() -> None:
    state = Strict()
    state.best = "1.5"  # type: ignore[assignment]  # what is looked at
    with pytest.raises(StateNotSaved, match="field 'best': Input should be a valid number, got '1.5'"):
        back(state)
    looser = Private()
    looser.bounded = 3.0  # type: ignore[assignment]  # likewise
    assert getattr(back(looser), "bounded") == 3  # noqa: B009  # of a state that is not known by its class


class Versioned(State, version=2):
    count: int = 0
    raw: bytes = b""

    @classmethod
    def migrate(cls, from_version: int, data: dict[str, JsonValue]) -> dict[str, JsonValue]:
        return {"count": data["total"], "raw": data["raw"]}


def test_bytes_and_numbers_pass_a_migration_in_both_encodings() -> None:
    codec = StateCodec(PATH, Versioned)
    assert codec.read(b'{"total":1,"raw":"_w=="}', 1, ENCODING) == Versioned(count=1, raw=b"\xff")
    assert codec.read(b'{"total":1,"raw":"text"}', 1, 1) == Versioned(count=1, raw=b"text")


@pytest.mark.parametrize(
    ("payload", "version", "encoding", "says"),
    [
        (b'{"totals":1}', 1, ENCODING, "has version 1, and migrate failed: KeyError: 'total'"),
        (b'{"count":1}', 3, ENCODING, r"has version 3 \(expected at most 2, got 3\)"),
        (b'{"count":1}', 2, ENCODING + 1, "has encoding 3"),
        (b'{"count":"many"}', 2, ENCODING, "does not fit: field 'count': Input should be a valid integer"),
    ],
)
def test_what_this_version_cannot_read_is_e4007_with_its_cause(
    payload: bytes, version: int, encoding: int, says: str
) -> None:
    with pytest.raises(CallerError, match=f"E4007 the checkpoint of {PATH} .Versioned 2. {says}"):
        StateCodec(PATH, Versioned).read(payload, version, encoding)


class Older(State):
    number: int = 0
    raw: bytes = b""
    seen: set[int] = set()

    @computed_field  # type: ignore[prop-decorator]  # as pydantic asks for it
    @property
    def double(self) -> int:
        return self.number * 2


@pytest.mark.parametrize(
    ("kind", "payload", "state"),
    [
        (Older, {"number": 2, "raw": "text", "seen": [1], "double": 4}, Older(number=2, raw=b"text", seen={1})),
        (ByAlias, {"n": 3}, ByAlias(n=3)),
        (ByAlias, {"count": 3}, ByAlias(n=3)),
        (Strict, {"best": 1.5, "seen": [2], "by_day": {}}, Strict(best=1.5, seen={2}, by_day={})),
    ],
)
def test_what_older_versions_of_regrow_saved_is_read(
    kind: type[State], payload: dict[str, object], state: State
) -> None:
    assert StateCodec(PATH, kind).read(json.dumps(payload).encode(), 1, 1) == state
