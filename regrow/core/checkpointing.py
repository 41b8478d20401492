"""When an actor's state is saved, and how a new incarnation gets it back: the seam between cells and checkpoints.

What is saved and how it is proved whole is `regrow.core.checkpoints`; where it lies is `regrow.core.store`.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, NamedTuple

from regrow.core import checkpoints
from regrow.core.cell_roles import CellStatus
from regrow.core.checkpoints import CheckpointCorrupt, Checkpointer, CheckpointPolicy, Position, Series
from regrow.core.deadlines import TICK_S, Entry
from regrow.core.events import EventKind
from regrow.core.saving import StateCodec
from regrow.core.store import Item, MemoryStore, Store
from regrow.core.world import World
from regrow.protocols.actor_errors import StateNotSaved, Superseded
from regrow.protocols.errors import EnvironmentFault
from regrow.protocols.messages import State

if TYPE_CHECKING:
    from regrow.core.backend import TaskHandle
    from regrow.core.cell import Cell

__all__ = ["CellCheckpoints", "CheckpointPolicy", "Checkpointing", "open_checkpointing"]

TIME_RESOLUTION_S = 0.001


class _Record(NamedTuple):
    """One checkpoint on its way to the store."""

    number: int
    key: str
    data: bytes
    payload: bytes
    saved_at: dt.datetime


class CellCheckpoints:
    """The checkpoints of one incarnation."""

    def __init__(self, cell: Cell, checkpointing: Checkpointing, policy: CheckpointPolicy) -> None:
        self._cell = cell
        self._checkpointing = checkpointing
        self._checkpointer = checkpointing.checkpointer
        self._policy = policy
        self._series: Series | None = None
        self._codec: StateCodec[State] | None = None
        self._number = 0
        self._kept: list[tuple[str, dt.datetime]] = []
        self._damaged: list[str] = []
        self._durable: bytes | None = None
        self._durable_number = 0
        self._clean_at = 0
        self._alarm: Entry | None = None
        self._incarnation = cell.incarnation
        self.before_reply = policy.before_reply
        self.saved_at_s: float | None = None
        self.fault = ""
        """The last that was told of them."""

    def age_s(self) -> float:
        """Return how long ago the last one was begun; 0 before the first."""
        return self._cell.runtime.backend.now_s() - self.saved_at_s if self.saved_at_s is not None else 0.0

    async def restore(self, fresh: State) -> State:
        """Return the last good state, or `fresh`. A corrupt one is reported, and the one before it is tried.

        Raises:
            CallerError: E4007: the last good one is of a version that this one cannot read.
            EnvironmentFault: E4002: none can be read, and the policy refuses to begin anew.
            Superseded: Others start the same actor on the same store, at this moment.
        """
        self._codec = codec = StateCodec(self._cell.path, type(fresh))
        items, lost_below = await self._take_over(type(fresh))
        restored: State | None = None
        for item in items:
            is_lost = Position.of(item.key).epoch < lost_below
            saved_at = self._checkpointing.wall()
            if restored is None:
                try:
                    checkpoint = checkpoints.read(item)
                except CheckpointCorrupt as error:
                    if not is_lost:
                        self._damaged.append(item.key)
                    self._emit(EventKind.CHECKPOINT_CORRUPT, f"E4002 {error}; the one before it is tried")
                    continue
                restored = codec.read(checkpoint.payload, checkpoint.state_version, checkpoint.encoding)
                saved_at = dt.datetime.fromisoformat(checkpoint.saved_at)
                self._durable = checkpoint.payload
            if not is_lost:
                self._kept.insert(0, (item.key, saved_at))
        if items and restored is None:
            await self._begin_anew(len(items))
        return restored if restored is not None else fresh

    async def _take_over(self, kind: type[State]) -> tuple[tuple[Item, ...], int]:
        """Become the owner of the path; returns the records, the newest first, and below which epoch they are kept."""
        path, checkpointer, next_epoch = self._cell.path, self._checkpointer, self._checkpointing.next_epoch
        # Before anything is read: what the owner before saves from here on is refused, so that nothing of it is missed.
        epoch, lost_below = await checkpointer.claim(path, next_epoch)
        items = await checkpointer.newest_first(path)
        highest = max((Position.of(item.key).epoch for item in items), default=0)
        if highest >= epoch:  # written by a version that knew no owners
            epoch, lost_below = await checkpointer.claim(path, next_epoch, above=highest)
        self._series = Series(path, kind, epoch, self._incarnation)
        return items, lost_below

    async def _begin_anew(self, count: int) -> None:
        """There are checkpoints, and none can be read: do what the policy says."""
        assert self._series is not None, "the path was taken over"
        path = self._cell.path
        if self._policy.on_all_corrupt == "refuse":
            remedy = "mend the store or move it away, or let the policy begin anew (on_all_corrupt)"
            raise EnvironmentFault("E4002", f"none of its {count} checkpoints can be read", where=path, remedy=remedy)
        await self._checkpointer.keep_for_good(self._series.owner)
        self._damaged.clear()
        detail = (
            f"E4002 {path}: none of its {count} checkpoints can be read; it begins anew, and they stay in the store"
        )
        self._emit(EventKind.CHECKPOINTS_LOST, detail)

    async def save(self) -> None:
        """Save the state as it is now; when this returns it is durable."""
        mailbox = self._cell.mailbox
        self._clean_at = mailbox.handled + mailbox.busy
        record = self._next_record()
        if record is not None:
            await self._write(record)

    async def save_on_stop(self) -> None:
        """Save at an orderly stop, if the policy says so."""
        if self._policy.on_stop:
            await self.save()

    def save_on_idle(self) -> None:
        """Begin to save, without waiting until it is durable: a task of its own writes it."""
        self._clean_at = self._cell.mailbox.handled
        record = self._next_record()
        if record is None:
            return

        async def write(_: TaskHandle) -> None:
            try:
                await self._write(record)
            except Superseded as error:
                if self._cell.checkpoints is self:  # else it is gone, and the successor knows more
                    self._cell.crash(str(error))
            except Exception as error:  # the store's; the actor goes on, and the event says so
                self._emit(EventKind.CHECKPOINT_FAILED, f"{type(error).__qualname__}: {error}")
                self._clean_at = -1  # there is something to save, whatever comes next
                self._set_alarm()

        self._cell.runtime.backend.spawn(write, f"checkpoint {self._cell.path}")

    def after_batch(self, handled: int) -> bool:
        """Save when the count or the interval is due; return whether there is something to save when idle."""
        policy = self._policy
        unsaved = handled - self._clean_at
        if unsaved <= 0:
            return False
        due = policy.every_messages is not None and unsaved >= policy.every_messages
        if policy.interval_s is not None:
            due = due or self.saved_at_s is None or self.age_s() >= policy.interval_s
        if due:
            self.save_on_idle()
            return False
        self._set_alarm()
        return policy.on_idle

    def close(self) -> None:
        """The incarnation is over: save nothing more by time."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _set_alarm(self) -> None:
        """Have the interval end by itself, should no further message come by then."""
        interval_s = self._policy.interval_s
        if interval_s is not None and self._alarm is None and self._lives():
            self._alarm = self._cell.runtime.wheel.call_after(
                max(0.0, interval_s - self.age_s()), self._interval_is_over
            )

    def _interval_is_over(self) -> None:
        self._alarm = None
        mailbox, interval_s = self._cell.mailbox, self._policy.interval_s
        # In the middle of a batch, the state may be half changed; the end of the batch looks at the time as well.
        if interval_s is None or mailbox.busy or mailbox.handled <= self._clean_at or not self._lives():
            return
        if self.age_s() < interval_s - TICK_S:  # another rule has saved meanwhile, and then there was more
            self._set_alarm()
            return
        try:
            self.save_on_idle()
        except StateNotSaved as error:  # here is not the actor's task, which it would end
            self._emit(EventKind.CHECKPOINT_FAILED, str(error))
            self._cell.crash(str(error))

    def _lives(self) -> bool:
        return self._cell.checkpoints is self and self._cell.status is CellStatus.RUNNING

    def _next_record(self) -> _Record | None:
        """Return the state as a record, or None when it is what a restart would find, with nothing else under way."""
        actor, series, codec = self._cell.actor, self._series, self._codec
        assert actor is not None, "only a running incarnation is saved"
        assert series is not None, "an incarnation is restored before it is saved"
        assert codec is not None, "an incarnation is restored before it is saved"
        payload = codec.write(actor.state)
        if payload == self._durable and self._durable_number == self._number:
            return None
        self._number = number = self._number + 1
        self.saved_at_s = now_s = self._cell.runtime.backend.now_s()
        saved_at, text = self._checkpointing.time_of_day(now_s)
        return _Record(number, series.key(number), series.sign(number, payload, text), payload, saved_at)

    async def _write(self, record: _Record) -> None:
        number, key, data, payload, saved_at = record
        kept = self._kept
        drop: list[str] = []
        if len(kept) >= self._policy.keep or self._policy.max_age_s is not None:
            drop = self._surplus(saved_at)
        assert self._series is not None
        try:
            await self._checkpointer.save(key, data, self._series.owner, drop)
        except Superseded as error:
            if self._cell.checkpoints is self:
                self._emit(EventKind.CHECKPOINT_FAILED, str(error))
            raise
        if drop:
            kept = self._kept = [each for each in self._kept if each[0] not in drop]
            self._damaged = [damaged for damaged in self._damaged if damaged not in drop]
        if kept and kept[-1][0] > key:  # two may be written at the same time, and the later be done first
            kept.append((key, saved_at))
            kept.sort()
        else:
            kept.append((key, saved_at))
            self._durable, self._durable_number = payload, number

    def _surplus(self, now: dt.datetime) -> list[str]:
        """Return the keys of what need not be kept once one more is there."""
        policy, kept = self._policy, self._kept
        excess = max(0, len(kept) + 1 - policy.keep)
        surplus = [key for key, _ in kept[:excess]]
        if policy.max_age_s is not None:
            oldest = now - dt.timedelta(seconds=policy.max_age_s)
            surplus += [key for key, saved_at in kept[excess:] if saved_at < oldest]
        if self._damaged and len(kept) >= policy.keep:
            # What cannot be read lies there, to be looked at, until as many whole ones as were asked for came after it.
            surplus += self._damaged
        return surplus

    def _emit(self, kind: EventKind, detail: str) -> None:
        self.fault = detail
        self._cell.runtime.events.emit(kind, self._cell.path, self._incarnation, detail)


class Checkpointing:
    """The checkpoints of one tree."""

    def __init__(self, store: Store, world: World) -> None:
        self.checkpointer = Checkpointer(store)
        self.wall = world.wall
        self._last_epoch = 0
        self._moment_s = -math.inf
        self._moment: tuple[dt.datetime, bytes] = (world.wall(), b"")

    def for_cell(self, cell: Cell) -> CellCheckpoints:
        """Return what one incarnation saves with."""
        policy = cell.spec.checkpoint_policy
        assert policy is not None, "only actors with a policy are saved"
        return CellCheckpoints(cell, self, policy)

    def next_epoch(self, stored: int) -> int:
        """Return an epoch that is higher than `stored`, and than any before it in this tree.

        One number for the tree: a number for each actor would have to outlive the actor, for as long as one of its
        writes may be under way.
        """
        self._last_epoch = max(stored, self._last_epoch) + 1
        return self._last_epoch

    def time_of_day(self, now_s: float) -> tuple[dt.datetime, bytes]:
        """Return the time of day, and as ISO 8601, at most a millisecond old: those who save in one turn share it.

        Args:
            now_s: The loop's clock.
        """
        if now_s - self._moment_s >= TIME_RESOLUTION_S:
            saved_at = self.wall()
            self._moment_s, self._moment = now_s, (saved_at, saved_at.isoformat().encode())
        return self._moment


def open_checkpointing(store: Store | None, world: World) -> Checkpointing:
    """Return the checkpoints of a tree: in `store`, which stays its owner's to close, or in memory."""
    return Checkpointing(store if store is not None else MemoryStore(), world)
