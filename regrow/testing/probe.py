"""Shell: probes: actors that stand in a tree where another one would, note what they are sent, and answer as they are told.

A probe's messages are read like a queue: `expect` takes the next unread one and fails if it is of another type, so that
a message too many is found where it came. `received` keeps all of them.

A probe is one object for all incarnations of its actor: a restart of the tree loses nothing of what was noted.
"""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import anyio

from regrow.core.actor import Actor
from regrow.core.handlers import handler
from regrow.protocols.messages import Message, NoState, Request, reply_type_of
from regrow.supervisors.child_spec import ChildSpec

__all__ = ["Probe", "ProbeActor"]

M = TypeVar("M", bound=Message)
R = TypeVar("R")

WITHIN_S = 1.0
"""As long as a test waits for a message by default. Tests in virtual time wait for nothing else."""


class ProbeActor(Actor[NoState]):
    """What a probe is in the tree. Its handlers are made for each probe, from the messages that it accepts."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe

    async def take(self, message: Message) -> object:
        """Note the message; the reply, if it is a request."""
        self.probe._note(message)
        return await self.probe._answer(message) if isinstance(message, Request) else None


class Probe:
    """An actor of a test.

    Args:
        name: Its name among its siblings: the last part of its path.
        accepts: The messages that it has handlers for; a base class accepts all that derive from it.
        instead_of: The actor class that it takes the place of: it accepts the same messages, and whoever looks up a ref
            to that class finds it. Nothing of that class runs, neither handlers nor hooks nor its constructor.
    """

    def __init__(
        self, name: str, *, accepts: Sequence[type[Message]] = (), instead_of: type[Actor[Any]] | None = None
    ) -> None:
        self.name = name
        self.actor = _make_class(name, accepts, instead_of)
        self._received: list[Message] = []
        self._unread: deque[Message] = deque()
        self._replies: dict[type, object] = {}
        self._arrived: anyio.Event | None = None

    def spec(self, **options: Any) -> ChildSpec:
        """Return the child spec to put in a tree.

        Args:
            options: Further fields of `ChildSpec`: `restart`, `mailbox` and so on.
        """
        return ChildSpec(self.name, self.actor, args={"probe": self}, **options)

    @property
    def received(self) -> tuple[Message, ...]:
        """Every message so far, oldest first, read or not."""
        return tuple(self._received)

    async def expect(self, kind: type[M], within_s: float = WITHIN_S) -> M:
        """Take the next unread message, waiting for it if need be.

        Raises:
            AssertionError: None came in time, or it is not a `kind`; then it stays unread.
        """
        if not await self._wait(within_s):
            raise AssertionError(
                f"probe {self.name!r} expected {_name(kind)} and got nothing within {within_s:g} s; {self._history()}"
            )
        message = self._unread[0]
        if not isinstance(message, kind):
            raise AssertionError(f"probe {self.name!r} expected {_name(kind)} and got {message!r}; {self._history()}")
        self._unread.popleft()
        return message

    async def expect_nothing(self, within_s: float = WITHIN_S) -> None:
        """Wait that long, and see that no message is unread.

        Raises:
            AssertionError: There is one, or one came.
        """
        if await self._wait(within_s):
            raise AssertionError(f"probe {self.name!r} expected nothing and got {self._unread[0]!r}")

    def reply_with(self, kind: type[Request[R]], reply: R | Callable[[Any], object]) -> None:
        """Answer every `kind` from now on. Without it, a request crashes the probe, so that the asker is told.

        Args:
            kind: The request, or a base of it.
            reply: The reply itself; or a function of the request, plain or async, that returns it or raises. A reply that
                is itself callable must be wrapped in a function.

        Raises:
            LookupError: The probe does not accept this request.
        """
        if not any(issubclass(kind, base) for base in self.actor.__handlers__):
            known = ", ".join(sorted(map(_name, self.actor.__handlers__))) or "nothing"
            raise LookupError(f"probe {self.name!r} does not accept {_name(kind)}; it accepts {known}")
        self._replies[kind] = reply

    async def _wait(self, within_s: float) -> bool:
        """Whether there is an unread message by then."""
        with anyio.move_on_after(within_s):
            while not self._unread:
                self._arrived = anyio.Event()
                await self._arrived.wait()
        return bool(self._unread)

    def _note(self, message: Message) -> None:
        self._received.append(message)
        self._unread.append(message)
        if self._arrived is not None:
            self._arrived.set()

    async def _answer(self, request: Request[object]) -> object:
        for kind in type(request).__mro__:
            if kind in self._replies:
                reply = self._replies[kind]
                result = reply(request) if callable(reply) else reply
                return await result if inspect.isawaitable(result) else result
        name = _name(type(request))
        raise LookupError(f"probe {self.name!r} has no reply for {name}; give it one: probe.reply_with({name}, ...)")

    def _history(self) -> str:
        return f"it has received {', '.join(_name(type(message)) for message in self._received) or 'nothing'}"


def _make_class(name: str, accepts: Sequence[type[Message]], instead_of: type[Actor[Any]] | None) -> type[ProbeActor]:
    kinds = dict.fromkeys([*accepts, *(instead_of.__handlers__ if instead_of is not None else ())])
    if not kinds:
        raise ValueError(
            f"probe {name!r} accepts no message: give it accepts=(SomeMessage, ...) or instead_of=SomeActor"
        )
    bases = (ProbeActor,) if instead_of is None else (ProbeActor, instead_of)
    # The plain hooks, since those of the class that it stands for would come before them.
    body: dict[str, object] = {hook: vars(Actor)[hook] for hook in ("on_start", "on_stop", "on_restart")}
    body |= {f"take_{number}": _make_handler(kind) for number, kind in enumerate(kinds)}
    title = f"Probe[{instead_of.__qualname__}]" if instead_of is not None else "Probe"
    body |= {"__module__": __name__, "__qualname__": title}
    return cast("type[ProbeActor]", type(title, bases, body))


def _make_handler(kind: type[Message]) -> Callable[..., object]:
    async def take(self: ProbeActor, message: Message) -> object:
        return await self.take(message)

    # A handler says by its annotations what it is for.
    reply = reply_type_of(kind) if issubclass(kind, Request) else None
    take.__annotations__ = {"message": kind, "return": reply}
    return handler(take)


def _name(kind: type) -> str:
    return kind.__qualname__
