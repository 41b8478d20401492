"""What a message needs to leave its process: a form in bytes, and a delivery that survives a wire that loses things."""

from regrow.core.wire.codec import Codec, InvalidMessage, MessageTooLarge, MessageTypes, UnknownMessageType
from regrow.core.wire.delivery import Repetition, Window

__all__ = [
    "Codec",
    "InvalidMessage",
    "MessageTooLarge",
    "MessageTypes",
    "Repetition",
    "UnknownMessageType",
    "Window",
]
