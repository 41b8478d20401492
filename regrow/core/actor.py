"""Actors as their authors see them: a class with handlers, hooks and a state.

One message at a time, in the order of each sender; a handler that raises ends the incarnation, and the supervisor
decides what follows. An actor never calls its own hooks or handlers.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from typing import ClassVar, Generic, get_args, get_origin

from typing_extensions import TypeVar

from regrow.core.context import ActorContext
from regrow.core.handlers import HandlerTable, collect_handlers
from regrow.protocols.actor_errors import DefinitionError
from regrow.protocols.exits import ExitReason
from regrow.protocols.messages import NoState, State

__all__ = ["Actor"]

StateT = TypeVar("StateT", bound=State, default=NoState)


class Actor(Generic[StateT]):
    """Base of every actor. `class Account(Actor[Ledger])` owns a `Ledger`; plain `Actor` owns nothing.

    Keyword arguments of the class statement:
        accepts: Messages that this class must have a handler for, for instance the protocol that it promises.

    The constructor takes what the child spec's `args` give, and must not do I/O: `on_start` may.
    """

    state: StateT
    ctx: ActorContext

    __handlers__: ClassVar[HandlerTable] = {}
    state_type: ClassVar[type[State]] = NoState
    has_start_hook: ClassVar[bool] = False
    has_stop_hook: ClassVar[bool] = False
    has_restart_hook: ClassVar[bool] = False

    def __init_subclass__(cls, *, accepts: tuple[type, ...] = (), **kwargs: typing.Never) -> None:
        super().__init_subclass__(**kwargs)
        inherited: dict[type, Callable[..., object]] = {}
        for base in reversed(cls.__mro__[1:]):
            inherited.update(vars(base).get("__handlers__", {}))
        cls.__handlers__ = collect_handlers(cls, inherited)
        missing = [kind.__qualname__ for kind in accepts if kind not in cls.__handlers__]
        if missing:
            msg = f"{cls.__qualname__} promises to accept {', '.join(missing)} and has no handler for it"
            raise DefinitionError(msg)
        for name in ("on_start", "on_stop", "on_restart"):
            _check_hook(cls, name)
        cls.state_type = _state_type(cls)
        cls.has_start_hook = cls.on_start is not Actor.on_start
        cls.has_stop_hook = cls.on_stop is not Actor.on_stop
        cls.has_restart_hook = cls.on_restart is not Actor.on_restart

    async def on_start(self) -> None:
        """Runs before the first message, within the start limit; `state` is there, restored if a checkpoint was.

        Raising here is a failed start. The supervisor starts the next child only when this has returned.
        """

    async def on_stop(self, reason: ExitReason) -> None:
        """Runs after the last message of an orderly stop or a crash, within what is left of the shutdown limit.

        It does not run when the incarnation had to be cancelled, or when its process is killed.
        """

    async def on_restart(self, reason: ExitReason) -> None:
        """Runs in a new incarnation before `on_start`; `reason` is why the one before ended."""


def _check_hook(cls: type, name: str) -> None:
    hook = vars(cls).get(name)
    # What a decorator made may return an awaitable all the same.
    if inspect.isfunction(hook) and not inspect.iscoroutinefunction(hook) and not hasattr(hook, "__wrapped__"):
        msg = f"{cls.__qualname__}.{name} must be `async def`: the runtime awaits its hooks"
        raise DefinitionError(msg)
    given = ("self",) if name == "on_start" else ("self", "reason")
    try:
        inspect.signature(getattr(cls, name)).bind(*given)
    except TypeError as error:
        msg = f"{cls.__qualname__}.{name} is called as {name}({', '.join(given[1:])}), which it does not take: {error}"
        raise DefinitionError(msg) from None


def _state_type(cls: type) -> type[State]:
    """Find the argument of `Actor[...]` among the bases, through generic bases as well.

    Raises:
        DefinitionError: It is a class, and no `State`.
    """
    for klass in cls.__mro__:
        for base in vars(klass).get("__orig_bases__", ()):
            origin = get_origin(base)
            if isinstance(origin, type) and issubclass(origin, Actor):
                for argument in get_args(base):
                    if isinstance(argument, type) and issubclass(argument, State):
                        return argument
                    if origin is Actor and isinstance(argument, type):
                        msg = f"{klass.__qualname__} owns {argument.__qualname__}, which is no subclass of State"
                        raise DefinitionError(msg)
    return NoState
