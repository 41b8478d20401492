"""Why an incarnation of an actor ended: the one vocabulary that cells, supervisors, monitors and reports share.

An exit reason holds text, never the exception itself: a stored exception keeps the dead actor's frames, and with them
its state, alive (trap 13 of the survey of actor runtimes). The frames are kept as places, so that a report can show the
lines later without paying for the source look-up at every crash.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType, TracebackType
from typing import NamedTuple

from regrow.protocols.actor_errors import SendError

__all__ = ["ExitKind", "ExitReason", "Frame", "describe_error"]

FRAMES_KEPT = 24
"""The innermost frames that an exit reason keeps; a recursion of a thousand says no more than its last two dozen."""

TEXT_KEPT = 10_000
"""Characters of an error's own text: some hold a whole document."""

SEEN_KEPT = 1024

_SEEN: dict[tuple[int, int], tuple[CodeType, Frame]] = {}
"""Places by the id of their code and the instruction: actors that crash do so at the same few, and to look up a line
and make its frame is a tenth of a restart. The code is kept beside, so that its id means no other."""


class ExitKind(enum.Enum):
    """How an incarnation ended.

    The first two are orderly and do not restart a transient child (OTP's `normal` and `shutdown`).
    """

    NORMAL = "normal"
    """It ended by itself, by `ctx.stop()`."""
    SHUTDOWN = "shutdown"
    """Its supervisor, or its owner, asked it to stop."""
    CRASH = "crash"
    """A handler or a hook raised."""
    CANCELLED = "cancelled"
    """A cancellation that nobody here asked for came out of its own code."""
    KILLED = "killed"
    """It did not stop within its limit and was cancelled, or its process was killed."""
    START_FAILED = "start_failed"
    """Its constructor, its checkpoint or its `on_start` raised."""
    START_TIMEOUT = "start_timeout"
    """It was not ready within its start limit."""
    UNSTOPPED = "unstopped"
    """It swallowed its cancellation and still runs; only a process can be killed."""


class Frame(NamedTuple):
    """One place of a traceback, outermost first."""

    file: str
    line: int
    function: str


@dataclass(frozen=True, slots=True)
class ExitReason:
    """One end of one incarnation.

    `error_type` and `message` are empty for orderly ends. `frames` are the innermost `FRAMES_KEPT` places.
    """

    kind: ExitKind
    error_type: str = ""
    message: str = ""
    frames: tuple[Frame, ...] = ()
    error_types: frozenset[type[BaseException]] = frozenset()
    """Every class that the error, or a member of its exception group, is of: for `restart_on`."""
    through: tuple[str, ...] = ()
    """The actors that ended one because of the next, when it had asked one of them; the nearest first."""
    origin: ExitReason | None = None
    """How the last of `through` ended. None when its own code went wrong."""

    @property
    def orderly(self) -> bool:
        """Whether a transient child stays down after this."""
        return self.kind is ExitKind.NORMAL or self.kind is ExitKind.SHUTDOWN

    def places(self) -> str:
        """Return the frames as a traceback shows them, the innermost last; "" when there are none."""
        return "\n".join(f'  File "{file}", line {line}, in {function}' for file, line, function in self.frames)

    def __str__(self) -> str:
        if self.origin is not None:
            return f"{self.kind.value} through {' -> '.join(self.through)}: {self.origin}"
        if not self.error_type:
            return f"{self.kind.value}: {self.message}" if self.message and not self.orderly else self.kind.value
        where = f" at {self.frames[-1].file}:{self.frames[-1].line}" if self.frames else ""
        return f"{self.kind.value}: {self.error_type}: {self.message}{where}"


_OF_OTHERS = (BaseExceptionGroup, SendError)
"""Errors that hold others. A tuple: to make a union of types costs as much as the whole test."""


def describe_error(kind: ExitKind, error: BaseException) -> ExitReason:
    """Take from `error` what a report needs, and nothing that keeps its frames alive.

    A group is described by its first leaf, since an actor's own task group wraps what really went wrong. Where it is the
    end of another actor that was asked, and that one's of a third, the chain is kept by name and the first cause once.
    """
    if not isinstance(error, _OF_OTHERS):  # nearly every crash
        what = type(error)
        return ExitReason(kind, what.__qualname__, _text(error), _frames(error.__traceback__), frozenset((what,)))
    leaves = tuple(_leaves(error))
    first = leaves[0]
    return ExitReason(
        kind,
        type(first).__qualname__,
        _text(first),
        _frames(first.__traceback__),
        frozenset(map(type, leaves)),
        *_chain(first),
    )


def _text(error: BaseException) -> str:
    """Return what an error says; one that cannot say it must not take down who asks."""
    try:
        text = str(error)
    except Exception as fault:
        return f"(its text cannot be had: __str__ raised {type(fault).__qualname__})"
    return text if len(text) <= TEXT_KEPT else f"{text[:TEXT_KEPT]}... ({len(text)} characters)"


def _chain(error: BaseException) -> tuple[tuple[str, ...], ExitReason | None]:
    """Return the actors whose ends led to `error`, and how the last of them ended."""
    if not isinstance(error, SendError) or error.reason is None:
        return (), None
    return (error.path, *error.reason.through), error.reason.origin or error.reason


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for member in error.exceptions:
            yield from _leaves(member)
    else:
        yield error


def _frames(traceback: TracebackType | None) -> tuple[Frame, ...]:
    places: list[Frame] = []
    while traceback is not None:
        code, at = traceback.tb_frame.f_code, traceback.tb_lasti
        known = _SEEN.get((id(code), at))
        if known is None:
            if len(_SEEN) >= SEEN_KEPT:
                _SEEN.clear()
            known = code, Frame(code.co_filename, traceback.tb_lineno, code.co_qualname)
            _SEEN[id(code), at] = known
        places.append(known[1])
        traceback = traceback.tb_next
    return tuple(places[-FRAMES_KEPT:])
