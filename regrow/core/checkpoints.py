"""A saved state: how it is written down, proved whole, found again, and how many are kept.

A checkpoint is one record: a magic number, the SHA-256 of all that follows, a header line in JSON (the specification's
checkpoint protocol: id, timestamp, process id, phase, version of the state) and the state as JSON. The signature is
checked before anything is read out of it, so that a record that was cut or changed is refused (E4002).

Records are never overwritten. Each incarnation writes under an epoch that is higher than any that is stored, and than any
that this tree has given out: a write of an incarnation that is gone may still be under way, unseen. So it can neither
replace its successor's nor be mistaken for it, however late it lands (trap 23).

A path has one owner. Each incarnation takes it over before it reads anything: the epoch is written down beside the
records, and only one of several can write the same. Every save depends on it, in its own transaction, so that one who
was superseded, in this process or another, is told so and never acknowledges what nobody will find.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from regrow.core.saving import ENCODING
from regrow.core.store import Fence, Item, Put, Store
from regrow.protocols.actor_errors import Superseded
from regrow.protocols.messages import State

__all__ = ["Checkpoint", "CheckpointCorrupt", "CheckpointPolicy", "Checkpointer", "Claim", "Position", "Series"]

COLLECTION = "checkpoints"
OWNERS = "checkpoint_owners"
"""By path; the fence of each is the epoch of its owner."""

PAGE = 1000
"""Records that are read at once."""

CLAIMS = 8
"""Attempts to take a path over, when others do the same at the same moment."""

MAGIC = b"regrow-checkpoint-1\n"
SEPARATOR = "\x1f"
"""Between an actor's path and the number: it cannot be typed into a name by accident."""

NUMBER_DIGITS = 12
"""A checkpoint a microsecond takes eleven days to run out of them; epochs are one for each start of an actor."""


class CheckpointCorrupt(ValueError):
    """E4002: a checkpoint whose bytes are not what was signed."""


@dataclass(frozen=True, slots=True)
class CheckpointPolicy:
    """When the state of an actor is saved. What each survives is in docs/semantics.md.

    Args:
        before_reply: Before the reply of a request leaves: what was acknowledged survives `kill -9`.
        on_idle: When the mailbox has been drained: a crash loses at most the batch in which it happened.
        every_messages: After this many messages, at the end of the batch. None: not by count.
        interval_s: When this much time has passed since the last one and a message has been handled since then. In the
            middle of a batch, at its end. None: not by time.
        on_stop: At an orderly stop.
        keep: How many are kept. At least 1; one more than 1 is what a corrupt one falls back to.
        max_age_s: Older ones are dropped, but for the newest. None: no limit.
        on_all_corrupt: When there are some and none can be read: `begin_anew` with the state of the spec, and keep what
            lies there for good, or `refuse` to start (E4002).
    """

    before_reply: bool = True
    on_idle: bool = True
    every_messages: int | None = None
    interval_s: float | None = None
    on_stop: bool = True
    keep: int = 3
    max_age_s: float | None = None
    on_all_corrupt: Literal["begin_anew", "refuse"] = "begin_anew"

    def problem(self) -> str | None:
        """Say what is wrong with it, or None."""
        keep: object = self.keep  # whatever its annotation says
        if not isinstance(keep, int) or keep < 1:
            return f"checkpoint keep must be a whole number, at least 1, got {self.keep!r}"
        for name, kinds in (("every_messages", int), ("interval_s", (int, float)), ("max_age_s", (int, float))):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, kinds) and value > 0):
                return f"checkpoint {name} must be a positive number or None, got {value!r}"
        if self.on_all_corrupt not in ("begin_anew", "refuse"):
            return f"checkpoint on_all_corrupt must be 'begin_anew' or 'refuse', got {self.on_all_corrupt!r}"
        return None


class Position(NamedTuple):
    """Where a checkpoint stands among those of its actor: by epoch, then by number."""

    epoch: int
    number: int

    def key(self, path: str) -> str:
        """Return the key of the record. Keys sort as positions do."""
        return f"{path}{SEPARATOR}{self.epoch:0{NUMBER_DIGITS}d}.{self.number:0{NUMBER_DIGITS}d}"

    @staticmethod
    def of(key: str) -> Position:
        """Read the position out of a key; `NOWHERE` if it is none."""
        epoch, _, number = key.rpartition(SEPARATOR)[2].partition(".")
        return Position(int(epoch), int(number)) if _is_number(epoch) and _is_number(number) else NOWHERE


NOWHERE = Position(0, 0)
"""Before all that was ever written: epochs begin at 1."""


def _is_number(text: str) -> bool:
    return len(text) == NUMBER_DIGITS and text.isascii() and text.isdigit()


class Claim(NamedTuple):
    """What a new owner finds: its epoch, and below which one records are kept for good, since none could be read once."""

    epoch: int
    lost_below: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One that was found whole. `saved_at` is ISO 8601, UTC; `regrow.core.saving` knows the encodings."""

    position: Position
    saved_at: str
    incarnation: int
    state_version: int
    encoding: int
    payload: bytes


class Checkpointer:
    """Writes and reads the checkpoints of all actors of a tree."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def claim(self, path: str, next_epoch: Callable[[int], int], above: int = 0) -> Claim:
        """Take a path over from whoever owned it.

        Args:
            path: Of the actor.
            next_epoch: Returns one that is higher than what it is given.
            above: An epoch that is known to have been used.

        Raises:
            Superseded: Others took it over in between, each time.
        """
        for _ in range(CLAIMS):
            owner = await self._store.get(OWNERS, path)
            epoch = next_epoch(max(above, owner.fence if owner is not None else 0))
            nobody_else = Fence(OWNERS, path, epoch - 1)
            lost = owner.data if owner is not None and owner.data.isdigit() else b"0"
            if await self._store.put_many((Put(OWNERS, path, lost, epoch),), fences=(nobody_else,)):
                return Claim(epoch, int(lost))
        msg = f"{path}: others took over its checkpoints {CLAIMS} times while it started"
        raise Superseded(msg)

    async def keep_for_good(self, owner: Fence) -> None:
        """Drop none of the records that lie there now, whoever saves after this.

        Raises:
            Superseded: As for `save`.
        """
        put = Put(OWNERS, owner.key, b"%d" % owner.highest, owner.highest)
        if not await self._store.put_many((put,), fences=(owner,)):
            raise _superseded(owner)

    async def save(self, key: str, record: bytes, owner: Fence, drop: Sequence[str] = ()) -> None:
        """Write one record, made by `Series.sign`, and drop older ones in the same transaction. Then it is durable.

        Args:
            key: By `Series.key`.
            owner: Of the series.
            drop: Keys of the older ones.

        Raises:
            Superseded: The path has another owner by now. Nothing was written or dropped.
        """
        put = Put(COLLECTION, key, record, owner.highest)
        dropped = [(COLLECTION, old) for old in drop] if drop else ()
        if not await self._store.put_many((put,), dropped, fences=(owner,)):
            raise _superseded(owner)

    async def newest_first(self, path: str) -> tuple[Item, ...]:
        """Return all records of one actor, the newest first."""
        found: list[Item] = []
        while page := await self._store.list_items(
            COLLECTION, path + SEPARATOR, after=found[-1].key if found else "", limit=PAGE
        ):
            found += page
            if len(page) < PAGE:
                break
        return tuple(reversed(found))


def _superseded(owner: Fence) -> Superseded:
    return Superseded(
        f"{owner.key}: another incarnation has taken over its checkpoints, in this tree or in another on the same "
        f"store (this one's epoch is {owner.highest}); what it did since is not saved"
    )


class Series:
    """The records of one incarnation: those of one epoch. What is the same in all of them is written down once."""

    __slots__ = ("_head", "_middle", "_prefix", "owner")

    def __init__(self, path: str, kind: type[State], epoch: int, incarnation: int) -> None:
        self.owner = Fence(OWNERS, path, epoch)
        self._prefix = Position(epoch, 0).key(path)[:-NUMBER_DIGITS]
        head = json.dumps({"processId": path, "phase": ""}, separators=(",", ":"))[:-1]
        self._head = f'{head},"id":"{epoch}.'.encode()
        same = {
            "incarnation": incarnation,
            "state": kind.__qualname__,
            "stateVersion": kind.state_version,
            "compressed": False,
            "encoding": ENCODING,
        }
        self._middle = f'",{json.dumps(same, separators=(",", ":"))[1:]}\n'.encode()

    def key(self, number: int) -> str:
        """Return the key of a record; the same as `Position.key`."""
        return "%s%012d" % (self._prefix, number)  # noqa: UP031  # a third faster than an f-string, once a checkpoint

    def sign(self, number: int, payload: bytes, saved_at: bytes) -> bytes:
        """Return the bytes of a record.

        Args:
            payload: What `StateCodec.write` returned.
            saved_at: ISO 8601, UTC, as ASCII.
        """
        body = b'%s%d","timestamp":"%s%s%s' % (self._head, number, saved_at, self._middle, payload)
        return b"%s%s%s" % (MAGIC, hashlib.sha256(body).digest(), body)


def read(item: Item) -> Checkpoint:
    """Check one record and open it.

    Raises:
        CheckpointCorrupt: It is not what was signed.
    """
    data = item.data
    begin = len(MAGIC) + 32
    position = Position.of(item.key)
    if position == NOWHERE or not data.startswith(MAGIC) or len(data) <= begin:
        msg = f"{item.key!r} is no checkpoint, or was cut after {len(data)} bytes"
        raise CheckpointCorrupt(msg)
    body = data[begin:]
    if hashlib.sha256(body).digest() != data[len(MAGIC) : begin]:
        msg = f"{item.key!r}: its bytes are not those that were signed"
        raise CheckpointCorrupt(msg)
    header_line, _, payload = body.partition(b"\n")
    header = json.loads(header_line)
    return Checkpoint(
        position,
        header["timestamp"],
        header["incarnation"],
        header["stateVersion"],
        header.get("encoding", 1),
        payload,
    )
