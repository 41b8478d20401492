"""Which state classes are refused, which are trusted, and which are looked at again at every save."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

import pytest
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, create_model

from regrow.core.saving import shape_of
from regrow.protocols.messages import Message, State


class Point(NamedTuple):
    x: int
    y: int


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)

    x: int = 0


class Numbers(BaseModel):
    x: float = 0.0


class Words(Message):
    words: tuple[str, ...] = ()


class Loose(State):
    model_config = ConfigDict(arbitrary_types_allowed=True)


def with_field(annotation: object, default: object = None) -> type[State]:
    return create_model("Made", __base__=Loose, x=(annotation, default))  # type: ignore[arg-type]  # any annotation


@pytest.mark.parametrize(
    "annotation",
    [dict[tuple[int, int], int], dict[Point, int], dict[Frozen, int], list[dict[tuple[int, ...], str]], threading.Event,
     dict[str, threading.Event], Callable[[], int]],
)  # fmt: skip
def test_a_field_that_can_never_come_back_is_refused_by_name(annotation: object) -> None:
    shape = shape_of(with_field(annotation))
    assert [said[:10] for said in shape.refused] == ["field 'x':"]
    assert not shape.trusted


def test_a_field_inside_another_is_named_with_its_place() -> None:
    inner = with_field(dict[tuple[int, int], int])
    assert shape_of(with_field(inner)).refused[0].startswith("field 'x.x': ")


def test_a_field_that_is_left_out_needs_a_default() -> None:
    assert shape_of(with_field(threading.Event, Field(default=None, exclude=True))).refused == []
    assert "no default" in shape_of(with_field(int, Field(exclude=True))).refused[0]


@pytest.mark.parametrize(
    "annotation",
    [
        int,
        dict[str, int],
        list[Words],
        Words | None,
        tuple[bytes, ...],
        int | str | None,
        Frozen,
        list[tuple[int, float]],
    ],
)
def test_what_comes_back_whatever_it_holds_is_trusted(annotation: object) -> None:
    assert shape_of(with_field(annotation)).trusted


@pytest.mark.parametrize(
    "annotation",
    [Any, list, dict, Decimal, Numbers, Annotated[int, Field(ge=0)], Annotated[str, Field(max_length=3)],
     Annotated[list[int], Field(max_length=3)], Annotated[int, BeforeValidator(int)], dict[int | str, int],
     Annotated[int, PlainSerializer(str)],
     Annotated[threading.Event, BeforeValidator(lambda _: threading.Event())]],
)  # fmt: skip
def test_what_may_hold_something_that_does_not_come_back_is_looked_at_again(annotation: object) -> None:
    shape = shape_of(with_field(annotation))
    assert not shape.trusted
    assert shape.refused == []
