"""The schema files: equal to the models, complete, and telling what is really written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from regrow.protocols.logs import LogEntry
from regrow.protocols.schema_export import EXPORTED, render_schema, schema_of, schemas
from regrow.protocols.wire import Omittable, SpecModel, WireModel

FOLDER = Path(__file__).parents[2] / "docs" / "schemas"


def test_there_is_one_file_for_each_exported_type_and_no_other() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == EXPORTED.keys()


def test_schema_files_are_those_of_the_models() -> None:
    for name, schema in schemas().items():
        assert (FOLDER / f"{name}.json").read_text(encoding="utf-8") == render_schema(schema), name


@pytest.mark.parametrize("name", sorted(EXPORTED))
def test_schema_file_stands_alone(name: str) -> None:
    text = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    schema = json.loads(text)

    assert schema["title"] == name
    assert schema["$schema"].endswith("2020-12/schema")
    references = {part.split('"')[0] for part in text.split('"$ref": "')[1:]}
    assert references <= {f"#/$defs/{part}" for part in schema.get("$defs", {})}


class Sample(SpecModel):
    """A required field, one with a default, one that is absent when None, one that is null when None."""

    needed: str
    defaulted: tuple[int, ...] = ()
    omitted: Omittable[int] = None
    nullable: int | None = None


def test_required_is_exactly_what_is_always_written() -> None:
    schema = schema_of("Sample", Sample)

    assert schema["required"] == ["needed", "defaulted", "nullable"]
    assert set(json.loads(Sample(needed="x").model_dump_json())) == {"needed", "defaulted", "nullable"}


def test_omitted_field_is_never_null_and_a_nullable_one_is() -> None:
    properties = schema_of("Sample", Sample)["properties"]

    assert isinstance(properties, dict)
    assert properties["omitted"] == {"type": "integer"}
    assert properties["nullable"] == {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None}


def test_nothing_but_the_named_fields_is_allowed() -> None:
    assert schema_of("LogEntry", LogEntry)["additionalProperties"] is False


def test_models_of_regrow_keep_their_units_on_the_wire() -> None:
    class Took(WireModel):
        """A duration of ours."""

        duration_ms: int

    assert Took(duration_ms=3).model_dump_json() == '{"durationMs":3}'
