"""Whole runs that learn from one another: fewer attempts, the same verdict, nothing learned twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from regrow.core.learning.book import PATTERNS
from regrow.core.learning.kept import unpacked
from regrow.core.store import MemoryStore
from regrow.protocols.status import Verdict
from regrow.protocols.verification import BuildResults
from tests.actors.scripted_rooms import Answer, Script, needs
from tests.actors.whole_run import FILES, NOT_FOUND, PASSED, Stage

pytestmark = pytest.mark.anyio

NO_HEADER = "demo/a.c:1:10: fatal error: Python.h: No such file or directory\n"


def script(*, runner: bool = True, header: bool = True) -> Script:
    """A compiler is missing, and then the runner; or one of them is there."""
    found = Script()
    found.answers = {
        "[test]": lambda _below: Answer(),
        "pip install .": lambda _below: (
            Answer(1, NO_HEADER) if header and not any("python3-dev" in each for each in found.installed) else Answer()
        ),
        "pytest": needs("[test]", Answer(127, NOT_FOUND), Answer(0, PASSED))
        if runner
        else needs("", *([Answer(0, PASSED)] * 2)),
    }
    return found


def without_index() -> Script:
    """The runner is there already, and what would install it cannot be had."""
    found = script(runner=False)
    gone = Answer(1, "ERROR: No matching distribution found for pytest\n")
    found.answers = {**found.answers, "[test]": lambda _below: gone}
    return found


async def one(folder: Path, store: MemoryStore, number: int, scripted: Script, **settings: object) -> BuildResults:
    stage = Stage(folder / str(number), dict(FILES), scripted, store, {"deadline_s": 60.0, **settings})
    (folder / str(number)).mkdir()
    return (await stage.play()).results


async def test_what_always_followed_is_mended_at_once_with_the_same_deviations(tmp_path: Path) -> None:
    store = MemoryStore()
    results = [await one(tmp_path, store, number, script()) for number in range(3)]
    assert [each.verdict for each in results] == [Verdict.HEALED] * 3
    assert [each.recoveries for each in results] == [2, 1, 1]
    assert results[0].deviations == results[1].deviations == results[2].deviations
    (used,) = results[1].learned
    assert [each.partition(":")[0] for each in used.assumed] == ["install_requirements"]
    assert "which followed before" in used.why
    assert used.expected == pytest.approx(2 / 3, abs=0.01)


async def test_without_memory_nothing_is_known_kept_or_reported(tmp_path: Path) -> None:
    store = MemoryStore()
    for number in range(2):
        await one(tmp_path, store, number, script())
    before = await store.list_items(PATTERNS)
    alone = await one(tmp_path, store, 8, script(), memory="none")
    assert (alone.recoveries, alone.learned) == (2, ())
    read = await one(tmp_path, store, 9, script(), memory="read")
    assert (read.recoveries, len(read.learned)) == (1, 1)
    assert await store.list_items(PATTERNS) == before


async def test_guess_that_is_wrong_costs_no_verdict(tmp_path: Path) -> None:
    store = MemoryStore()
    for number in range(2):
        await one(tmp_path, store, number, script())
    found = await one(tmp_path, store, 8, without_index())
    alone = await one(tmp_path, MemoryStore(), 9, without_index())
    assert any(used.assumed for used in found.learned)
    assert found.verdict is alone.verdict is Verdict.HEALED
    assert found.deviations == alone.deviations
    assert found.recoveries == alone.recoveries + 1


async def test_guess_that_was_not_needed_is_found_out_by_the_proof(tmp_path: Path) -> None:
    store = MemoryStore()
    for number in range(2):
        await one(tmp_path, store, number, script())
    found = await one(tmp_path, store, 8, script(runner=False), replay=True)
    alone = await one(tmp_path, MemoryStore(), 9, script(runner=False), memory="none", replay=True)
    assert any(used.assumed for used in found.learned)
    assert found.verdict is alone.verdict is Verdict.HEALED
    assert found.deviations == alone.deviations


async def test_guess_that_was_needed_stays_though_it_was_proved_without(tmp_path: Path) -> None:
    store = MemoryStore()
    for number in range(2):
        await one(tmp_path, store, number, script())
    found = await one(tmp_path, store, 8, script(), replay=True)
    alone = await one(tmp_path, MemoryStore(), 9, script(), memory="none", replay=True)
    assert any(used.assumed for used in found.learned)
    assert (found.verdict, found.deviations) == (Verdict.HEALED, alone.deviations)


async def test_guess_weakens_where_nothing_more_was_needed(tmp_path: Path) -> None:
    store = MemoryStore()
    for number in range(2):
        await one(tmp_path, store, number, script())
    for number in range(2, 5):  # each learns for itself, as if on another machine
        await one(tmp_path, store, number, script(runner=False), memory="learn", seed=number)
    kept = [unpacked(item.data) for item in await store.list_items(PATTERNS)]
    (header,) = [each for each in kept if each.pattern.error_type == "missing_header"]
    assert {one.rule for one in header.follow_ups} <= {"install_requirements", ""}
    assert header.pattern.frequency == 5
