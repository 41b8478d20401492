"""Shell: keeps log entries. It is told, never waited for, and writes what has gathered in one transaction."""

from __future__ import annotations

from regrow.core.actor import Actor
from regrow.core.handlers import handler
from regrow.core.store import Store
from regrow.protocols.logs import LogEntry
from regrow.protocols.messages import Message, NoState
from regrow.protocols.run_messages import WriteLog

__all__ = ["LOG", "LoggerActor"]

LOG = "log"
"""The name of the log in the store."""

FLUSH_AFTER_S = 0.2
FLUSH_AT = 500


class Flush(Message):
    """Write what has gathered."""


class LoggerActor(Actor[NoState]):
    """See the module.

    Args:
        store: Where the entries are kept.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._gathered: list[LogEntry] = []

    @handler
    async def write_log(self, message: WriteLog) -> None:
        """Take entries; they are written within `FLUSH_AFTER_S`, or at once when many have gathered."""
        self._gathered.extend(message.entries)
        if len(self._gathered) >= FLUSH_AT:
            await self._write()
        elif len(self._gathered) == len(message.entries):
            self.ctx.timers.once("flush", FLUSH_AFTER_S, Flush())

    @handler
    async def flush(self, message: Flush) -> None:
        """Write what has gathered."""
        await self._write()

    async def on_stop(self, reason: object) -> None:
        """Write the rest, whatever ended this incarnation."""
        await self._write()

    async def _write(self) -> None:
        gathered = len(self._gathered)
        if gathered:
            lines = [entry.model_dump_json(by_alias=True).encode() for entry in self._gathered]
            await self._store.append(LOG, lines)
            del self._gathered[:gathered]  # not before: what the store refuses is tried once more in `on_stop`
