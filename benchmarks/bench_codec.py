"""Question: what does a message pay at a boundary, above the JSON that pydantic makes of it anyway?

Method: one message of five fields, 100 bytes as JSON, is written and read back, again and again, by `Codec` (the name of
its type, the size limits, the look-up among the registered types) and by pydantic's `model_dump_json` and
`model_validate_json` alone. Processor time of a round trip. The bar leaves the codec a third of the whole for what JSON
alone does not do: to know the type, and to refuse what is too long. The envelope of the specification, validated on both
sides, is a row for information.

What would change our mind: messages of kilobytes. There the JSON is the whole figure, and the ratio goes to 1.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from benchmarks.clocks import thread_cpu_s
from benchmarks.figures import Bar
from benchmarks.rows import Row, Side, Size
from regrow.core.wire.codec import Codec, MessageTypes
from regrow.protocols.messages import Message

__all__ = ["ROWS"]

BYTES = 100


class StepEnded(Message):
    """A message as actors send it: a name, numbers, a flag and a word."""

    step: str
    number: int
    took_s: float
    succeeded: bool
    reason: str


MESSAGE = StepEnded(step="install requirements-dev.txt", number=7, took_s=12.5, succeeded=False, reason="exit 1")
CODEC = Codec(MessageTypes([StepEnded]))
MESSAGE_ID = "00000000-0000-4000-8000-000000000000"
AT = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)


def by_codec() -> object:
    """Ours."""
    return CODEC.decode(CODEC.encode(MESSAGE))


def by_pydantic() -> object:
    """The floor."""
    return StepEnded.model_validate_json(MESSAGE.model_dump_json())


def in_envelope() -> object:
    """Ours, as the specification's JSON."""
    envelope = CODEC.envelope(MESSAGE, message_id=MESSAGE_ID, timestamp=AT, source="s/a", destination="s/b")
    return CODEC.from_payload(CODEC.from_wire(CODEC.to_wire(envelope)).payload)


def round_trip(once: Callable[[], object]) -> Side:
    """Return the side that gives the microseconds of one round trip."""

    def side(size: Size) -> float:
        if len(MESSAGE.model_dump_json()) != BYTES or once() != MESSAGE:
            msg = f"the message must have {BYTES} bytes and come back as it was; got {MESSAGE.model_dump_json()!r}"
            raise AssertionError(msg)
        times = size.of(50_000, 100)
        begin = thread_cpu_s()
        for _ in range(times):
            once()
        return (thread_cpu_s() - begin) / times * 1e6

    return side


FLOOR = "model_dump_json + model_validate_json"

ROWS = (
    Row("codec", "us a round trip", FLOOR, round_trip(by_codec), round_trip(by_pydantic), Bar("lower", 1.5, 1.25)),
    Row("codec.envelope", "us a round trip", FLOOR, round_trip(in_envelope), round_trip(by_pydantic), Bar("lower")),
)
