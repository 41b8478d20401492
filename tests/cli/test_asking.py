"""What is typed wins over the settings, and the settings over the defaults."""

from __future__ import annotations

import pytest

from regrow.cli.asking import Asked, configurations_of
from regrow.protocols.verification import MemoryUse, NetworkPolicy


def test_settings_hold_where_nothing_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGROW_RUN__DEADLINE_S", "77")
    monkeypatch.setenv("REGROW_RUN__MEMORY", "read")
    monkeypatch.setenv("REGROW_GUARDIAN__MAX_RECOVERIES", "3")
    monkeypatch.setenv("REGROW_BUILDER__PROCESS_LIMIT", "99")
    (found,) = configurations_of(Asked(("pypi:name",)))
    assert (found.deadline_s, found.memory, found.max_recoveries) == (77, MemoryUse.READ, 3)
    assert found.limits.processes == 99
    (typed,) = configurations_of(Asked(("pypi:name",), time="2m", max_recoveries=0, memory="none", network="none"))
    assert (typed.deadline_s, typed.memory, typed.max_recoveries) == (120, MemoryUse.NONE, 0)
    assert (found.network, typed.network) == (NetworkPolicy.INSTALL, NetworkPolicy.NONE)


def test_each_target_is_a_configuration_of_its_own() -> None:
    assert [each.target for each in configurations_of(Asked(("pypi:a", "npm:b")))] == ["pypi:a", "npm:b"]
