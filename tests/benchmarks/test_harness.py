"""The harness: sides in processes of their own, run in turn; and that every row of the benchmarks can be told apart."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from benchmarks.clocks import in_fresh_process
from benchmarks.figures import Figure
from benchmarks.harness import SideFailed, measure
from benchmarks.rows import load_rows, rows_of

MODULE = "harness_sample_rows"

SAMPLE_ROWS = """
import os
from benchmarks.figures import Bar
from benchmarks.rows import Row

turns = []


def one(size):
    return 1.0


def rounds_so_far(size):
    turns.append(size)
    return len(turns) + size.of(0.0, 0.5)


def process_id(size):
    return float(os.getpid())


def failing(size):
    raise LookupError("no such floor")


def noisy(size):
    print("42.0")
    return 7.0


sides = (rounds_so_far, process_id, failing, noisy)
ROWS = tuple(Row(side.__name__, "calls", "one", side, one, Bar("lower", 2.0)) for side in sides)
"""


@pytest.fixture(autouse=True)
def sample_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a module of rows where this process and those of the sides find it."""
    (tmp_path / f"{MODULE}.py").write_text(SAMPLE_ROWS, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.delitem(sys.modules, MODULE, raising=False)


def run(name: str, *, rounds: int, small: bool) -> Figure:
    """Measure one row of the sample module."""
    return measure(MODULE, next(row for row in rows_of(MODULE) if row.name == name), rounds=rounds, small=small)


def test_a_side_warms_up_small_and_keeps_its_process_for_all_rounds() -> None:
    found = run("rounds_so_far", rounds=3, small=False)
    assert found.values == (2.0, 3.0, 4.0)
    assert found.floors == (1.0, 1.0, 1.0)


def test_a_small_run_is_small_in_every_round() -> None:
    assert run("rounds_so_far", rounds=1, small=True).values == (2.5,)


def test_a_side_runs_in_a_process_of_its_own() -> None:
    (value,) = run("process_id", rounds=1, small=True).values
    assert value != os.getpid()


def test_what_a_program_prints_is_not_taken_for_an_answer(capfd: pytest.CaptureFixture[str]) -> None:
    assert run("noisy", rounds=2, small=True).values == (7.0, 7.0)
    assert "42.0" in capfd.readouterr().err


def test_a_failing_side_is_named_and_its_traceback_is_seen(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SideFailed, match=r"failing \(ours\) failed with exit status 1"):
        run("failing", rounds=1, small=True)
    assert "LookupError: no such floor" in capfd.readouterr().err


@pytest.mark.skipif(threading.active_count() > 1, reason="a process with threads is not forked")
def test_a_fresh_process_leaves_this_one_untouched() -> None:
    seen: list[int] = []

    def measure_in_child() -> float:
        seen.append(os.getpid())
        return 3.5

    assert in_fresh_process(measure_in_child) == 3.5
    assert seen == []


def test_every_question_of_the_survey_has_a_row_with_its_bar() -> None:
    bars = {name: (row.bar.better, round(row.bar.limit, 2)) for name, (_, row) in load_rows().items() if row.bar.limit}
    # Issue 3 and section 3.1 of the survey of actor runtimes: every figure that needs no OS process. Ours are the
    # codec's and that of a pair of spans.
    assert bars == {
        "tell": ("higher", 1.2),
        "tell.nowait": ("higher", 1.5),
        "tell.new_message": ("higher", 0.4),
        "tell.trio": ("higher", 8.0),
        "tell.trio_to_asyncio_queue": ("higher", 0.9),
        "tracing.no_trace": ("higher", 0.9),
        "tracing.unsampled": ("higher", 0.45),
        "tracing.one_percent": ("higher", 0.25),
        "tracing.sampled_message": ("lower", 2.5),
        "tracing.sampled_pair": ("lower", 1.7),
        "ask": ("lower", 1.6),
        "ask.trio": ("lower", 1.4),
        "ask.default_timeout": ("lower", 2.0),
        "ask.default_timeout_trio": ("lower", 2.0),
        "ring": ("higher", 0.8),
        "ring.shared": ("higher", 3.0),
        "memory.idle_actor": ("lower", 0.27),
        "memory.running_actor": ("lower", 1.6),
        "spawn": ("lower", 4.0),
        "spawn.dynamic": ("lower", 4.0),
        "restart": ("lower", 3.0),
        "restart.storm": ("lower", 4.0),
        "heartbeats": ("lower", 0.01),
        "checkpoint": ("lower", 4.76),
        "codec": ("lower", 1.5),
        "stop": ("lower", 12.0),
        "verify": ("lower", 1.05),
        "analysis.limit": ("lower", 1.0),
        "sla.analysis": ("lower", 1.0),
        "sla.detect_crash": ("lower", 1.0),
        "sla.detect_step": ("lower", 1.0),
        "sla.detect_hang": ("lower", 1.0),
        "sla.recovery": ("lower", 1.0),
        "sla.total": ("lower", 1.0),
        "patterns.look_up_limit": ("lower", 1.0),
        "patterns.insert_limit": ("higher", 1.0),
    }


def test_a_stretch_lies_beyond_its_bar() -> None:
    for name, (_, found) in load_rows().items():
        bar = found.bar
        if bar.limit is not None and bar.stretch is not None:
            assert bar.meets(bar.stretch, bar.limit), name
            assert not bar.meets(bar.limit, bar.stretch), name
