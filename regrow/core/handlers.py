"""Handlers: how a method of an actor says which message it is for, and how a class is checked when it is made.

A class that cannot work is refused in its own class statement: a handler without exactly one annotated message, two
handlers for one message, a request whose handler returns something else than the request's reply. So no message ever
meets a missing or mistyped handler at run time, and sending what an actor does not handle is refused at the sender.
"""

from __future__ import annotations

import inspect
import sys
import types
import typing
from collections.abc import Callable, Mapping
from typing import TypeVar, get_args, get_origin, overload

from regrow.protocols.actor_errors import DefinitionError
from regrow.protocols.messages import Message, Request, reply_type_of

__all__ = ["HandlerTable", "accepts", "collect_handlers", "handler"]

F = TypeVar("F", bound=Callable[..., object])

_MARK = "__regrow_handler__"


HandlerTable = dict[type, Callable[..., object]]
"""From the type of a message to the method that handles it. Plain dict: it is looked into for every message."""


def accepts(table: HandlerTable, kind: type) -> bool:
    """Whether the table has a handler for `kind`; one that is found through its bases is remembered in the table."""
    if kind in table:
        return True
    for base in kind.__mro__[1:]:
        method = table.get(base)
        if method is not None:
            table[kind] = method
            return True
    return False


@overload
def handler(method: F) -> F: ...
@overload
def handler() -> Callable[[F], F]: ...
def handler(method: F | None = None) -> F | Callable[[F], F]:
    """Mark a method, `async def` or plain `def`, as the handler of the message that its one parameter is annotated with.

    A plain function is called directly, without a task switch: use it where nothing is awaited. `@handler()` is the same.

    Raises:
        DefinitionError: It was given something else than a method, for instance the message.
    """
    if method is None:
        return handler
    if isinstance(method, type) or not callable(method):
        msg = f"write `@handler`, not `@handler({_name(method)})`: the annotation of the parameter says which message"
        raise DefinitionError(msg)
    setattr(method, _MARK, True)
    return method


def collect_handlers(cls: type, inherited: Mapping[type, Callable[..., object]]) -> HandlerTable:
    """Build and check the table of one class.

    Args:
        cls: The actor class that is being made.
        inherited: The tables of its bases, merged; a method of the same message overrides.

    Raises:
        DefinitionError: Names the class, the method, what was expected and what was found.
    """
    table = HandlerTable(inherited)
    own: dict[type, str] = {}
    for name, method in vars(cls).items():
        if not getattr(method, _MARK, False):
            _follow_override(table, name, method, inherited)
            continue
        where = f"{cls.__qualname__}.{name}"
        kind, returned = _signature(method, where, cls)
        if kind in own:
            msg = f"{where} and {cls.__qualname__}.{own[kind]} both handle {kind.__qualname__}; keep one"
            raise DefinitionError(msg)
        own[kind] = name
        if issubclass(kind, Request):
            _check_reply(kind, returned, where)
        table[kind] = method
    return table


def _follow_override(
    table: HandlerTable, name: str, method: object, inherited: Mapping[type, Callable[..., object]]
) -> None:
    """A plain method that replaces an inherited handler by name takes over its message, as Python users expect."""
    for kind, base_method in inherited.items():
        if base_method.__name__ == name and callable(method):
            table[kind] = method


def _signature(method: Callable[..., object], where: str, cls: type) -> tuple[type[Message], object]:
    parameters = list(inspect.signature(method).parameters.values())[1:]
    if len(parameters) != 1 or parameters[0].kind not in (
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
    ):
        msg = f"{where} must take exactly one message besides self, it takes {[p.name for p in parameters]}"
        raise DefinitionError(msg)
    if inspect.isgeneratorfunction(method) or inspect.isasyncgenfunction(method):
        msg = f"{where} yields: nobody would run it; a handler returns its reply, and awaits what it waits for"
        raise DefinitionError(msg)
    hints = _hints(method, where, cls)
    if parameters[0].name not in hints:
        msg = (
            f"{where}: the parameter {parameters[0].name!r} has no annotation; it says which message the handler is for"
        )
        raise DefinitionError(msg)
    kind = hints[parameters[0].name]
    if not (isinstance(kind, type) and issubclass(kind, Message)):
        msg = f"{where}: the parameter {parameters[0].name!r} must be annotated with a Message class, got {kind!r}"
        raise DefinitionError(msg)
    return kind, hints.get("return", inspect.Parameter.empty)


def _hints(method: Callable[..., object], where: str, cls: type) -> dict[str, object]:
    local = {**_enclosing_locals(), cls.__name__: cls}
    try:
        return typing.get_type_hints(method, localns=local)
    except NameError as error:
        msg = f"{where}: the annotation names {error.name!r}, which is not defined where the class is made"
        raise DefinitionError(msg) from None


def _enclosing_locals() -> dict[str, object]:
    """Names that a class made inside a function can see: string annotations know only their module otherwise."""
    names: dict[str, object] = {}
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_locals is not frame.f_globals:
            for name, value in frame.f_locals.items():
                names.setdefault(name, value)
        frame = frame.f_back
    return names


def _check_reply(kind: type[Message], returned: object, where: str) -> None:
    try:
        expected = reply_type_of(typing.cast("type[Request[object]]", kind))
    except TypeError as error:
        raise DefinitionError(f"{where}: {error}") from None
    if returned is inspect.Parameter.empty:
        msg = f"{where} answers {kind.__qualname__} and must be annotated `-> {_name(expected)}`"
        raise DefinitionError(msg)
    if isinstance(expected, TypeVar):
        return
    if not _fits(returned, type(None) if expected is None else expected):
        msg = f"{where} must return {_name(expected)}, the reply that {kind.__qualname__} names; it returns {_name(returned)}"
        raise DefinitionError(msg)


def _fits(returned: object, expected: object) -> bool:
    if returned == expected or expected is object:
        return True
    if expected is typing.Any or isinstance(returned, TypeVar):
        return True
    if get_origin(returned) in (typing.Union, types.UnionType):
        return all(_fits(member, expected) for member in get_args(returned))
    if get_origin(expected) in (typing.Union, types.UnionType):
        return any(_fits(returned, member) for member in get_args(expected))
    if returned is typing.NoReturn or returned is typing.Never:
        return True
    return isinstance(returned, type) and isinstance(expected, type) and issubclass(returned, expected)


def _name(kind: object) -> str:
    return kind.__qualname__ if isinstance(kind, type) and not get_args(kind) else str(kind)
