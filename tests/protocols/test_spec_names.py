"""Our models against the specification's names: every interface, field, optional mark, kind, word and endpoint.

The comparison goes by the exported JSON Schemas, that is by what is really written, not by the Python declarations.
"""

from __future__ import annotations

from typing import cast

import pytest

from regrow.protocols import checkpoint, health, ipc, logs, patterns, verification
from regrow.protocols.api import rate_limits, security
from regrow.protocols.api.endpoints import ENDPOINTS, STREAM_PATH, ApiEndpoint
from regrow.protocols.error_codes import ErrorCode
from regrow.protocols.limits import COMPONENT_LIMITS, SERVICE_LEVELS
from regrow.protocols.schema_export import schema_of
from regrow.protocols.status import BuildStatus
from regrow.protocols.wire import JsonObject, SpecModel
from tests.protocols import spec_names
from tests.protocols.spec_names import Shape

MODELS: dict[str, type[SpecModel]] = {
    "BuildVerificationRun": verification.BuildVerificationRun,
    "BuildPhase": verification.BuildPhase,
    "BuildStep": verification.BuildStep,
    "DebugPattern": patterns.DebugPattern,
    "RecoveryStrategy": patterns.RecoveryStrategy,
    "LogEntry": logs.LogEntry,
    "Subscribe": logs.Subscribe,
    "LogMessage": logs.LogMessage,
    "StreamControl": logs.StreamControl,
    "IPCMessage": ipc.IPCMessage,
    "HealthCheckConfig": health.HealthCheckConfig,
    "CheckpointProtocol": checkpoint.CheckpointProtocol,
    "SecurityConfig": security.SecurityConfig,
    "RateLimitConfig": rate_limits.RateLimitConfig,
}


class Comparison:
    """Walks one shape of the specification and one JSON Schema side by side and collects what differs."""

    def __init__(self, schema: JsonObject) -> None:
        self.defs = cast("dict[str, JsonObject]", schema.get("$defs", {}))
        self.differences: list[str] = []

    def resolve(self, schema: JsonObject) -> JsonObject:
        """Follow a reference to its definition, keeping the name as `title`."""
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            return schema
        name = reference.removeprefix("#/$defs/")
        return {"title": name, **self.defs[name]}

    def compare_object(self, place: str, shape: Shape, schema: JsonObject) -> None:
        """Compare the fields of an object: their names, which are optional, and their kinds."""
        properties = cast("dict[str, JsonObject]", schema.get("properties", {}))
        required = set(cast("list[str]", schema.get("required", [])))
        expected = {name.removesuffix("?") for name in shape}
        extra = spec_names.EXTENSIONS.get(place, set())
        if properties.keys() != expected | extra:
            self.differences.append(f"{place}: fields {sorted(properties.keys() ^ (expected | extra))}")
        expected_required = {name for name in shape if not name.endswith("?")}
        if required != expected_required:
            self.differences.append(f"{place}: optional marks {sorted(required ^ expected_required)}")
        for marked, kind in shape.items():
            name = marked.removesuffix("?")
            if name in properties:
                self.compare_kind(f"{place}.{name}", kind, self.resolve(properties[name]))

    def compare_kind(self, place: str, kind: object, schema: JsonObject) -> None:
        """Compare the kind of one value."""
        if isinstance(kind, dict):
            self.compare_object(place, kind, schema)
        elif isinstance(kind, list):
            self.expect(place, "array", schema.get("type"))
            self.compare_object(place, kind[0], self.resolve(cast("JsonObject", schema.get("items", {}))))
        elif isinstance(kind, set):
            words = set(cast("list[str]", schema.get("enum", [schema.get("const")])))
            self.expect(place, sorted(kind | spec_names.EXTENSIONS.get(place, set())), sorted(words))
        elif isinstance(kind, str) and kind.endswith("[]"):
            self.expect(place, "array", schema.get("type"))
            self.compare_kind(f"{place}[]", kind[:-2], self.resolve(cast("JsonObject", schema.get("items", {}))))
        else:
            self.compare_scalar(place, str(kind), schema)

    def compare_scalar(self, place: str, kind: str, schema: JsonObject) -> None:
        """Compare a scalar, a map, or a type that has a name."""
        match kind:
            case "any":
                self.expect(place, None, schema.get("type"))
                self.expect(place, None, schema.get("anyOf"))
            case "ISO8601":
                self.expect(place, ("string", "date-time"), (schema.get("type"), schema.get("format")))
            case "number":
                self.expect(place, True, schema.get("type") in ("number", "integer"))
            case "map":
                self.expect(
                    place, ("object", {"type": "string"}), (schema.get("type"), schema.get("additionalProperties"))
                )
            case "string" | "boolean":
                self.expect(place, (kind, None), (schema.get("type"), schema.get("enum")))
            case _:
                self.expect(place, kind, schema.get("title"))

    def expect(self, place: str, expected: object, got: object) -> None:
        """Record a difference."""
        if expected != got:
            self.differences.append(f"{place}: expected {expected!r}, got {got!r}")


def differences(place: str, shape: Shape, model: type[SpecModel]) -> list[str]:
    """Return how the schema of a model differs from a shape of the specification."""
    schema = schema_of(model.__name__, model)
    comparison = Comparison(schema)
    comparison.compare_object(place, shape, schema)
    return comparison.differences


def test_every_interface_of_the_specification_has_a_model() -> None:
    assert MODELS.keys() == spec_names.INTERFACES.keys()
    assert all(model.__name__ == name for name, model in MODELS.items())


@pytest.mark.parametrize("name", spec_names.INTERFACES)
def test_interface_has_the_specification_s_fields_marks_and_kinds(name: str) -> None:
    assert differences(name, spec_names.INTERFACES[name], MODELS[name]) == []


@pytest.mark.parametrize("name", sorted(spec_names.OPEN_NAMES))
def test_name_that_the_specification_leaves_open_is_defined(name: str) -> None:
    owner = patterns if name == "ResourceMetrics" else verification

    assert isinstance(getattr(owner, name), type)


def test_endpoints_are_those_of_the_specification() -> None:
    assert {f"{endpoint.method} {endpoint.path}" for endpoint in ENDPOINTS} == spec_names.ENDPOINTS.keys()
    assert len(ENDPOINTS) == len(spec_names.ENDPOINTS)
    assert STREAM_PATH == spec_names.STREAM


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
@pytest.mark.parametrize("part", ["request", "query", "response"])
def test_endpoint_takes_and_gives_the_specification_s_fields(endpoint: ApiEndpoint, part: str) -> None:
    where = f"{endpoint.method} {endpoint.path}"
    shape = spec_names.ENDPOINTS[where].get(part)
    model = {"request": endpoint.request, "query": endpoint.query, "response": endpoint.response}[part]

    if shape is None:
        assert model is None
    else:
        assert model is not None
        assert differences(f"{where} {part}", shape, model) == []


@pytest.mark.parametrize(
    ("name", "enumeration"),
    [("BuildStatus", BuildStatus), ("LogLevel", logs.LogLevel), ("MessageType", ipc.MessageType)],
)
def test_enumeration_has_the_specification_s_members(
    name: str, enumeration: type[BuildStatus | logs.LogLevel | ipc.MessageType]
) -> None:
    assert {member.name: member.value for member in enumeration} == spec_names.ENUMS[name]


def test_every_error_code_of_the_specification_keeps_its_name() -> None:
    ours = {code.name: code.value for code in ErrorCode}

    assert {name: ours.get(name) for name in spec_names.ERROR_CODES} == spec_names.ERROR_CODES


@pytest.mark.parametrize("component", spec_names.COMPONENT_LIMITS)
def test_resource_limits_are_the_specification_s_in_base_units(component: str) -> None:
    memory, cores, timeout = spec_names.COMPONENT_LIMITS[component]
    unit = {"MB": 1024**2, "GB": 1024**3}[memory[-2:]]
    limits = COMPONENT_LIMITS[component]

    assert limits.memory_bytes == int(memory[:-2]) * unit
    assert limits.cpu_cores == cores
    assert limits.timeout_s == (float(timeout.removesuffix("s")) if timeout else None)
    assert limits.persistent == (timeout is None)
    assert COMPONENT_LIMITS.keys() == spec_names.COMPONENT_LIMITS.keys()


def test_service_levels_are_the_specification_s() -> None:
    levels = SERVICE_LEVELS

    assert (levels.availability, levels.critical_path_availability) == (0.999, 0.9995)
    assert (levels.documentation_analysis_s, levels.build_generation_s, levels.verification_s) == (10, 300, 180)
    assert (levels.total_runtime_s, levels.detection_s, levels.recovery_s, levels.lost_records) == (600, 5, 30, 0)
    assert (levels.concurrent_builds, levels.log_entries_per_s, levels.stored_patterns) == (10, 10_000, 100_000)


class Wrong(SpecModel):
    """A model that differs from `BuildStep` in a name, a mark and a kind."""

    step_id: str
    name: int
    command: str
    output: str | None = None
    duration_s: float
    success: bool


def test_comparison_sees_a_wrong_name_mark_and_kind() -> None:
    found = differences("BuildStep", spec_names.INTERFACES["BuildStep"], Wrong)

    assert found == [
        "BuildStep: fields ['duration', 'durationS', 'retryCount']",
        "BuildStep: optional marks ['command', 'duration', 'durationS', 'output', 'retryCount']",
        "BuildStep.name: expected ('string', None), got ('integer', None)",
        "BuildStep.output: expected ('string', None), got (None, None)",
    ]
