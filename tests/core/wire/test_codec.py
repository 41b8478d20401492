"""Messages over a boundary: what goes in comes out, and what does not fit is refused by name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ConfigDict, Field

from regrow.core.wire.codec import (
    Codec,
    InvalidMessage,
    MessageTooLarge,
    MessageTypes,
    UnknownMessageType,
    wire_name_of,
)
from regrow.protocols.actor_errors import WireError
from regrow.protocols.ipc import MessageType
from regrow.protocols.messages import Message, Request
from regrow.protocols.wire import WireModel

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


class Part(WireModel):
    size_bytes: int
    made_at: datetime


class Deposit(Message):
    amount: int
    note: str = ""
    parts: tuple[Part, ...] = ()
    shares: dict[str, float] = Field(default_factory=dict)


class Strict(Message):
    model_config = ConfigDict(strict=True)

    at: datetime
    pair: tuple[int, str]


class Named(Message):
    wire_name: ClassVar[str] = "bank.named"


class Heir(Named):
    """It inherits the class variable, not the name."""


class GetParts(Request[tuple[Part, ...]]):
    pass


class GetBalance(Request[int]):
    pass


class Stranger(Message):
    pass


TYPES = MessageTypes([Deposit, Strict, Named, Heir, GetParts, GetBalance, Deposit])
CODEC = Codec(TYPES)

TEXT = st.text(st.characters(codec="utf-8"))
PARTS = st.tuples(st.integers(), st.datetimes(timezones=st.just(UTC))).map(
    lambda fields: Part(size_bytes=fields[0], made_at=fields[1])
)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
DEPOSITS = st.builds(
    Deposit,
    amount=st.integers(),
    note=TEXT,
    parts=st.lists(PARTS, max_size=3).map(tuple),
    shares=st.dictionaries(TEXT, FINITE, max_size=3),
)
STRICTS = st.builds(Strict, at=st.datetimes(timezones=st.just(UTC)), pair=st.tuples(st.integers(), TEXT))
MESSAGES = st.one_of(DEPOSITS, STRICTS, st.sampled_from([Named(), Heir(), GetBalance(), GetParts()]))


def wrapped(message: Message) -> bytes:
    return CODEC.to_wire(
        CODEC.envelope(
            message,
            message_id="3f0c8e5e-6f0a-4b1e-9d55-0d9f6a1c2b3d",
            timestamp=NOW,
            source="bank/teller",
            destination="bank/account",
            requires_ack=True,
            deadline=NOW.replace(hour=13),
            correlation_id="run-1",
            traceparent=f"00-{'a' * 32}-{'b' * 16}-01",
        )
    )


@given(MESSAGES)
def test_a_message_comes_back_equal_and_of_its_type(message: Message) -> None:
    back = CODEC.decode(CODEC.encode(message))
    assert back == message
    assert type(back) is type(message)


@given(MESSAGES)
def test_a_message_comes_back_out_of_an_envelope_with_what_travels_with_it(message: Message) -> None:
    envelope = CODEC.from_wire(wrapped(message))
    back = CODEC.from_payload(envelope.payload)
    assert (back, type(back)) == (message, type(message))
    assert (envelope.source, envelope.destination, envelope.requires_ack) == ("bank/teller", "bank/account", True)
    assert (envelope.deadline, envelope.correlation_id) == (NOW.replace(hour=13), "run-1")
    assert envelope.traceparent == f"00-{'a' * 32}-{'b' * 16}-01"


@given(st.lists(PARTS, max_size=3).map(tuple), st.integers())
def test_a_reply_comes_back_in_the_type_that_the_request_names(parts: tuple[Part, ...], balance: int) -> None:
    assert CODEC.decode_reply(GetParts, CODEC.encode_reply(GetParts, parts)) == parts
    assert CODEC.decode_reply(GetBalance, CODEC.encode_reply(GetBalance, balance)) == balance


@given(st.binary())
def test_any_bytes_are_read_or_refused_with_a_code(data: bytes) -> None:
    for read in (CODEC.decode, CODEC.from_wire, lambda data: CODEC.decode_reply(GetParts, data)):
        with pytest.raises(WireError, match="E6130"):
            read(data)


@given(DEPOSITS, st.data())
def test_a_cut_message_is_refused(message: Message, data: st.DataObject) -> None:
    whole = CODEC.encode(message)
    with pytest.raises(WireError):
        CODEC.decode(whole[: data.draw(st.integers(0, len(whole) - 1))])


def test_requests_travel_as_commands_or_queries_and_facts_as_events() -> None:
    def kind_of(message: Message, *, query: bool = False) -> MessageType:
        return CODEC.envelope(
            message,
            message_id="3f0c8e5e-6f0a-4b1e-9d55-0d9f6a1c2b3d",
            timestamp=NOW,
            source="a",
            destination="b",
            query=query,
        ).type

    assert kind_of(GetBalance()) is MessageType.COMMAND
    assert kind_of(GetBalance(), query=True) is MessageType.QUERY
    assert kind_of(Named()) is MessageType.EVENT


def test_names_are_module_and_class_or_what_the_class_itself_says() -> None:
    assert wire_name_of(Deposit) == f"{__name__}:Deposit"
    assert wire_name_of(Named) == "bank.named"
    assert wire_name_of(Heir) == f"{__name__}:Heir"


def test_a_type_that_was_not_registered_is_neither_written_nor_read() -> None:
    everything = Codec(MessageTypes([Stranger]))
    with pytest.raises(UnknownMessageType) as caught:
        CODEC.encode(Stranger())
    assert caught.value.name == f"{__name__}:Stranger"
    with pytest.raises(UnknownMessageType):
        CODEC.decode(everything.encode(Stranger()))
    with pytest.raises(UnknownMessageType):
        CODEC.from_payload({"name": "os:system", "body": {}})


def test_what_does_not_fit_names_type_and_field_and_not_the_value() -> None:
    data = wire_name_of(Deposit).encode() + b'\n{"amount": "secret-token"}'
    with pytest.raises(InvalidMessage, match=r"Deposit does not fit its type: amount: ") as caught:
        CODEC.decode(data)
    assert "secret-token" not in str(caught.value)


def test_unknown_fields_are_refused() -> None:
    with pytest.raises(InvalidMessage, match="more"):
        CODEC.decode(b'bank.named\n{"more": 1}')


@pytest.mark.parametrize("payload", [None, 3, [], {}, {"name": "bank.named"}, {"name": 1, "body": {}}])
def test_a_payload_of_another_shape_is_refused(payload: int | list[None] | dict[str, str] | None) -> None:
    with pytest.raises(InvalidMessage):
        CODEC.from_payload(payload)  # type: ignore[arg-type]  # list and dict are invariant


def test_what_is_longer_than_the_limit_is_neither_written_nor_read() -> None:
    size = len(CODEC.encode(Deposit(amount=1)))
    exact, short = Codec(TYPES, limit_bytes=size), Codec(TYPES, limit_bytes=size - 1)
    assert exact.decode(exact.encode(Deposit(amount=1))) == Deposit(amount=1)
    with pytest.raises(MessageTooLarge, match=f"{size} bytes"):
        short.encode(Deposit(amount=1))
    with pytest.raises(MessageTooLarge):
        short.decode(CODEC.encode(Deposit(amount=1)))
    with pytest.raises(MessageTooLarge):
        short.from_wire(wrapped(Deposit(amount=1)))


def test_a_reply_of_the_wrong_type_is_refused_where_it_is_written() -> None:
    with pytest.raises(InvalidMessage, match="the reply to"):
        CODEC.encode_reply(GetBalance, "five")


def test_two_types_of_one_name_are_refused_at_the_start() -> None:
    other = type("Other", (Message,), {"wire_name": "bank.named", "__annotations__": {"wire_name": ClassVar[str]}})
    with pytest.raises(ValueError, match=r"bank\.named"):
        MessageTypes([Named, other])


def test_a_reply_that_cannot_travel_is_refused_at_the_start() -> None:
    class Opaque:
        pass

    request = type("GetOpaque", (Request[Opaque],), {})
    with pytest.raises(ValueError, match="GetOpaque cannot travel"):
        MessageTypes([request])
