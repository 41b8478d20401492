"""Hypothesis strategies that make wire values from a JSON Schema: only the keywords that pydantic writes for our models.

A part whose fields depend on one another, which a schema cannot say, is taken from `examples.py` as it stands there.
"""

from __future__ import annotations

from datetime import UTC
from typing import TypeVar, cast

from hypothesis import strategies as st
from pydantic import JsonValue

from regrow.protocols.wire import JsonObject
from tests.protocols.examples import EXAMPLES

__all__ = ["json_values", "wire_values"]

N = TypeVar("N", int, float)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
MOMENTS = st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.isoformat())


def json_values() -> st.SearchStrategy[JsonValue]:
    """Return small JSON values of any shape."""
    leaves: st.SearchStrategy[JsonValue] = st.one_of(
        st.none(), st.booleans(), st.integers(-1000, 1000), st.floats(allow_nan=False, allow_infinity=False), TEXT
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(TEXT, inner, max_size=2)),
        max_leaves=4,
    )


def wire_values(schema: JsonObject, defs: JsonObject | None = None) -> st.SearchStrategy[JsonValue]:
    """Return values that a schema allows, as they come out of a JSON parser."""
    known = defs if defs is not None else cast("JsonObject", schema.get("$defs", {}))
    match schema:
        case {"$ref": str(reference)}:
            name = reference.removeprefix("#/$defs/")
            return st.just(EXAMPLES[name]) if name in EXAMPLES else wire_values(cast("JsonObject", known[name]), known)
        case {"enum": list(words)}:
            return st.sampled_from(words)
        case {"const": word}:
            return st.just(word)
        case {"anyOf": list(choices)} | {"oneOf": list(choices)}:
            return st.one_of([wire_values(cast("JsonObject", choice), known) for choice in choices])
        case {"type": "object"}:
            return objects(schema, known)
        case {"type": "array"}:
            items = wire_values(cast("JsonObject", schema["items"]), known)
            least = cast("int", schema.get("minItems", 0))
            return st.lists(items, min_size=least, max_size=max(2, least)).map(lambda values: cast("JsonValue", values))
        case {"type": str(kind)}:
            return scalars(kind, schema)
        case _:
            return json_values()


def objects(schema: JsonObject, defs: JsonObject) -> st.SearchStrategy[JsonValue]:
    """Return objects with all required fields and any of the others, or maps of one kind of value."""
    fields = cast("dict[str, JsonObject]", schema.get("properties", {}))
    others = schema.get("additionalProperties")
    if isinstance(others, dict):
        mapped = st.dictionaries(TEXT, wire_values(others, defs), max_size=2)
        return mapped.map(lambda value: cast("JsonValue", value))
    required = set(cast("list[str]", schema.get("required", [])))
    made = {name: wire_values(field, defs) for name, field in fields.items()}
    return st.fixed_dictionaries(
        {name: made[name] for name in fields if name in required},
        optional={name: made[name] for name in fields if name not in required},
    ).map(lambda value: cast("JsonValue", value))


def scalars(kind: str, schema: JsonObject) -> st.SearchStrategy[JsonValue]:
    """Return null, booleans, numbers within their bounds, or text of the right form."""
    match kind:
        case "null":
            return st.none()
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(least(schema, 1), cast("int", schema.get("maximum", 2**53)))
        case "number":
            return st.floats(least(schema, 0.5), cast("float", schema.get("maximum", 1e9)), allow_nan=False)
        case "string" if schema.get("format") == "date-time":
            return MOMENTS
        case "string" if "pattern" in schema:
            return st.from_regex(
                cast("str", schema["pattern"]).replace("$", r"\Z"), alphabet=st.characters(codec="ascii")
            )
        case "string":
            return st.text(st.characters(codec="utf-8"), min_size=cast("int", schema.get("minLength", 0)), max_size=8)
        case _:
            msg = f"no strategy for {schema}"
            raise AssertionError(msg)


def least(schema: JsonObject, above: N) -> N:
    """Return the smallest number allowed; `above` is what is added to an exclusive bound."""
    if "exclusiveMinimum" in schema:
        return cast("N", schema["exclusiveMinimum"]) + above
    return cast("N", schema.get("minimum", -(2**53)))
