"""The wire form of a message between components: the specification's `IPCMessage`, with the behaviour it leaves open.

What the fields do (DESIGN section 9): COMMAND and QUERY are requests, RESPONSE and ERROR their replies, EVENT is a fact,
HEARTBEAT and CHECKPOINT travel in the system lane. With `requires_ack` the receiver sends an `Acknowledgement` when it has
accepted the message (for durable kinds: when it is committed); the sender repeats until the deadline; the receiver drops a
`message_id` that it has seen, and acknowledges it again.

Ours beside the specification's fields: `deadline` (a timeout starts again at every hop, a deadline does not),
`correlation_id`, `traceparent`, and `in_reply_to`, without which a reply cannot be told from another.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, JsonValue, model_validator

from regrow.protocols.wire import Instant, NonEmpty, Omittable, SpecModel, Uuid4

__all__ = ["Acknowledgement", "IPCMessage", "MessageType", "Traceparent"]

Traceparent = Annotated[str, Field(pattern=r"^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")]
"""W3C Trace Context: version, trace id, parent id, flags, in lower-case hexadecimal."""


class MessageType(StrEnum):
    """What a message is for."""

    COMMAND = "command"
    EVENT = "event"
    QUERY = "query"
    RESPONSE = "response"
    HEARTBEAT = "heartbeat"
    CHECKPOINT = "checkpoint"
    ERROR = "error"

    @property
    def is_request(self) -> bool:
        """Whether a reply is expected."""
        return self in (MessageType.COMMAND, MessageType.QUERY)

    @property
    def is_reply(self) -> bool:
        """Whether it answers a request."""
        return self in (MessageType.RESPONSE, MessageType.ERROR)

    @property
    def is_system(self) -> bool:
        """Whether it travels in the system lane, before every user message."""
        return self in (MessageType.HEARTBEAT, MessageType.CHECKPOINT)


class Acknowledgement(SpecModel):
    """The payload of the EVENT that acknowledges the message named by `in_reply_to`.

    `durable` says that it is committed and survives a crash; `repeated` that this message had been accepted before.
    """

    durable: bool
    repeated: bool = False


class IPCMessage(SpecModel):
    """One message between two components. `source` and `destination` are their paths in the tree.

    `timeout_ms` counts from `timestamp`; with a `deadline` too, the earlier of both holds.
    """

    message_id: Uuid4
    timestamp: Instant
    source: NonEmpty
    destination: NonEmpty
    type: MessageType
    payload: JsonValue
    requires_ack: bool
    timeout_ms: Omittable[Annotated[float, Field(gt=0)]] = None
    deadline: Omittable[Instant] = None
    correlation_id: Omittable[NonEmpty] = None
    traceparent: Omittable[Traceparent] = None
    in_reply_to: Omittable[Uuid4] = None

    @model_validator(mode="after")
    def _reply_names_its_request(self) -> Self:
        if self.type.is_reply and self.in_reply_to is None:
            msg = f"message {self.message_id} is a {self.type.value} but names no request; set inReplyTo"
            raise ValueError(msg)
        return self

    @property
    def expires_at(self) -> datetime | None:
        """When the message stops being useful: the earlier of deadline and timeout, None when it has neither."""
        moments = [self.deadline] if self.deadline is not None else []
        if self.timeout_ms is not None:
            moments.append(self.timestamp + timedelta(milliseconds=self.timeout_ms))
        return min(moments, default=None)
