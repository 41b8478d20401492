"""The seam between the runtime and telemetry: nothing here, and nothing paid, while tracing is off.

`regrow.core.telemetry` has the implementation on OpenTelemetry. The runtime asks for the context of the sender when a
message is sent through a `TracedRef`, and enters and leaves a handling when an envelope that carries one is taken out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from regrow.core.envelope import Envelope
from regrow.protocols.exits import ExitReason

if TYPE_CHECKING:
    from regrow.core.cell import Cell
    from regrow.core.runtime import Runtime

__all__ = ["Tracing"]


class Tracing:
    """No tracing. `regrow.core.telemetry` overrides all of it."""

    def context(self) -> object:
        """Return the trace context that is current here, or something false. It is called for every message sent."""
        return None

    def sending(self, path: str, message: object, context: object) -> object:
        """Mail leaves inside `context`; returns the context that travels with it."""
        return context

    def enter(self, cell: Cell, envelope: Envelope) -> object:
        """A handler begins with traced mail; returns what `leave` needs."""
        return None

    def leave(self, cell: Cell, token: object, error: BaseException | None) -> None:
        """The handler has ended."""

    def restarted(self, cell: Cell, reason: ExitReason) -> None:
        """A new incarnation is ready after a crash."""

    def opened(self, runtime: Runtime) -> None:
        """A tree was opened: register its metrics."""

    def closed(self) -> None:
        """The tree is closed."""
