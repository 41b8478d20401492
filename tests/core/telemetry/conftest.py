"""A host with an SDK; and no test may leave a token behind that OpenTelemetry complains of (trap 21)."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.core.telemetry.sdk import Host


@pytest.fixture
def host(caplog: pytest.LogCaptureFixture) -> Iterator[Host]:
    """Nothing may be logged by OpenTelemetry: it logs, and does not raise, when a context is left in the wrong place."""
    host = Host()
    with caplog.at_level(logging.WARNING, "opentelemetry"):
        yield host
        host.close()
    assert [record.getMessage() for record in caplog.records if record.name.startswith("opentelemetry")] == []
