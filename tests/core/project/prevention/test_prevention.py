"""Tests of documents: what they ask for, and that each template answers as the check itself does, run for real."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regrow.core.project.file_tree import FileTree
from regrow.core.project.plan_steps import Draft, added, assemble, changed
from regrow.core.project.prevention import Check, Place, checks_of, holds, lines_of, place_for, render_test
from regrow.protocols.plan import Deviation, DeviationKind, DocRef, Plan, StepPhase

REF = DocRef(file="README.md", line=3, end_line=3, text="pip install -r test-reqs.txt")


def plan_of(command: str, deviation: Deviation) -> Plan:
    return assemble([Draft(command, "why", StepPhase.INSTALL, deviation=deviation)])


def checks(command: str, deviation: Deviation, before: str, after: str, **lists: str) -> tuple[Check, ...]:
    return checks_of(plan_of(command, deviation), {"README.md": before}, {"README.md": after}, lists)


ADDED = added("x", "it needs it", "Say it.")


# -- what is asked for --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "good", "still_good", "bad"),
    [
        ("pip install pytest", "pip install pytest", "uv pip install 'pytest>=8' x", "pip install pytest-cov"),
        ("pip install Foo_Bar", "pip install foo-bar", "pip install foo.bar", "pip install foo-barn"),
        ("apt-get install -y libyaml-dev", "sudo apt-get install libyaml-dev", "apt install x libyaml-dev", "apt install libyaml"),
        ("pip install -e '.[test]'", "pip install -e '.[test]'", "uv pip install '.[dev,test]'", "pip install ."),
        ("make check", "$ make  check", "Run `make check` now", "make"),
    ],
)  # fmt: skip
def test_a_check_is_as_loose_as_its_cause(command: str, good: str, still_good: str, bad: str) -> None:
    (check,) = checks(command, ADDED, "nothing", good)
    assert [holds(check, {"d": text}) for text in (good, still_good, bad, "")] == [True, True, False, False]


def test_a_stale_list_of_requirements_has_to_be_there() -> None:
    deviation = changed("x", "the file is not there", "Say it.", REF)
    (check,) = checks("pip install -r reqs.txt", deviation, REF.text, "pip install -r reqs.txt")
    assert check.files == ("reqs.txt",)


def test_what_a_documented_list_holds_is_installed() -> None:
    (check,) = checks("pip install pytest", ADDED, "x", "pip install pytest")
    lists = {"dev.txt": "pytest>=8\n", "other.txt": "pytest\n"}
    assert holds(check, {"d": "pip install -r dev.txt"}, lists)
    assert not holds(check, {"d": "see dev.txt"}, lists)
    assert (
        checks("pip install pytest", ADDED, "pip install -r dev.txt", "pip install pytest", **lists)[0].says
        != check.says
    )


def test_a_wrong_command_is_no_longer_said() -> None:
    old = DocRef(file="README.md", line=3, end_line=3, text="make")
    deviation = changed("x", "stale", "Say it.", old)
    (check,) = checks("make all", deviation, "make all or\nmake", "make all")
    assert (holds(check, {"d": "make all"}), holds(check, {"d": "make all\n$ make"})) == (True, False)
    skipped = deviation.model_copy(update={"kind": DeviationKind.SKIPPED_STEP})
    plan = assemble([], dropped=[skipped])
    (check,) = checks_of(plan, {"d": "Type `make`."}, {"d": "Type nothing, do not make."}, {})
    assert (check.says, holds(check, {"d": "x"}), holds(check, {"d": "`make`"})) == ((), True, False)


def test_what_does_not_tell_the_documents_apart_is_no_check() -> None:
    assert checks("pip install pytest", ADDED, "pip install pytest", "pip install pytest") == ()
    assert checks("pip install pytest", ADDED, "x", "x") == ()


# -- where it goes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "runner", "framework", "path"),
    [
        ({"tests/test_a.py": ""}, "pytest", "pytest", "tests/test_documented_build.py"),
        ({"test/a.py": "", "tests/data.txt": ""}, "pytest+tap", "pytest", "test/test_documented_build.py"),
        ({"a.py": ""}, "unittest", "unittest", "test_documented_build.py"),
        ({"a.py": "", "conftest.py": ""}, "unittest", "pytest", "test_documented_build.py"),
        ({"package.json": "{}", "test/a.js": ""}, "mocha", "mocha", "test/documented-build.test.js"),
        ({"package.json": '{"type": "module"}'}, "tap", "tap", "documented-build.test.cjs"),
        ({"package.json": "[]", "__tests__/a.js": ""}, "jest", "jest", "__tests__/documented-build.test.js"),
        ({"Makefile": "", "tests/a.c": ""}, "automake", "sh", "tests/documented-build.test"),
        ({"Makefile": ""}, "tap", "sh", "documented-build.test"),
        ({"test_documented_build.py": ""}, "pytest", "pytest", "test_documented_build_2.py"),
    ],
)  # fmt: skip
def test_a_test_goes_where_the_projects_tests_are(
    files: dict[str, str], runner: str, framework: str, path: str
) -> None:
    place = place_for(FileTree.of(files), runner)
    assert (place.framework, place.path) == (framework, path)
    assert place.path in place.command


# -- each template, run -------------------------------------------------------------------------------------------

NASTY = "pip install 'x[a]' && echo \"it's $HOME\" | tee {a}.txt \\d (b)"
HEALED = assemble(
    [
        Draft("pip install pytest", "w", StepPhase.INSTALL, deviation=ADDED),
        Draft(NASTY, "w", StepPhase.BUILD, deviation=added("y", "needs \"it\" \\ and 'that'", "")),
        Draft("make all", "w", StepPhase.BUILD, deviation=changed("z", "stale", "", REF)),
    ]
)
BEFORE = {"README.md": f"# x\n\n    $ {REF.text}\n", "docs/größe it's.md": "x\r\ny\n"}
AFTER = {
    "README.md": f"# x\n\n    $ make \\\n        all\n    pip install pytest\r\n\n\t{NASTY}\n",
    "docs/größe it's.md": "x\r\ny\n",
}
NODE = shutil.which("node")
RUNNERS = [
    ("pytest", [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", "."]),
    ("unittest", [sys.executable]),
    ("sh", ["sh"]),
    pytest.param("node:test", [NODE or "", "--test"], marks=pytest.mark.skipif(NODE is None, reason="no Node here")),
]


def outcome(tmp_path: Path, framework: str, words: list[str], texts: dict[str, str], depth: int) -> tuple[int, str]:
    found = checks_of(HEALED, BEFORE, AFTER, {})
    assert len(found) == 3
    end = {"sh": "test", "node:test": "test.js"}.get(framework, "py")
    place = Place(framework, "/".join([*["t"] * depth, f"test_documented.{end}"]), "")
    for name, text in {**texts, place.path: render_test(place, found, list(texts))}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(text.encode())
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    done = subprocess.run([*words, place.path], cwd=tmp_path, capture_output=True, text=True, check=False, env=env)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("depth", [0, 2])
@pytest.mark.parametrize(("framework", "words"), RUNNERS)
def test_a_written_test_fails_before_and_passes_after(
    tmp_path: Path, framework: str, words: list[str], depth: int
) -> None:
    failed, told = outcome(tmp_path, framework, words, BEFORE, depth)
    assert failed != 0, told
    counted = {"pytest": "3 failed", "unittest": "failures=3", "sh": "not ok 3", "node:test": "fail 3"}[framework]
    assert counted in told
    assert ("SyntaxWarning" in told, "stray" in told, "Error: " in told and framework == "sh") == (False, False, False)
    passed, told = outcome(tmp_path, framework, words, AFTER, depth)
    assert passed == 0, told


@given(st.text(alphabet="ab \\\n\r\t$`'\"[](){}*+?.|/-", max_size=30))
def test_any_command_finds_itself(command: str) -> None:
    command = f"x {command}"
    line = " ".join(command.split())
    for check in checks(command, ADDED, "", line):
        assert holds(check, {"d": line})


def test_lines_are_joined_and_blanks_collapsed() -> None:
    assert lines_of("a \\\r\n  b\n\n\tc\td\n") == ["a b", "c d"]
