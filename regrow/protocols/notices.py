"""Messages of the runtime itself, which an actor may handle like any other."""

from __future__ import annotations

from typing import Annotated

from pydantic import SkipValidation

from regrow.protocols.exits import ExitReason
from regrow.protocols.messages import Message

__all__ = ["Notice", "Terminated"]


class Notice(Message):
    """A message that passes every bound of a mailbox and is never dropped."""


class Terminated(Notice):
    """The one notice that a monitor gets (Erlang's DOWN): after the last message of the actor that ended.

    `reason` is None when there was nothing to monitor: the actor had stopped before (Erlang's `noproc`), or was down and
    is not started again.
    """

    path: str
    incarnation: int
    reason: Annotated[ExitReason | None, SkipValidation] = None
