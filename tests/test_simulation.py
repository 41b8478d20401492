"""Seeds of the simulation that have shown something once: each stays clean."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

SEEDS = {
    "a_crash_while_the_tree_closes_is_no_ordered_stop": 6578,
    "an_earlier_life_says_nothing_of_the_order": 14534,
    "a_group_that_restarts_while_the_tree_closes_stops_what_it_restarts_out_of_turn": 201257,
}


@pytest.mark.parametrize("seed", SEEDS.values(), ids=SEEDS.keys())
def test_seed_is_clean(seed: int) -> None:
    # In a process of its own: the simulation makes trio's scheduler repeatable, which is a switch of the whole process.
    command = [sys.executable, "-m", "tests.simulation", "--seeds", "1", "--from", str(seed), "--jobs", "1", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["violations"] == 0
    assert summary["faults"] > 20
