"""The table of endpoints: method, path, and the models that go in and out.

The gateway serves from it, the OpenAPI page is made from it, a test compares it with the specification. A path parameter
stands in braces, as FastAPI and OpenAPI write it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from regrow.protocols.api import debug, guardian, logger, spawn
from regrow.protocols.wire import SpecModel

__all__ = ["ENDPOINTS", "STREAM_PATH", "ApiEndpoint"]


@dataclass(frozen=True, slots=True)
class ApiEndpoint:
    """One endpoint. `request` is the body's model, `query` that of the query parameters; None where there is none."""

    method: Literal["GET", "POST"]
    path: str
    summary: str
    response: type[SpecModel]
    request: type[SpecModel] | None = None
    query: type[SpecModel] | None = None


ENDPOINTS: Final[tuple[ApiEndpoint, ...]] = (
    ApiEndpoint(
        "POST",
        "/debug/report-error",
        "Report an error for pattern learning.",
        debug.ReportErrorResponse,
        request=debug.ReportErrorRequest,
    ),
    ApiEndpoint(
        "GET",
        "/debug/patterns",
        "List learned patterns.",
        debug.PatternsResponse,
        query=debug.PatternsQuery,
    ),
    ApiEndpoint(
        "POST",
        "/debug/generate-tests",
        "Generate prevention tests for patterns.",
        debug.GenerateTestsResponse,
        request=debug.GenerateTestsRequest,
    ),
    ApiEndpoint(
        "POST",
        "/guardian/monitor",
        "Monitor a process.",
        guardian.MonitorResponse,
        request=guardian.MonitorRequest,
    ),
    ApiEndpoint(
        "GET",
        "/guardian/status/{monitoringId}",
        "Say how a monitored process is.",
        guardian.MonitoringStatusResponse,
    ),
    ApiEndpoint(
        "POST",
        "/guardian/recover",
        "Recover a process now.",
        guardian.RecoverResponse,
        request=guardian.RecoverRequest,
    ),
    ApiEndpoint(
        "POST",
        "/logger/log",
        "Keep log entries.",
        logger.LogResponse,
        request=logger.LogRequest,
    ),
    ApiEndpoint(
        "POST",
        "/logger/analyze",
        "Count and compare log entries.",
        logger.AnalyzeLogsResponse,
        request=logger.AnalyzeLogsRequest,
    ),
    ApiEndpoint(
        "POST",
        "/spawn/process",
        "Start a managed process.",
        spawn.SpawnResponse,
        request=spawn.SpawnRequest,
    ),
    ApiEndpoint(
        "POST",
        "/spawn/checkpoint",
        "Save the state of a process.",
        spawn.CheckpointResponse,
        request=spawn.CheckpointRequest,
    ),
    ApiEndpoint(
        "POST",
        "/spawn/restore",
        "Restore a process from a checkpoint.",
        spawn.RestoreResponse,
        request=spawn.RestoreRequest,
    ),
)

STREAM_PATH: Final = "/logger/stream"
"""The WebSocket of `regrow.protocols.logs.StreamMessage`."""
