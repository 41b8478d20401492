"""One full example of each model whose fields depend on one another, so that random values seldom fit."""

from __future__ import annotations

from typing import Final

from regrow.protocols.wire import JsonObject

__all__ = ["EXAMPLES", "MOMENT", "RUN_ID"]

RUN_ID: Final = "3f1c8a52-7d0e-4b6a-9c41-0a1b2c3d4e5f"
MOMENT: Final = "2026-01-31T12:00:00Z"
_SHA: Final = "ab" * 32

_REF: Final[JsonObject] = {"file": "README.md", "line": 3, "endLine": 4, "text": "Run pytest."}

_DEVIATION: Final[JsonObject] = {
    "strategyId": "install-test-runner",
    "kind": "added_step",
    "description": "installed pytest",
    "corrects": _REF,
    "sentence": "Install pytest first.",
}

_LIMITS: Final[JsonObject] = {
    "timeS": 300.0,
    "cpuS": None,
    "memoryBytes": 1024,
    "processes": 8,
    "outputBytes": 1024,
    "diskBytes": 1024,
}

_STEP: Final[JsonObject] = {
    "stepId": "test-1",
    "name": "run the tests",
    "command": "pytest",
    "cwd": ".",
    "network": False,
    "phase": "test",
    "reason": "the README says so",
    "ref": _REF,
    "deviation": _DEVIATION,
    "limits": _LIMITS,
    "countsTests": True,
    "service": False,
    "port": None,
    "interpreter": "",
}

_TESTS: Final[JsonObject] = {
    "run": 3,
    "passed": 3,
    "failed": 0,
    "skipped": 1,
    "deselected": 2,
    "errors": 0,
    "source": "reporter",
    "runner": "pytest",
    "failing": [],
    "skippedReasons": [{"reason": "no display", "count": 1}],
}

_PLAN: Final[JsonObject] = {
    "planId": "plan-1",
    "steps": [_STEP],
    "literal": False,
    "candidates": [{"replaces": "test-1", "step": {**_STEP, "command": "tox -e py"}}],
    "deviations": [],
    "leftOut": [
        {
            "text": "read -p 'name? ' x",
            "ref": {"file": "README.md", "line": 3, "endLine": 3, "text": "read -p 'name? ' x"},
            "reason": "asks_for_input",
            "detail": "waits for someone to answer",
            "inPath": True,
            "required": False,
        }
    ],
}

_OUTCOME: Final[JsonObject] = {
    "stepId": "test-1",
    "exitCode": 0,
    "ended": "exited",
    "outputTail": "3 passed",
    "outputPath": "steps/test-1.log",
    "durationMs": 1200,
    "cpuMs": 900,
    "peakMemoryBytes": 1,
    "bytesRead": 2,
    "bytesWritten": 3,
    "layerId": "layer-7",
    "tests": _TESTS,
}

_CONTENTS: Final[JsonObject] = {
    "sourceName": "x",
    "sourceVersion": "1.0",
    "sourceDigest": _SHA,
    "sourceCommit": None,
    "base": "1d8666b5231ecaf3",
    "baseDigest": _SHA,
    "distribution": ["debian", "12"],
    "packages": [
        {
            "kind": "pypi",
            "name": "idna",
            "version": "3.20",
            "place": "/v/idna-3.20.dist-info/METADATA",
            "architecture": "",
            "licence": "BSD-3-Clause",
            "origin": "",
            "integrity": "",
            "inBase": False,
            "own": False,
        }
    ],
    "moreArtefacts": 0,
}

_REPEATED: Final[JsonObject] = {
    "name": "tests/test_a.py::test_b",
    "kind": "flaky",
    "runs": 20,
    "failed": 5,
    "rate": 0.25,
    "rateLow": 0.1,
    "rateHigh": 0.5,
    "passesWhen": "",
    "inside": "",
}

_USED: Final[JsonObject] = {
    "patternId": _SHA,
    "near": _SHA,
    "kind": "python",
    "strategyId": "install_requirements:pytest+add_packages:gcc",
    "why": "it helped 2.0 of 2.0 times",
    "expected": 0.75,
    "drawn": 0.8,
    "seed": 7,
    "assumed": ["add_packages:gcc"],
}

_RECORD: Final[JsonObject] = {
    "kind": "python",
    "rule": "install_requirements",
    "attempts": 3,
    "successes": 2,
    "failures": 1,
    "good": 1.9,
    "bad": 1.0,
    "failuresInARow": 0,
    "costMs": 1500.0,
    "lastUsed": MOMENT,
}

_FOLLOW_UP: Final[JsonObject] = {
    "kind": "python",
    "after": "complete_plan",
    "rule": "add_packages",
    "effect": "packages gcc",
    "nextPattern": _SHA,
    "code": "E2004",
    "phase": "building",
    "evidence": "gcc: not found",
    "exitCode": 127,
    "weight": 2.0,
    "lastSeen": MOMENT,
}

_LINK: Final[JsonObject] = {
    "patternId": _SHA,
    "rule": "add_packages",
    "effect": "packages gcc",
    "code": "E2004",
    "phase": "building",
    "evidence": "gcc: not found",
    "exitCode": 127,
    "assumed": False,
}

_RESULTS: Final[JsonObject] = {
    "components": [],
    "verdict": "healed",
    "reason": "passes once pytest is installed",
    "attempts": [
        {
            "strategyId": "install_requirements:idna",
            "description": "installs idna",
            "error": None,
            "command": None,
            "outputTail": "",
        }
    ],
    "notes": ["left out the link 'evil', which leads outside the target"],
    "tests": _TESTS,
    "deviations": [_DEVIATION],
    "accepted": [{"deviation": _DEVIATION, "reason": "our users have a compiler"}],
    "learned": [_USED],
    "recoveries": 2,
    "patch": "--- a/README.md\n+++ b/README.md\n",
    "artefacts": [{"path": "dist/x.whl", "size": 10, "sha256": _SHA, "kind": "wheel"}],
    "reproducibility": {
        "reproducible": False,
        "reason": "x.whl differs between two builds: umask",
        "builds": [{"name": "first", "varied": ["umask"], "failure": "", "durationMs": 9, "artefacts": []}],
        "artefacts": [],
        "differences": [
            {
                "artefact": "x.whl",
                "part": "x.py",
                "kind": "permissions",
                "detail": "644 / 600",
                "cause": "umask",
                "shownBy": "umask",
                "fix": "build with umask 022",
                "count": 2,
            }
        ],
        "remedy": {"environment": {"TZ": "UTC"}, "same": True, "rest": ["umask"]},
        "packedBy": "npm pack",
        "notes": ["the locale was not varied"],
    },
    "repeated": [_REPEATED],
    "contents": _CONTENTS,
    "prevention": [
        {
            "framework": "pytest",
            "path": "tests/test_x.py",
            "text": "x",
            "command": "pytest",
            "prevents": ["installs pytest"],
        }
    ],
    "checks": [
        {
            "kind": "endpoint",
            "name": "GET /health",
            "passed": False,
            "detail": "is not there (expected 200, got 404)",
            "ref": {"file": "README.md", "line": 4, "endLine": 4, "text": "curl localhost:8000/health"},
            "expected": "200",
            "got": "404",
            "code": None,
            "decides": True,
        }
    ],
}

_STRATEGY: Final[JsonObject] = {
    "strategyId": "retry",
    "name": "retry with backoff",
    "description": "waits and tries again",
    "applicableErrors": [_SHA],
    "implementation": {"type": "retry", "config": {"baseMs": 1000}},
    "performance": {
        "attempts": 3,
        "successes": 2,
        "failures": 1,
        "averageRecoveryTime": 1500.0,
        "lastUsed": MOMENT,
    },
}

_PATTERN: Final[JsonObject] = {
    "patternId": _SHA,
    "errorType": "missing_tool",
    "errorMessage": "cc: not found",
    "stackTrace": "x",
    "component": "builder",
    "phase": "building",
    "frequency": 3,
    "firstSeen": MOMENT,
    "lastSeen": MOMENT,
    "context": {
        "systemState": None,
        "environmentVars": {"LANG": "C"},
        "resourceUsage": {"wallMs": 1.0, "cpuMs": 1.0, "peakMemoryBytes": 1, "bytesRead": 1, "bytesWritten": 1},
    },
    "resolution": {"strategies": [_STRATEGY]},
}

_HEALTH: Final[JsonObject] = {
    "name": "answers",
    "type": "http",
    "interval": 1000.0,
    "timeout": 500.0,
    "retries": 2,
    "config": {"url": "/health", "method": "GET", "expectedStatus": 200},
    "thresholds": {"healthy": 90.0, "degraded": 50.0, "critical": 10.0},
    "sampleSize": 20,
}

_AUTHENTICATION: Final[JsonObject] = {"type": "apiKey", "config": {"apiKey": {"header": "X-Key", "prefix": "Key "}}}

_EDIT: Final[JsonObject] = {"file": "README.md", "line": 3, "endLine": 2, "lines": ["make check"]}

_CONFIGURATION: Final[JsonObject] = {
    "projectLimits": {
        "timeS": None,
        "cpuS": None,
        "memoryBytes": 1024,
        "processes": None,
        "outputBytes": None,
        "diskBytes": None,
    },
    "secrets": ["API_TOKEN"],
    "target": "pypi:humanize",
    "limits": _LIMITS,
    "deadlineS": 600.0,
    "network": "install",
    "memory": "learn",
    "seed": 7,
    "model": None,
    "maxRecoveries": 14,
    "replay": True,
    "reproducibilityBuilds": 2,
    "retesting": {
        "timeS": 45.0,
        "p0": 0.001,
        "p1": 0.25,
        "alpha": 0.05,
        "beta": 0.05,
        "maxRuns": 60,
        "vary": True,
    },
    "fresh": False,
    "hostInterpreters": True,
    "unsafeNoSandbox": False,
    "chaosSeed": 7,
}

_SOURCE: Final[JsonObject] = {
    "folder": "/tmp/run/source",
    "digest": _SHA,
    "name": "humanize",
    "version": "4.9.0",
    "gitCommit": None,
    "untested": "",
}

_ANALYSIS: Final[JsonObject] = {
    "documents": [],
    "prerequisites": [],
    "commands": [],
    "files": [],
    "endpoints": [
        {
            "method": "GET",
            "path": "/health",
            "port": 8000,
            "headers": ["Accept: text/plain"],
            "user": "me:secret",
            "body": None,
            "expectedStatus": 200,
            "expectedBody": "ok",
            "authenticated": True,
            "refusedWithout": True,
            "called": True,
            "ref": _REF,
            "confidence": 0.95,
        }
    ],
    "expectedOutputs": [
        {"command": "demo", "text": "hello", "before": ["cd a"], "partly": False, "ref": _REF, "confidence": 0.9}
    ],
    "examples": [
        {"language": "python", "code": ">>> 1 + 1\n2", "session": True, "output": None, "ref": _REF, "confidence": 0.95}
    ],
    "claims": [
        {
            "kind": "arithmetic",
            "text": "2 + 3 = 6",
            "stated": "6",
            "known": "5",
            "holds": False,
            "ref": _REF,
            "confidence": 0.95,
        }
    ],
    "servers": [{"command": "python serve.py", "port": 8000, "forTests": True, "ref": _REF, "confidence": 0.9}],
    "ecosystem": "python",
    "projectName": "humanize",
    "projectVersion": None,
    "findings": [{"code": "E1003", "severity": "warning", "message": "no test command", "ref": _REF}],
}

_FAILURE: Final[JsonObject] = {
    "phase": "building",
    "error": {"code": "E2004", "message": "make failed", "step": "b", "file": "README.md", "line": 3, "evidence": "x"},
    "step": _STEP,
    "outcome": _OUTCOME,
}

EXAMPLES: Final[dict[str, JsonObject]] = {
    "DocRef": _REF,
    "Deviation": _DEVIATION,
    "PlanStep": _STEP,
    "Candidate": {"replaces": "test-1", "step": _STEP},
    "Plan": _PLAN,
    "StepOutcome": _OUTCOME,
    "BuildContents": _CONTENTS,
    "BuildResults": _RESULTS,
    "StrategyPerformance": {
        "attempts": 3,
        "successes": 2,
        "failures": 1,
        "averageRecoveryTime": 1.0,
        "lastUsed": MOMENT,
    },
    "RecoveryStrategy": _STRATEGY,
    "PatternResolution": {"strategies": [_STRATEGY], "preventionTest": "def test(): ...", "documentation": "x"},
    "DebugPattern": _PATTERN,
    "BuildVerificationRun": {
        "runId": RUN_ID,
        "timestamp": MOMENT,
        "status": "completed",
        "configuration": _CONFIGURATION,
        "phases": [],
        "results": _RESULTS,
        "metadata": {
            "triggeredBy": "cli",
            "environment": "dev",
            "gitCommit": "0a1b2c3",
            "correlationId": RUN_ID,
        },
    },
    "HealthThresholds": {"healthy": 90.0, "degraded": 50.0, "critical": 10.0},
    "HealthCheckConfig": _HEALTH,
    "MonitorRequest": {
        "processId": "p",
        "processInfo": {"pid": 1, "command": "sleep", "args": ["1"], "cwd": "/"},
        "healthChecks": [_HEALTH],
        "recoveryStrategies": ["retry"],
    },
    "IPCMessage": {
        "messageId": RUN_ID,
        "timestamp": MOMENT,
        "source": "runs/run-1",
        "destination": "workers/builder",
        "type": "response",
        "payload": {"ok": None},
        "requiresAck": True,
        "timeout": 500.0,
        "deadline": MOMENT,
        "correlationId": RUN_ID,
        "traceparent": f"00-{'0' * 31}1-{'0' * 15}1-01",
        "inReplyTo": RUN_ID,
    },
    "GenerateTestsRequest": {"patternIds": [_SHA], "testFramework": "pytest", "language": "python"},
    "TimeRange": {"start": MOMENT, "end": "2026-02-01T00:00:00Z"},
    "AnalyzeLogsRequest": {
        "timeRange": {"start": MOMENT, "end": "2026-02-01T00:00:00Z"},
        "groupBy": "level",
        "includeAnomalies": True,
    },
    "Authentication": _AUTHENTICATION,
    "SecurityConfig": {
        "authentication": _AUTHENTICATION,
        "authorization": {"model": "rbac", "roles": [{"name": "reader", "permissions": ["logs:read"]}]},
        "encryption": {
            "transit": {"enabled": True, "protocol": "tls1.3", "ciphers": []},
            "storage": {"enabled": True, "algorithm": "aes-256-gcm", "keyRotation": 90.0},
        },
    },
    "BuildResult": {
        "runId": "r",
        "attempt": 1,
        "plan": _PLAN,
        "outcomes": [_OUTCOME],
        "layerId": "layer-7",
        "error": None,
    },
    "Build": {
        "runId": "r",
        "attempt": 1,
        "source": _SOURCE,
        "analysis": _ANALYSIS,
        "configuration": _CONFIGURATION,
        "plan": _PLAN,
        "done": [_OUTCOME],
        "room": "",
    },
    "WritePatch": {"runId": "r", "attempt": 1, "source": _SOURCE, "analysis": _ANALYSIS, "plan": _PLAN},
    "PlannedTarget": {
        "target": "pypi:demo",
        "name": "demo",
        "version": "1.0",
        "notes": [],
        "analysis": _ANALYSIS,
        "plan": _PLAN,
        "documentation": {"total": 80, "lacks": ["tests (20)"]},
    },
    "DocumentationScore": {"total": 80, "lacks": ["tests (20)"]},
    "DocEdit": _EDIT,
    "DocPatch": {"edits": [_EDIT], "diff": "--- a/README.md\n", "why": ""},
    "Verify": {
        "runId": "r",
        "attempt": 1,
        "source": _SOURCE,
        "analysis": _ANALYSIS,
        "configuration": _CONFIGURATION,
        "plan": _PLAN,
        "layerId": "layer-7",
        "done": [_OUTCOME],
        "room": "replay-1",
    },
    "VerifyReport": {
        "runId": "r",
        "attempt": 1,
        "outcomes": [_OUTCOME],
        "checks": [
            {
                "kind": "tests",
                "name": "tests",
                "passed": True,
                "detail": "",
                "ref": None,
                "expected": "",
                "got": "",
                "code": None,
                "decides": True,
            }
        ],
        "tests": _TESTS,
        "repeated": [_REPEATED],
        "artefacts": [],
        "contents": None,
        "layerId": None,
        "error": None,
    },
    "PhaseFailure": _FAILURE,
    "Diagnose": {
        "runId": "r",
        "attempt": 1,
        "failure": _FAILURE,
        "source": _SOURCE,
        "analysis": _ANALYSIS,
        "plan": _PLAN,
        "decisive": _FAILURE,
        "decisivePlan": _PLAN,
        "tried": ["retry"],
        "memoryAllowed": True,
        "learningAllowed": True,
        "networkAllowed": True,
        "interpretersAllowed": True,
        "seed": 7,
        "model": "tiny",
    },
    "RecoveryPlan": {
        "patternId": _SHA,
        "patternKnown": True,
        "strategy": _STRATEGY,
        "resumeAt": "building",
        "about": "verifying",
        "plan": _PLAN,
        "delayMs": 0.0,
        "reason": "it helped twice",
        "kind": "python",
        "effect": "packages gcc",
        "evidence": "gcc: not found",
        "assumedSteps": ["setup-1"],
        "used": _USED,
    },
    "LearnedUse": _USED,
    "StrategyRecord": _RECORD,
    "FollowUp": _FOLLOW_UP,
    "KnownPattern": {
        "version": 1,
        "pattern": _PATTERN,
        "code": "E2004",
        "normalForm": "gcc: not found",
        "group": "missing_tool 3 gcc: not",
        "worth": "0001025.100000",
        "records": [_RECORD],
        "followUps": [_FOLLOW_UP],
    },
    "ChainLink": _LINK,
    "LearnChain": {"runId": "r", "kind": "python", "links": [_LINK]},
    "Learned": {"new": True},
    "RunFinished": {
        "runId": "r",
        "status": "completed",
        "verdict": "healed",
        "results": _RESULTS,
        "errors": [],
        "durationMs": 3,
        "endedAt": "2026-01-02T03:04:05Z",
    },
}
"""Name of the model -> its wire form, with every field that this model can have at once."""
