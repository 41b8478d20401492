"""Messages as bytes, and back: at every boundary that a message crosses, and nowhere else.

A message is written as its name, a line feed, and its fields as JSON; inside an `IPCMessage` it is the object
`{"name": ..., "body": ...}`. Only types that were registered are read, so nobody can make this process import or build
what it does not expect. The name of a type is `module:qualified name`, or what the class itself says in a class variable
`wire_name`, which then outlives a move to another module. Replies need no name: the request tells their type.

JSON is pydantic's own. Measured where this was written, with `timeit` (a message of 4 fields, 150 bytes; microseconds,
best of 5): written 0.9, read and validated 1.7; by way of msgspec's JSON 1.4 and 2.3, by msgpack 1.2 and 2.1, since a
pydantic model has to be turned into a dict first and validated after. msgspec wins with structs of its own only (0.4 and
0.8), and messages are pydantic models for reasons of their own (docs/adr/0004). `Codec` as a whole takes 1.6 and 2.9;
with an envelope, which is validated on both sides, 18 and 14.

What JSON cannot say does not come back: `inf` and `nan` are written as null, and bytes must be text in UTF-8.

Rejected: pickle, which executes what it reads; and importing a type by its name, which is half of that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TypeVar, cast

from pydantic import JsonValue, TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError, PydanticUndefinedAnnotation

from regrow.protocols.actor_errors import WireError
from regrow.protocols.ipc import IPCMessage, MessageType
from regrow.protocols.messages import Message, Request, reply_type_of

__all__ = [
    "DEFAULT_LIMIT_BYTES",
    "Codec",
    "InvalidMessage",
    "MessageTooLarge",
    "MessageTypes",
    "UnknownMessageType",
    "wire_name_of",
]

DEFAULT_LIMIT_BYTES = 4 * 1024 * 1024
"""Of one message. Larger things travel as files or records of the store, of which the message carries the name."""

PROBLEMS_SHOWN = 3

_JSON: TypeAdapter[JsonValue] = TypeAdapter(JsonValue)

R = TypeVar("R")


class UnknownMessageType(WireError):
    """No type of this name was registered here. `name` is what was asked for."""

    def __init__(self, text: str, *, name: str) -> None:
        super().__init__(text)
        self.name = name


class InvalidMessage(WireError):
    """The content does not fit its type, or is no JSON."""


class MessageTooLarge(WireError):
    """More bytes than the limit."""


def wire_name_of(kind: type[Message]) -> str:
    """Return the name under which a type travels. A declared `wire_name` is the class's own and not inherited."""
    declared = kind.__dict__.get("wire_name")
    return declared if isinstance(declared, str) else f"{kind.__module__}:{kind.__qualname__}"


class MessageTypes:
    """The message types that may cross a boundary.

    Raises:
        ValueError: Two types have one name, a name holds a line feed, or the reply of a request cannot be written.
    """

    def __init__(self, kinds: Iterable[type[Message]]) -> None:
        self._kinds: dict[str, type[Message]] = {}
        self._names: dict[type[Message], str] = {}
        self._replies: dict[type[Message], TypeAdapter[object]] = {}
        for kind in kinds:
            if kind not in self._names:
                self._register(kind)

    def __iter__(self) -> Iterator[type[Message]]:
        return iter(self._names)

    def _register(self, kind: type[Message]) -> None:
        name = wire_name_of(kind)
        other = self._kinds.get(name)
        if other is not None:
            msg = f"{other!r} and {kind!r} both travel as {name!r}; give one of them a wire_name"
            raise ValueError(msg)
        if not name or "\n" in name:
            msg = f"{kind!r} cannot travel as {name!r}: a name is one line"
            raise ValueError(msg)
        if issubclass(kind, Request):
            self._replies[kind] = _reply_adapter(kind)
        self._kinds[name], self._names[kind] = kind, name

    def name_of(self, kind: type[Message]) -> str:
        """Return the name of a registered type.

        Raises:
            UnknownMessageType: It was not registered.
        """
        name = self._names.get(kind)
        if name is None:
            raise _unknown(wire_name_of(kind))
        return name

    def kind_of(self, name: str) -> type[Message]:
        """Return the type of a name.

        Raises:
            UnknownMessageType: None was registered under it.
        """
        kind = self._kinds.get(name)
        if kind is None:
            raise _unknown(name)
        return kind

    def reply_of(self, kind: type[Request[R]]) -> TypeAdapter[R]:
        """Return what writes and reads the replies of a request.

        Raises:
            UnknownMessageType: It was not registered.
        """
        adapter = self._replies.get(kind)
        if adapter is None:
            raise _unknown(wire_name_of(kind))
        return cast("TypeAdapter[R]", adapter)


class Codec:
    """Writes and reads messages of `types`, none longer than `limit_bytes`. Every error is a `WireError`."""

    def __init__(self, types: MessageTypes, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        self._types = types
        self._limit_bytes = limit_bytes

    def encode(self, message: Message) -> bytes:
        """Return a message as bytes."""
        name = self._types.name_of(type(message))
        try:
            body = message.__pydantic_serializer__.to_json(message)
        except ValueError as error:
            raise _unwritable(name, error) from error
        return self._within_limit(b"%s\n%s" % (name.encode(), body), name)

    def decode(self, data: bytes) -> Message:
        """Return the message that `encode` wrote."""
        self._within_limit(data, "a message")
        head, _, body = data.partition(b"\n")
        name = head.decode(errors="replace")
        return self._validated(name, body)

    def encode_reply(self, kind: type[Request[R]], value: R) -> bytes:
        """Return the reply to a request of type `kind` as bytes."""
        name = f"the reply to {self._types.name_of(kind)}"
        try:
            data = self._types.reply_of(kind).dump_json(value, warnings="error")
        except ValueError as error:
            raise _unwritable(name, error) from error
        return self._within_limit(data, name)

    def decode_reply(self, kind: type[Request[R]], data: bytes) -> R:
        """Return the reply that `encode_reply` wrote."""
        name = f"the reply to {self._types.name_of(kind)}"
        self._within_limit(data, name)
        try:
            return self._types.reply_of(kind).validate_json(data)
        except ValidationError as error:
            raise _misfit(name, error) from error

    def to_payload(self, message: Message) -> JsonValue:
        """Return a message as the payload of an `IPCMessage`."""
        name = self._types.name_of(type(message))
        try:
            body = cast("JsonValue", message.__pydantic_serializer__.to_python(message, mode="json"))
        except ValueError as error:
            raise _unwritable(name, error) from error
        return {"name": name, "body": body}

    def from_payload(self, payload: JsonValue) -> Message:
        """Return the message in the payload of an `IPCMessage`."""
        if not isinstance(payload, dict) or set(payload) != {"name", "body"} or not isinstance(payload["name"], str):
            msg = "a payload is an object of name (text) and body, and nothing else"
            raise InvalidMessage(msg)
        # As JSON, since a strict model takes a date from JSON text and not from a Python string.
        return self._validated(payload["name"], _JSON.dump_json(payload["body"]))

    def envelope(
        self,
        message: Message,
        *,
        message_id: str,
        timestamp: datetime,
        source: str,
        destination: str,
        requires_ack: bool = False,
        deadline: datetime | None = None,
        correlation_id: str | None = None,
        traceparent: str | None = None,
        query: bool = False,
    ) -> IPCMessage:
        """Wrap a message: a request travels as COMMAND, or QUERY when it asks and changes nothing; the rest as EVENT."""
        kind = MessageType.EVENT
        if isinstance(message, Request):
            kind = MessageType.QUERY if query else MessageType.COMMAND
        try:
            return IPCMessage(
                message_id=message_id,
                timestamp=timestamp,
                source=source,
                destination=destination,
                type=kind,
                payload=self.to_payload(message),
                requires_ack=requires_ack,
                deadline=deadline,
                correlation_id=correlation_id,
                traceparent=traceparent,
            )
        except ValidationError as error:
            raise _misfit("the envelope", error) from error

    def to_wire(self, envelope: IPCMessage) -> bytes:
        """Return an envelope as the specification's JSON."""
        return self._within_limit(envelope.model_dump_json().encode(), f"message {envelope.message_id}")

    def from_wire(self, data: bytes) -> IPCMessage:
        """Return the envelope that the other side sent; its payload is not read yet."""
        self._within_limit(data, "an envelope")
        try:
            return IPCMessage.model_validate_json(data)
        except ValidationError as error:
            raise _misfit("the envelope", error) from error

    def _validated(self, name: str, body: bytes) -> Message:
        kind = self._types.kind_of(name)
        try:
            return kind.model_validate_json(body)
        except ValidationError as error:
            raise _misfit(name, error) from error

    def _within_limit(self, data: bytes, name: str) -> bytes:
        if len(data) > self._limit_bytes:
            msg = f"{name} has {len(data)} bytes (limit {self._limit_bytes}); send a reference to what is large"
            raise MessageTooLarge(msg)
        return data


def _reply_adapter(kind: type[Request[object]]) -> TypeAdapter[object]:
    reply = reply_type_of(kind)
    try:
        return TypeAdapter(cast("type[object]", reply))
    except (PydanticSchemaGenerationError, PydanticUndefinedAnnotation) as error:
        msg = f"the reply of {kind.__qualname__} cannot travel: pydantic knows no schema for {reply!r}"
        raise ValueError(msg) from error


def _unknown(name: str) -> UnknownMessageType:
    return UnknownMessageType(f"{name[:200]!r} is no message type that is known here; register it", name=name)


def _unwritable(name: str, error: Exception) -> InvalidMessage:
    return InvalidMessage(f"{name} cannot be written as JSON: {error}")


def _misfit(name: str, error: ValidationError) -> InvalidMessage:
    # Without the input: it may hold what must not be logged.
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    shown = [f"{'.'.join(map(str, problem['loc'])) or 'it'}: {problem['msg']}" for problem in problems[:PROBLEMS_SHOWN]]
    more = f", and {len(problems) - PROBLEMS_SHOWN} more" if len(problems) > PROBLEMS_SHOWN else ""
    return InvalidMessage(f"{name} does not fit its type: {'; '.join(shown)}{more}")
