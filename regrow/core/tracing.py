"""The seam between the runtime and telemetry: nothing here, and nothing paid, while tracing is off.

`regrow.core.telemetry` has the implementation on OpenTelemetry, `regrow.core.recording` the one that needs no SDK. The
runtime asks for the context of the sender when a message is sent through a `TracedRef`. What is sent inside a sampled
trace is told of at both of its ends (`sending`, `sent`; `enter`, `leave`); of any other only the context is handed on
(`follow`, `unfollow`), which is all that a handler needs that goes on to talk to the rest of the world.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Protocol

from regrow.core.envelope import Envelope

if TYPE_CHECKING:
    from regrow.core.cell import Cell
    from regrow.core.runtime import Runtime

__all__ = ["Attribute", "LiveSpan", "Tracing"]

Attribute = str | int | float | bool


class LiveSpan(Protocol):
    """A span that has not ended."""

    def set_attribute(self, key: str, value: Attribute, /) -> object:
        """Note a fact about what happens in it."""

    def fail(self, why: str, /) -> object:
        """Mark it as failed, although no exception leaves it."""


class _NoSpan:
    def set_attribute(self, key: str, value: Attribute, /) -> None:
        pass

    def fail(self, why: str, /) -> None:
        pass


_NO_SPAN = _NoSpan()


class Tracing:
    """No tracing. What a method returns as a token is handed to the one that ends what it began."""

    def context(self) -> object:
        """Return the trace context that is current here, or something false. It is called for every message sent."""
        return None

    def span(
        self, name: str, attributes: Mapping[str, Attribute] | None = None, traceparent: str | None = None
    ) -> AbstractContextManager[LiveSpan]:
        """Be inside a span: below the current one, or below that of a W3C `traceparent`."""
        return nullcontext(_NO_SPAN)

    def is_sampled(self, context: object) -> bool:
        """Whether mail that is sent inside `context` is told of."""
        return False

    def sending(self, envelope: Envelope, context: object) -> object:
        """Sampled mail is about to be sent: give the envelope the context that travels with it."""
        return None

    def sent(self, token: object, error: BaseException | None) -> None:
        """It lies in the mailbox, or, for an ask, has been answered; or neither, for `error`."""

    def follow(self, context: object) -> object:
        """Make a context that is not sampled the current one."""
        return None

    def unfollow(self, token: object) -> None:
        """Make the one before current again."""

    def enter(self, cell: Cell, envelope: Envelope) -> object:
        """A handler begins with mail whose envelope has a trace, sampled or not."""
        return None

    def leave(self, cell: Cell, token: object, error: BaseException | None) -> None:
        """The handler has ended."""

    def restarting(self, cell: Cell) -> object:
        """A new incarnation begins; its start hooks run before `restarted`."""
        return None

    def restarted(self, cell: Cell, token: object, error: BaseException | None) -> None:
        """It is ready, or its start has failed for `error`."""

    def retired(self, cell: Cell) -> None:
        """The actor has stopped for good."""

    def opened(self, runtime: Runtime) -> None:
        """A tree was opened: register its metrics."""

    def closed(self, runtime: Runtime) -> None:
        """The tree is closed."""
