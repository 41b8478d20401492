"""The rules between the fields of a model: each is met once and broken once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import JsonValue, ValidationError

from regrow.protocols.api.debug import GenerateTestsRequest
from regrow.protocols.api.logger import TimeRange
from regrow.protocols.api.security import Authentication, JwtConfig, SecurityConfig
from regrow.protocols.health import HealthCheckConfig, HealthThresholds, ProcessStatus
from regrow.protocols.ipc import IPCMessage, MessageType
from regrow.protocols.limits import ComponentLimits
from regrow.protocols.patterns import DebugPattern, StrategyPerformance
from regrow.protocols.plan import CountSource, DocRef, Plan, StepOutcome, TestCounts
from regrow.protocols.status import VERDICTS_OF, BuildStatus, Verdict
from regrow.protocols.verification import BuildResults, BuildVerificationRun
from regrow.protocols.wire import WireModel
from tests.protocols.examples import EXAMPLES, MOMENT, RUN_ID

LATER = "2026-02-01T00:00:00Z"

BROKEN: list[tuple[type[WireModel], dict[str, JsonValue], str]] = [
    (DocRef, {"endLine": 2}, "end_line 2 is before line 3"),
    (Plan, {"literal": True}, "is called literal but deviates: installed pytest"),
    (Plan, {"steps": [EXAMPLES["PlanStep"], EXAMPLES["PlanStep"]]}, "step ids must differ, repeated: test-1"),
    (StepOutcome, {"exitCode": None}, "ended by exited with exit code None"),
    (StepOutcome, {"ended": "deadline"}, "ended by deadline with exit code 0"),
    (BuildResults, {"verdict": "pass"}, "a run with 1 deviations is healed, not pass"),
    (BuildResults, {"deviations": []}, "a healed run names its deviations"),
    (BuildVerificationRun, {"runId": "run-1"}, "match pattern"),
    (StrategyPerformance, {"attempts": 2}, "are more than 2 attempts"),
    (DebugPattern, {"firstSeen": LATER}, "before it was first seen"),
    (DebugPattern, {"patternId": "AB" * 32}, "match pattern"),
    (HealthThresholds, {"degraded": 95.0}, "descend from healthy over degraded to critical, got 90, 95, 10"),
    (HealthCheckConfig, {"type": "tcp"}, "of type tcp needs config.host, config.port"),
    (HealthCheckConfig, {"timeout": 1001.0}, "timeout 1001 ms exceeds its interval 1000 ms"),
    (IPCMessage, {"inReplyTo": None}, "is a response but names no request"),
    (IPCMessage, {"traceparent": "00-xyz"}, "match pattern"),
    (IPCMessage, {"timeout": 0}, "greater than 0"),
    (GenerateTestsRequest, {"language": "typescript"}, "pytest runs python, got typescript"),
    (TimeRange, {"end": MOMENT}, "ends after it starts"),
    (Authentication, {"type": "jwt"}, "authentication by jwt needs config.jwt"),
]


@pytest.mark.parametrize(("model", "change", "message"), BROKEN)
def test_broken_rule_is_refused_with_what_was_expected_and_got(
    model: type[WireModel], change: dict[str, JsonValue], message: str
) -> None:
    example = EXAMPLES[model.__name__]
    model.model_validate(example)

    with pytest.raises(ValidationError, match=message):
        model.model_validate({**example, **change})


@pytest.mark.parametrize("status", BuildStatus)
@pytest.mark.parametrize("verdict", [None, *Verdict])
def test_run_carries_a_verdict_that_fits_its_status(status: BuildStatus, verdict: Verdict | None) -> None:
    deviations = EXAMPLES["BuildResults"]["deviations"] if verdict is Verdict.HEALED else []
    wire = {
        **EXAMPLES["BuildVerificationRun"],
        "status": status.value,
        "results": {"verdict": verdict.value if verdict else None, "deviations": deviations},
    }
    expected = {
        BuildStatus.COMPLETED: {Verdict.PASS, Verdict.HEALED},
        BuildStatus.FAILED: {Verdict.FAIL, Verdict.UNDECIDED, Verdict.CANCELLED},
    }.get(status, {None})

    if verdict in expected:
        assert BuildVerificationRun.model_validate(wire).results.verdict is verdict
    else:
        with pytest.raises(ValidationError, match=f"a run that is {status.value} carries"):
            BuildVerificationRun.model_validate(wire)


def test_every_verdict_belongs_to_exactly_one_final_status() -> None:
    verdicts = [verdict for allowed in VERDICTS_OF.values() for verdict in allowed]

    assert sorted(verdicts) == sorted(Verdict)


def counts(passed: int = 0, failed: int = 0, errors: int = 0, source: CountSource = CountSource.REPORTER) -> TestCounts:
    """Return counts that add up."""
    run = passed + failed + errors
    return TestCounts(run=run, passed=passed, failed=failed, errors=errors, source=source, runner="pytest")


@pytest.mark.parametrize(
    ("tests", "all_passed"),
    [
        (counts(passed=1), True),
        (counts(), False),
        (counts(passed=999, failed=1), False),
        (counts(passed=9, errors=1), False),
        (counts(passed=9, source=CountSource.NONE), False),
    ],
)
def test_only_counted_tests_that_all_passed_are_a_pass(tests: TestCounts, all_passed: bool) -> None:
    assert tests.all_passed is all_passed


@pytest.mark.parametrize(
    ("rate", "status"),
    [
        (100, "healthy"),
        (90, "healthy"),
        (89.9, "degraded"),
        (50, "degraded"),
        (10, "critical"),
        (9.9, "dead"),
        (0, "dead"),
    ],
)
def test_success_rate_is_graded_from_the_best_threshold_it_reaches(rate: float, status: str) -> None:
    thresholds = HealthThresholds(healthy_percent=90, degraded_percent=50, critical_percent=10)

    assert thresholds.grade(rate) is ProcessStatus(status)


def test_message_types_are_requests_replies_facts_or_system() -> None:
    kinds: dict[str, Callable[[MessageType], bool]] = {
        "request": lambda kind: kind.is_request,
        "reply": lambda kind: kind.is_reply,
        "system": lambda kind: kind.is_system,
    }

    assert {kind.value: [name for name, holds in kinds.items() if holds(kind)] for kind in MessageType} == {
        "command": ["request"],
        "query": ["request"],
        "response": ["reply"],
        "error": ["reply"],
        "heartbeat": ["system"],
        "checkpoint": ["system"],
        "event": [],
    }


@pytest.mark.parametrize(
    ("timeout_ms", "deadline_s", "expires_s"),
    [(None, None, None), (2000.0, None, 2), (None, 3, 3), (2000.0, 3, 2), (4000.0, 3, 3)],
)
def test_message_expires_at_the_earlier_of_timeout_and_deadline(
    timeout_ms: float | None, deadline_s: int | None, expires_s: int | None
) -> None:
    sent = datetime(2026, 1, 31, tzinfo=UTC)
    message = IPCMessage(
        message_id=RUN_ID,
        timestamp=sent,
        source="a",
        destination="b",
        type=MessageType.EVENT,
        payload=None,
        requires_ack=False,
        timeout_ms=timeout_ms,
        deadline=None if deadline_s is None else sent + timedelta(seconds=deadline_s),
    )

    assert message.expires_at == (None if expires_s is None else sent + timedelta(seconds=expires_s))


def test_secret_is_shown_in_no_dump_and_no_representation() -> None:
    jwt = {"secret": "correct horse", "algorithm": "HS256", "expiresIn": "15m"}
    config = SecurityConfig.model_validate(
        {**EXAMPLES["SecurityConfig"], "authentication": {"type": "jwt", "config": {"jwt": jwt}}}
    )

    assert "correct horse" not in config.model_dump_json() + repr(config) + str(config) + str(config.model_dump())
    held = config.authentication.config.jwt
    assert isinstance(held, JwtConfig)
    assert held.secret.get_secret_value() == "correct horse"


@pytest.mark.parametrize(("timeout_s", "persistent"), [(None, False), (60.0, True)])
def test_component_has_a_timeout_or_is_persistent(timeout_s: float | None, persistent: bool) -> None:
    with pytest.raises(ValueError, match="has a timeout or is persistent"):
        ComponentLimits(1, 1.0, timeout_s=timeout_s, persistent=persistent)
