"""What the fields of a state say about reading it back: never, always, or only a look at the record can tell.

A checkpoint that cannot be read is found out after the crash, when it is too late. To read back every record would cost
as much again as to write it. So each state class is looked at once, by the schema that pydantic made of it:

- A field that can never come back (a dict whose keys are tuples, a lock) is **refused** before its tree starts.
- A state whose fields all come back whatever they hold is **trusted**: pydantic's serialiser itself says when a value is
  not of its field's type.
- Anything else (bounds that an assignment may break, validators and serialisers of one's own, `Any`) is read back at
  every save. So is every kind of schema that this module does not know: it may only ever be too careful.

Rejected: `validate_assignment`. It sees no `self.state.items.append(...)`.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from regrow.protocols.messages import State

__all__ = ["Shape", "shape_of"]

Schema = Mapping[str, Any]
"""A pydantic-core schema: a dict with a `type`, whose other keys depend on it."""

_SHARED_KEYS = frozenset({"type", "ref", "metadata", "strict"})

_SCALARS: Mapping[str, frozenset[str]] = {
    "bool": frozenset(),
    "bytes": frozenset(),
    "date": frozenset(),
    "datetime": frozenset({"microseconds_precision"}),
    "float": frozenset(),
    "int": frozenset(),
    "none": frozenset(),
    "str": frozenset(),
    "time": frozenset({"microseconds_precision"}),
    "timedelta": frozenset({"microseconds_precision"}),
    "uuid": frozenset({"version"}),
}
"""What is written so that it can be read, by its schema's type, with the keys that are no bound. Decimals are not among
them: a field of theirs holds a NaN, and refuses to read one."""

_CONTAINERS: Mapping[str, str] = {"list": "items_schema", "set": "items_schema", "frozenset": "items_schema"}

_MODEL_KEYS = frozenset({"cls", "schema", "config", "custom_init", "root_model", "frozen"})

_KEYS_OF_DICTS = frozenset({"bool", "date", "datetime", "float", "int", "str", "uuid"})
"""What JSON's keys, which are text, are read as."""

_NO_KEYS = frozenset({"tuple", "frozenset", "model", "dataclass", "named-tuple"})
"""What may be the key of a dict, and is written as a text that nothing reads."""

_MIXED = frozenset({"bool", "float", "int", "none", "str"})
"""Where one of several is meant, JSON itself tells these apart. It does not tell a date from a text."""

_NEVER = frozenset({"is-instance", "is-subclass", "callable", "generator"})


@dataclass(slots=True)
class Shape:
    """What was found out about a state class. `refused` are sentences, each with the name of its field.

    `has_bytes` says that there are some, or may be; `has_inner_bytes` that a state within this one has them.
    """

    trusted: bool = True
    has_bytes: bool = False
    has_inner_bytes: bool = False
    refused: list[str] = field(default_factory=list)


@functools.lru_cache(maxsize=256)
def shape_of(kind: type[State]) -> Shape:
    """Look at a state class."""
    kind.model_rebuild(raise_errors=False)
    shape = Shape()
    if not kind.__pydantic_complete__:
        shape.trusted = False
        return shape
    _Survey(shape).look(kind.__pydantic_core_schema__, "", {})
    return shape


class _Survey:
    """One walk through a schema. Models that contain themselves are looked at once."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._definitions: dict[str, Schema] = {}
        self._seen: set[str] = set()
        self._own: Schema | None = None

    def look(self, schema: Schema, where: str, config: Schema) -> None:
        """Look at the schema of one field, or of what is in it.

        Args:
            schema: What pydantic made of it.
            where: The name of the field, with dots; "" for the state itself.
            config: Of the model that it belongs to.
        """
        match schema["type"]:
            case "definitions":
                self._definitions = {one["ref"]: one for one in schema["definitions"]}
                self.look(schema["schema"], where, config)
            case "definition-ref":
                if schema["schema_ref"] not in self._seen:
                    self._seen.add(schema["schema_ref"])
                    self.look(self._definitions[schema["schema_ref"]], where, config)
            case "default" | "nullable":
                self._doubt_unless(schema.keys() - {"schema"} <= _SHARED_KEYS or schema["type"] == "default")
                self._doubt_unless("serialization" not in schema)
                self.look(schema["schema"], where, config)
            case "model":
                self._doubt_unless(schema.keys() <= _SHARED_KEYS | _MODEL_KEYS and not schema.get("custom_init"))
                config = schema.get("config", {})
                self._own = self._own or config
                self.look(schema["schema"], where, config)
            case "model-fields":
                self._look_at_fields(schema, where, config)
            case "dict":
                self._look_at_dict(schema, where, config)
            case "tuple":
                self._doubt_unless(schema.keys() <= _SHARED_KEYS | {"items_schema", "variadic_item_index"})
                for items in schema["items_schema"]:
                    self.look(items, where, config)
            case kind if kind in _CONTAINERS:
                self._doubt_unless(schema.keys() <= _SHARED_KEYS | {_CONTAINERS[kind]})
                self.look(schema.get(_CONTAINERS[kind], {"type": "any"}), where, config)
            case kind if kind in _NEVER:
                what = getattr(schema.get("cls"), "__qualname__", kind)
                self._refuse(where, f"JSON cannot hold a {what}")
            case _:
                self._look_at_value(schema, config)

    def _look_at_value(self, schema: Schema, config: Schema) -> None:
        kind = schema["type"]
        self._shape.has_bytes |= kind == "bytes" or kind not in _SCALARS
        if kind == "bytes":
            self._shape.has_inner_bytes |= config is not self._own and config.get("val_json_bytes") == "base64"
            self._doubt_unless(config.get("ser_json_bytes") == config.get("val_json_bytes") == "base64")
        elif kind == "float":
            self._doubt_unless(config.get("ser_json_inf_nan") == "constants")
        if kind in _SCALARS:
            self._doubt_unless(schema.keys() <= _SHARED_KEYS | _SCALARS[kind] and not _bounds(config))
        elif kind == "union":
            choices = {one["type"] if isinstance(one, Mapping) else "" for one in schema["choices"]}
            self._doubt_unless(choices <= _MIXED and schema.keys() <= _SHARED_KEYS | {"choices"})
            for choice in schema["choices"]:
                if isinstance(choice, Mapping) and choice["type"] in _SCALARS:
                    self._look_at_value(choice, config)
        else:
            self._doubt_unless("serialization" not in schema and _is_plain_choice(schema))

    def _look_at_fields(self, schema: Schema, where: str, config: Schema) -> None:
        # What a model takes beside its fields is written and read as it comes.
        self._doubt_unless(config.get("extra_fields_behavior") != "allow" and "extras_schema" not in schema)
        for name, one in schema["fields"].items():
            place = f"{where}.{name}" if where else name
            if one.get("serialization_exclude"):
                if one["schema"]["type"] != "default":
                    self._refuse(place, "it is left out of what is saved (exclude), and has no default to begin with")
                continue
            self._doubt_unless("serialization_exclude_if" not in one)
            self.look(one["schema"], place, config)

    def _look_at_dict(self, schema: Schema, where: str, config: Schema) -> None:
        self._doubt_unless(schema.keys() <= _SHARED_KEYS | {"keys_schema", "values_schema"})
        keys = schema.get("keys_schema", {"type": "any"})
        if keys["type"] == "definition-ref":
            keys = self._definitions[keys["schema_ref"]]
        if keys["type"] in _NO_KEYS:
            self._refuse(where, f"a dict whose keys are a {keys['type']} each is saved as text that nothing reads")
        elif keys["type"] in _KEYS_OF_DICTS:
            self._doubt_unless(keys.keys() <= _SHARED_KEYS | _SCALARS[keys["type"]])
        else:
            self._look_at_value(keys, config)
            self._doubt_unless(_is_plain_choice(keys))
        self.look(schema.get("values_schema", {"type": "any"}), where, config)

    def _doubt_unless(self, sure: bool) -> None:
        self._shape.trusted = self._shape.trusted and sure

    def _refuse(self, where: str, why: str) -> None:
        self._shape.trusted = False
        self._shape.refused.append(f"field {where!r}: {why}")


def _is_plain_choice(schema: Schema) -> bool:
    """Whether it is one of several texts, each told from the others by JSON itself."""
    values: Iterator[object]
    if schema["type"] == "literal":
        values = iter(schema["expected"])
    elif schema["type"] == "enum" and schema.keys() <= _SHARED_KEYS | {"cls", "members", "sub_type", "missing"}:
        values = (member.value for member in schema["members"] if isinstance(member, enum.Enum))
    else:
        return False
    return all(type(value) is str for value in values)


def _bounds(config: Schema) -> AbstractSet[str]:
    """Return what a model says of all its texts that an assignment may break."""
    return config.keys() & {"str_max_length", "str_min_length", "str_to_lower", "str_to_upper", "str_strip_whitespace"}
