"""`regrow patterns` and `regrow strategies`: shown, carried, added up, forgotten, and refused in a sentence."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from regrow.core.learning.book import PatternBook
from regrow.core.learning.recognising import recognise
from regrow.core.learning.records import begun, settled
from regrow.core.store import open_store
from regrow.protocols.patterns import KnownPattern
from regrow.protocols.run_messages import LearnError
from regrow.protocols.verification import BuildError
from tests.source_tree import ROOT

THEN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def known(text: str) -> KnownPattern:
    error = LearnError(run_id="r", component="builder", phase="building", error=BuildError(code="E2004", message=text))
    found = begun(error, recognise(text, "E2004", "building", text), THEN)
    return settled(found, "python", "add_packages", THEN, success=True, cost_ms=2000.0)


def fill(folder: Path, *texts: str) -> list[str]:
    """Learn of some errors; returns the ids."""
    patterns = [known(text) for text in texts]

    async def keep() -> None:
        async with open_store(folder / "regrow.db") as store:
            await PatternBook(store).add(patterns)

    anyio.run(keep)
    return [each.pattern.pattern_id for each in patterns]


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "regrow", *arguments, "--run-dir", str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def test_what_was_learned_is_listed_and_shown_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    first, _ = fill(tmp_path, "bash: cmake: command not found", "a.c:1: fatal error: zlib.h: No such file or directory")
    listed = json.loads(run(tmp_path, "patterns", "list", "--json").stdout)
    assert {each["pattern"]["errorType"] for each in listed} == {"missing_tool", "missing_header"}
    assert "2 patterns" in run(tmp_path, "patterns").stderr
    assert len(run(tmp_path, "patterns", "list", "--cause", "missing_tool").stdout.splitlines()) == 1
    shown = run(tmp_path, "patterns", "show", first[:8]).stdout
    assert f"pattern    {first}" in shown
    assert "add_packages             python              1 of 1    (100%)" in shown
    assert json.loads(run(tmp_path, "patterns", "show", first, "--json").stdout)["pattern"]["patternId"] == first


def test_patterns_go_to_another_place_and_counts_are_added_once(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    fill(here, "bash: cmake: command not found")
    file = tmp_path / "x.jsonl"
    assert run(here, "patterns", "export", str(file)).returncode == 0
    for command, told in (
        ("import", {"new": 1, "known": 0, "repeated": 0}),
        ("import", {"new": 0, "known": 1, "repeated": 0}),
        ("merge", {"new": 0, "known": 1, "repeated": 0}),
        ("merge", {"new": 0, "known": 0, "repeated": 1}),
    ):
        assert json.loads(run(there, "patterns", command, str(file), "--json").stdout) == told
    assert json.loads(run(there, "patterns", "stats", "--json").stdout)["errors"] == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("patterns", "show", "zzz"), "is not known here"),
        (("patterns", "forget"), "names nothing"),
        (("patterns", "import", "/nowhere/x"), "cannot be read"),
        (("patterns", "import", "README.md"), "line 1: expected"),
        (("patterns", "forget", "--older-than", "soon"), "E6001"),
        (("strategies", "show", "magic"), "is no strategy"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = run(tmp_path, *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_patterns_are_forgotten_by_id_by_age_and_all(tmp_path: Path) -> None:
    first, *_ = fill(tmp_path, "bash: cmake: command not found", "bash: tox: command not found", "bash: nox: not found")
    assert "forgot 1 " in run(tmp_path, "patterns", "forget", first[:12]).stdout
    assert "forgot 0 " in run(tmp_path, "patterns", "forget", "--older-than", "3650d").stdout
    assert "forgot 2 " in run(tmp_path, "patterns", "forget", "--all").stdout
    assert json.loads(run(tmp_path, "patterns", "list", "--json").stdout) == []


def test_strategies_say_what_they_have_achieved(tmp_path: Path) -> None:
    (only,) = fill(tmp_path, "bash: cmake: command not found")
    found = json.loads(run(tmp_path, "strategies", "--json").stdout)
    (row,) = found["strategies"]
    assert (row["rule"], row["kind"], row["successes"], row["costMs"]) == ("add_packages", "python", 1, 2000.0)
    assert "install_requirements" in found["untried"]
    assert only[:10] in run(tmp_path, "strategies", "show", "add_packages").stdout
    assert run(tmp_path, "strategies", "show", "add_packages", "--json").returncode == 0
    assert "not tried yet" in run(tmp_path, "strategies", "show", "retry_network").stdout
