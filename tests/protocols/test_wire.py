"""What holds for every model: it survives the way over the wire, refuses what it does not know, and never changes."""

from __future__ import annotations

import functools
import importlib
import json
import pkgutil
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, JsonValue, ValidationError

import regrow.protocols
from regrow.protocols.schema_export import schema_of
from regrow.protocols.wire import SPEC_NAMES, Instant, Omittable, SpecModel, WireModel, camel_name, spec_name
from tests.protocols.examples import EXAMPLES
from tests.protocols.wire_strategies import json_values, wire_values


def models() -> dict[str, type[WireModel]]:
    """Return every wire model of the layer by name."""
    found: dict[str, type[WireModel]] = {}
    for module in pkgutil.walk_packages(regrow.protocols.__path__, "regrow.protocols."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and issubclass(value, WireModel) and value not in (WireModel, SpecModel):
                found[value.__name__] = value
    return found


MODELS = models()
SECRET = {"JwtConfig", "OAuth2Config"}
"""Their secrets are masked when they are written, so what is written is not what was read."""


@functools.cache
def wire_values_of(name: str) -> st.SearchStrategy[JsonValue]:
    """Return the wire values of a model; made once, because making a strategy takes longer than drawing from it."""
    return wire_values(schema_of(name, MODELS[name]))


def assert_survives(model: type[BaseModel], wire: JsonValue) -> None:
    """Check that a value comes back from its wire form, and from its snake_case form, as it was."""
    value = model.model_validate_json(json.dumps(wire))

    text = value.model_dump_json()
    assert model.model_validate_json(text) == value
    assert model.model_validate(value.model_dump(by_alias=False)) == value
    assert model.model_validate_json(text).model_dump_json() == text


def test_the_walk_found_the_models() -> None:
    assert len(MODELS) > 100
    assert {"LogEntry", "RunFinished", "SecurityConfig", "SpawnRequest"} <= MODELS.keys()


@pytest.mark.parametrize("name", sorted(MODELS.keys() - EXAMPLES.keys() - SECRET - {"AuthenticationConfig"}))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_any_value_survives_the_wire(name: str, data: st.DataObject) -> None:
    assert_survives(MODELS[name], data.draw(wire_values_of(name)))


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_example_survives_the_wire_and_is_written_as_it_was_read(name: str) -> None:
    assert_survives(MODELS[name], EXAMPLES[name])

    assert json.loads(MODELS[name].model_validate(EXAMPLES[name]).model_dump_json()) == EXAMPLES[name]


@pytest.mark.parametrize("name", sorted(MODELS))
def test_field_names_on_the_wire_come_from_the_one_generator(name: str) -> None:
    model = MODELS[name]
    generator = spec_name if issubclass(model, SpecModel) else camel_name

    assert {field: info.alias for field, info in model.model_fields.items()} == {
        field: generator(field) for field in model.model_fields
    }
    aliases = [info.alias for info in model.model_fields.values()]
    assert len(aliases) == len(set(aliases))


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_unknown_field_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        MODELS[name].model_validate({**EXAMPLES[name], "surprise": 1})


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_value_never_changes(name: str) -> None:
    value = MODELS[name].model_validate(EXAMPLES[name])
    field = next(iter(MODELS[name].model_fields))

    with pytest.raises(ValidationError, match="frozen"):
        setattr(value, field, None)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_sequences_are_tuples(name: str) -> None:
    for field, info in MODELS[name].model_fields.items():
        assert "list[" not in str(info.annotation), field


def test_every_entry_of_the_alias_table_is_used_and_needed() -> None:
    fields = {field for model in MODELS.values() if issubclass(model, SpecModel) for field in model.model_fields}

    assert SPEC_NAMES.keys() <= fields
    assert all(camel_name(field) != name for field, name in SPEC_NAMES.items())


@given(st.lists(st.from_regex(r"[a-z][a-z0-9]*", fullmatch=True), min_size=1, max_size=5))
def test_camel_case_keeps_every_letter_and_marks_every_word(words: list[str]) -> None:
    camel = camel_name("_".join(words))

    assert camel.lower() == "".join(words)
    assert sum(letter.isupper() for letter in camel) == sum(word[0].isalpha() for word in words[1:])


@given(json_values())
def test_any_json_survives_where_the_specification_says_any(value: JsonValue) -> None:
    class Holder(SpecModel):
        """Holds a required `any`."""

        state: JsonValue

    assert Holder.model_validate_json(Holder(state=value).model_dump_json()).state == value


class Moment(SpecModel):
    """A moment, and one that may be missing."""

    at: Instant
    end: Omittable[Instant] = None


def test_moment_is_written_in_utc_with_a_z() -> None:
    east = datetime(2026, 1, 31, 14, 0, tzinfo=timezone(timedelta(hours=2)))

    assert Moment(at=east).at.tzinfo is UTC
    assert Moment(at=east).model_dump_json() == '{"at":"2026-01-31T12:00:00Z"}'


@pytest.mark.parametrize("wrong", [0, 1.5, True, "1767225600", "-5", datetime(2026, 1, 1), "2026-01-01T00:00:00"])  # noqa: DTZ001
def test_moment_that_is_a_number_or_has_no_zone_is_refused(wrong: object) -> None:
    with pytest.raises(ValidationError):
        Moment.model_validate({"at": wrong})


def test_optional_field_is_absent_when_none_and_null_is_understood() -> None:
    assert "end" not in json.loads(Moment(at=datetime.now(UTC)).model_dump_json())
    assert Moment.model_validate({"at": "2026-01-01T00:00:00Z", "end": None}).end is None


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_number_that_json_cannot_write_is_refused(number: float) -> None:
    wire = {**EXAMPLES["HealthThresholds"], "healthy": number}

    with pytest.raises(ValidationError, match="finite"):
        MODELS["HealthThresholds"].model_validate(wire)
