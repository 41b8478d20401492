"""When an actor's state is saved, and how a new incarnation gets it back: the seam between cells and checkpoints.

What is saved and how it is proved whole is `regrow.core.checkpoints`; where it lies is `regrow.core.store`.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

from regrow.core import checkpoints
from regrow.core.checkpoints import CheckpointCorrupt, Checkpointer, CheckpointPolicy, Position
from regrow.core.events import EventKind
from regrow.core.store import MemoryStore, Store
from regrow.core.world import World
from regrow.protocols.messages import State

if TYPE_CHECKING:
    from regrow.core.backend import TaskHandle
    from regrow.core.cell import Cell

__all__ = ["CellCheckpoints", "CheckpointPolicy", "Checkpointing", "open_checkpointing"]


class _Record(NamedTuple):
    """One checkpoint on its way to the store."""

    data: bytes
    position: Position
    payload: bytes
    saved_at: dt.datetime


class CellCheckpoints:
    """The checkpoints of one incarnation."""

    def __init__(self, cell: Cell, checkpointer: Checkpointer, policy: CheckpointPolicy, world: World) -> None:
        self._cell = cell
        self._checkpointer = checkpointer
        self._policy = policy
        self._world = world
        self._epoch = 1
        self._number = 0
        self._kept: list[tuple[Position, dt.datetime]] = []
        self._damaged: tuple[Position, ...] = ()
        self._durable: bytes | None = None
        self._clean_at = 0
        self._incarnation = cell.incarnation
        self.before_reply = policy.before_reply
        self.saved_at_s: float | None = None

    def age_s(self) -> float:
        """Return how long ago the last one was begun; 0 before the first."""
        return self._cell.runtime.backend.now_s() - self.saved_at_s if self.saved_at_s is not None else 0.0

    async def restore(self, fresh: State) -> State:
        """Return the last good state, or `fresh`. A corrupt one is reported, and the one before it is tried."""
        restored: State | None = None
        for item in await self._checkpointer.newest_first(self._cell.path):
            position = Position.of(item.key)
            self._epoch = max(self._epoch, position.epoch + 1)
            if restored is not None:
                self._kept.insert(0, (position, self._world.wall()))
                continue
            try:
                checkpoint = checkpoints.read(item)
                restored = checkpoints.restore(checkpoint, type(fresh))
            except CheckpointCorrupt as error:
                self._damaged += (position,)
                self._emit(EventKind.CHECKPOINT_CORRUPT, f"E4002 {error}; the one before it is tried")
            else:
                self._kept.insert(0, (position, dt.datetime.fromisoformat(checkpoint.saved_at)))
                self._durable = checkpoint.payload
        return restored if restored is not None else fresh

    async def save(self) -> None:
        """Save the state as it is now; when this returns it is durable."""
        self._clean_at = self._cell.mailbox.handled + self._cell.mailbox.busy
        state = self._state()
        payload = checkpoints.serialise(state)
        if payload != self._durable:
            await self._write(self._record(state, payload))

    async def save_on_stop(self) -> None:
        """Save at an orderly stop, if the policy says so."""
        if self._policy.on_stop:
            await self.save()

    async def save_on_idle(self) -> None:
        """Begin to save, without waiting until it is durable: a task of its own writes it."""
        self._clean_at = self._cell.mailbox.handled
        state = self._state()
        payload = checkpoints.serialise(state)
        if payload == self._durable:
            return
        record = self._record(state, payload)

        async def write(_: TaskHandle) -> None:
            try:
                await self._write(record)
            except Exception as error:  # the store's; the actor goes on, and the event says so
                self._emit(EventKind.CHECKPOINT_FAILED, f"{type(error).__qualname__}: {error}")

        self._cell.runtime.backend.spawn(write, f"checkpoint {self._cell.path}")

    async def after_batch(self, handled: int) -> bool:
        """Save when the count or the interval is due; return whether there is something to save when idle."""
        policy = self._policy
        unsaved = handled - self._clean_at
        if unsaved <= 0:
            return False
        due = policy.every_messages is not None and unsaved >= policy.every_messages
        if policy.interval_s is not None:
            due = due or self.saved_at_s is None or self.age_s() >= policy.interval_s
        if due:
            await self.save_on_idle()
            return False
        return policy.on_idle

    def _state(self) -> State:
        actor = self._cell.actor
        assert actor is not None, "only a running incarnation is saved"
        state: State = actor.state
        return state

    def _record(self, state: State, payload: bytes) -> _Record:
        self._number += 1
        position = Position(self._epoch, self._number)
        self.saved_at_s = self._cell.runtime.backend.now_s()
        saved_at = self._world.wall()
        data = checkpoints.sign(self._cell.path, state, payload, position, self._incarnation, saved_at.isoformat())
        return _Record(data, position, payload, saved_at)

    async def _write(self, record: _Record) -> None:
        drop = self._surplus(record.saved_at)
        await self._checkpointer.save(self._cell.path, record.data, record.position, drop)
        if drop:
            self._kept = [kept for kept in self._kept if kept[0] not in drop]
            self._damaged = tuple(damaged for damaged in self._damaged if damaged not in drop)
        self._kept.append((record.position, record.saved_at))
        self._kept.sort()  # two may be written at the same time, and the later be done first
        if self._kept[-1][0] == record.position:
            self._durable = record.payload

    def _surplus(self, now: dt.datetime) -> tuple[Position, ...]:
        """Return what need not be kept once one more is there."""
        policy = self._policy
        excess = max(0, len(self._kept) + 1 - policy.keep)
        surplus = [position for position, _ in self._kept[:excess]]
        if policy.max_age_s is not None:
            oldest = now - dt.timedelta(seconds=policy.max_age_s)
            surplus += [position for position, saved_at in self._kept[excess:] if saved_at < oldest]
        if len(self._kept) >= policy.keep:
            # What cannot be read lies there, to be looked at, until as many whole ones as were asked for came after it.
            surplus += self._damaged
        return tuple(surplus)

    def _emit(self, kind: EventKind, detail: str) -> None:
        self._cell.runtime.events.emit(kind, self._cell.path, self._incarnation, detail)


class Checkpointing:
    """The checkpoints of one tree."""

    def __init__(self, store: Store, world: World) -> None:
        self._checkpointer = Checkpointer(store)
        self._world = world

    def for_cell(self, cell: Cell) -> CellCheckpoints:
        """Return what one incarnation saves with."""
        policy = cell.spec.checkpoint_policy
        assert policy is not None, "only actors with a policy are saved"
        return CellCheckpoints(cell, self._checkpointer, policy, self._world)


def open_checkpointing(store: Store | None, world: World) -> Checkpointing:
    """Return the checkpoints of a tree: in `store`, which stays its owner's to close, or in memory."""
    return Checkpointing(store if store is not None else MemoryStore(), world)
