"""A printed count is believed where something was seen to run the tests, and nowhere else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from regrow.actors.verifier import count_output, instrument, read_reporter
from regrow.actors.verifier.actor import REPORTERS
from regrow.actors.verifier.counting.witness import Witness, programs_in, read_witness, why_not_believed

PYTEST = "===== 100 passed in 0.12s =====\n"
UNITTEST = "Ran 5 tests in 0.001s\n\nOK\n"
MOCHA = "  10 passing (3ms)\n"
TAP = "1..2\nok 1\nok 2\n"
CTEST = "100% tests passed, 0 tests failed out of 12\n"
NODE = "# tests 3\n# suites 0\n# pass 3\n# fail 0\n# cancelled 0\n# skipped 0\n# todo 0\n"
BY_TOX = "py: commands[0]> pytest tests\n" + PYTEST
NOTHING = Witness()


@pytest.mark.parametrize(
    ("output", "witness", "kinds", "believed"),
    [
        (PYTEST, NOTHING, {"python"}, False),
        (PYTEST, Witness(python=1, tests=100), {"other"}, False),  # pytest writes a report of its own
        (BY_TOX, NOTHING, {"other"}, True),
        ("py: commands[0]> python fake.py\n" + PYTEST, NOTHING, {"other"}, False),
        (UNITTEST, NOTHING, {"other"}, False),
        (UNITTEST, Witness(python=1, tests=4), {"python"}, False),
        (UNITTEST, Witness(python=1, tests=5), {"python"}, True),
        (MOCHA, Witness(node=2), {"node"}, False),
        (MOCHA, Witness(node=2, node_runners=frozenset({"mocha"})), {"other"}, True),
        (NODE, Witness(node=1), {"node"}, False),
        (NODE, Witness(node=1, node_runners=frozenset({"node:test"})), {"node"}, True),
        (TAP, NOTHING, {"prints"}, False),
        (TAP, Witness(python=1), {"python", "prints"}, False),
        (TAP, Witness(node=1, node_runners=frozenset({"tape"})), {"node"}, True),
        (TAP, NOTHING, {"prints", "other"}, True),
        (CTEST, Witness(python=1), {"python"}, False),
        (CTEST, NOTHING, {"other"}, True),
        ("===== 1 failed, 4 passed in 0.12s =====\n", NOTHING, set(), True),
    ],
)
def test_count_needs_a_witness_of_its_kind(output: str, witness: Witness, kinds: set[str], believed: bool) -> None:
    counts = count_output(output)
    assert counts is not None
    assert (why_not_believed(counts, witness, frozenset(kinds), output) is None) == believed


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("@echo 100 passed", {"prints"}),
        ("for i in $(seq 3); do printf 'ok %s; make check\\n' $i; done", {"prints"}),
        ("cc -o t t.c && ./t", {"prints", "script"}),
        ("CC=gcc make -C sub check", {"make"}),
        ("PYTHONPATH=. python3.11 -m unittest", {"python"}),
        ("if ! ctest; then cat log; fi", {"other", "prints"}),
        ("npm test", {"manager"}),
        ("python3 -m doctest -v a.py", {"doctest"}),
        ("./node_modules/.bin/tape test # echo", {"script"}),
        ("# only a comment", set()),
    ],
)
def test_programs_of_a_shell_text_are_told_apart(text: str, kinds: set[str]) -> None:
    assert {program.kind for program in programs_in(text)} == kinds


def run_in(folder: Path, script: str, *arguments: str, **environment: str) -> tuple[str, str]:
    """What a script left: the lines of the reporter, and the words of the witness."""
    (folder / "test_demo.py").write_text(
        "import unittest\nclass T(unittest.TestCase):\n"
        "    def test_a(self): pass\n    def test_b(self): self.skipTest('later')\n"
        "    def test_c(self): self.fail('no')\n"
    )
    (folder / "run.py").write_text(script)
    chosen = instrument("python run.py", reporters=str(REPORTERS), reports=str(folder))
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "REGROW_"))}
    wanted = {**variables, **chosen.environment, **environment}
    subprocess.run([sys.executable, *arguments, "run.py"], cwd=folder, env=wanted, check=False, capture_output=True)
    report, seen = folder / "report.jsonl", folder / "seen"
    return report.read_text() if report.exists() else "", seen.read_text() if seen.exists() else ""


@pytest.mark.parametrize(
    "script",
    [
        "import unittest\nfrom test_demo import T\nunittest.main()\n",
        "import unittest\nunittest.TextTestRunner().run(unittest.defaultTestLoader.discover('.'))\n",
        "import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'unittest', 'test_demo'])\n",
    ],
)
def test_script_that_runs_unittest_is_counted_test_by_test(tmp_path: Path, script: str) -> None:
    report, seen = run_in(tmp_path, script)
    facts = read_reporter(report)
    assert facts.counts is not None
    assert (facts.counts.passed, facts.counts.failed, facts.counts.skipped, facts.complete) == (1, 1, 1, True)
    assert read_witness(seen).tests == 3


def test_script_that_only_prints_leaves_no_witness(tmp_path: Path) -> None:
    report, seen = run_in(tmp_path, "print('100 passed in 0.12s')\n")
    assert report == ""
    assert read_witness(seen) == Witness(python=1)


def test_runner_inside_a_test_is_no_suite_of_its_own(tmp_path: Path) -> None:
    script = (
        "import unittest, io\nfrom test_demo import T\nclass Outer(unittest.TestCase):\n"
        "    def test_inner(self):\n"
        "        inner = unittest.defaultTestLoader.loadTestsFromTestCase(T)\n"
        "        unittest.TextTestRunner(stream=io.StringIO()).run(inner)\n"
        "del T.test_a\n"
        "unittest.main(argv=['x', 'Outer'])\n"
    )
    facts = read_reporter(run_in(tmp_path, script)[0])
    assert facts.counts is not None
    assert (facts.counts.run, facts.counts.passed) == (1, 1)


def test_suites_that_run_one_after_the_other_are_added_up(tmp_path: Path) -> None:
    script = (
        "import unittest\nfrom test_demo import T\n"
        "for name in ('test_a', 'test_b'): unittest.TextTestRunner().run(unittest.TestSuite([T(name)]))\n"
    )
    facts = read_reporter(run_in(tmp_path, script)[0])
    assert facts.counts is not None
    assert (facts.counts.passed, facts.counts.skipped, facts.sessions) == (1, 1, 2)


def test_sitecustomize_of_the_room_is_run_too(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "sitecustomize.py").write_text("import builtins\nbuiltins.theirs = 7\n")
    script = "import builtins, json\nprint(json.dumps(getattr(builtins, 'theirs', 0)))\n"
    (tmp_path / "run.py").write_text(script)
    environment = {**os.environ, "PYTHONPATH": f"{REPORTERS}{os.pathsep}{other}", "REGROW_SEEN": str(tmp_path / "seen")}
    done = subprocess.run(
        [sys.executable, "run.py"], cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
    )
    assert json.loads(done.stdout) == 7
