"""JSON Schemas of everything that leaves the process, as `docs/schemas/*.json`.

A schema describes what regrow writes: camelCase names, every field that is always written required, optional fields of the
specification absent rather than null, nothing else allowed. What regrow accepts is a little more (fields with a default may
be missing, snake_case is understood). Each file stands alone, with its parts under `$defs`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final, cast

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode
from pydantic_core import core_schema

from regrow.protocols import checkpoint, documents, ipc, logs, patterns, plan, run_messages, verification
from regrow.protocols.api import rate_limits, security
from regrow.protocols.api.endpoints import ENDPOINTS
from regrow.protocols.error_codes import ErrorCode
from regrow.protocols.health import HealthCheckConfig
from regrow.protocols.wire import JsonObject

__all__ = ["EXPORTED", "render_schema", "schema_of", "schemas"]

_NAMED: Final[dict[str, object]] = {
    # The specification's data models and protocols.
    "BuildVerificationRun": verification.BuildVerificationRun,
    "DebugPattern": patterns.DebugPattern,
    "RecoveryStrategy": patterns.RecoveryStrategy,
    "LogEntry": logs.LogEntry,
    "LogStreamMessage": logs.StreamMessage,
    "IPCMessage": ipc.IPCMessage,
    "Acknowledgement": ipc.Acknowledgement,
    "HealthCheckConfig": HealthCheckConfig,
    "CheckpointProtocol": checkpoint.CheckpointProtocol,
    "SecurityConfig": security.SecurityConfig,
    "RateLimitConfig": rate_limits.RateLimitConfig,
    "SystemErrorCode": ErrorCode,
    # A run's own.
    "DocAnalysis": documents.DocAnalysis,
    "Plan": plan.Plan,
    "StepOutcome": plan.StepOutcome,
    "StartRun": run_messages.StartRun,
    "RunAccepted": run_messages.RunAccepted,
    "AnalyzeDocs": run_messages.AnalyzeDocs,
    "Build": run_messages.Build,
    "BuildResult": run_messages.BuildResult,
    "Verify": run_messages.Verify,
    "VerifyReport": run_messages.VerifyReport,
    "Diagnose": run_messages.Diagnose,
    "RecoveryPlan": run_messages.RecoveryPlan,
    "ReportOutcome": run_messages.ReportOutcome,
    "LearnError": run_messages.LearnError,
    "LearnedPattern": run_messages.LearnedPattern,
    "LearnChain": run_messages.LearnChain,
    "KnownPattern": patterns.KnownPattern,
    "WriteLog": run_messages.WriteLog,
    "RunProgress": run_messages.RunProgress,
    "RunFinished": run_messages.RunFinished,
}


def _models_of_endpoints() -> Iterator[type[BaseModel]]:
    for endpoint in ENDPOINTS:
        yield from (model for model in (endpoint.request, endpoint.query, endpoint.response) if model is not None)


EXPORTED: Final[dict[str, object]] = _NAMED | {model.__name__: model for model in _models_of_endpoints()}
"""Name of the file, without `.json` -> the type."""


class _WrittenForm(GenerateJsonSchema):
    """Calls a field required exactly when it is always written, and gives it no title beside its name."""

    def field_title_should_be_set(self, schema: object) -> bool:
        return False

    def field_is_required(
        self,
        field: core_schema.ModelField | core_schema.DataclassField | core_schema.TypedDictField,
        total: bool,
    ) -> bool:
        return "serialization_exclude_if" not in field

    def generate(
        self, schema: core_schema.CoreSchema, mode: JsonSchemaMode = "serialization"
    ) -> dict[str, object]:  # what pydantic types as Any
        written = super().generate(schema, mode)
        for part in (written, *written.get("$defs", {}).values()):
            for name in part.get("properties", {}).keys() - set(part.get("required", ())):
                part["properties"][name] = _without_null(part["properties"][name])
        return cast("dict[str, object]", written)


def _without_null(schema: dict[str, object]) -> dict[str, object]:
    """Take null out of the schema of a field that is absent when it is None."""
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    choices = cast("list[dict[str, object]]", schema.get("anyOf", []))
    kept = [choice for choice in choices if choice != {"type": "null"}]
    if len(kept) == 1:
        return {**kept[0], **rest}
    return {"anyOf": kept, **rest} if kept else rest


def schemas() -> dict[str, JsonObject]:
    """Return the schema of each exported type, by name."""
    return {name: schema_of(name, exported) for name, exported in EXPORTED.items()}


def schema_of(name: str, exported: object) -> JsonObject:
    """Return the schema of one type (a model, an enumeration, a union of models) under this name."""
    adapter = TypeAdapter(cast("type[object]", exported))
    schema = adapter.json_schema(by_alias=True, mode="serialization", schema_generator=_WrittenForm)
    return {**schema, "$schema": GenerateJsonSchema.schema_dialect, "title": name}


def render_schema(schema: JsonObject) -> str:
    """Return the text of one schema file: indented, keys in a fixed order, a line feed at the end."""
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
