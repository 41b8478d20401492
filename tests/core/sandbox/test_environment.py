"""The environment of a command is made from nothing."""

import pytest

from regrow.core.sandbox.environment import CLEAN_ENVIRONMENT, room_environment


def test_nothing_of_the_host_comes_in(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTHONPATH", "NODE_OPTIONS", "MAKEFLAGS", "PIP_CONSTRAINT", "CI"):
        monkeypatch.setenv(name, "leaked")
    assert room_environment({}) == dict(CLEAN_ENVIRONMENT)


def test_the_command_goes_before_the_network_and_that_before_the_clean_one() -> None:
    found = room_environment({"A": "command"}, {"A": "network", "TERM": "network"})
    assert (found["A"], found["TERM"]) == ("command", "network")


def test_nobody_is_there_to_answer() -> None:
    assert CLEAN_ENVIRONMENT["GIT_TERMINAL_PROMPT"] == "0"
    assert CLEAN_ENVIRONMENT["EDITOR"] == "/bin/false"
    assert CLEAN_ENVIRONMENT["PAGER"] == "cat"
    assert "CI" not in CLEAN_ENVIRONMENT


def test_zip_knows_no_time_before_1980() -> None:
    assert room_environment({}, None, 315532800)["SOURCE_DATE_EPOCH"] == "315532800"
    with pytest.raises(ValueError, match="1980"):
        room_environment({}, None, 0)
