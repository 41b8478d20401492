"""A state as JSON and back: what is written is what a new incarnation reads, or it is not written.

Fields go by their own names, whatever their aliases are, and what is computed is left out. Infinite numbers and bytes
that are no text are written as `State` says. Where the class alone does not show that a record can be read
(`regrow.core.saving.shapes`), each one is read back before it replaces anything.

`ENCODING` stands in the signed header of a record. 1, which older records have because they have none: aliases where the
class asked for them, what is computed too, bytes as text.
"""

from __future__ import annotations

import json
import math
import types
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar, cast

from pydantic import ConfigDict, TypeAdapter, ValidationError

from regrow.core.saving.shapes import shape_of
from regrow.protocols.actor_errors import StateNotSaved
from regrow.protocols.errors import CallerError
from regrow.protocols.messages import State

__all__ = ["ENCODING", "StateCodec"]

ENCODING = 2

REMEDY = (
    "give it a type whose JSON can be read back, leave it out with Field(exclude=True) and a default, or keep it in the "
    "actor and not in its state"
)

_MIGRATED = TypeAdapter[object](object, config=ConfigDict(ser_json_inf_nan="constants", ser_json_bytes="base64"))
"""What a migration returned, as JSON again, which a state reads as it reads what it wrote."""

S = TypeVar("S", bound=State)


class StateCodec(Generic[S]):
    """Writes and reads the states of one class, for one actor."""

    __slots__ = ("_kind", "_path", "_shape", "_to_json")

    def __init__(self, path: str, kind: type[S]) -> None:
        self._path = path
        self._kind = kind
        self._shape = shape_of(kind)
        self._to_json = kind.__pydantic_serializer__.to_json

    def write(self, state: State) -> bytes:
        """Return the state as JSON.

        Raises:
            StateNotSaved: It could not be read back.
        """
        if type(state) is not self._kind:
            raise self._refusal(f"it is a {type(state).__qualname__} now, and was a {self._kind.__qualname__}")
        try:
            payload = self._to_json(state, by_alias=False, round_trip=True, warnings="error")
        except ValueError:  # pydantic's: a value is not of its field's type, or cannot be written at all
            payload = self._write_doubtful(state)
        else:
            if self._shape.trusted:
                return payload
        self._read_back(state, payload)
        return payload

    def read(self, payload: bytes, version: int, encoding: int) -> S:
        """Return the state that was saved, through the migrations of its class.

        Args:
            payload: What `write` returned.
            version: Of the class that wrote it.
            encoding: What `ENCODING` was then.

        Raises:
            CallerError: E4007: this version cannot read it.
        """
        kind = self._kind
        if version > kind.state_version or encoding > ENCODING:
            mine, theirs = (kind.state_version, version) if encoding <= ENCODING else (ENCODING, encoding)
            what = "version" if encoding <= ENCODING else "encoding"
            raise CallerError(
                "E4007", f"has {what} {theirs}", where=self._where(), expected=f"at most {mine}", got=str(theirs)
            )
        try:
            if version < kind.state_version:
                return self._migrate(json.loads(payload), version, encoding)
            if encoding == ENCODING:
                return cast("S", kind.__pydantic_validator__.validate_json(payload, by_alias=False, by_name=True))
            return self._read_old(payload)
        except ValidationError as error:
            first = _first_of(error)
            remedy = f"use the version that wrote it, or raise the version of {kind.__qualname__} and give it a migrate"
            raise CallerError("E4007", f"does not fit: {first}", where=self._where(), remedy=remedy) from error

    def _migrate(self, saved: Any, version: int, encoding: int) -> S:
        kind = self._kind
        try:
            data = kind.migrate(version, saved)
            text = _MIGRATED.dump_json(data) if encoding == ENCODING else b""
        except Exception as error:  # whatever the class raises: it cannot read that version
            what = f"has version {version}, and migrate failed: {type(error).__qualname__}: {error}"
            remedy = f"use the version that wrote it, or give {kind.__qualname__} a migrate from version {version}"
            raise CallerError("E4007", what, where=self._where(), remedy=remedy) from error
        if encoding < ENCODING:
            read = self._old_validator().validate_python(
                data, by_alias=True, by_name=True, self_instance=kind.__new__(kind)
            )
            return cast("S", read)
        return kind.model_validate_json(text, by_alias=True, by_name=True)

    def _read_old(self, payload: bytes) -> S:
        kind = self._kind
        computed = kind.model_computed_fields
        if computed:
            payload = json.dumps(
                {name: value for name, value in json.loads(payload).items() if name not in computed}
            ).encode()
        read = self._old_validator().validate_json(
            payload, by_alias=True, by_name=True, self_instance=kind.__new__(kind)
        )
        return cast("S", read)

    def _old_validator(self) -> Any:
        """Return what reads bytes as the text that they were written as, into an instance of the class itself.

        Raises:
            CallerError: E4007: there are bytes in a state within the state, which follows its own configuration.
        """
        kind, shape = self._kind, self._shape
        if shape.has_inner_bytes:
            raise CallerError("E4007", "holds bytes that an older regrow wrote as text", where=self._where())
        if not shape.has_bytes:
            return kind.__pydantic_validator__
        as_text = {"model_config": ConfigDict(val_json_bytes="utf8"), "__module__": kind.__module__}
        old: Any = types.new_class(kind.__name__, (kind,), exec_body=lambda body: body.update(as_text))
        return old.__pydantic_validator__

    def _write_doubtful(self, state: State) -> bytes:
        """Write a state with a value that is not of its field's type: pydantic reads many of them all the same."""
        try:
            return self._to_json(state, by_alias=False, round_trip=True, warnings=False)
        except ValueError as error:
            raise self._refusal(f"field {self._culprit(state)!r} cannot be written: {error}") from error

    def _culprit(self, state: State) -> str:
        for name in self._kind.model_fields:
            try:
                self._to_json(state, include={name}, by_alias=False, round_trip=True, warnings=False)
            except ValueError:
                return name
        return ""

    def _read_back(self, state: State, payload: bytes) -> None:
        kind = self._kind
        try:
            read = kind.__pydantic_validator__.validate_json(payload, by_alias=False, by_name=True)
        except ValidationError as error:
            raise self._refusal(f"{_first_of(error)} when it is read back") from error
        except Exception as error:  # out of a validator, which may raise anything
            raise self._refusal(f"to read it back raises {type(error).__qualname__}: {error}") from error
        before, after = (
            kind.__pydantic_serializer__.to_python(one, by_alias=False, round_trip=True, warnings=False)
            for one in (state, read)
        )
        for name, value in before.items():
            if name not in after or not _same(value, after[name]):
                raise self._refusal(f"field {name!r} is read back as {_short(after.get(name))}, not {_short(value)}")

    def _refusal(self, why: str) -> StateNotSaved:
        return StateNotSaved(f"{self._path}: its state {self._kind.__qualname__} was not saved: {why}; {REMEDY}")

    def _where(self) -> str:
        return f"the checkpoint of {self._path} ({self._kind.__qualname__} {self._kind.state_version})"


def _first_of(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    place = ".".join(map(str, first["loc"]))
    return f"field {place!r}: {first['msg']}, got {_short(first['input'])}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _same(one: Any, other: Any) -> bool:
    """Whether two values are equal, where a NaN is equal to a NaN."""
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, (list, tuple)) and type(one) is type(other):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other) or (
        isinstance(one, Sequence) and isinstance(other, Sequence) and repr(one) == repr(other)
    )
