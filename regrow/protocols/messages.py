"""What actors say to one another: messages, requests that name their reply, and the state an actor owns.

A message is a frozen pydantic model, validated when it is built and passed by reference within one process; it is
serialised only where it crosses a process or a machine (`regrow.core.wire.codec`). A request carries the type of its reply,
so `await ref.ask(GetTotal())` is an `int` to a type checker when `class GetTotal(Request[int])`.

Not here: how a message travels (`regrow.core.envelope`), and the wire models of the specification (`regrow.protocols.wire`).

Rejected: `model_construct` for speed. It skips validation and is slower than validating (3.8 against 1.6 microseconds,
measured in the survey of actor runtimes, section 2.3).
"""

from __future__ import annotations

from typing import ClassVar, Generic, Never, TypeVar, cast

from pydantic import BaseModel, ConfigDict, JsonValue

__all__ = ["Message", "NoState", "Reply", "Request", "State", "reply_type_of"]

Reply = TypeVar("Reply", covariant=True)  # noqa: PLC0105 - the field's word, and public


class Message(BaseModel):
    """A fact or an order: frozen, with unknown fields refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Request(Message, Generic[Reply]):
    """A message that expects a reply of type `Reply`."""


class State(BaseModel):
    """What one actor remembers: the only mutable model, touched by its owner alone.

    A subclass declares its version in the class statement, `class Ledger(State, version=2)`, and turns what an older
    version saved into its own fields in `migrate`. The version is stored with every checkpoint.

    Infinite numbers and bytes that are no text are saved as JSON that can be read back. A plain `BaseModel` inside a state
    follows its own configuration; derive it from `State` where it holds such values.
    """

    model_config = ConfigDict(
        extra="forbid", ser_json_inf_nan="constants", ser_json_bytes="base64", val_json_bytes="base64"
    )

    state_version: ClassVar[int] = 1

    def __init_subclass__(cls, version: int | None = None, **kwargs: object) -> None:
        # pydantic hands the keywords of the class statement to both hooks; the other one sets the model up.
        super().__init_subclass__(**cast("dict[str, Never]", kwargs))
        if version is not None:
            if version < 1:
                msg = f"{cls.__qualname__}: version must be at least 1, got {version}"
                raise TypeError(msg)
            cls.state_version = version

    @classmethod
    def __pydantic_init_subclass__(cls, version: int | None = None, **kwargs: object) -> None:
        del version
        super().__pydantic_init_subclass__(**kwargs)

    @classmethod
    def migrate(cls, from_version: int, data: dict[str, JsonValue]) -> dict[str, JsonValue]:  # noqa: ARG003
        """Turn the fields that `from_version` saved into this version's.

        Raises:
            ValueError: This version cannot read `from_version`; the default knows its own version only. Whatever is raised,
                the actor does not start (E4007), and what was saved stays.
        """
        msg = f"{cls.__qualname__} is at version {cls.state_version} and has no migration from version {from_version}"
        raise ValueError(msg)


class NoState(State):
    """The state of an actor that declares none."""


def reply_type_of(request: type[Request[object]]) -> object:
    """Return the reply type that a request class names.

    Raises:
        TypeError: The class derives from a bare `Request`, so nobody can know what it is answered with.

    >>> class GetTotal(Request[int]): ...
    >>> reply_type_of(GetTotal)
    <class 'int'>
    """
    for base in request.__mro__:
        metadata = base.__dict__.get("__pydantic_generic_metadata__")
        if metadata and metadata.get("origin") is Request:
            return cast("object", metadata["args"][0])
    msg = f"{request.__qualname__} does not name its reply; write `class {request.__name__}(Request[ReplyType])`"
    raise TypeError(msg)
