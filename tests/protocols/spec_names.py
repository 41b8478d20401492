"""The names of the third specification (version 2.0.0), as a table of our own to compare with.

Field names as they stand on the wire, `?` after an optional one, and the kind of their value:

    "string" "number" "boolean" "any" "ISO8601"     a scalar; "string[]" a list of it; "map" string to string
    "LogLevel", "BuildStep[]"                        another interface or enumeration of this table, or a list of it
    {"retry", "rollback"}                            one of these words
    {...: ...}, [{...: ...}]                         an object that has no name of its own, or a list of them
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "COMPONENT_LIMITS",
    "ENDPOINTS",
    "ENUMS",
    "ERROR_CODES",
    "EXTENSIONS",
    "INTERFACES",
    "OPEN_NAMES",
    "STREAM",
    "Shape",
]

Shape = dict[str, object]

ENUMS: Final[dict[str, dict[str, str]]] = {
    "BuildStatus": {
        "INITIALIZING": "initializing",
        "ANALYZING_DOCS": "analyzing_docs",
        "BUILDING": "building",
        "VERIFYING": "verifying",
        "COMPLETED": "completed",
        "FAILED": "failed",
        "RECOVERING": "recovering",
    },
    "LogLevel": {"DEBUG": "debug", "INFO": "info", "WARN": "warn", "ERROR": "error", "FATAL": "fatal"},
    "MessageType": {
        "COMMAND": "command",
        "EVENT": "event",
        "QUERY": "query",
        "RESPONSE": "response",
        "HEARTBEAT": "heartbeat",
        "CHECKPOINT": "checkpoint",
        "ERROR": "error",
    },
}

ERROR_CODES: Final[dict[str, str]] = {
    "DOC_NOT_FOUND": "E1001",
    "DOC_PARSE_ERROR": "E1002",
    "DOC_INCOMPLETE": "E1003",
    "DOC_INVALID_FORMAT": "E1004",
    "BUILD_INIT_FAILED": "E2001",
    "BUILD_ENV_SETUP_FAILED": "E2002",
    "BUILD_GENERATION_FAILED": "E2003",
    "BUILD_COMPILATION_ERROR": "E2004",
    "BUILD_TIMEOUT": "E2005",
    "VERIFY_TEST_FAILED": "E3001",
    "VERIFY_ENDPOINT_MISSING": "E3002",
    "VERIFY_AUTH_FAILED": "E3003",
    "VERIFY_MATH_INCONSISTENT": "E3004",
    "RECOVERY_STRATEGY_FAILED": "E4001",
    "RECOVERY_CHECKPOINT_CORRUPT": "E4002",
    "RECOVERY_MAX_RETRIES": "E4003",
    "RECOVERY_RESOURCE_EXHAUSTED": "E4004",
    "SYSTEM_OUT_OF_MEMORY": "E5001",
    "SYSTEM_DISK_FULL": "E5002",
    "SYSTEM_NETWORK_ERROR": "E5003",
    "SYSTEM_PERMISSION_DENIED": "E5004",
}

OPEN_NAMES: Final = frozenset(
    {
        "BuildConfig",
        "BuildResults",
        "PhaseStatus",
        "Checkpoint",
        "BuildError",
        "PhaseMetrics",
        "ResourceMetrics",
    }
)
"""Named by the specification and left open; ours to fill."""

_RATE: Final[Shape] = {"requests": "number", "window": "number"}

INTERFACES: Final[dict[str, Shape]] = {
    "BuildVerificationRun": {
        "runId": "string",
        "timestamp": "ISO8601",
        "status": "BuildStatus",
        "configuration": "BuildConfig",
        "phases": "BuildPhase[]",
        "results": "BuildResults",
        "metadata": {
            "triggeredBy": "string",
            "environment": "string",
            "gitCommit?": "string",
            "correlationId": "string",
        },
    },
    "BuildPhase": {
        "phaseId": "string",
        "name": "string",
        "startTime": "ISO8601",
        "endTime?": "ISO8601",
        "status": "PhaseStatus",
        "steps": "BuildStep[]",
        "checkpoints": "Checkpoint[]",
        "errors": "BuildError[]",
        "metrics": "PhaseMetrics",
    },
    "BuildStep": {
        "stepId": "string",
        "name": "string",
        "command?": "string",
        "output?": "string",
        "duration": "number",
        "success": "boolean",
        "retryCount": "number",
    },
    "DebugPattern": {
        "patternId": "string",
        "errorType": "string",
        "errorMessage": "string",
        "stackTrace?": "string",
        "component": "string",
        "phase": "string",
        "frequency": "number",
        "firstSeen": "ISO8601",
        "lastSeen": "ISO8601",
        "context": {"systemState": "any", "environmentVars": "map", "resourceUsage": "ResourceMetrics"},
        "resolution": {
            "strategies": "RecoveryStrategy[]",
            "preventionTest?": "string",
            "documentation?": "string",
        },
    },
    "RecoveryStrategy": {
        "strategyId": "string",
        "name": "string",
        "description": "string",
        "applicableErrors": "string[]",
        "implementation": {"type": {"retry", "rollback", "restart", "degrade", "custom"}, "config": "any"},
        "performance": {
            "attempts": "number",
            "successes": "number",
            "failures": "number",
            "averageRecoveryTime": "number",
            "lastUsed?": "ISO8601",
        },
    },
    "LogEntry": {
        "timestamp": "ISO8601",
        "level": "LogLevel",
        "correlationId": "string",
        "component": "string",
        "phase?": "string",
        "message": "string",
        "data?": "any",
        "error?": {"code": "string", "message": "string", "stack?": "string"},
        "performance?": {"duration?": "number", "memoryUsed?": "number", "cpuPercent?": "number"},
        "tags": "string[]",
    },
    "Subscribe": {
        "type": {"subscribe"},
        "filters": {
            "components?": "string[]",
            "levels?": "LogLevel[]",
            "correlationId?": "string",
            "tags?": "string[]",
        },
    },
    "LogMessage": {"type": {"log"}, "entry": "LogEntry"},
    "StreamControl": {"type": {"pause", "resume", "clear"}},
    "IPCMessage": {
        "messageId": "string",
        "timestamp": "ISO8601",
        "source": "string",
        "destination": "string",
        "type": "MessageType",
        "payload": "any",
        "requiresAck": "boolean",
        "timeout?": "number",
    },
    "HealthCheckConfig": {
        "name": "string",
        "type": {"http", "tcp", "process", "custom"},
        "interval": "number",
        "timeout": "number",
        "retries": "number",
        "config": {
            "url?": "string",
            "method?": "string",
            "expectedStatus?": "number",
            "host?": "string",
            "port?": "number",
            "pidFile?": "string",
            "script?": "string",
            "expectedOutput?": "string",
        },
        "thresholds": {"healthy": "number", "degraded": "number", "critical": "number"},
    },
    "CheckpointProtocol": {
        "version": {"1.0"},
        "checkpoint": {
            "id": "string",
            "timestamp": "ISO8601",
            "processId": "string",
            "phase": "string",
            "data": {"state": "any", "metrics": "any", "position": "any"},
            "signature": "string",
            "compressed": "boolean",
            "encryption?": {"algorithm": "string", "keyId": "string"},
        },
        "storage": {
            "type": {"file", "redis", "s3"},
            "config": "any",
            "retention": {"maxAge": "number", "maxCount": "number", "policy": {"fifo", "importance"}},
        },
    },
    "SecurityConfig": {
        "authentication": {
            "type": {"apiKey", "jwt", "oauth2"},
            "config": {
                "apiKey?": {"header": "string", "prefix?": "string"},
                "jwt?": {"secret": "string", "algorithm": "string", "expiresIn": "string"},
                "oauth2?": {
                    "provider": "string",
                    "clientId": "string",
                    "clientSecret": "string",
                    "callbackUrl": "string",
                },
            },
        },
        "authorization": {
            "model": {"rbac", "abac"},
            "roles": [{"name": "string", "permissions": "string[]"}],
            "policies?": "any",
        },
        "encryption": {
            "transit": {"enabled": "boolean", "protocol": {"tls1.2", "tls1.3"}, "ciphers": "string[]"},
            "storage": {"enabled": "boolean", "algorithm": {"aes-256-gcm"}, "keyRotation": "number"},
        },
    },
    "RateLimitConfig": {
        "global": _RATE,
        "perEndpoint": [{"endpoint": "string", "limits": {"authenticated": _RATE, "anonymous": _RATE}}],
        "bypass": {"ips": "string[]", "keys": "string[]"},
    },
}

ENDPOINTS: Final[dict[str, dict[str, Shape]]] = {
    "POST /debug/report-error": {
        "request": {
            "error": {"message": "string", "stack?": "string", "code?": "string"},
            "context": {
                "component": "string",
                "phase": "string",
                "buildRunId": "string",
                "additionalData?": "any",
            },
        },
        "response": {
            "patternId": "string",
            "isNewPattern": "boolean",
            "suggestedStrategies": "RecoveryStrategy[]",
            "preventionAvailable": "boolean",
        },
    },
    "GET /debug/patterns": {
        "query": {
            "component?": "string",
            "errorType?": "string",
            "minFrequency?": "number",
            "since?": "ISO8601",
            "limit?": "number",
            "offset?": "number",
        },
        "response": {"patterns": "DebugPattern[]", "total": "number", "hasMore": "boolean"},
    },
    "POST /debug/generate-tests": {
        "request": {
            "patternIds": "string[]",
            "testFramework": {"jest", "mocha", "tap"},
            "language": {"javascript", "typescript"},
        },
        "response": {
            "tests": [{"patternId": "string", "testCode": "string", "description": "string"}],
            "combinedTestSuite": "string",
        },
    },
    "POST /guardian/monitor": {
        "request": {
            "processId": "string",
            "processInfo": {"pid": "number", "command": "string", "args": "string[]", "cwd": "string"},
            "healthChecks": "HealthCheckConfig[]",
            "recoveryStrategies": "string[]",
        },
        "response": {"monitoringId": "string", "status": {"active", "pending"}, "checkInterval": "number"},
    },
    "GET /guardian/status/{monitoringId}": {
        "response": {
            "monitoringId": "string",
            "processStatus": {"healthy", "degraded", "critical", "dead"},
            "metrics": {
                "uptime": "number",
                "restarts": "number",
                "lastRestart?": "ISO8601",
                "memoryUsage": "number",
                "cpuUsage": "number",
            },
            "healthCheckResults": [
                {"checkName": "string", "status": {"pass", "fail"}, "lastCheck": "ISO8601", "details?": "any"}
            ],
        },
    },
    "POST /guardian/recover": {
        "request": {"monitoringId": "string", "strategy": "string", "reason": "string"},
        "response": {
            "recoveryId": "string",
            "strategy": "RecoveryStrategy",
            "status": {"initiated", "in_progress", "completed", "failed"},
            "estimatedTime?": "number",
        },
    },
    "POST /logger/log": {
        "request": {"entries": "LogEntry[]"},
        "response": {"accepted": "number", "rejected": [{"index": "number", "reason": "string"}]},
    },
    "POST /logger/analyze": {
        "request": {
            "timeRange": {"start": "ISO8601", "end": "ISO8601"},
            "groupBy": {"component", "level", "error", "phase"},
            "includeAnomalies": "boolean",
        },
        "response": {
            "summary": {
                "totalEntries": "number",
                "errorRate": "number",
                "warningRate": "number",
                "averageResponseTime?": "number",
            },
            "groups": [{"name": "string", "count": "number", "trend": {"increasing", "stable", "decreasing"}}],
            "anomalies?": [
                {
                    "timestamp": "ISO8601",
                    "type": "string",
                    "severity": {"low", "medium", "high"},
                    "description": "string",
                }
            ],
        },
    },
    "POST /spawn/process": {
        "request": {
            "processConfig": {
                "name": "string",
                "command": "string",
                "args": "string[]",
                "env?": "map",
                "cwd?": "string",
            },
            "lifecycleConfig": {
                "autoRestart": "boolean",
                "maxRestarts": "number",
                "restartDelay": "number",
                "backoffStrategy": {"linear", "exponential"},
            },
            "checkpointConfig?": {"enabled": "boolean", "interval": "number", "maxCheckpoints": "number"},
        },
        "response": {
            "processId": "string",
            "pid": "number",
            "status": {"running", "starting"},
            "monitoringUrl": "string",
        },
    },
    "POST /spawn/checkpoint": {
        "request": {
            "processId": "string",
            "checkpointData": {"phase": "string", "state": "any", "metadata?": "any"},
        },
        "response": {"checkpointId": "string", "timestamp": "ISO8601", "size": "number"},
    },
    "POST /spawn/restore": {
        "request": {"processId": "string", "checkpointId": "string", "restoreStrategy": {"replace", "merge"}},
        "response": {"success": "boolean", "restoredState": "any", "newPid?": "number"},
    },
}

STREAM: Final = "/logger/stream"

EXTENSIONS: Final[dict[str, set[str]]] = {
    "IPCMessage": {"deadline", "correlationId", "traceparent", "inReplyTo"},
    "HealthCheckConfig": {"sampleSize"},
    "CheckpointProtocol.storage.type": {"sqlite", "memory"},
    "POST /debug/generate-tests request.testFramework": {"pytest"},
    "POST /debug/generate-tests request.language": {"python"},
}
"""Place -> what ours has there beside the specification's names. Fields among these are all optional."""

COMPONENT_LIMITS: Final[dict[str, tuple[str, float, str | None]]] = {
    "documentation_analyzer": ("512MB", 0.5, "60s"),
    "llm_builder": ("2GB", 2.0, "300s"),
    "verification_engine": ("1GB", 1.0, "180s"),
    "debug_orchestrator": ("256MB", 0.25, None),
    "recovery_guardian": ("128MB", 0.1, None),
    "ticker_logger": ("256MB", 0.25, None),
}
"""Component -> memory, cores, and timeout; None for those that are persistent."""
