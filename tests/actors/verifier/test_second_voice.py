"""A count that a report tells is believed with a second voice, and a summary of a runner with a trace of it."""

from __future__ import annotations

from dataclasses import replace

import anyio
import pytest

from regrow.actors.verifier.counting.reporter_lines import TestedModule, read_reporter
from regrow.actors.verifier.counting.second_voice import Voices, why_doubted
from regrow.actors.verifier.counting.traces import missing_traces, own_word
from regrow.actors.verifier.counting.witness import Witness
from regrow.actors.verifier.shipped_tests import shipped_tests
from regrow.actors.verifier.shipped_tests import test_files as files_of_tests
from regrow.actors.verifier.tested_copy import released_copy, shadowed
from regrow.core.project.file_tree import FileTree
from regrow.protocols.plan import CountSource, TestCounts

PYTEST = TestCounts(run=2, passed=2, source=CountSource.REPORTER, runner="pytest")
UNITTEST = TestCounts(run=2, passed=2, source=CountSource.REPORTER, runner="unittest")
JUNIT = TestCounts(run=2, passed=2, source=CountSource.JUNIT, runner="junit")
PRINTED = TestCounts(run=2, passed=2, source=CountSource.OUTPUT, runner="pytest")
PYTHON = Voices(kinds=frozenset({"python"}))


@pytest.mark.parametrize(
    ("counts", "voices", "doubt"),
    [
        (PYTEST, replace(PYTHON, junit=JUNIT), ""),
        (PYTEST, PYTHON, "no pytest was seen"),
        (PYTEST, replace(PYTHON, printed=PRINTED), "no pytest was seen"),
        (PYTEST, replace(PYTHON, printed=PRINTED, tools=frozenset({"pytest"})), ""),
        (PYTEST, replace(PYTHON, printed=PRINTED, untold=True), ""),
        (UNITTEST, PYTHON, "no test was seen"),
        (UNITTEST, replace(PYTHON, witness=Witness(tests=2)), ""),
        (UNITTEST, Voices(kinds=frozenset({"prints"}), witness=Witness(tests=2)), "nothing was started"),
        (JUNIT, PYTHON, "no pytest was seen"),
        (JUNIT, replace(PYTHON, could_report=False), ""),
        (JUNIT, replace(PYTHON, tools=frozenset({"tox"})), ""),
        (
            PYTEST,
            replace(PYTHON, junit=JUNIT, unreported=("a failure was not reported",)),
            "a failure was not reported",
        ),
        (PYTEST.model_copy(update={"failed": 1, "run": 3}), PYTHON, ""),
        (PRINTED, PYTHON, ""),
    ],
)
def test_a_report_needs_a_second_voice(counts: TestCounts, voices: Voices, doubt: str) -> None:
    found = why_doubted(counts, voices) or ""
    assert doubt in found
    assert bool(found) == bool(doubt)


def test_a_runner_that_was_started_leaves_nothing_to_look_for() -> None:
    assert [name for name, _ in missing_traces(["ctest", "go", "mocha"], frozenset({"go"}))] == ["ctest"]
    assert own_word("tap")
    assert not own_word("ctest")


def test_what_the_control_found_is_read_after_the_end_of_a_session() -> None:
    lines = (
        '{"event": "start", "pid": 1, "sequence": 1, "runner": "pytest"}\n'
        '{"event": "finish", "pid": 1, "sequence": 2}\n'
        '{"event": "control", "pid": 1, "sequence": 3, "unreported": ["x"]}\n'
    )
    facts = read_reporter(lines)
    assert facts.complete
    assert facts.unreported == ("x",)


@pytest.mark.parametrize(
    ("now", "detail"),
    [
        ({"tests/a.py": b"1", "b_test.go": b"2"}, ""),
        ({"tests/a.py": b"9", "b_test.go": b"2"}, "tests/a.py was changed by the steps before the tests"),
        ({"tests/a.py": b"1"}, "b_test.go was removed by the steps before the tests"),
    ],
)
def test_tests_that_a_build_changes_are_named(now: dict[str, bytes], detail: str) -> None:
    import hashlib

    digests = {name: hashlib.sha256(text).hexdigest() for name, text in {"tests/a.py": b"1", "b_test.go": b"2"}.items()}

    async def read(path: str) -> bytes | None:
        await anyio.lowlevel.checkpoint()
        return now.get(path)

    found = anyio.run(shipped_tests, digests, read)
    assert found is not None
    assert (found.passed, found.detail) == (not detail, detail)


def test_names_of_tests_are_told_from_others() -> None:
    paths = ["tests/a.py", "t/basic.t", "src/x.test.ts", "latest.py", "tests/data.json", "testing.md", "test.c"]
    assert files_of_tests(paths) == ("tests/a.py", "t/basic.t", "src/x.test.ts", "test.c")


@pytest.mark.parametrize(
    ("file", "digest", "wrong"),
    [
        ("/v/site-packages/demo.py", "0" * 64, True),
        ("/v/site-packages/demo.py", "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b", False),
        ("/build/checkout/demo.py", "0" * 64, False),
        ("/v/site-packages/demo_made.py", "0" * 64, False),
        ("/v/site-packages/demo.py", None, False),
    ],
)
def test_an_installed_copy_that_is_not_the_checkouts_is_named(file: str, digest: str | None, wrong: bool) -> None:
    found = released_copy([TestedModule("demo", file, digest)], ["demo"], FileTree.of({"src/demo.py": "1"}), "so")
    assert (found is not None) == wrong


@pytest.mark.parametrize(
    ("file", "files", "wrong"),
    [
        ("/build/checkout/tests/demo.py", {"src/demo/__init__.py": "1", "tests/demo.py": "2"}, True),
        ("/build/checkout/src/demo/__init__.py", {"src/demo/__init__.py": "1", "tests/demo.py": "2"}, False),
        # A project that lies in a folder of that name, and one whose only module does.
        ("/build/checkout/tests/demo.py", {"tests/demo.py": "2"}, False),
        ("/v/site-packages/demo/__init__.py", {"src/demo/__init__.py": "1", "tests/demo.py": "2"}, False),
    ],
)
def test_a_file_of_the_tests_in_the_place_of_the_project_is_named(
    file: str, files: dict[str, str], wrong: bool
) -> None:
    found = shadowed([TestedModule("demo", file, None)], ["demo"], "/build/checkout", FileTree.of(files))
    assert (found is not None) == wrong
