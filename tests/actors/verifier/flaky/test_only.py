"""Our reporters run only the tests that are named, in a real pytest and a real unittest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from regrow.actors.verifier.actor import REPORTERS
from regrow.actors.verifier.counting import read_reporter

TESTS = """\
import unittest
class T(unittest.TestCase):
    def test_a(self): pass
    def test_b(self): self.fail('b')
    def test_c(self):
        for number in range(2):
            with self.subTest(number=number): self.assertEqual(number, 0)
"""


def written(folder: Path, runner: list[str], only: str) -> str:
    """What the reporter writes of a run of the tests."""
    (folder / "test_it.py").write_text(TESTS, "utf-8")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
        "PYTHONPATH": str(REPORTERS),
        "REGROW_REPORT": str(folder / "report"),
        "REGROW_ONLY": only,
    }
    subprocess.run([sys.executable, "-m", *runner], cwd=folder, env=environment, capture_output=True, check=False)
    return (folder / "report").read_text("utf-8")


def names(folder: Path, runner: list[str], only: str) -> set[str]:
    lines = [json.loads(line) for line in written(folder, runner, only).splitlines()]
    return {line["id"] for line in lines if line["event"] == "test"}


@pytest.mark.parametrize(
    ("only", "ran"),
    [
        ("", {"a", "b", "c"}),
        ("test_it.py::T::test_b", {"b"}),
        ("test_it.py::T::test_a\ntest_it.py::T::test_b", {"a", "b"}),
        ("/somewhere/else: test_it.py::T::test_b", {"b"}),
    ],
)
def test_pytest_runs_only_the_tests_that_are_named(tmp_path: Path, only: str, ran: set[str]) -> None:
    runner = ["pytest", "-p", "regrow_pytest_reporter", "-p", "no:regrow"]
    found = names(tmp_path, runner, only)
    assert {name.partition("::test_")[2][:1] for name in found} == ran


@pytest.mark.parametrize(
    ("only", "ran"),
    [
        ("", {"a", "b", "c"}),
        ("test_it.T.test_b", {"b"}),
        ("test_it.T.test_c (number=1)\ntest_it.T.test_a", {"a", "c"}),
    ],
)
def test_unittest_runs_only_the_tests_that_are_named(tmp_path: Path, only: str, ran: set[str]) -> None:
    found = names(tmp_path, ["regrow_unittest_reporter"], only)
    assert {name.partition(".test_")[2][:1] for name in found} == ran


TAKEN_OFF = (
    "def pytest_collection_modifyitems(items):\n    items[:] = [each for each in items if each.name != 'test_b']\n"
)
PYTEST = ("pytest", "-p", "regrow_pytest_reporter", "-p", "no:regrow")


def test_test_that_settings_leave_out_is_counted(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --deselect test_it.py::T::test_b\n", "utf-8")
    facts = read_reporter(written(tmp_path, [*PYTEST], ""))
    assert facts.counts is not None
    assert (facts.counts.deselected, facts.unreported) == (1, ())


def test_test_that_is_taken_off_the_list_in_silence_is_told(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(TAKEN_OFF, "utf-8")
    facts = read_reporter(written(tmp_path, [*PYTEST], ""))
    assert facts.complete
    assert [each.split(" were")[0] for each in facts.unreported] == ["1 of 3 tests"]
    (tmp_path / "report").unlink()
    assert read_reporter(written(tmp_path, [*PYTEST], "test_it.py::T::test_a")).unreported == ()
