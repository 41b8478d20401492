"""Shell: the ledger of a run: a line for every step that ended, written once, read back after a crash.

A file of JSON lines in the run's folder, so that a person can read it and no database is needed to go on. A line is
acknowledged when it is on the disk (fsync); a last line that was cut by a crash is no entry.

A step that succeeded leaves a layer and a line. They cannot be written at once, so the outcome is noted first
(`note_pending`), then the layer is put in its place by one rename, then the line is written. After a crash in between,
a layer with a pending note is a step that was done: `adopt` writes its line. So each step is completed exactly once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import anyio.to_thread
from pydantic import ValidationError

from regrow.core.workshop.chain import StepKey
from regrow.protocols.plan import StepOutcome
from regrow.protocols.wire import Count, Instant, NonEmpty, WireModel

__all__ = ["Ledger", "LedgerEntry"]


class LedgerEntry(WireModel):
    """One step that ended. `by` names the actor that did it, `attempt` the run's attempt."""

    at: Instant
    by: NonEmpty
    key: NonEmpty
    attempt: Count
    command: str
    outcome: StepOutcome


class Ledger:
    """The ledger in one folder.

    Args:
        folder: The run's folder; it is made.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "ledger.jsonl"
        self._pending = folder / "pending"

    async def entries(self) -> tuple[LedgerEntry, ...]:
        """Return all entries, oldest first."""
        return await anyio.to_thread.run_sync(self.read)

    async def append(self, entry: LedgerEntry) -> None:
        """Write one line; it is on the disk when this returns."""
        await anyio.to_thread.run_sync(self._append, entry)

    async def note_pending(self, entry: LedgerEntry) -> None:
        """Note what will be true as soon as its layer is there."""
        await anyio.to_thread.run_sync(self._note, entry)

    async def adopt(self, has_layer: Callable[[StepKey], bool]) -> tuple[LedgerEntry, ...]:
        """Write the lines of steps whose layer is there but whose line was lost; forget the notes of all others."""
        return await anyio.to_thread.run_sync(self._adopt, has_layer)

    def read(self) -> tuple[LedgerEntry, ...]:
        """Return all entries, oldest first. Blocking."""
        if not self._path.exists():
            return ()
        entries: list[LedgerEntry] = []
        for line in self._path.read_bytes().splitlines():
            try:
                entries.append(LedgerEntry.model_validate_json(line))
            except ValidationError:
                continue  # cut by a crash: it was never acknowledged
        return tuple(entries)

    def _append(self, entry: LedgerEntry) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        line = entry.model_dump_json(by_alias=True).encode() + b"\n"
        with self._path.open("ab") as file:
            if file.tell() and not self._ends_with_newline():
                file.write(b"\n")
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        (self._pending / entry.key).unlink(missing_ok=True)

    def _ends_with_newline(self) -> bool:
        with self._path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"

    def _note(self, entry: LedgerEntry) -> None:
        self._pending.mkdir(parents=True, exist_ok=True)
        making = self._pending / f".{entry.key}"
        with making.open("wb") as file:
            file.write(entry.model_dump_json(by_alias=True).encode())
            file.flush()
            os.fsync(file.fileno())
        making.rename(self._pending / entry.key)

    def _adopt(self, has_layer: Callable[[StepKey], bool]) -> tuple[LedgerEntry, ...]:
        if not self._pending.exists():
            return ()
        known = {entry.key for entry in self.read() if entry.outcome.succeeded}
        adopted: list[LedgerEntry] = []
        for note in _notes(self._pending):
            entry = LedgerEntry.model_validate_json(note.read_bytes())
            if entry.key not in known and has_layer(StepKey(entry.key)):
                self._append(entry)
                adopted.append(entry)
            note.unlink(missing_ok=True)
        return tuple(adopted)


def _notes(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
